// Runs in the head, before the first paint: the colours chosen last time, or those of the system.
let chosen = null;
try {
  chosen = localStorage.getItem("theme");
} catch {
  // storage may be forbidden; then the system decides
}
const dark = chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
document.documentElement.dataset.theme = dark ? "dark" : "light";
