// A plain map: <div class="map" data-layers="URL"> fetches {layers: [{id, label, kind, tone, tone_from, labels, shown, data}]}.
//   kind       fill | line | point
//   tone       accent | good | partly | bad | open | muted; or tone_from, the property of a feature that holds its tone
//   labels     write the features' labels on the map
//   shown      false: switched off until the legend switches it on
//   focus      true: the map opens on what these layers hold, not on everything
//   data       a GeoJSON FeatureCollection; properties: label, url, text (a line of the popup), tone, value
// data-pick-lon and data-pick-lat name two inputs: a tap on the map fills them, and their place is marked.
// data-choose names a select: a tap on a feature chooses the option of its value, and the chosen feature is marked.
// No tiles, no glyph server: the background is the page, and labels are drawn with fonts of this machine.
import { LngLatBounds, Map as Chart, Marker, NavigationControl, Popup, ScaleControl, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import "./css/map.css";
import { look } from "./charts/look.js";
import { say, zh } from "./words.js";

setWorkerUrl(new URL(document.body.dataset.mapWorker, location.href).href);

const maps = new Map(); // element -> {chart, layers}
const SHAPES = { fill: "M1 3h12v8H1z", line: "M1 12 L13 2", point: "M7 2a5 5 0 1 0 .01 0z" };

function colours() {
  const now = look();
  return { accent: now.accent, ...now.tones, ink: now.ink, surface: now.surface };
}

function colour(layer, now) {
  const plain = now[layer.tone] ?? now.accent;
  if (!layer.tone_from) return plain;
  return ["match", ["get", layer.tone_from], ...Object.entries(now).flat(), plain];
}

function each(geometry, visit) {
  if (!geometry) return;
  if (geometry.type === "GeometryCollection") geometry.geometries.forEach((one) => each(one, visit));
  else [geometry.coordinates].flat(Infinity).reduce((pair, number) => (pair.push(number) === 2 ? (visit(pair), []) : pair), []);
}

// Coordinates may carry a height; only the first two count.
function flat(collection) {
  const cut = (part) => (typeof part[0] === "number" ? part.slice(0, 2) : part.map(cut));
  const geometry = (one) => one && (one.geometries ? { ...one, geometries: one.geometries.map(geometry) } : { ...one, coordinates: cut(one.coordinates) });
  return { ...collection, features: collection.features.map((feature, i) => ({ ...feature, id: i, geometry: geometry(feature.geometry) })) };
}

function bounds(layers) {
  const box = new LngLatBounds();
  for (const layer of layers) for (const feature of layer.data.features) each(feature.geometry, (pair) => box.extend(pair));
  return box;
}

// What the map opens on: the layers in focus with some ground around them, else everything.
function opening(layers) {
  const close = bounds(layers.filter((one) => one.focus));
  return close.isEmpty() ? { box: bounds(layers), maxZoom: 16, padding: 36 } : { box: close, maxZoom: 14, padding: 72 };
}

// The features whose value is the one chosen in the select of the map.
const chosenIs = (value) => ["==", ["get", "value"], value || "\u0000"];
const choosable = (layer) => layer.data.features.some((feature) => feature.properties?.value);

function styled(layers, now, chosen = "") {
  const style = { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": look().wash } }] };
  const rank = { fill: 0, line: 1, point: 2 };
  for (const layer of [...layers].sort((a, b) => rank[a.kind] - rank[b.kind])) {
    const paint = colour(layer, now);
    const layout = { visibility: layer.shown === false ? "none" : "visible" };
    style.sources[layer.id] = { type: "geojson", data: layer.data };
    const add = (id, type, more) => style.layers.push({ id: `${layer.id}:${id}`, type, source: layer.id, ...more, layout: { ...more.layout, ...layout } });
    if (layer.kind === "fill") {
      add("area", "fill", { paint: { "fill-color": paint, "fill-opacity": layer.focus ? 0.4 : 0.22 } });
      add("edge", "line", { paint: { "line-color": paint, "line-width": layer.focus ? 3.5 : 1.4 } });
    } else if (layer.kind === "line") {
      add("line", "line", { paint: { "line-color": paint, "line-width": 2.2, ...(layer.dashed ? { "line-dasharray": [3, 2] } : {}) } });
    } else {
      add("dot", "circle", { paint: { "circle-color": paint, "circle-radius": 6.5, "circle-stroke-color": now.surface, "circle-stroke-width": 1.75 } });
    }
  }
  for (const layer of layers.filter(choosable)) {
    const more = { source: layer.id, filter: chosenIs(chosen) };
    style.layers.push({ id: `${layer.id}:chosen-area`, type: "fill", ...more, paint: { "fill-color": now.accent, "fill-opacity": 0.4 } });
    style.layers.push({ id: `${layer.id}:chosen`, type: "line", ...more, paint: { "line-color": now.accent, "line-width": 4 } });
  }
  for (const layer of layers.filter((one) => one.labels)) {
    style.layers.push({
      id: `${layer.id}:label`,
      type: "symbol",
      source: layer.id,
      layout: {
        visibility: layer.shown === false ? "none" : "visible",
        "text-field": ["get", "label"],
        "text-font": ["Regular"],
        "text-size": 12.5,
        "text-max-width": 9,
        ...(layer.kind === "point" ? { "text-anchor": "top", "text-offset": [0, 0.8] } : {}),
        ...(layer.kind === "line" ? { "symbol-placement": "line" } : {}),
      },
      paint: { "text-color": now.ink, "text-halo-color": now.surface, "text-halo-width": 1.6 },
    });
  }
  return style;
}

function popup(chart, at, feature) {
  const box = document.createElement("div");
  const name = document.createElement("strong");
  name.textContent = feature.properties.label ?? "";
  box.append(name);
  if (feature.properties.text) {
    const text = document.createElement("p");
    text.textContent = feature.properties.text;
    box.append(text);
  }
  if (feature.properties.url) {
    const link = document.createElement("a");
    link.href = feature.properties.url;
    link.textContent = say("open");
    box.append(link);
  }
  new Popup({ maxWidth: "280px", closeButton: true }).setLngLat(at).setDOMContent(box).addTo(chart);
}

function mark(layer, now) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 14 14");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", SHAPES[layer.kind]);
  path.setAttribute("stroke", now[layer.tone] ?? now.accent);
  path.setAttribute("stroke-width", "1.6");
  path.setAttribute("fill", layer.kind === "line" ? "none" : (now[layer.tone] ?? now.accent));
  path.setAttribute("fill-opacity", layer.kind === "fill" ? ".25" : "1");
  svg.append(path);
  return svg;
}

function legend(box, chart, layers) {
  const list = document.createElement("div");
  list.className = "map-legend";
  list.addEventListener("change", (event) => event.stopPropagation()); // a form around the map is not changed by it
  const now = colours();
  for (const layer of layers) {
    const label = document.createElement("label");
    const check = document.createElement("input");
    check.type = "checkbox";
    check.checked = check.defaultChecked = layer.shown !== false; // a form around the map that is emptied leaves it as it is
    check.addEventListener("change", () => {
      layer.shown = check.defaultChecked = check.checked;
      for (const one of chart.getStyle().layers) {
        if (one.source === layer.id && !one.id.includes(":chosen")) chart.setLayoutProperty(one.id, "visibility", check.checked ? "visible" : "none");
      }
    });
    label.append(check, mark(layer, now), layer.label);
    list.append(label);
  }
  box.parentElement.querySelector(".map-legend")?.remove();
  box.after(list);
}

function fail(box, text) {
  const note = document.createElement("div");
  note.className = "map-failed";
  note.setAttribute("role", "status");
  note.textContent = text;
  box.replaceChildren(note);
}

// A tap says where something is.
function pick(box, chart, layers, [lon, lat]) {
  const mark = new Marker({ color: colours().bad });
  const show = () => {
    const at = [lon.value, lat.value].map((text) => (text.trim() === "" ? NaN : Number(text)));
    if (at.every(Number.isFinite) && Math.abs(at[1]) <= 90) mark.setLngLat(at).addTo(chart);
    else mark.remove();
  };
  chart.on("click", ({ lngLat }) => {
    lon.value = lngLat.lng.toFixed(6);
    lat.value = lngLat.lat.toFixed(6);
    lon.dispatchEvent(new Event("change", { bubbles: true }));
  });
  for (const field of [lon, lat]) field.addEventListener("change", show);
  lon.form?.addEventListener("reset", () => setTimeout(show));
  chart.getCanvas().style.cursor = "crosshair";
  chart.once("idle", () => (box.dataset.drawn = "1"));
  show();
  legend(box, chart, layers);
}

// A tap chooses an option of a select; what is chosen there, by whatever means, is marked on the map.
function choose(held, layers, select) {
  const { chart } = held;
  const offered = (hits) => {
    const areas = hits.filter((feature) => feature.layer.type === "fill"); // not a name that is written across
    const value = areas.find((feature) => feature.properties.value)?.properties.value;
    return [...select.options].some((option) => option.value === value) ? value : undefined;
  };
  const show = () => {
    held.chosen = select.value;
    for (const layer of layers.filter(choosable)) {
      for (const part of ["chosen-area", "chosen"]) {
        if (chart.getLayer(`${layer.id}:${part}`)) chart.setFilter(`${layer.id}:${part}`, chosenIs(held.chosen));
      }
    }
  };
  chart.on("click", (event) => {
    const value = offered(chart.queryRenderedFeatures(event.point));
    if (!value) return;
    select.value = value;
    select.dispatchEvent(new Event("input", { bubbles: true }));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
  select.addEventListener("change", show);
  select.form?.addEventListener("reset", () => setTimeout(show));
  chart.once("load", show);
  return offered;
}

// the letters of the labels are painted once and kept: a font that is still on its way would leave empty boxes
async function letters(layers) {
  const text = layers.flatMap((layer) => layer.data.features.map((f) => f.properties?.label ?? "")).join("");
  if (!/[^\u0000-\u024f]/.test(text)) return;
  await document.fonts.load(`24px ${getComputedStyle(document.body).fontFamily}`, text).catch(() => {});
}

async function start(box) {
  maps.set(box, null);
  let layers;
  try {
    const answer = await fetch(box.dataset.layers, { headers: { Accept: "application/json" } });
    if (!answer.ok) return fail(box, say("mapFailed", { code: answer.status }));
    layers = (await answer.json()).layers.map((layer) => ({ ...layer, data: flat(layer.data) }));
  } catch {
    return fail(box, say("mapAway"));
  }
  await letters(layers);
  const { box: extent, maxZoom, padding } = opening(layers);
  if (extent.isEmpty()) return fail(box, say("mapEmpty"));
  let chart;
  try {
    chart = new Chart({
      container: box,
      style: styled(layers, colours()),
      bounds: extent,
      fitBoundsOptions: { padding: Math.min(padding, box.clientHeight / 5), maxZoom },
      attributionControl: false,
      canvasContextAttributes: { preserveDrawingBuffer: true }, // so that a printed page shows the map
      localIdeographFontFamily: getComputedStyle(document.body).fontFamily,
      dragRotate: false,
      pitchWithRotate: false,
      cooperativeGestures: true,
      locale: zh()
        ? {
            "NavigationControl.ZoomIn": "放大",
            "NavigationControl.ZoomOut": "缩小",
            "Map.Title": "地图",
            "Popup.Close": "关闭",
            "CooperativeGesturesHandler.WindowsHelpText": "按住 Ctrl 滚动以缩放地图",
            "CooperativeGesturesHandler.MacHelpText": "按住 ⌘ 滚动以缩放地图",
            "CooperativeGesturesHandler.MobileHelpText": "用两指移动地图",
          }
        : {},
    });
  } catch {
    return fail(box, say("noWebgl"));
  }
  const held = { chart, layers, chosen: "" };
  maps.set(box, held);
  chart.addControl(new NavigationControl({ showCompass: false }), "top-right");
  chart.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  const picks = ["pickLon", "pickLat"].map((name) => document.getElementById(box.dataset[name] ?? ""));
  if (picks.every(Boolean)) return pick(box, chart, layers, picks);
  const select = document.getElementById(box.dataset.choose ?? "");
  const offered = select ? choose(held, layers, select) : () => undefined;
  chart.on("click", (event) => {
    const hits = chart.queryRenderedFeatures(event.point);
    const hit = offered(hits) ? null : hits.find((feature) => feature.properties.label);
    if (hit) popup(chart, event.lngLat, hit);
  });
  chart.on("mousemove", (event) => {
    const hit = chart.queryRenderedFeatures(event.point).some((feature) => feature.properties.label);
    chart.getCanvas().style.cursor = hit ? "pointer" : "";
  });
  chart.once("idle", () => (box.dataset.drawn = "1"));
  legend(box, chart, layers);
}

export function draw(part) {
  for (const [box, held] of maps) {
    if (box.isConnected) continue;
    held?.chart.remove();
    maps.delete(box);
  }
  const boxes = [...(part.matches?.(".map") ? [part] : []), ...part.querySelectorAll(".map")];
  boxes.filter((box) => !maps.has(box)).forEach(start);
}

document.documentElement.addEventListener("ecopark:theme", () => {
  for (const [box, held] of maps) {
    if (!held) continue;
    held.chart.setStyle(styled(held.layers, colours(), held.chosen));
    legend(box, held.chart, held.layers);
  }
});
