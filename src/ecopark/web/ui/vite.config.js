// One entry, one file: the settings of every build.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

// name of the built file -> its source
export const ENTRIES = {
  theme: "src/theme-first.js", // runs before the first paint
  main: "src/main.js", // main.js and main.css, on every page
  charts: "src/charts.js", // fetched when a page holds a chart
  map: "src/map.js", // map.js and map.css, fetched when a page holds a map
  cases: "src/cases-offline.js", // on the page for reporting a case
  "cases-worker": "src/cases-worker.js", // keeps that page at hand without reception
};

export function entry(name, out, { empty = false } = {}) {
  return {
    configFile: false,
    root: here,
    logLevel: "warn",
    base: "./",
    publicDir: false,
    build: {
      outDir: out,
      emptyOutDir: empty,
      target: "es2022",
      cssCodeSplit: false,
      assetsInlineLimit: 0,
      modulePreload: false,
      chunkSizeWarningLimit: 2000,
      rolldownOptions: {
        // htmx holds an eval that main.js switches off, and the page's policy forbids
        checks: { eval: false },
        preserveEntrySignatures: "strict", // main.js calls draw() of the charts and the map
        input: { [name]: resolve(here, ENTRIES[name]) },
        // the fonts are made beside the pages by build.mjs
        external: [/^\.\/fonts\//],
        output: {
          format: ["theme", "cases-worker"].includes(name) ? "iife" : "es",
          codeSplitting: false,
          entryFileNames: "[name].js",
          assetFileNames: (asset) => (asset.names?.[0]?.endsWith(".css") ? `${name}.css` : "[name][extname]"),
        },
      },
    },
  };
}
