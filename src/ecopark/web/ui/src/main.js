// What every page does: partial pages by htmx, theme, menus, dialogs, forms. Charts and maps are fetched when needed.
import htmx from "htmx.org/dist/htmx.esm.js";
import "./main.css";
import * as dialogs from "./dialogs.js";
import * as forms from "./forms.js";
import * as menu from "./menu.js";
import "./scrolling.js";
import * as theme from "./theme.js";
import * as toasts from "./toast.js";
import { say } from "./words.js";

Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  selfRequestsOnly: true,
  historyCacheSize: 0,
  historyRestoreAsHxRequest: false,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true },
    { code: "[45]..", swap: false, error: true },
  ],
});

// A partial answer that ended at the sign-in page means that the session is over.
document.addEventListener("htmx:beforeSwap", (event) => {
  const login = document.body.dataset.login;
  const answered = event.detail.xhr.responseURL;
  if (login && answered && new URL(answered).pathname === login && location.pathname !== login) {
    event.detail.shouldSwap = false;
    event.detail.isError = false;
    document.getElementById("signed-out")?.showModal();
  }
});
document.addEventListener("htmx:sendError", () => toasts.toast(say("cannotReach"), "bad"));
document.addEventListener("htmx:responseError", (event) => {
  const code = event.detail.xhr.status;
  toasts.toast(say({ 403: "forbidden", 404: "gone" }[code] ?? "failed", { code }), "bad");
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  const answered = event.detail.xhr?.responseURL;
  const login = answered && new URL(answered).pathname === document.body.dataset.login;
  if (form instanceof HTMLFormElement && event.detail.successful && !login) forms.taken(form);
});

// Charts and maps: one file each, fetched once, when the first of them appears.
const loading = {};
function later(kind, part) {
  if (!part.querySelector?.(`.${kind}`) && !part.matches?.(`.${kind}`)) return;
  const { src, css } = { chart: { src: "charts" }, map: { src: "map", css: "mapCss" } }[kind];
  if (css && !loading[css]) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = document.body.dataset[css];
    document.head.append(link);
    loading[css] = true;
  }
  loading[src] ??= import(/* @vite-ignore */ document.body.dataset[src]);
  loading[src].then((module) => module.draw(part));
}

function ready(part) {
  later("chart", part);
  later("map", part);
}

document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) ready(event.detail.elt);
});

theme.start();
menu.start();
dialogs.start();
forms.start();
toasts.start();
ready(document);
