// Short messages in the corner. They stay until closed when they report a failure, and ten seconds otherwise.
import { say } from "./words.js";

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

const ICONS = { good: "check", bad: "warning", partly: "warning", open: "info" };

export function toast(text, tone = "open") {
  const area = document.getElementById("toasts");
  if (!area) return;
  const box = document.createElement("div");
  box.className = `toast ${tone}`;
  box.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close";
  close.dataset.dismiss = "";
  close.setAttribute("aria-label", say("close"));
  close.append(icon("close"));
  box.append(icon(ICONS[tone] ?? "info"), words, close);
  area.append(box);
}

function fade(box) {
  if (box.dataset.seen || box.classList.contains("bad")) return;
  box.dataset.seen = "1";
  setTimeout(() => box.matches(":hover, :focus-within") || box.remove(), 10_000);
}

export function start() {
  document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest("[data-toast], .notice")?.remove());
  const area = document.getElementById("toasts");
  if (!area) return;
  const watch = () => area.querySelectorAll("[data-toast]").forEach(fade);
  new MutationObserver(watch).observe(area, { childList: true });
  watch();
}
