// What every page can do: a chart has its room before it is drawn, a choice made in a popover closes
// it, an answer in a dialog closes that, P makes words larger.

import { markPage, onKey } from "./projector.js";
import { keepRooms } from "./room.js";

const CHOICES = "[role=radiogroup], [data-testid=stButtonGroup]";

keepRooms();
document.addEventListener("click", closeAfterChoice, true);
document.addEventListener("click", closeAfterAnswer, true);
markPage();
document.addEventListener("keydown", onKey, true);

function close(element) {
  const escape = { key: "Escape", code: "Escape", keyCode: 27, bubbles: true };
  element?.dispatchEvent(new KeyboardEvent("keydown", escape));
}

// By the pointer only: arrow keys move through the options of a list and choose each on the way.
function closeAfterChoice(event) {
  const group = event.detail > 0 && event.target.closest?.(CHOICES);
  const body = group && group.closest("[data-testid=stPopoverBody]");
  if (!body || body.querySelectorAll("[data-testid=stElementContainer]").length !== 1) return;
  if (!event.target.closest("label, button")) return;
  setTimeout(() => close(body), 200);
}

// Streamlit takes a dialog away when a run of the page ends, and may show it again until then; a page
// that redraws itself all the time may never let that happen. So it is closed for some seconds, or
// until the reader does something else.
function closeAfterAnswer(event) {
  const answer = event.target.closest?.("[data-testid=stDialog] [data-testid=stBaseButton-primary]");
  if (!answer || answer.disabled) return;
  const began = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - began > 10_000) clearInterval(timer);
    else close(document.querySelector("[data-testid=stDialog] [role=dialog]"));
  }, 200);
  const other = () => clearInterval(timer);
  setTimeout(() => document.addEventListener("pointerdown", other, { once: true, capture: true }));
}
