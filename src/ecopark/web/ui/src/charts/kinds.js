// The charts we draw. Each takes the data of a page and the look of it, and returns options for ECharts.
// A missing number is null: the line breaks there, no bar is drawn; it is never zero.
import { say } from "../words.js";
import { axes, frame } from "./look.js";

const SYMBOLS = ["circle", "rect", "triangle", "diamond", "emptyCircle", "emptyRect"];
const LINES = ["solid", "dashed", "dotted"];
const dash = "—";
const shown = (value, unit = "") => (value === null || value === undefined || value === "-" ? dash : `${value}${unit ? ` ${unit}` : ""}`);

// Round ends for an axis that holds all numbers, with a little room; not below zero when nothing is.
function ends(numbers) {
  const low = Math.min(...numbers);
  const high = Math.max(...numbers);
  const spread = high - low || Math.abs(high) || 1;
  const rough = (spread * 1.3) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].find((one) => one * power >= rough) * power;
  const round = (number) => Number(number.toPrecision(12));
  const min = step * Math.floor((low - spread * 0.1) / step);
  return { min: round(low >= 0 ? Math.max(0, min) : min), max: round(step * Math.ceil((high + spread * 0.12) / step)), interval: round(step) };
}

// {unit, periods: [..], series: [{name, values: [..|null]}], limits: [{name?, value | values: [..|null], benchmark?}]}
// A limit that held all the time is one line; one that changed is a stair, a step each period.
function trend(data, look) {
  const make = axes(look);
  const stairs = (data.limits ?? []).filter((limit) => limit.values);
  const marks = (data.limits ?? []).filter((limit) => !limit.values).map((limit) => ({
    yAxis: Number(limit.value),
    name: limit.name ?? say(limit.benchmark ? "benchmark" : "limit"),
    lineStyle: { color: limit.benchmark ? look.tones.good : look.tones.bad, type: limit.benchmark ? "dotted" : "dashed", width: 1.5 },
    label: { formatter: `${limit.name ?? say(limit.benchmark ? "benchmark" : "limit")} ${limit.text ?? limit.value}`, position: "insideEndTop", color: limit.benchmark ? look.tones.good : look.tones.bad },
  }));
  const all = [...data.series.flatMap((one) => one.values), ...(data.limits ?? []).flatMap((limit) => limit.values ?? [limit.value])].filter((v) => v !== null && v !== undefined).map(Number);
  return frame(look, {
    legend: { ...frame(look).legend, show: data.series.length > 1 },
    grid: { ...frame(look).grid, top: data.series.length > 1 ? 52 : 28 },
    tooltip: { ...frame(look).tooltip, valueFormatter: (value) => shown(value, data.unit) },
    xAxis: make.category(data.periods, { boundaryGap: data.periods.length < 4 }),
    yAxis: make.value({ name: data.unit, ...(all.length ? ends(all) : {}) }),
    series: [
      ...data.series.map((one, i) => ({
      type: "line",
      name: one.name,
      data: one.values.map((value) => (value === null ? null : Number(value))),
      symbol: SYMBOLS[i % SYMBOLS.length],
      symbolSize: 8,
      connectNulls: false,
      lineStyle: { width: 2.25, type: LINES[Math.floor(i / SYMBOLS.length) % LINES.length] },
      label: { show: data.series.length === 1 && data.periods.length <= 8, position: "top", color: look.ink },
      markLine: i === 0 && marks.length ? { symbol: "none", silent: true, data: marks } : undefined,
      })),
      ...stairs.map((limit) => ({
        type: "line",
        name: limit.name ?? say(limit.benchmark ? "benchmark" : "limit"),
        data: limit.values.map((value) => (value === null ? null : Number(value))),
        step: "middle",
        symbol: "none",
        silent: true,
        color: limit.benchmark ? look.tones.good : look.tones.bad,
        lineStyle: { type: limit.benchmark ? "dotted" : "dashed", width: 1.5 },
        endLabel: { show: true, formatter: (p) => `${p.seriesName} ${p.value}`, align: "right", offset: [0, -10], color: limit.benchmark ? look.tones.good : look.tones.bad },
      })),
    ],
  });
}

// {groups: [..], scores: [..|null], full: [..], low: [..|null], high: [..|null]}: score by group, bounds while something is missing
function scores(data, look) {
  const make = axes(look);
  const known = data.groups.map((_, i) => data.scores[i] ?? data.low?.[i] ?? null);
  const open = data.groups.map((_, i) => (data.high?.[i] != null && known[i] != null ? Number(data.high[i]) - Number(known[i]) || null : null));
  const full = data.full ?? [];
  return frame(look, {
    grid: { ...frame(look).grid, top: 34, right: 46 },
    tooltip: { ...frame(look).tooltip, valueFormatter: (value) => shown(value) },
    xAxis: make.value({ max: full.length ? Math.max(...full.map(Number)) : undefined }),
    yAxis: make.category(data.groups, { inverse: true, axisLabel: { color: look.ink, width: 150, overflow: "break" } }),
    series: [
      { type: "bar", name: data.names?.score ?? "", stack: "score", data: known.map((v) => (v === null ? null : Number(v))), barMaxWidth: 20, itemStyle: { color: look.accent }, label: { show: true, position: "insideRight", color: look.surface, formatter: (p) => (p.value ? `${data.scores[p.dataIndex] ?? p.value}` : "") } },
      { type: "bar", name: data.names?.open ?? "", stack: "score", data: open, barMaxWidth: 20, itemStyle: { color: "transparent", borderColor: look.tones.open, borderType: "dashed", borderWidth: 1.5 } },
    ],
  });
}

const TONES = ["good", "partly", "bad", "open", "muted"];
const LAMPS = ["green", "amber", "red", "grey"];

// {categories: [..], series: [{name, tone: good|partly|bad|open|muted or green|amber|red|grey, values: [..]}], across: true}
function stacked(data, look) {
  const make = axes(look);
  const colour = (tone) => (TONES.includes(tone) ? look.tones[tone] : LAMPS.includes(tone) ? look.lamps[tone] : undefined);
  const names = make.category(data.categories, { inverse: data.across !== false, axisLabel: { color: look.ink } });
  const counts = make.value({ minInterval: 1 });
  return frame(look, {
    tooltip: { ...frame(look).tooltip, axisPointer: { type: "shadow", shadowStyle: { color: look.rule, opacity: 0.35 } }, valueFormatter: (value) => shown(value) },
    grid: { ...frame(look).grid, top: 34 },
    xAxis: data.across === false ? names : counts,
    yAxis: data.across === false ? counts : names,
    series: data.series.map((one) => ({
      type: "bar",
      name: one.name,
      stack: "all",
      data: one.values,
      barMaxWidth: 22,
      itemStyle: { color: colour(one.tone), borderColor: look.surface, borderWidth: 1 },
      label: { show: true, color: one.tone === "amber" ? "#1d1400" : look.surface, formatter: (p) => (p.value ? String(p.value) : "") },
    })),
  });
}

// {bands: ["0-3 d", ..], series: [{name, tone, values}]}: how long things have been open, a column for every band
function ageing(data, look) {
  return stacked({ categories: data.bands, series: data.series, across: false }, look);
}

export const KINDS = { trend, scores, stacked, ageing };
