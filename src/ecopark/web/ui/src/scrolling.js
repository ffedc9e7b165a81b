// A table that is wider than its frame can be scrolled by keyboard: the frame takes the focus and has a name. A table grows
// after the first look too (its letters arrive, its details are opened), so frames and tables are watched.

function name(frame) {
  const caption = frame.querySelector("caption");
  const heading = frame.closest("section, main, .drawer-body")?.querySelector("h1, h2, h3");
  return (caption ?? heading)?.textContent.trim() || document.title;
}

function reach(frame) {
  const wide = frame.scrollWidth > frame.clientWidth || frame.scrollHeight > frame.clientHeight;
  if (!wide || frame.hasAttribute("tabindex")) return;
  frame.tabIndex = 0;
  frame.setAttribute("role", "region");
  if (!frame.hasAttribute("aria-label")) frame.setAttribute("aria-label", name(frame));
}

const sizes = new ResizeObserver((changes) => {
  for (const { target } of changes) {
    const frame = target.closest(".table-wrap");
    if (frame) reach(frame);
  }
});

function watch() {
  for (const frame of document.querySelectorAll(".table-wrap")) {
    reach(frame);
    sizes.observe(frame);
    for (const inside of frame.children) sizes.observe(inside);
  }
}

document.addEventListener("htmx:afterSettle", watch);
watch();
