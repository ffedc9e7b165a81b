// Builds the pages: every entry is one file that stands alone, so that file names stay fixed and nothing is split.
//   node build.mjs [--out DIR] [--fonts DIR]
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "vite";
import wawoff2 from "wawoff2";
import { entry, ENTRIES } from "./vite.config.js";

const here = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    out: { type: "string", default: resolve(here, "../static/built") },
    fonts: { type: "string", default: resolve(here, "../../reports/fonts") },
  },
});
const made = (...name) => resolve(values.out, ...name);
const modules = (...name) => resolve(here, "node_modules", ...name);

for (const [i, name] of Object.keys(ENTRIES).entries()) {
  await build(entry(name, values.out, { empty: i === 0 }));
}

// MapLibre's worker is one file already.
const worker = readFileSync(modules("maplibre-gl/dist/maplibre-gl-worker.mjs"), "utf8");
writeFileSync(made("map-worker.js"), worker.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"));
writeFileSync(made("icon.svg"), readFileSync(resolve(here, "src/icon.svg")));

mkdirSync(made("fonts"), { recursive: true });
for (const weight of ["Regular", "Bold"]) {
  const ttf = readFileSync(resolve(values.fonts, `NotoSansSC-${weight}.ttf`));
  writeFileSync(made("fonts", `NotoSansSC-${weight}.woff2`), await wawoff2.compress(ttf));
}
writeFileSync(made("fonts", "OFL.txt"), readFileSync(resolve(values.fonts, "OFL.txt")));

// The licences of what is inside the built files.
function inside(name, found = new Set()) {
  if (found.has(name) || name.startsWith("@types/") || !existsSync(modules(name, "package.json"))) return found;
  found.add(name);
  const { dependencies = {} } = JSON.parse(readFileSync(modules(name, "package.json"), "utf8"));
  Object.keys(dependencies).forEach((one) => inside(one, found));
  return found;
}

const bundled = ["echarts", "htmx.org", "maplibre-gl"].reduce((found, name) => inside(name, found), new Set());
const licences = [...bundled].sort().map((name) => {
  const { version, license } = JSON.parse(readFileSync(modules(name, "package.json"), "utf8"));
  const file = readdirSync(modules(name)).find((one) => /^licen[cs]e/i.test(one));
  return `${name} ${version} (${license})\n\n${file ? readFileSync(modules(name, file), "utf8").trim() : ""}\n`;
});
writeFileSync(made("licences.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));
