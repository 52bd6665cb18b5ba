// A lane in a thread of its own: asked one thing after the other, it answers each with a frame.

import { Lane } from "./lane.js";

let lane;

onmessage = ({ data: { open, steps = 0, wanted } }) => {
  if (open) lane = new Lane(open);
  const began = performance.now();
  lane.advance(steps);
  const spent = performance.now() - began;
  postMessage({ frame: lane.observe(wanted), spent, scene: open && lane.scene() });
};
