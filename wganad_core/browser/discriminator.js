// D of a small network 1-32-32-1 that learns to tell two densities apart while they are dragged:
// eq. 3 with its expectations as sums over a grid, so that no noise of samples comes in.

import { Adam, Network } from "./nets.js";
import { Room } from "./products.js";
import { Random } from "./random.js";

const [WIDTH, RATE, SLOPE] = [32, 0.01, 0.01];
const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
const sigmoid = (t) => 1 / (1 + Math.exp(-t));

export class Discriminator {
  // x: the grid (n); `unit`: what the network takes for 1.
  constructor(x, unit = 3, seed = 0) {
    Object.assign(this, { x, unit, steps: 0 });
    this.net = new Network(new Room(4), [1, WIDTH, WIDTH, 1], SLOPE, x.length);
    this.net.initialise(new Random(seed));
    this.optimiser = new Adam(this.net.vector.length, { beta1: 0.9, beta2: 0.999 });
  }

  logits() {
    const { input } = this.net;
    this.x.forEach((value, i) => (input[4 * i] = value / this.unit));
    return this.net.forward(this.x.length);
  }

  // One step of Adam on −E_p ln D − E_q ln(1 − D); p and q: densities on the grid (n).
  step(p, q) {
    const n = this.x.length;
    const [allP, allQ] = [p, q].map((each) => each.reduce((sum, value) => sum + value, 0));
    const out = this.logits();
    const derivatives = this.net.v.at(-1);
    this.loss = 0;
    for (let i = 0; i < n; i++) {
      const [real, fake, logit] = [p[i] / allP, q[i] / allQ, out[4 * i]];
      this.loss += real * softplus(-logit) + fake * softplus(logit);
      derivatives[4 * i] = fake * sigmoid(logit) - real * sigmoid(-logit);
    }
    this.net.backward(n);
    this.net.gather(n);
    this.optimiser.step(this.net.vector, this.net.gradient, RATE);
    this.steps += 1;
  }

  // D on the grid.
  values() {
    const out = this.logits();
    return Float64Array.from(this.x, (_, i) => sigmoid(out[4 * i]));
  }
}
