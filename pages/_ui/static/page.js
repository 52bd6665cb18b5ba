// What every page can do: a choice made in a popover closes it.

const CHOICES = "[role=radiogroup], [data-testid=stButtonGroup]";

if (!globalThis.wganadPage) {
  globalThis.wganadPage = true;
  document.addEventListener("click", closeAfterChoice, true);
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
