// One lane of the live race: it trains, and tells what lanes.js draws of it. run/race.py's `Lane`.

import { Diverged, TRAINERS } from "./gans.js";
import { Room } from "./products.js";
import { Ring, slicedWasserstein } from "./ring.js";

const GRID = 40; // a side of the landscape
const [SAMPLES, DRAWN] = [1000, 500];
const [ARROWS, NET] = [64, 17];
const COMPARED = 320;
const SMOOTH = 0.98; // of the critic's estimate of W
const LEAST_SLOPE = -4; // doublings

// What two networks of these sizes take, amply.
function megabytes({ network: { width, depth }, training: { batch_size } }) {
  const rows = Math.max(3 * batch_size, GRID * GRID);
  return Math.ceil((2 * rows * (2 * depth + 3) * width * 4) / 1e6) + 8;
}

export class Lane {
  constructor({ lane, mixture, rules, x }) {
    this.ring = new Ring(mixture, rules, x);
    this.method = lane.training.method;
    const Trainer = TRAINERS[this.method];
    this.trainer = new Trainer(new Room(megabytes(lane)), this.ring.x, lane.network, lane.training, GRID * GRID);
    this.last = lane.training.steps;
    this.compared = this.ring.x.slice(0, 2 * COMPARED);
    this.w = NaN;
  }

  get finished() {
    return this.stopped !== undefined || this.trainer.steps >= this.last;
  }

  // Up to n steps. A lane that diverges stays where it was.
  advance(n) {
    for (let k = 0; k < n && !this.finished; k++) {
      try {
        this.trainer.step();
      } catch (error) {
        if (!(error instanceof Diverged)) throw error;
        this.stopped = error.message;
      }
      const { wEstimate } = this.trainer;
      this.w = Number.isFinite(this.w) ? SMOOTH * this.w + (1 - SMOOTH) * wEstimate : wEstimate;
    }
  }

  // What is drawn now, as one frame of a recording; `wanted`: layers besides samples and critic.
  observe(wanted = []) {
    const { trainer, ring } = this;
    const samples = trainer.sample(trainer.fixed).slice(0, 4 * SAMPLES);
    const standing = ring.standing(samples, SAMPLES, 4, trainer.steps);
    if (this.stopped) [standing.words, standing.tone] = ["diverged", "bad"];
    const layers = { samples: { frames: [this.placed(samples, DRAWN)] }, ...this.fields(wanted) };
    if (wanted.includes("arrows")) layers.arrows = { frames: [this.arrows(samples)] };
    if (wanted.includes("manifold")) layers.manifold = { frames: [this.manifold()] };
    const one = ({ words, tone, counts, nearest }) => ({
      steps: [trainer.steps], words: [words], tones: [tone], counts: [counts], nearest: [nearest],
    });
    return { ...one(standing), layers, history: {}, numbers: this.numbers(samples, standing), finished: this.finished, stopped: this.stopped };
  }

  numbers(samples, { counts }) {
    const { losses, steps } = this.trainer;
    const some = new Float32Array(2 * COMPARED);
    for (let i = 0; i < COMPARED; i++) some.set(samples.subarray(4 * i, 4 * i + 2), 2 * i);
    const known = (value) => (Number.isFinite(value) ? value : null);
    return {
      step: steps,
      critic_loss: known(losses.critic),
      generator_loss: known(losses.generator),
      w_estimate: known(this.w),
      sliced_wasserstein: known(slicedWasserstein(this.compared, some)),
      share_inside: counts.reduce((sum, share) => sum + share, 0),
    };
  }

  placed(rows, n) {
    const made = new Float32Array(2 * n);
    for (let i = 0; i < n; i++) made.set(this.ring.place(rows[4 * i], rows[4 * i + 1]), 2 * i);
    return made;
  }

  // f on a grid over the box on its own range, or D on [0, 1]; on request ‖∇f‖ in doublings.
  fields(wanted) {
    const { critic } = this.trainer;
    const [left, right, bottom, top] = this.ring.box;
    const middle = (k, low, high) => low + ((high - low) * (k + 0.5)) / GRID;
    critic.input.fill(0, 0, 4 * GRID * GRID);
    for (let row = 0, k = 0; row < GRID; row++)
      for (let column = 0; column < GRID; column++, k += 4) {
        critic.input[k] = middle(column, left, right);
        critic.input[k + 1] = middle(row, bottom, top);
      }
    const isD = this.method === "gan";
    const values = Float32Array.from(this.trainer.scores(GRID * GRID), (f) => (isD ? 1 / (1 + Math.exp(-f)) : f));
    const [low, high] = isD ? [0, 1] : [Math.min(...values), Math.max(...values)];
    const layers = { critic: { frames: [values.map((f) => (f - low) / (high > low ? high - low : 1))] } };
    if (wanted.includes("slope")) layers.slope = { frames: [this.slopes(isD ? values : null)] };
    return layers;
  }

  // After `fields` has gone forward. ∇D = D (1 − D) ∇f.
  slopes(d) {
    const n = GRID * GRID;
    for (let i = 0; i < n; i++) this.trainer.derive(i, d ? d[i] * (1 - d[i]) : 1);
    const v = this.trainer.critic.backward(n, true);
    return Float32Array.from({ length: n }, (_, i) =>
      Math.max(LEAST_SLOPE, Math.log2(Math.hypot(v[4 * i], v[4 * i + 1]))),
    );
  }

  // Shafts from some samples to where their generator is pushed; the longest is an eighth of the box.
  arrows(samples) {
    const { trainer, ring } = this;
    trainer.critic.input.set(samples.subarray(0, 4 * ARROWS));
    trainer.generatorLoss(trainer.scores(ARROWS));
    const push = trainer.critic.backward(ARROWS, true);
    let longest = 1e-12;
    for (let i = 0; i < ARROWS; i++) longest = Math.max(longest, Math.hypot(push[4 * i], push[4 * i + 1]));
    const size = (ring.box[1] - ring.box[0]) / 8 / longest;
    const made = new Float32Array(4 * ARROWS);
    for (let i = 0; i < ARROWS; i++) {
      const [x, y] = [samples[4 * i], samples[4 * i + 1]];
      made.set([...ring.place(x, y), ...ring.place(x - size * push[4 * i], y - size * push[4 * i + 1])], 4 * i);
    }
    return made;
  }

  // Where a square grid of latents goes.
  manifold() {
    const latents = new Float32Array(2 * NET * NET);
    for (let i = 0; i < NET * NET; i++) {
      latents[2 * i] = -2.5 + (5 * Math.floor(i / NET)) / (NET - 1);
      latents[2 * i + 1] = -2.5 + (5 * (i % NET)) / (NET - 1);
    }
    return this.placed(this.trainer.sample(latents), NET * NET);
  }

  // What all lanes of a race share: the data, as a recording begins with it.
  scene(drawn = 400) {
    const { ring } = this;
    const data = new Float32Array(2 * drawn);
    for (let i = 0; i < drawn; i++) data.set(ring.place(ring.x[2 * i], ring.x[2 * i + 1]), 2 * i);
    const [left, right] = ring.box;
    const places = ring.modes.map(([x, y]) => ring.place(x, y));
    const reach = (3 * ring.sigma) / (right - left);
    return { box: ring.box, modes: ring.modes, sigma: ring.sigma, data, places, reach };
  }
}
