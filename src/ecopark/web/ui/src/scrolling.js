// A table that is wider than its frame can be scrolled by keyboard: the frame takes the focus and has a name.

function name(frame) {
  const caption = frame.querySelector("caption");
  const heading = frame.closest("section, main, .drawer-body")?.querySelector("h1, h2, h3");
  return (caption ?? heading)?.textContent.trim() || document.title;
}

function look() {
  for (const frame of document.querySelectorAll(".table-wrap")) {
    const wide = frame.scrollWidth > frame.clientWidth + 1 || frame.scrollHeight > frame.clientHeight + 1;
    if (!wide || frame.hasAttribute("tabindex")) continue;
    frame.tabIndex = 0;
    frame.setAttribute("role", "region");
    if (!frame.hasAttribute("aria-label")) frame.setAttribute("aria-label", name(frame));
  }
}

addEventListener("resize", look);
document.addEventListener("htmx:afterSettle", look);
look();
