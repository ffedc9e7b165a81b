// Dialogs, the drawer on the right, and the question before something that cannot be undone.
// Both are native <dialog> elements: focus stays inside, Esc closes, focus returns to what opened them.
import htmx from "htmx.org/dist/htmx.esm.js";

let trail = []; // addresses shown in the drawer, for its back button
let opener = null;

const drawer = () => document.getElementById("drawer");
const inside = () => document.getElementById("drawer-body");

function plainClick(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

export async function openDrawer(url, { back = false } = {}) {
  const box = drawer();
  if (!back) trail.push(url);
  await htmx.ajax("GET", url, { target: "#drawer-body", swap: "innerHTML", source: box });
  const heading = inside().querySelector("[data-drawer-title]");
  document.getElementById("drawer-title").textContent = heading?.textContent.trim() ?? "";
  box.querySelector("[data-drawer-back]").hidden = trail.length < 2;
  if (!inside().childElementCount) {
    trail.pop();
    return;
  }
  if (!box.open) {
    opener = document.activeElement;
    box.showModal();
  }
  inside().scrollTop = 0;
}

function ask(button) {
  const box = document.getElementById("confirm");
  box.querySelector("[data-confirm-text]").textContent = button.dataset.confirm;
  const yes = box.querySelector("[data-confirm-yes]");
  yes.textContent = button.dataset.confirmYes || button.textContent.trim();
  yes.classList.toggle("danger", button.classList.contains("danger"));
  yes.onclick = () => {
    box.close();
    button.dataset.sure = "1";
    button.click();
    delete button.dataset.sure;
  };
  box.showModal();
}

export function start() {
  document.addEventListener(
    "click",
    (event) => {
      const asking = event.target.closest("[data-confirm]");
      // what the form still lacks is told by the browser first: nobody is asked about what cannot be sent
      if (asking?.form && asking.type === "submit" && !asking.form.noValidate && !asking.form.checkValidity()) return;
      if (asking && !asking.dataset.sure) {
        event.preventDefault();
        event.stopPropagation();
        ask(asking);
      }
    },
    true,
  );
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-drawer]");
    if (link && plainClick(event)) {
      event.preventDefault();
      openDrawer(link.getAttribute("href"));
      return;
    }
    if (event.target.closest("[data-drawer-back]") && trail.length > 1) {
      trail.pop();
      openDrawer(trail.at(-1), { back: true });
      return;
    }
    const opens = event.target.closest("[data-opens]");
    if (opens) document.getElementById(opens.dataset.opens)?.showModal();
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
    // a click on the shade is a click on the dialog itself, outside its box
    if (event.target instanceof HTMLDialogElement && event.target.open) {
      const box = event.target.getBoundingClientRect();
      const within = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!within) event.target.close();
    }
  });
  drawer()?.addEventListener("close", () => {
    trail = [];
    inside().replaceChildren();
    if (opener?.isConnected) opener.focus();
    opener = null;
  });
  // the server may close the drawer after a form inside it was accepted: HX-Trigger: drawer-close
  document.addEventListener("drawer-close", () => drawer()?.close());
}
