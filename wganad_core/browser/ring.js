// The ring of Gaussians, and how a generator stands on it in words: data/mixture.py, figures/race.py.

import { Random } from "./random.js";

export class Ring {
  // config: as `MixtureConfig` has it; rules: the shares of `records` by which words are chosen;
  // x: points (n, 2) that are there already.
  constructor({ n_modes, radius, sigma, n_samples, seed }, rules, x) {
    Object.assign(this, { sigma, rules });
    this.modes = Array.from({ length: n_modes }, (_, k) => {
      const angle = Math.PI / 2 + (2 * Math.PI * k) / n_modes;
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    });
    this.x = x ? Float32Array.from(x) : this.draw(n_samples, new Random(seed));
    this.box = boxOf(this.x);
    this.reach = this.halfSpacing();
  }

  draw(n, random) {
    const x = random.normal(new Float32Array(2 * n));
    for (let i = 0; i < n; i++) {
      const mode = this.modes[random.below(this.modes.length)];
      x[2 * i] = mode[0] + this.sigma * x[2 * i];
      x[2 * i + 1] = mode[1] + this.sigma * x[2 * i + 1];
    }
    return x;
  }

  halfSpacing() {
    let least = Infinity;
    this.modes.forEach(([x, y], i) => {
      for (const [u, v] of this.modes.slice(0, i)) least = Math.min(least, Math.hypot(x - u, y - v));
    });
    return least / 2;
  }

  // Of n samples (rows of `wide` numbers): shares within 3σ of each mode, shares of which each is the
  // nearest, and the words.
  standing(samples, n, wide, step) {
    const [inside, nearest, crowd] = [1, 2, 3].map(() => this.modes.map(() => 0));
    let finite = true;
    for (let i = 0; i < n; i++) {
      const [x, y] = [samples[i * wide], samples[i * wide + 1]];
      if (!Number.isFinite(x + y)) finite = false;
      let [best, at] = [Infinity, -1];
      this.modes.forEach(([u, v], mode) => {
        const apart = Math.hypot(x - u, y - v);
        if (apart < best) [best, at] = [apart, mode];
        if (apart < this.reach) crowd[mode] += 1 / n;
      });
      if (at < 0) continue;
      nearest[at] += 1 / n;
      if (best <= 3 * this.sigma) inside[at] += 1 / n;
    }
    const [words, tone] = this.words(inside, crowd, step, finite);
    return { counts: inside, nearest, words, tone };
  }

  words(inside, crowd, step, finite) {
    const { covered_share, collapse_share, between } = this.rules;
    const n = this.modes.length;
    if (step === 0) return ["untrained", ""];
    if (!finite) return ["diverged", "bad"];
    const top = crowd.indexOf(Math.max(...crowd));
    if (n > 1 && crowd[top] >= collapse_share - 1e-9) return [`collapsed on mode ${top + 1}`, "bad"];
    const covered = inside.filter((share) => share >= covered_share / n - 1e-9).length;
    const total = inside.reduce((sum, share) => sum + share, 0);
    if (total < between - 1e-9 || !covered) return ["between modes", ""];
    return [`on ${covered} of ${n} modes`, covered === n ? "good" : ""];
  }

  // Places relative to the box, 0 to 1 in it, y upwards.
  place(x, y) {
    const [left, right, bottom, top] = this.box;
    return [(x - left) / (right - left), (y - bottom) / (top - bottom)];
  }
}

// The square that holds the data with a margin.
function boxOf(x) {
  const [low, high] = [[Infinity, Infinity], [-Infinity, -Infinity]];
  x.forEach((value, i) => {
    low[i % 2] = Math.min(low[i % 2], value);
    high[i % 2] = Math.max(high[i % 2], value);
  });
  const half = (1.35 * Math.max(high[0] - low[0], high[1] - low[1], 2e-3)) / 2;
  const [u, v] = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
  return [u - half, u + half, v - half, v + half];
}

// Mean distance of projections on 64 directions of the plane: `divergence.sliced_wasserstein`.
export function slicedWasserstein(a, b, directions = 64) {
  const n = a.length / 2;
  let sum = 0;
  for (let k = 0; k < directions; k++) {
    const [c, s] = [Math.cos((Math.PI * k) / directions), Math.sin((Math.PI * k) / directions)];
    const along = (x) => Float32Array.from({ length: n }, (_, i) => c * x[2 * i] + s * x[2 * i + 1]).sort();
    const [p, q] = [along(a), along(b)];
    for (let i = 0; i < n; i++) sum += Math.abs(p[i] - q[i]);
  }
  return sum / n / directions;
}
