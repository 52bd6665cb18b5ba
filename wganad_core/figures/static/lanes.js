// A race of GANs on a canvas: landscapes, points, circles, arrows, strips of mode shares, curves.
//
//   const recording = await decode(bytes);             // a file of wganad_core/figures/lanes.py
//   const lanes = createLanes(canvas, recording, options);
//   lanes.draw(step);                                  // any step: between frames it interpolates
//
// Knows no page, no framework and no network; `player.js` adds buttons.

import { drawPlot } from "./curves.js";
import { Landscape } from "./landscape.js";
import { DARK_TONES, Plane, TONES } from "./plane.js";
import { bracket, mixed, stateAt } from "./recording.js";

export * from "./recording.js";

const NARROW = 640; // pixels
const GAP = 20; // between lanes
const HOP = 0.6; // of the time between two frames
export const DEFAULTS = {
  lens: "critic",
  curves: "distances",
  part: "planes", // or "curves"
  arrows: false,
  manifold: false,
  data: true,
  strip: true,
  scale: 1, // of text and marks: a projector wants more
  maxSide: 460,
  dark: false,
  text: "#1B1F24",
  muted: "#5B6672",
  border: "#C3CAD2",
  paper: "#FFFFFF",
  font: "sans-serif",
};

export function createLanes(canvas, recording, options = {}) {
  const lanes = new Lanes(canvas, recording, options);
  lanes.resize();
  return lanes;
}

export class Lanes {
  constructor(canvas, recording, options) {
    this.canvas = canvas;
    this.recording = recording;
    this.options = { ...DEFAULTS, ...options };
    this.context = canvas.getContext("2d");
    this.redraws = 0;
    this.still = new Map(); // pictures that change with the recording only
    this.land = new Landscape();
    this.plane = new Plane();
  }

  set(options) {
    Object.assign(this.options, options);
    this.still.clear();
    this.resize();
  }

  // Another recording, or the same with more in it.
  show(recording) {
    this.recording = recording;
    this.still.clear();
    this.plane.use(recording, this.context, this.dense, this.options);
  }

  // Sets the canvas's height, in CSS pixels.
  resize() {
    const width = this.canvas.clientWidth || this.canvas.parentNode?.clientWidth || 0;
    if (!width) return;
    this.cells = [];
    const height = this.options.part === "curves" ? this.placeCurves(width) : this.placePlanes(width);
    const dense = Math.min(globalThis.devicePixelRatio || 1, 2);
    const [w, h] = [Math.round(width * dense), Math.round(height * dense)];
    this.canvas.style.height = `${height}px`;
    if (this.canvas.width !== w || this.canvas.height !== h || dense !== this.dense) {
      [this.canvas.width, this.canvas.height] = [w, h];
      this.dense = dense;
    }
    this.still.clear();
    this.plane.use(this.recording, this.context, this.dense, this.options);
    [this.width, this.height] = [width, height];
  }

  // Where everything stands: fills `cells`, returns the height.
  placeCurves(width) {
    const { scale } = this.options;
    const n = this.recording.lanes.length;
    const columns = width < NARROW ? 1 : n;
    const across = (width - GAP * (columns - 1)) / columns;
    const down = 128 * Math.sqrt(scale) + 22 * scale;
    for (let i = 0; i < n; i++) {
      const [x, y] = [(i % columns) * (across + GAP), Math.floor(i / columns) * (down + 12)];
      this.cells.push({ x, y, width: across, height: down });
    }
    return Math.ceil(n / columns) * (down + 12);
  }

  placePlanes(width) {
    const { scale, strip: wanted, maxSide } = this.options;
    const n = this.recording.lanes.length;
    const narrow = width < NARROW;
    const [head, stripHeight] = [54 * scale, wanted && this.recording.modes.length ? 58 : 0];
    if (narrow) {
      const side = Math.min(width * 0.56, 214);
      for (let i = 0; i < n; i++) {
        const y = i * (side + 34);
        const [x, beside] = [0, side + 12];
        const strip = stripHeight && { x: beside, y: y + side - 66, width: width - beside, height: 62 };
        this.cells.push({ x, y: y + 26, side, narrow, head: y, beside, width: width - beside, strip });
      }
      return n * (side + 34);
    }
    const across = (width - GAP * (n - 1)) / n;
    const side = Math.min(across, maxSide);
    for (let i = 0; i < n; i++) {
      const x = i * (across + GAP);
      const y = head + side + 8;
      const strip = stripHeight && { x, y, width: side, height: stripHeight - 12 };
      this.cells.push({ x, y: head, side, head: 0, width: side, strip });
    }
    return head + side + 8 + stripHeight;
  }

  draw(step) {
    if (!this.cells?.length) return;
    const c = this.context;
    c.setTransform(this.dense, 0, 0, this.dense, 0, 0);
    c.clearRect(0, 0, this.width, this.height);
    this.recording.lanes.forEach((lane, i) => {
      if (!lane.steps.length) return;
      if (this.options.part === "curves") this.drawCurves(lane, this.cells[i], step, i);
      else this.drawLane(lane, this.cells[i], step, i);
    });
    this.redraws += 1;
  }

  drawLane(lane, cell, step, number) {
    const at = hopping(lane, bracket(lane.steps, step));
    this.drawWords(lane, cell, step);
    const c = this.context;
    const { x, y, side } = cell;
    c.save();
    c.beginPath();
    c.rect(x, y, side, side);
    c.clip();
    this.drawLandscape(lane, cell, at);
    if (this.options.data) this.plane.drawData(cell);
    this.plane.drawModes(cell);
    if (this.options.manifold) this.plane.drawGrid(mixed(lane.layers.manifold, at), cell);
    this.plane.drawSamples(mixed(lane.layers.samples, at), cell);
    if (this.options.arrows) this.plane.drawArrows(mixed(lane.layers.arrows, at), cell);
    c.restore();
    c.strokeStyle = this.options.border;
    c.lineWidth = 1;
    c.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
    if (cell.strip) this.drawStrip(lane, cell.strip, step, number);
  }

  write(words, x, y, size, colour, look = "") {
    const c = this.context;
    c.font = `${look} ${size * this.options.scale}px ${this.options.font}`;
    c.fillStyle = colour;
    c.textBaseline = "top";
    c.fillText(words, x, y);
    return c.measureText(words).width;
  }

  drawWords(lane, cell, step) {
    const { text, muted, dark, scale } = this.options;
    const state = stateAt(lane, step);
    const tone = (dark ? DARK_TONES : TONES)[state.tone] ?? text;
    const share = this.recording.modes.length ? `${Math.round(100 * state.inside)}% within 3σ` : "";
    if (cell.narrow) {
      this.write(lane.title, 0, cell.head + 3, 17, text, "600");
      let y = cell.y + 2;
      for (const line of this.wrapped(state.words, cell.width, 17)) {
        this.write(line, cell.beside, y, 17, tone, "600");
        y += 22 * scale;
      }
      this.write(share, cell.beside, y + 2, 14, muted);
      return;
    }
    this.write(lane.title, cell.x, 2, 18, text, "600");
    const width = this.write(state.words, cell.x, 27 * scale, 16, tone, "600");
    const room = cell.side - width - 16;
    this.context.font = `${14 * scale}px ${this.options.font}`;
    const needed = this.context.measureText(share).width;
    if (needed < room)
      this.write(share, cell.x + cell.side - needed, 29 * scale, 14, muted);
  }

  wrapped(words, width, size) {
    const c = this.context;
    c.font = `600 ${size * this.options.scale}px ${this.options.font}`;
    const lines = [""];
    for (const word of words.split(/ (?!\d+$)/)) { // a mode and its number stay together
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (c.measureText(longer).width <= width || !lines.at(-1)) lines[lines.length - 1] = longer;
      else lines.push(word);
    }
    return lines;
  }

  drawLandscape(lane, { x, y, side }, at) {
    const { lens, dark } = this.options;
    const values = lens === "none" ? null : mixed(lane.layers[lens], at);
    if (!values) return;
    this.context.imageSmoothingEnabled = lens !== "optimal";
    this.context.imageSmoothingQuality = "high";
    this.context.drawImage(this.land.painted(values, lens, dark), x, y, side, side);
  }

  // Shares of the samples over time, by nearest mode: strong within 3σ of it, pale outside.
  drawStrip(lane, { x, y, width, height }, step, number) {
    const last = Math.max(1, this.recording.clock.at(-1));
    const made = this.kept(`strip${number}`, width, height, (c) => {
      for (let i = 0; i < lane.steps.length; i++) {
        const from = (lane.steps[i] / last) * width;
        const to = i + 1 < lane.steps.length ? (lane.steps[i + 1] / last) * width : from;
        let below = 0;
        (lane.nearest[i] ?? []).forEach((share, mode) => {
          const inside = Math.min(share, lane.counts[i][mode] ?? 0);
          c.fillStyle = this.plane.colour(mode);
          for (const [part, alpha] of [[inside, 1], [share - inside, 0.22]]) {
            c.globalAlpha = alpha;
            c.fillRect(from, height * (1 - below - part), Math.max(to - from, 0.6) + 0.3, height * part);
            below += part;
          }
        });
      }
    });
    const c = this.context;
    c.drawImage(made, x, y, width, height);
    c.strokeStyle = this.options.border;
    c.lineWidth = 1;
    c.strokeRect(x + 0.5, y + 0.5, width - 1, height - 1);
    this.drawCursor(x + (Math.min(step, last) / last) * width, y - 2, height + 4);
  }

  drawCursor(x, y, height) {
    const c = this.context;
    c.fillStyle = this.options.paper;
    c.fillRect(x - 2, y, 4, height);
    c.fillStyle = this.options.text;
    c.fillRect(x - 1, y, 2, height);
  }

  kept(name, width, height, draw) {
    if (!this.still.has(name)) {
      const made = new OffscreenCanvas(
        Math.max(1, Math.round(width * this.dense)),
        Math.max(1, Math.round(height * this.dense)),
      );
      const c = made.getContext("2d");
      c.scale(this.dense, this.dense);
      draw(c);
      this.still.set(name, made);
    }
    return this.still.get(name);
  }

  drawCurves(lane, cell, step, number) {
    const { scale } = this.options;
    const [left, top, below] = [46 * scale, 24 * scale, 22 * scale];
    const plot = { x: left, y: top, width: cell.width - left - 6, height: cell.height - top - below };
    const last = Math.max(1, this.recording.clock.at(-1));
    const made = this.kept(`curves${number}`, cell.width, cell.height, (c) =>
      drawPlot(c, lane, plot, last, this.options),
    );
    this.context.drawImage(made, cell.x, cell.y, cell.width, cell.height);
    this.drawCursor(cell.x + plot.x + (Math.min(step, last) / last) * plot.width, cell.y + top, plot.height);
  }

}

// A collapsed lane hops from mode to mode: it rests on what was recorded, and moves fast in between.
// In straight lines all the way it would be seen between modes nearly always, whatever the words say.
function hopping(lane, at) {
  if (lane.tones[at.i] !== "bad" && lane.tones[at.j] !== "bad") return at;
  return { ...at, t: Math.min(1, Math.max(0, (at.t - 0.5) / HOP + 0.5)) };
}
