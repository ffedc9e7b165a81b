// The colours and type of a chart are those of the page.
export function look() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return {
    ink: of("--ink"),
    faint: of("--faint"),
    rule: of("--rule"),
    surface: of("--surface"),
    wash: of("--wash"),
    accent: of("--accent"),
    tones: { good: of("--good"), partly: of("--partly"), bad: of("--bad"), open: of("--open"), muted: of("--muted") },
    lamps: { green: of("--lamp-green"), amber: of("--lamp-amber"), red: of("--lamp-red"), grey: of("--lamp-grey") },
    type: getComputedStyle(document.body).fontFamily,
    // for series that mean nothing but themselves; told apart by symbol and line, too
    series: document.documentElement.dataset.theme === "dark" ? ["#57b88d", "#7fb0ea", "#e0a83a", "#c99be0", "#8fb3a5", "#e58f86"] : ["#17694a", "#2f6db3", "#b0760a", "#7c4f9e", "#5c7f72", "#a94a40"],
  };
}

// What every chart shares.
export function frame(look, more) {
  return {
    animation: false,
    color: look.series,
    textStyle: { fontFamily: look.type, color: look.ink, fontSize: 12 },
    grid: { left: 8, right: 16, top: 40, bottom: 8, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { top: 0, left: 0, itemGap: 16, itemWidth: 18, itemHeight: 10, textStyle: { color: look.ink }, type: "plain" },
    // drawn on the canvas: the page allows no inline style
    tooltip: { renderMode: "richText", trigger: "axis", confine: true, backgroundColor: look.surface, borderColor: look.rule, textStyle: { color: look.ink, fontFamily: look.type, fontSize: 12 } },
    ...more,
  };
}

export function axes(look) {
  return {
    category: (data, more = {}) => ({ type: "category", data, axisTick: { show: false }, axisLine: { lineStyle: { color: look.rule } }, axisLabel: { color: look.faint }, ...more }),
    value: (more = {}) => ({ type: "value", axisLabel: { color: look.faint }, nameTextStyle: { color: look.faint, align: "left" }, splitLine: { lineStyle: { color: look.rule } }, ...more }),
  };
}
