// What every page can do: P makes it larger, for a projector; a choice made in a popover closes it.

const LARGE = "20px"; // Streamlit measures in rem, which are 16 pixels else
const TYPING = "input, textarea, select, [contenteditable], [role=combobox], [role=slider]";
const CHOICES = "[role=radiogroup], [data-testid=stButtonGroup]";

if (!globalThis.wganadPage) {
  globalThis.wganadPage = true;
  // On the window, so that a player of a race, which listens on the document, has had its turn.
  addEventListener("keydown", (event) => {
    if (event.key !== "p" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(TYPING)) return;
    if (!event.defaultPrevented) remember(!remembered());
    apply();
  });
  document.addEventListener("click", closeAfterChoice, true);
  apply();
}

function apply() {
  document.documentElement.style.fontSize = remembered() ? LARGE : "";
  dispatchEvent(new Event("projector"));
}

// By the pointer only: arrow keys move through the options of a list and choose each on the way.
function closeAfterChoice(event) {
  const group = event.detail > 0 && event.target.closest?.(CHOICES);
  const body = group && group.closest("[data-testid=stPopoverBody]");
  if (!body || body.querySelectorAll("[data-testid=stElementContainer]").length !== 1) return;
  if (!event.target.closest("label, button")) return;
  const escape = { key: "Escape", code: "Escape", keyCode: 27, bubbles: true };
  setTimeout(() => body.dispatchEvent(new KeyboardEvent("keydown", escape)), 200);
}

function remembered() {
  try {
    return Boolean(sessionStorage.getItem("projector"));
  } catch {
    return false;
  }
}

function remember(projector) {
  try {
    if (projector) sessionStorage.setItem("projector", "1");
    else sessionStorage.removeItem("projector");
  } catch {
    // a browser that keeps nothing
  }
}
