// The three trainers of the race: methods/gan.py, wgan_clip.py and wgan_gp.py, in their signs.
//
// Like a trainer of the core: a step is `n_critic` critic updates, then one of the generator; an
// update that is not finite is not applied, and ends the lane.

import { Adam, Network, RMSProp, padded } from "./nets.js";
import { Random } from "./random.js";

const SLOPES = { relu: 0, "leaky-relu": 0.01 };
const LATENTS_OF_PICTURES = 1_000_003;
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

export class Diverged extends Error {}

class Trainer {
  // x: points (n, 2); network and training: as `LaneConfig` has them; `looked`: the most rows that
  // anyone looks at in one go, for pictures.
  constructor(room, x, network, training, looked = 1600) {
    Object.assign(this, { room, x, training, nLatent: network.n_latent });
    const m = training.batch_size;
    const hidden = Array(network.depth).fill(network.width);
    const make = (sizes, rows) => new Network(room, sizes, SLOPES[network.activation], Math.max(rows, looked));
    this.generator = make([network.n_latent, ...hidden, network.n_features], m);
    this.critic = make([network.n_features, ...hidden, 1], 3 * m);
    this.random = new Random(training.seed);
    this.generator.initialise(this.random);
    this.critic.initialise(this.random);
    if (training.average) this.averaged = this.generator.vector.slice();
    this.random = new Random(training.seed);
    this.optimisers = [this.generator, this.critic].map(({ vector }) =>
      training.optimizer === "rmsprop" ? new RMSProp(vector.length) : new Adam(vector.length, training),
    );
    [this.steps, this.losses, this.wEstimate] = [0, {}, NaN];
    this.fixed = new Random(training.seed + LATENTS_OF_PICTURES).normal(new Float32Array(1000 * this.nLatent));
  }

  step() {
    for (let k = 0; k < this.training.n_critic; k++) this.updateCritic();
    this.updateGenerator();
    this.steps += 1;
  }

  // G at latents (n, n_latent): rows of four numbers.
  generate(latents) {
    const n = latents.length / this.nLatent;
    spread(latents, this.nLatent, this.generator.input);
    return this.generator.forward(n);
  }

  // The same from the moving average of its weights, if one is kept: what is looked at.
  sample(latents) {
    if (!this.averaged) return this.generate(latents);
    const { vector } = this.generator;
    const weights = vector.slice();
    vector.set(this.averaged);
    const found = this.generate(latents);
    vector.set(weights);
    return found;
  }

  // Real points, then generated ones, into the critic's first 2m rows.
  batches() {
    const m = this.training.batch_size;
    const rows = this.critic.input;
    for (let i = 0; i < m; i++) {
      const k = 2 * this.random.below(this.x.length / 2);
      rows[4 * i] = this.x[k];
      rows[4 * i + 1] = this.x[k + 1];
    }
    rows.set(this.generate(this.latents()).subarray(0, 4 * m), 4 * m);
  }

  latents() {
    return this.random.normal(new Float32Array(this.training.batch_size * this.nLatent));
  }

  // Scores of the critic's first rows, and room for their derivatives.
  scores(n) {
    const out = this.critic.forward(n);
    return Array.from({ length: n }, (_, i) => out[4 * i]);
  }

  derive(at, value) {
    this.critic.v.at(-1)[4 * at] = value;
  }

  updateGenerator() {
    const m = this.training.batch_size;
    this.critic.input.set(this.generate(this.latents()).subarray(0, 4 * m));
    const loss = this.generatorLoss(this.scores(m));
    const push = this.critic.backward(m, true);
    this.generator.v.at(-1).set(push.subarray(0, 4 * m));
    this.generator.backward(m);
    this.generator.gather(m);
    this.apply("generator", loss);
    const { averaged, training, generator } = this;
    averaged?.forEach((value, k) => (averaged[k] += (1 - training.average) * (generator.vector[k] - value)));
  }

  rate(part) {
    const { decay, learning_rate, critic_learning_rate, steps } = this.training;
    const own = (part === "critic" && critic_learning_rate) || learning_rate;
    const left = 1 - Math.min(this.steps / steps, 1);
    const factor = { none: 1, linear: left, cosine: Math.sin((Math.PI / 2) * left) ** 2 }[decay];
    return own * Math.max(factor, 1e-3);
  }

  apply(part, loss) {
    const { vector, gradient } = this[part];
    let length = loss;
    for (const value of gradient) length += value * value;
    if (!Number.isFinite(length)) throw new Diverged(`Training diverged at step ${this.steps} (${part} update).`);
    this.optimisers[part === "critic" ? 1 : 0].step(vector, gradient, this.rate(part));
    this.losses[part] = loss;
  }
}

export class VanillaGAN extends Trainer {
  updateCritic() {
    const m = this.training.batch_size;
    this.batches();
    let loss = 0;
    this.scores(2 * m).forEach((logit, i) => {
      const sign = i < m ? -1 : 1; // of data, of samples
      loss += softplus(sign * logit) / m;
      this.derive(i, (sign * sigmoid(sign * logit)) / m);
    });
    this.critic.backward(2 * m);
    this.critic.gather(2 * m);
    this.apply("critic", loss);
  }

  generatorLoss(logits) {
    const m = logits.length;
    const sign = this.training.generator_loss === "saturating" ? 1 : -1;
    let loss = 0;
    logits.forEach((logit, i) => {
      loss -= (sign * softplus(sign * logit)) / m;
      this.derive(i, -sigmoid(sign * logit) / m);
    });
    return loss;
  }
}

export class ClippedWGAN extends Trainer {
  updateCritic() {
    const m = this.training.batch_size;
    this.batches();
    const loss = this.critics(this.scores(2 * m));
    this.critic.backward(2 * m);
    this.critic.gather(2 * m);
    this.apply("critic", loss);
    this.wEstimate = -loss;
    const { vector } = this.critic;
    const { clip } = this.training;
    for (let k = 0; k < vector.length; k++) vector[k] = Math.min(clip, Math.max(-clip, vector[k]));
  }

  // mean f(G(z)) − mean f(x), and its derivatives.
  critics(scores) {
    const m = this.training.batch_size;
    let loss = 0;
    for (let i = 0; i < 2 * m; i++) {
      const share = (i < m ? -1 : 1) / m;
      loss += share * scores[i];
      this.derive(i, share);
    }
    return loss;
  }

  generatorLoss(scores) {
    const m = scores.length;
    scores.forEach((_, i) => this.derive(i, -1 / m));
    return -scores.reduce((sum, score) => sum + score, 0) / m;
  }
}

export class WGANGP extends ClippedWGAN {
  // As `fast_critic` does: the rows [x; G(z); x̂] share one pass, and the penalty's derivative for
  // a layer's weights is Vᵀ T, so T takes the place of x̂'s activations. No double backward.
  updateCritic() {
    const { batch_size: m, penalty } = this.training;
    const { critic } = this;
    this.batches();
    this.between(critic.input, m);
    const wEstimate = -this.critics(this.scores(3 * m));
    for (let i = 2 * m; i < 3 * m; i++) this.derive(i, 1);
    const gradients = critic.backward(3 * m, true).subarray(8 * m, 12 * m);
    const roughness = this.tangent(gradients, m, penalty);
    this.passTangent(m);
    critic.gather(3 * m, 2 * m);
    this.apply("critic", penalty * roughness - wEstimate);
    this.wEstimate = wEstimate;
  }

  // x̂ = ε x + (1 − ε) G(z) into the third m rows.
  between(rows, m) {
    const epsilon = this.random.uniform(new Float32Array(m));
    for (let i = 0; i < 4 * m; i++) {
      const fake = rows[4 * m + i];
      rows[8 * m + i] = fake + epsilon[i >> 2] * (rows[i] - fake);
    }
  }

  // ∂(λ·penalty)/∂∇f(x̂) takes the place of x̂; the penalty without λ.
  tangent(gradients, m, penalty) {
    const rows = this.critic.input;
    let roughness = 0;
    for (let i = 0; i < m; i++) {
      const [gx, gy] = [gradients[4 * i], gradients[4 * i + 1]];
      const norm = Math.hypot(gx, gy);
      const excess = this.training.at_most ? Math.max(norm - 1, 0) : norm - 1;
      roughness += (excess * excess) / m;
      const factor = (excess * penalty * 2) / m / Math.max(norm, 1e-30);
      rows[8 * m + 4 * i] = gx * factor;
      rows[8 * m + 4 * i + 1] = gy * factor;
    }
    return roughness;
  }

  passTangent(m) {
    const { layers, a, scratch } = this.critic;
    layers.slice(0, -1).forEach(({ into, out, turned }, i) => {
      const passed = scratch.subarray(0, m * out);
      this.room.product(a[i].subarray(2 * m * into), turned, passed, m, out, into);
      this.critic.masked(passed, a[i + 1], m * out, 2 * m * out);
      a[i + 1].set(passed, 2 * m * out);
    });
  }
}

// Rows of n numbers into rows of a multiple of four.
function spread(values, n, rows) {
  const wide = padded(n);
  for (let i = 0, k = 0; k < values.length; i++) for (let j = 0; j < n; j++) rows[i * wide + j] = values[k++];
}

export const TRAINERS = { gan: VanillaGAN, "wgan-clip": ClippedWGAN, "wgan-gp": WGANGP };
