// The navigation on a phone, menus that close by themselves, selects that send their form, tabs, and shortcuts.
function side(open) {
  const nav = document.getElementById("side");
  const button = document.querySelector("[data-side-open]");
  if (!nav || !button) return;
  nav.classList.toggle("open", open);
  button.setAttribute("aria-expanded", String(open));
  document.querySelector(".side-shade")?.remove();
  document.body.style.overflow = open ? "hidden" : "";
  for (const rest of document.querySelectorAll(".page, .foot")) rest.inert = open;
  if (open) {
    const shade = document.createElement("div");
    shade.className = "side-shade";
    shade.addEventListener("click", () => side(false));
    document.body.append(shade);
    nav.querySelector("a, button, select")?.focus();
  } else if (nav.contains(document.activeElement)) {
    button.focus();
  }
}

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
}

const typing = (target) => target.closest("input, select, textarea, [contenteditable]") || target.closest("dialog[open]");

function keys(event) {
  if (event.key === "Escape") {
    const menu = document.activeElement?.closest("details.menu[open]");
    closeMenus();
    menu?.querySelector("summary").focus();
    if (document.querySelector("#side.open")) side(false);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "/") {
    const search = document.getElementById("search");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  }
}

// Tabs inside a page: <div class="tabs" role="tablist" data-tabs> with buttons whose aria-controls names a panel.
function pick(tab, focus = false) {
  const list = tab.closest("[data-tabs]");
  for (const other of list.querySelectorAll("[role=tab]")) {
    const on = other === tab;
    other.setAttribute("aria-selected", String(on));
    other.tabIndex = on ? 0 : -1;
    document.getElementById(other.getAttribute("aria-controls")).hidden = !on;
  }
  if (focus) tab.focus();
  dispatchEvent(new Event("resize")); // a chart in a hidden panel had no width
}

function tabKeys(event) {
  const tab = event.target.closest("[data-tabs] [role=tab]");
  if (!tab) return;
  const all = [...tab.closest("[data-tabs]").querySelectorAll("[role=tab]")];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const next = step ? all[(all.indexOf(tab) + step + all.length) % all.length] : { Home: all[0], End: all.at(-1) }[event.key];
  if (next) {
    event.preventDefault();
    pick(next, true);
  }
}

export function start() {
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-side-open]")) side(!document.querySelector("#side.open"));
    else if (event.target.closest("[data-side-close]")) side(false);
    closeMenus(event.target.closest("details.menu"));
    const tab = event.target.closest("[data-tabs] [role=tab]");
    if (tab) pick(tab);
    if (event.target.closest("[data-print]")) print();
  });
  document.addEventListener("keydown", keys);
  document.addEventListener("keydown", tabKeys);
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-goes]") && event.target.value) location.assign(event.target.value);
  });
  matchMedia("(min-width: 821px)").addEventListener("change", () => side(false));
}
