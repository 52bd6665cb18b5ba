// Room for a chart, from when its container is there until it is drawn: else what stands below would
// move. `chart.py` writes into the container's name how high the chart will be, wide and narrow.

import { projected } from "./projector.js";
import { NARROW, TALLER } from "./sizes.js";

const ROOMS = '[class*="st-key-room-"]';

export function keepRooms() {
  document.querySelectorAll(ROOMS).forEach(keep);
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) arrived(node);
  }).observe(document.documentElement, { childList: true, subtree: true });
}

// Of a chart that is drawn: all rooms that it is in.
export function leave(node) {
  for (let room = node.closest(ROOMS); room; room = room.parentElement.closest(ROOMS))
    room.style.minHeight = "";
}

// Not the many of a chart's own, which are SVG.
function arrived(node) {
  if (!(node instanceof HTMLElement)) return;
  if (node.matches(ROOMS)) keep(node);
  node.querySelectorAll(ROOMS).forEach(keep);
}

function keep(room) {
  const [, wide, narrow] = room.className.match(/st-key-room-(\d+)-(\d+)/);
  const height = room.clientWidth < NARROW ? narrow : wide;
  room.style.minHeight = `${height * (projected() ? TALLER : 1)}px`;
}
