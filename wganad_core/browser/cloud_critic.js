// A critic 2-64-64-1 of two clouds that learns while they are moved: the race's own updates
// (gans.js), with the points of the clouds for batches.

import { TRAINERS } from "./gans.js";
import { Room } from "./products.js";

const WIDTH = 64;
const ROWS = 48; // of a batch, at least
const ADAM = { optimizer: "adam", learning_rate: 2e-3, beta1: 0.5, beta2: 0.9, penalty: 10 };
const CLIPPED = { optimizer: "rmsprop", learning_rate: 1e-3 };
export const BOUNDS = {
  penalty: { method: "wgan-gp", ...ADAM },
  "one-sided": { method: "wgan-gp", at_most: true, ...ADAM },
  clip: { method: "wgan-clip", clip: 0.01, ...CLIPPED },
  wide: { method: "wgan-clip", clip: 0.3, ...CLIPPED },
};

export class CloudCritic {
  // n: points of a cloud; grid: [[x, y], …] where f is told.
  constructor(bound, n, grid) {
    this.n = n;
    this.grid = grid;
    const m = n * Math.ceil(ROWS / n);
    const training = { ...BOUNDS[bound], batch_size: m, n_critic: 1, decay: "none", steps: Infinity, seed: 0 };
    const network = { n_latent: 2, n_features: 2, width: WIDTH, depth: 2, activation: "leaky-relu" };
    this.trainer = new TRAINERS[training.method](new Room(12), new Float32Array(2), network, training, grid.length);
    this.trainer.batches = () => this.batches(m);
  }

  get steps() {
    return this.trainer.steps;
  }

  // Every point equally often; the fake ones in another order each time, as x̂ lies between pairs.
  batches(m) {
    const { critic, random } = this.trainer;
    const order = Array.from({ length: m }, (_, i) => i % this.n);
    for (let i = m - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [order[i], order[j]] = [order[j], order[i]];
    }
    for (let i = 0; i < m; i++) {
      critic.input.set(this.real[i % this.n], 4 * i);
      critic.input.set(this.fake[order[i]], 4 * (m + i));
    }
  }

  learn(real, fake, steps) {
    Object.assign(this, { real, fake });
    for (let k = 0; k < steps; k++) {
      this.trainer.updateCritic();
      this.trainer.steps += 1;
    }
  }

  at(points) {
    const { critic } = this.trainer;
    points.forEach((point, i) => critic.input.set([...point, 0, 0], 4 * i));
    return this.trainer.scores(points.length);
  }

  // f on the grid, E f(x) − E f(y), and where f rises at each fake point.
  look(real, fake) {
    const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const estimate = mean(this.at(real)) - mean(this.at(fake));
    this.at(fake);
    fake.forEach((_, i) => this.trainer.derive(i, 1));
    const rise = this.trainer.critic.backward(fake.length, true);
    const slopes = fake.map((_, i) => [rise[4 * i], rise[4 * i + 1]]);
    return { estimate, slopes, f: this.at(this.grid) };
  }
}
