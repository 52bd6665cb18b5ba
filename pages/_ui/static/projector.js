// A window for a projector: larger words. The choice is kept in sessionStorage alone, where the player
// of a race (wganad_core/figures/static/player.js) looks too; who draws hears of it by an event.

import { LARGER, TALLER, WORDS } from "./sizes.js";

const FIELDS =
  "textarea, select, canvas, [contenteditable], input:not([type=radio], [type=checkbox], [type=range])";

export function projected() {
  try {
    return Boolean(sessionStorage.getItem("projector"));
  } catch {
    return false;
  }
}

export function project(on) {
  try {
    if (on) sessionStorage.setItem("projector", "1");
    else sessionStorage.removeItem("projector");
  } catch {
    // a page that may not keep anything
  }
  markPage();
  dispatchEvent(new Event("projector"));
}

export function markPage() {
  document.documentElement.classList.toggle("projector", projected());
}

// P, wherever no field has it. Asked for before a player sees the key, which would undo it.
export function onKey(event) {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (key.toLowerCase() !== "p" || ctrlKey || metaKey || altKey || target.closest?.(FIELDS)) return;
  event.preventDefault();
  project(!projected());
}

// All words of a figure larger, with room for them.
export function enlarge(layout, data) {
  const grow = (part) => {
    for (const [name, value] of Object.entries(part ?? {})) {
      if (!value || typeof value !== "object" || name === "meta") continue;
      if (/font$/.test(name) && value.size) value.size *= LARGER;
      grow(value);
    }
  };
  grow(layout);
  data.forEach(({ textfont }) => grow({ textfont }));
  layout.font = { ...layout.font, size: layout.font?.size ?? WORDS * LARGER };
  layout.height *= TALLER;
  for (const side of Object.keys(layout.margin ?? {})) layout.margin[side] *= TALLER;
}
