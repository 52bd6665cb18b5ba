// A race of GANs on a canvas: landscapes, points, circles, arrows, strips of mode shares, curves.
//
//   const recording = await decode(bytes);             // a file of wganad_core/figures/lanes.py
//   const lanes = createLanes(canvas, recording, options);
//   lanes.draw(step);                                  // any step: between frames it interpolates
//
// Knows no page, no framework and no network; `player.js` adds buttons.

import { drawPlot } from "./curves.js";
import { Landscape } from "./landscape.js";
import { bracket, mixed, stateAt } from "./recording.js";

export * from "./recording.js";

export const TONES = { bad: "#D55E00", good: "#007A5A" };
const DARK_TONES = { bad: "#FF8A4C", good: "#3FD6A4" };
const MODES = ["#E69F00", "#2E9BE0", "#009E73", "#CC5C9C", "#0A5BA8", "#B8860B", "#7A4FBF"];
const DARK_MODES = ["#E69F00", "#2E9BE0", "#14C08F", "#E07BB4", "#9DB7FF", "#C9982B", "#A884E8"];
const PLAIN = "#E69F00";
const NARROW = 640; // pixels
const GAP = 20; // between lanes
const HOP = 0.3; // of the time between two frames
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
    this.sprites = new Map();
    this.still = new Map(); // pictures that change with the recording only
    this.land = new Landscape();
  }

  set(options) {
    Object.assign(this.options, options);
    this.sprites.clear();
    this.still.clear();
    this.resize();
  }

  // Another recording, or the same with more in it.
  show(recording) {
    this.recording = recording;
    this.still.clear();
  }

  colour(mode) {
    const n = this.recording.modes.length;
    if (n <= MODES.length) return (this.options.dark ? DARK_MODES : MODES)[mode];
    return `hsl(${(360 * mode) / n} 70% ${this.options.dark ? 60 : 42}%)`;
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
      this.sprites.clear();
    }
    this.still.clear();
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
    if (this.options.data) this.drawData(cell);
    this.drawModes(cell);
    if (this.options.manifold) this.drawGrid(mixed(lane.layers.manifold, at), cell);
    this.drawSamples(mixed(lane.layers.samples, at), cell);
    if (this.options.arrows) this.drawArrows(mixed(lane.layers.arrows, at), cell);
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
    for (const word of words.split(" ")) {
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

  drawData({ x, y, side }) {
    const c = this.context;
    c.fillStyle = this.options.dark ? "rgba(200,208,218,.55)" : "rgba(95,105,118,.5)";
    const size = Math.max(1.4, 1.6 * Math.sqrt(this.options.scale));
    const { data } = this.recording;
    for (let k = 0; k < data.length; k += 2)
      c.fillRect(x + data[k] * side - size / 2, y + (1 - data[k + 1]) * side - size / 2, size, size);
  }

  drawModes({ x, y, side }) {
    const c = this.context;
    const { places, reach } = this.recording;
    const { muted, scale, font } = this.options;
    c.lineWidth = 1.4;
    c.font = `600 ${14 * scale}px ${font}`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    places.forEach(([px, py], mode) => {
      c.strokeStyle = places.length <= MODES.length ? this.colour(mode) : muted;
      c.beginPath();
      c.arc(x + px * side, y + (1 - py) * side, reach * side, 0, 2 * Math.PI);
      c.stroke();
      if (places.length > 10) return;
      // The number stands outside, away from the middle.
      const [dx, dy] = [px - 0.5, py - 0.5];
      const far = (reach * side + 11 * scale) / (Math.hypot(dx, dy) * side || 1);
      c.fillStyle = this.colour(mode);
      c.fillText(mode + 1, x + (px + dx * far) * side, y + (1 - (py + dy * far)) * side);
    });
    c.textAlign = "start";
  }

  // A dot with a rim, made once per colour.
  sprite(colour) {
    if (!this.sprites.has(colour)) {
      const radius = 2.9 * Math.sqrt(this.options.scale) * this.dense;
      const size = Math.ceil(2 * radius + 3);
      const made = new OffscreenCanvas(size, size);
      const c = made.getContext("2d");
      c.beginPath();
      c.arc(size / 2, size / 2, radius, 0, 2 * Math.PI);
      c.fillStyle = colour;
      c.fill();
      c.lineWidth = 0.8 * this.dense;
      c.strokeStyle = this.options.dark ? "rgba(0,0,0,.65)" : "rgba(255,255,255,.85)";
      c.stroke();
      this.sprites.set(colour, made);
    }
    return this.sprites.get(colour);
  }

  drawSamples(samples, { x, y, side }) {
    if (!samples) return;
    const { places } = this.recording;
    const c = this.context;
    const dots = places.length ? places.map((_, mode) => this.sprite(this.colour(mode))) : [this.sprite(PLAIN)];
    const size = dots[0].width / this.dense;
    for (let k = 0; k < samples.length; k += 2) {
      const [u, v] = [samples[k], samples[k + 1]];
      if (!(u > -0.1 && u < 1.1 && v > -0.1 && v < 1.1)) continue;
      let nearest = 0;
      let best = Infinity;
      for (let m = 0; m < places.length; m++) {
        const apart = (u - places[m][0]) ** 2 + (v - places[m][1]) ** 2;
        if (apart < best) [best, nearest] = [apart, m];
      }
      c.drawImage(dots[nearest], x + u * side - size / 2, y + (1 - v) * side - size / 2, size, size);
    }
  }

  drawGrid(grid, { x, y, side }) {
    if (!grid) return;
    const c = this.context;
    const n = Math.round(Math.sqrt(grid.length / 2));
    c.strokeStyle = this.options.dark ? "#3FD6A4" : "#00785A";
    c.lineWidth = 1;
    c.beginPath();
    const to = (row, column, first) => {
      const k = 2 * (row * n + column);
      c[first ? "moveTo" : "lineTo"](x + grid[k] * side, y + (1 - grid[k + 1]) * side);
    };
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < n; b++) to(a, b, b === 0);
      for (let b = 0; b < n; b++) to(b, a, b === 0);
    }
    c.stroke();
  }

  drawArrows(arrows, { x, y, side }) {
    if (!arrows) return;
    const c = this.context;
    c.strokeStyle = this.options.dark ? DARK_TONES.bad : TONES.bad;
    c.lineWidth = 1.6;
    c.beginPath();
    for (let k = 0; k < arrows.length; k += 4) {
      const [ax, ay] = [x + arrows[k] * side, y + (1 - arrows[k + 1]) * side];
      const [bx, by] = [x + arrows[k + 2] * side, y + (1 - arrows[k + 3]) * side];
      const [dx, dy] = [bx - ax, by - ay];
      c.moveTo(ax, ay);
      c.lineTo(bx, by);
      c.lineTo(bx - 0.3 * dx - 0.18 * dy, by - 0.3 * dy + 0.18 * dx);
      c.moveTo(bx, by);
      c.lineTo(bx - 0.3 * dx + 0.18 * dy, by - 0.3 * dy - 0.18 * dx);
    }
    c.stroke();
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
          c.fillStyle = this.colour(mode);
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
