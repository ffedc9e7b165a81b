// Reports of cases wait on this machine until the site has taken them. A report is kept first and sent then, so that nothing
// is lost whatever the reception does; the site knows a report by its key and takes it once. Photographs are shrunk before.
import { say, zh } from "./words.js";

const STORE = "reports";
const EDGE = 2000; // longest edge of a photograph that is sent [px]
const SMALL = 1.5 * 1024 * 1024; // a photograph below this is sent as it is [B]
const AGAIN = 30_000;
const user = document.body.dataset.user ?? "";

function open() {
  return new Promise((done, fail) => {
    const asked = indexedDB.open("ecopark-cases", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "key" });
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

async function within(mode, act) {
  const base = await open();
  try {
    return await new Promise((done, fail) => {
      const move = base.transaction(STORE, mode);
      const asked = act(move.objectStore(STORE));
      move.oncomplete = () => done(asked.result);
      move.onerror = move.onabort = () => fail(move.error);
    });
  } finally {
    base.close();
  }
}

const keep = (report) => within("readwrite", (store) => store.put(report));
const forget = (key) => within("readwrite", (store) => store.delete(key));
const waiting = async () => (await within("readonly", (store) => store.getAll())).filter((one) => one.user === user).sort((a, b) => a.at - b.at);

// Whether the browser can draw what says it is a picture: a text that was renamed is told at once, not after it was sent.
async function isPicture(file) {
  if (!("createImageBitmap" in window)) return true; // the site looks at it all the same
  try {
    (await createImageBitmap(file)).close();
    return true;
  } catch {
    return false;
  }
}

// The photograph with its longest edge cut to EDGE, as JPEG; as it is where the browser cannot draw it.
async function shrunk(file) {
  if (file.size <= SMALL) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return blob && blob.size < file.size ? new File([blob], file.name.replace(/\.\w+$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

const cookie = (name) => document.cookie.split("; ").find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";

// What became of one report: taken, refused (the site says why), or waiting (no reception, or signed out).
async function send(report) {
  const body = new FormData();
  for (const [name, value] of report.fields) body.append(name, value);
  for (const photo of report.photos) body.append("photos", photo, photo.name);
  let answer;
  try {
    answer = await fetch(report.to, {
      method: "POST",
      body,
      headers: { Accept: "application/json", "X-CSRFToken": decodeURIComponent(cookie("csrftoken")) },
      redirect: "error",
    });
  } catch {
    return { state: "waiting", why: say("reportWaits") };
  }
  const told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : null;
  if (answer.ok && told) return { state: "taken", ...told };
  if (answer.status === 422 && told) return { state: "refused", why: told.error };
  return { state: "waiting", why: [403, 404].includes(answer.status) ? say("reportSignIn") : say("failed", { code: answer.status }) };
}

let sending = Promise.resolve();
const sendAll = () => (sending = sending.then(round, round));

async function round() {
  for (const report of await waiting()) {
    if (report.refused) continue;
    const found = await send(report);
    if (found.state === "taken") {
      await forget(report.key);
      document.dispatchEvent(new CustomEvent("ecopark:report", { detail: { report, found } }));
    } else {
      await keep({ ...report, why: found.why, refused: found.state === "refused" });
      if (found.state === "waiting") break;
    }
  }
  await show();
}

const box = document.querySelector("[data-reports]");
const taken = [];

function line(words, ...more) {
  const item = document.createElement("li");
  item.append(words, ...more);
  return item;
}

function button(words, act, css = "") {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `button small ${css}`;
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

async function show() {
  if (!box) return;
  const list = document.createElement("ul");
  list.className = "plain";
  for (const one of taken) {
    const link = document.createElement("a");
    link.href = one.url;
    link.textContent = say("open");
    list.append(line(`${one.words} `, link));
  }
  const held = await waiting();
  for (const report of held) {
    const when = new Date(report.at).toLocaleString(zh() ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "short" });
    const text = Object.fromEntries(report.fields).text?.slice(0, 40) ?? "";
    const item = line(`${when} ${text} — ${report.why ?? say("reportWaits")} `);
    item.className = report.refused ? "refused" : "";
    if (report.refused) item.append(button(say("reportMend"), () => mend(report)));
    item.append(button(say("discard"), () => confirm(say("reportDiscard")) && forget(report.key).then(show)));
    list.append(item);
  }
  if (held.some((one) => !one.refused)) list.append(line("", button(say("reportSend"), sendAll, "primary")));
  box.hidden = !taken.length && !held.length;
  box.replaceChildren(list);
}

const form = document.querySelector("form[data-report]");
const input = form?.querySelector("input[name=photos]");
const refusal = form?.querySelector("[data-refusal]");
const nowhere = form?.querySelector("[data-nowhere]");
let photos = [];

async function mend(report) {
  for (const [name, value] of report.fields) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (field.type === "radio") field.checked = field.value === value;
      else if (field.name !== "csrfmiddlewaretoken") field.value = value;
    }
  }
  photos = report.photos;
  preview();
  await forget(report.key);
  await show();
  form.scrollIntoView();
}

function preview() {
  const list = form.querySelector("[data-previews]");
  list.querySelectorAll("img").forEach((one) => URL.revokeObjectURL(one.src));
  list.replaceChildren(
    ...photos.map((photo, i) => {
      const picture = document.createElement("img");
      picture.src = URL.createObjectURL(photo);
      picture.alt = photo.name;
      const off = button("×", () => {
        photos = photos.filter((_, n) => n !== i);
        preview();
      });
      off.setAttribute("aria-label", `${say("discard")} ${photo.name}`);
      return line(picture, off);
    }),
  );
}

async function choose() {
  const most = Number(form.dataset.most);
  const max = Number(form.dataset.maxMb);
  const problems = [];
  for (const file of input.files) {
    if (!/^image\/(jpeg|png)$/.test(file.type)) problems.push(say("wrongKind", { name: file.name, kinds: "jpg, png" }));
    else if (!(await isPicture(file))) problems.push(say("noPicture", { name: file.name }));
    else {
      const small = await shrunk(file);
      if (small.size > max * 1024 * 1024) problems.push(say("tooLarge", { name: file.name, max }));
      else if (photos.length >= most) problems.push(say("tooMany", { most }));
      else photos.push(small);
    }
  }
  input.value = "";
  refusal.textContent = problems.join(" ");
  preview();
}

function locate() {
  const where = form.querySelector("[data-where]");
  if (!navigator.geolocation) {
    where.textContent = say("noPosition");
    return;
  }
  where.textContent = say("locating");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      form.elements.lon.value = coords.longitude.toFixed(6);
      form.elements.lat.value = coords.latitude.toFixed(6);
      form.elements.lon.dispatchEvent(new Event("change", { bubbles: true }));
      where.textContent = say("located", { metres: Math.round(coords.accuracy) });
    },
    () => (where.textContent = say("noPosition")),
    { enableHighAccuracy: true, timeout: 20_000, maximumAge: 60_000 },
  );
}

// A key the site will know the report by; randomUUID needs a secure context, getRandomValues does not.
function fresh() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// What is wrong with the place, and the field to put it right in; null where there is nothing.
function placeless({ lon, lat, place }) {
  for (const [field, most] of [[lon, 180], [lat, 90]])
    if (field.value.trim() && !(Math.abs(Number(field.value)) <= most)) return [field, "badDegrees"];
  return place.value.trim() || (lon.value.trim() && lat.value.trim()) ? null : [place, "whereIsIt"];
}

async function submit(event) {
  event.preventDefault();
  const { elements } = form;
  const wrong = placeless(elements);
  nowhere.textContent = wrong ? say(wrong[1]) : "";
  if (wrong) {
    wrong[0].focus();
    return;
  }
  const at = Date.now();
  elements.key.value = fresh(); // a page kept by the worker would say the same key twice
  elements.found.value = new Date(at).toISOString();
  const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken");
  const report = { key: elements.key.value, user, at, to: form.getAttribute("action"), fields, photos };
  try {
    await keep(report);
  } catch {
    // nothing can be kept here (private window, full): send it like any other form
    const carry = new DataTransfer();
    photos.forEach((one) => carry.items.add(one));
    input.files = carry.files;
    form.submit();
    return;
  }
  photos = [];
  refusal.textContent = "";
  form.reset();
  preview();
  await sendAll();
  box.scrollIntoView({ block: "center" });
}

if (form && "indexedDB" in window) {
  form.noValidate = false;
  form.addEventListener("submit", submit);
  input.addEventListener("change", choose);
  form.querySelector("[data-locate]").addEventListener("click", locate);
  // another place was chosen, or the report is sent: the position that was found is no longer the place of this one
  const forget = () => (form.querySelector("[data-where]").textContent = "");
  for (const field of [form.elements.lon, form.elements.lat]) field.addEventListener("change", forget);
  form.addEventListener("reset", forget);
  document.addEventListener("ecopark:report", (event) => taken.push(event.detail.found));
  addEventListener("online", sendAll);
  setInterval(sendAll, AGAIN);
  sendAll();
  navigator.serviceWorker
    ?.register(form.dataset.worker)
    .then(() => navigator.serviceWorker.ready)
    .then(({ active }) => {
      const parts = performance.getEntriesByType("resource").map((one) => one.name);
      active.postMessage([location.href, ...parts].filter((one) => new URL(one).origin === location.origin));
    })
    .catch(() => {}); // an insecure address: reports wait all the same, only the page itself needs reception
}
