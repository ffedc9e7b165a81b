// What was typed is not lost: forms with data-keep are copied to this machine until the server has taken them,
// forms with data-guard ask before the page is left, and file drops say at once what cannot be taken.
import { forget, keys, read, write } from "./store.js";
import { say, zh } from "./words.js";

const WEEK = 7 * 24 * 3600 * 1000;
const prefix = () => `kept:${document.body.dataset.user ?? ""}:`;
const keyOf = (form) => `${prefix()}${form.dataset.keep || location.pathname}`;

function fields(form) {
  return [...form.elements].filter(
    (field) => field.name && !["hidden", "file", "password", "submit", "button", "fieldset"].includes(field.type) && !field.dataset.unkept,
  );
}

function typed(form) {
  return fields(form).map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? [field.value, field.checked] : field.value]);
}

// Boxes are known by name and value; of other fields with one name, as in the rows of a table, each gets its own.
function restore(form, values) {
  const taken = {};
  for (const [name, value] of values) {
    const box = Array.isArray(value);
    const named = fields(form).filter((one) => one.name === name && (!box || one.value === value[0]));
    const n = box ? 0 : (taken[name] = (taken[name] ?? -1) + 1);
    const field = named[n];
    if (!field) continue;
    if (box) field.checked = value[1];
    else field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function offer(form, kept) {
  const bar = document.createElement("div");
  bar.className = "kept";
  bar.setAttribute("role", "status");
  const words = document.createElement("span");
  const when = new Date(kept.at).toLocaleString(zh() ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "short" });
  words.textContent = say("keptFound", { when });
  const yes = document.createElement("button");
  const no = document.createElement("button");
  yes.type = no.type = "button";
  yes.className = "button small primary";
  no.className = "button small";
  yes.textContent = say("restore");
  no.textContent = say("discard");
  yes.onclick = () => {
    bar.remove();
    restore(form, kept.values);
  };
  no.onclick = () => {
    bar.remove();
    forget(keyOf(form));
  };
  bar.append(words, yes, no);
  form.prepend(bar);
  for (let around = form.closest("details"); around; around = around.parentElement.closest("details")) around.open = true;
}

function prepare(form) {
  if (form.dataset.ready) return;
  form.dataset.ready = "1";
  form.dataset.first = JSON.stringify(typed(form));
  if (form.dataset.keep === undefined) return;
  const kept = read(keyOf(form));
  if (!kept) return;
  if (Date.now() - kept.at > WEEK || JSON.stringify(kept.values) === form.dataset.first) forget(keyOf(form));
  else offer(form, kept);
}

const dirty = (form) => form.isConnected && form.dataset.first !== undefined && !form.dataset.leaving && JSON.stringify(typed(form)) !== form.dataset.first;

// A form that was sent is forgotten when the next page of this tab comes from the server, unless that page says that
// the form was not taken: signing in, and error pages carry data-keep-forms, others a message that something is wrong.
function settle() {
  let sent;
  try {
    sent = sessionStorage.getItem("sent");
    sessionStorage.removeItem("sent");
  } catch {
    return null; // a browser that keeps nothing: there is no copy either
  }
  if (!sent) return null;
  const refused = document.body.dataset.keepForms !== undefined || document.querySelector("#toasts .toast.bad");
  if (!refused && performance.getEntriesByType("navigation")[0]?.type !== "back_forward") forget(sent);
  return sent;
}

export function taken(form) {
  if (form.dataset.keep !== undefined) forget(keyOf(form));
  form.dataset.first = JSON.stringify(typed(form));
}

function accepts(file, kinds) {
  const list = kinds.split(",").map((kind) => kind.trim().toLowerCase()).filter(Boolean);
  const name = file.name.toLowerCase();
  return !list.length || list.some((kind) => (kind.startsWith(".") ? name.endsWith(kind) : kind.endsWith("/*") ? file.type.startsWith(kind.slice(0, -1)) : file.type === kind));
}

function look(drop) {
  const input = drop.querySelector("input[type=file]");
  const max = Number(drop.dataset.maxMb || 0);
  const problems = [...input.files].flatMap((file) => {
    if (max && file.size > max * 1024 * 1024) return [say("tooLarge", { name: file.name, max })];
    if (!accepts(file, input.accept)) return [say("wrongKind", { name: file.name, kinds: input.accept })];
    return [];
  });
  drop.classList.toggle("refused", problems.length > 0);
  drop.querySelector("[data-chosen]").textContent = problems.length ? "" : [...input.files].map((file) => file.name).join(zh() ? "、" : ", ");
  drop.querySelector("[data-refusal]").textContent = problems.join(" ");
  input.setCustomValidity(problems.join(" "));
  takeOff(drop, input);
}

// A button that takes the files away again: a wrong one would otherwise hold the form up until the page is loaded anew.
function takeOff(drop, input) {
  const there = drop.querySelector("[data-take-off]");
  if (!input.files.length) return there?.remove();
  if (there) return undefined;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button small";
  button.dataset.takeOff = "";
  button.textContent = say("takeOff");
  button.addEventListener("click", () => {
    input.value = "";
    input.focus();
    look(drop);
  });
  drop.append(button);
  return undefined;
}

// A page that answers a form begins where there is something to do: at the first field that was refused, else at what says
// why, else at the result. Who types with the keyboard goes on there and not at the top of the page.
function begin(sent) {
  if (document.activeElement !== document.body) return;
  const status = performance.getEntriesByType("navigation")[0]?.responseStatus;
  const refused = status ? status >= 400 : Boolean(sent);
  const seen = (what) => [...document.querySelectorAll(what)].find((one) => one.checkVisibility() && (one.form || one.textContent.trim()));
  const there = (refused && (seen('main [aria-invalid="true"]') ?? seen('main [role="alert"]'))) || (sent && seen("main #result"));
  if (!there) return;
  if (!there.form) there.tabIndex = -1;
  there.focus();
}

export function start() {
  begin(settle());
  const scan = (part) => part.querySelectorAll?.("form[data-keep], form[data-guard]").forEach(prepare);
  scan(document);
  document.addEventListener("htmx:load", (event) => {
    const part = event.detail.elt;
    if (part.matches?.("form[data-keep], form[data-guard]")) prepare(part);
    scan(part);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.dataset.keep !== undefined && form.dataset.ready) write(keyOf(form), { at: Date.now(), values: typed(form) });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    form.dataset.leaving = "1";
    if (form.dataset.keep !== undefined) {
      // also what the server wrote into the form after a refusal and nobody touched since
      if (form.dataset.ready) write(keyOf(form), { at: Date.now(), values: typed(form) });
      try {
        sessionStorage.setItem("sent", keyOf(form));
      } catch {
        // then the copy is compared when the form is shown again
      }
    }
  });
  addEventListener("beforeunload", (event) => {
    if ([...document.querySelectorAll("form[data-guard]")].some(dirty)) event.preventDefault();
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-leaving]").forEach((form) => delete form.dataset.leaving));
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      const drop = event.target.closest?.(".drop");
      if (!drop) return;
      if (kind !== "dragleave") event.preventDefault();
      drop.classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) {
        drop.querySelector("input[type=file]").files = event.dataTransfer.files;
        look(drop);
      }
    });
  }
  document.addEventListener("change", (event) => {
    const drop = event.target.type === "file" && event.target.closest(".drop");
    if (drop) look(drop);
  });
  // a word that is offered below a field goes into it
  document.addEventListener("click", (event) => {
    const offered = event.target.closest?.("[data-fill]");
    const field = offered?.parentElement.parentElement.querySelector("input");
    if (!field) return;
    field.value = offered.dataset.fill;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.focus();
  });
  // copies of people who did not come back are cleared after a week
  for (const key of keys("kept:")) if (Date.now() - (read(key)?.at ?? 0) > WEEK) forget(key);
}
