// Light and dark: a button with data-theme-toggle; a printed page is always light.
const root = document.documentElement;

export function theme() {
  return root.dataset.theme === "dark" ? "dark" : "light";
}

function set(name) {
  root.dataset.theme = name;
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.setAttribute("aria-pressed", String(name === "dark"));
  }
  root.dispatchEvent(new CustomEvent("ecopark:theme"));
}

function chosen() {
  try {
    return localStorage.getItem("theme");
  } catch {
    return null; // storage may be forbidden; then the system decides
  }
}

export function start() {
  set(theme());
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const name = theme() === "dark" ? "light" : "dark";
    set(name);
    try {
      localStorage.setItem("theme", name);
    } catch {
      // not kept
    }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => {
    if (!chosen()) set(matches ? "dark" : "light"); // evening comes while the page is open
  });
  let before = null;
  addEventListener("beforeprint", () => {
    before = theme();
    if (before === "dark") set("light");
  });
  addEventListener("afterprint", () => {
    if (before === "dark") set("dark");
  });
}
