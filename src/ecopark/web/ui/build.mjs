// Builds the pages: every entry is one file that stands alone, so that file names stay fixed and nothing is split.
//   node build.mjs [--out DIR] [--fonts DIR]
import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
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

for (const [i, name] of Object.keys(ENTRIES).entries()) {
  await build(entry(name, values.out, { empty: i === 0 }));
}

writeFileSync(resolve(values.out, "icon.svg"), readFileSync(resolve(here, "src/icon.svg")));
mkdirSync(resolve(values.out, "fonts"), { recursive: true });
for (const weight of ["Regular", "Bold"]) {
  const ttf = readFileSync(resolve(values.fonts, `NotoSansSC-${weight}.ttf`));
  writeFileSync(resolve(values.out, "fonts", `NotoSansSC-${weight}.woff2`), await wawoff2.compress(ttf));
}
writeFileSync(resolve(values.out, "fonts", "OFL.txt"), readFileSync(resolve(values.fonts, "OFL.txt")));
