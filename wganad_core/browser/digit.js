// Draw a digit: what a model that has never seen one of them makes of it.

import { likeMnist } from "./ink.js";
import { judge, unpackNetworks } from "./images.js";
import { Pad, WORK } from "./pad.js";

const FLAGGED = 0.95; // of held-out normals below it
const TOLD =
  "Encoder, generator and critic of a WGAN-GP, trained on MNIST without a single {unseen}. The generator " +
  "can only make what it was trained on, so a {unseen} comes back as something else. Scores are compared with " +
  "those of {n} held-out images of the other digits; 95% of them lie below what is flagged here. " +
  "Your drawing is scaled into 20 × 20 pixels and centred by its mass, as MNIST's digits were. " +
  "One digit's networks take 1.8 MB, so this file has one; export page --digit makes another's.";
// Pens' paths in the unit square, to begin with.
const PATHS = {
  0: [arc(0.5, 0.5, 0.24, 0.34, 0, 360)],
  1: [[[0.42, 0.24], [0.54, 0.14], [0.54, 0.86]]],
  2: [[...arc(0.5, 0.33, 0.22, 0.19, -170, 40), [0.28, 0.84], [0.75, 0.84]]],
  3: [[...arc(0.46, 0.31, 0.22, 0.17, -150, 90), ...arc(0.46, 0.67, 0.25, 0.19, -90, 150)]],
  4: [[[0.36, 0.14], [0.28, 0.54], [0.74, 0.54]], [[0.66, 0.16], [0.64, 0.88]]],
  5: [[[0.72, 0.15], [0.36, 0.15], [0.33, 0.46], ...arc(0.47, 0.64, 0.23, 0.21, -90, 150)]],
  6: [[[0.62, 0.13], [0.4, 0.4], ...arc(0.5, 0.66, 0.19, 0.2, -180, 180)]],
  7: [[[0.26, 0.18], [0.74, 0.18], [0.46, 0.86]]],
  8: [[...arc(0.5, 0.32, 0.17, 0.17, 90, -270), ...arc(0.5, 0.68, 0.2, 0.19, -90, 270)]],
  9: [[...arc(0.5, 0.34, 0.19, 0.2, 0, -360), [0.69, 0.34], [0.62, 0.87]]],
};

// Degrees from the right, clockwise as the page's y goes down.
function arc(x, y, across, down, from, to) {
  return Array.from({ length: 25 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / 24) * Math.PI) / 180;
    return [x + across * Math.cos(angle), y + down * Math.sin(angle)];
  });
}

// Judges drawings; `judge`, `likeMnist` and `shareBelow` are there for who checks its numbers.
export class DigitPage {
  constructor(root, text, say) {
    Object.assign(this, { root, text, say, likeMnist, shareBelow });
    this.find = (name) => root.querySelector(name);
    this.pad = new Pad(this.find(".pad"), () => {
      this.playing = null;
      this.judgeSoon();
    });
    this.find(".clear").addEventListener("click", () => this.show([]));
    this.find(".unseen").addEventListener("click", () => this.play(this.model.unseen));
    this.find(".seen-one").addEventListener("click", () => this.play(this.another()));
  }

  // Unpacks the networks the first time, and draws the digit that they have never seen.
  async open(calm) {
    if (this.opened) return;
    this.opened = true;
    this.model = await unpackNetworks(this.text);
    const { unseen } = this.model;
    this.find(".unseen").textContent = `Show ${this.article()}`;
    this.find(".told").textContent = TOLD.replaceAll("{unseen}", unseen).replace("{n}", this.model.normals.toLocaleString("en"));
    if (calm) this.show(PATHS[unseen].map((stroke) => [...stroke]));
    else this.play(unseen);
  }

  article() {
    return `${this.model.unseen === "8" ? "an" : "a"} ${this.model.unseen}`;
  }

  another() {
    const others = Object.keys(PATHS).filter((digit) => digit !== this.model.unseen);
    this.turn = ((this.turn ?? 6) + 1) % others.length;
    return others[this.turn];
  }

  // As if a hand drew it.
  async play(digit) {
    const playing = (this.playing = {});
    const begun = PATHS[digit].map(() => []);
    for (const [i, stroke] of PATHS[digit].entries()) {
      for (const point of finer(stroke)) {
        if (playing !== this.playing) return;
        begun[i].push(point);
        this.pad.show(begun.filter((made) => made.length));
        await new Promise((go) => setTimeout(go, 14));
      }
    }
    this.judgeNow();
  }

  show(strokes) {
    this.playing = null;
    this.pad.show(strokes);
    this.judgeSoon();
  }

  // A slow machine judges less often; the pen stays quick.
  judgeSoon() {
    this.waiting ??= setTimeout(() => this.judgeNow(), 2 * (this.took ?? 10));
  }

  judgeNow() {
    clearTimeout(this.waiting);
    this.waiting = null;
    if (!this.model) return;
    const began = performance.now();
    const image = likeMnist(this.pad.ink(), WORK, WORK);
    this.find(".outcome").hidden = !image;
    if (!image) {
      this.say(`Draw a digit, for networks that have never seen ${this.article()}`);
      return;
    }
    const seen = Float32Array.from(image, (value) => value / 255);
    const verdict = this.judge(seen);
    this.verdict = { seen, ...verdict };
    paint(this.find(".seen"), seen);
    paint(this.find(".rebuilt"), verdict.rebuilt);
    paint(this.find(".missed"), seen.map((value, i) => Math.abs(value - verdict.rebuilt[i])));
    const shares = ["encoder", "critic"].map((name) => this.tell(name, verdict[name]));
    const of = (at) => `${["its error is", "its critic’s score is"][at]} above ${shownShare(shares[at])} of normals`;
    const at = shares[0] >= FLAGGED || shares[0] >= shares[1] ? 0 : 1;
    const who = `networks that have never seen ${this.article()}`;
    this.say(shares[at] >= FLAGGED ? `Strange to ${who}: ${of(at)}` : `Normal to ${who}: ${of(at)}`);
    this.took = performance.now() - began;
  }

  judge(picture) {
    return judge(picture, (name) => this.model.arrays[name]);
  }

  // One detector's score among those of held-out normals (and of the unseen digit): a row of the page.
  tell(name, score) {
    const { arrays } = this.model;
    const normals = arrays[`normals.${name}`];
    const below = shareBelow(normals, score);
    const row = this.find(`.scale[data-name=${name}]`);
    row.querySelector("output").textContent =
      `${score.toPrecision(3)}: above ${shownShare(below)} of normals` + (below >= FLAGGED ? ", flagged" : "");
    scale(row.querySelector("canvas"), normals, arrays[`unseen.${name}`], score);
    return below;
  }
}

export function shareBelow(sorted, score) {
  let n = 0;
  for (const value of sorted) n += value < score;
  return n / sorted.length;
}

const shownShare = (share) => `${(100 * share).toFixed(share > 0.99 && share < 1 ? 1 : 0)}%`;

// More points between those of a path.
function finer(stroke) {
  return stroke.flatMap(([x, y], i) => {
    const [u, v] = stroke[i + 1] ?? [x, y];
    const n = Math.max(1, Math.round(Math.hypot(u - x, v - y) / 0.03));
    return Array.from({ length: n }, (_, k) => [x + ((u - x) * k) / n, y + ((v - y) * k) / n]);
  }).concat([stroke.at(-1)]);
}

// A picture (784) in [0, 1], white on black as MNIST's.
function paint(canvas, values) {
  const c = canvas.getContext("2d");
  const made = c.createImageData(28, 28);
  values.forEach((value, k) => made.data.set([255 * value, 255 * value, 255 * value, 255], 4 * k));
  c.putImageData(made, 0, 0);
}

// Normals in blue, the unseen digit in orange, this drawing as a line.
function scale(canvas, normals, unseen, score) {
  const dense = Math.min(devicePixelRatio || 1, 2);
  const [width, height] = [canvas.clientWidth || 300, 46];
  [canvas.width, canvas.height] = [width * dense, height * dense];
  const c = canvas.getContext("2d");
  c.scale(dense, dense);
  const low = Math.min(normals[0], unseen[0], score);
  const high = Math.max(normals.at(-1), unseen.at(-1), score);
  const n = 60;
  for (const [values, colour] of [[normals, "#2e9be0"], [unseen, "#e69f00"]]) {
    const counts = new Array(n).fill(0);
    for (const value of values) counts[Math.min(n - 1, Math.floor(((value - low) / (high - low)) * n))] += 1;
    const top = Math.max(...counts);
    c.fillStyle = colour;
    c.globalAlpha = 0.75;
    counts.forEach((count, i) => {
      const tall = (count / top) * (height - 4);
      c.fillRect((i / n) * width, height - tall, width / n - 0.5, tall);
    });
  }
  c.globalAlpha = 1;
  c.fillStyle = getComputedStyle(canvas).color;
  c.fillRect(Math.min(width - 3, ((score - low) / (high - low)) * width - 1.5), 0, 3, height);
}

