// A window for a projector: larger words in its charts. Where a race plays, its player keeps the choice.

import { LARGER, TALLER, WORDS } from "./sizes.js";

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
