// Dense networks, forward and backward, and the two optimisers: PyTorch's numbers to rounding.
//
// All sides of matrices are filled up to multiples of four with zeros, which stay zeros: their
// gradients are 0. So a point is a row of four numbers, of which the last two are 0.

import { transpose } from "./products.js";

export const padded = (side) => 4 * Math.ceil(side / 4);

export class Network {
  // sizes [in, hidden, …, out]; slope: of the activation below 0; `rows`: the largest batch.
  constructor(room, sizes, slope, rows) {
    Object.assign(this, { room, sizes, slope });
    const wide = sizes.map(padded);
    const counts = sizes.slice(1).map((_, i) => wide[i + 1] * (wide[i] + 1));
    const size = counts.reduce((sum, count) => sum + count, 0);
    [this.vector, this.gradient] = [room.floats(size), room.floats(size)];
    let at = 0;
    this.layers = counts.map((count, i) => {
      const [into, out] = [wide[i], wide[i + 1]];
      const cut = (vector) => [vector.subarray(at, at + into * out), vector.subarray(at + into * out, at + count)];
      const [[weight, bias], [dWeight, dBias]] = [cut(this.vector), cut(this.gradient)];
      at += count;
      return { into, out, real: [sizes[i], sizes[i + 1]], weight, bias, dWeight, dBias, turned: room.floats(into * out) };
    });
    // At each layer's ends: activations, and derivatives.
    const matrix = (side) => room.floats((rows + 1) * side);
    [this.a, this.v, this.scratch] = [wide.map(matrix), wide.map(matrix), matrix(Math.max(...wide))];
  }

  get input() {
    return this.a[0];
  }

  get output() {
    return this.a.at(-1);
  }

  // Uniform in ±1/√inputs, weights before biases, layer by layer: as `networks.initial` draws them.
  initialise(random) {
    for (const layer of this.layers) {
      const bound = 1 / Math.sqrt(layer.real[0]);
      const draw = (size) => random.uniform(new Float32Array(size), -bound, bound);
      this.fill(layer, draw(layer.real[0] * layer.real[1]), draw(layer.real[1]));
    }
  }

  fill({ into, real, weight, bias }, weights, biases) {
    for (let row = 0; row < real[1]; row++)
      weight.set(weights.subarray(row * real[0], (row + 1) * real[0]), row * into);
    bias.set(biases);
  }

  // All weights and biases in PyTorch's order, without the zeros.
  numbers(vector = this.vector) {
    const found = [];
    let at = 0;
    for (const { into, out, real } of this.layers) {
      for (let row = 0; row < real[1]; row++) found.push(...vector.subarray(at + row * into, at + row * into + real[0]));
      found.push(...vector.subarray(at + into * out, at + into * out + real[1]));
      at += into * out + out;
    }
    return found;
  }

  // The first n rows of `input` through all layers, into `output`.
  forward(n) {
    this.layers.forEach(({ into, out, weight, bias, turned }, i) => {
      const y = this.a[i + 1];
      transpose(weight, turned, out, into);
      this.room.product(this.a[i], turned, y, n, out, into);
      const slope = i + 1 < this.layers.length ? this.slope : 1;
      for (let row = 0, k = 0; row < n; row++)
        for (let j = 0; j < out; j++, k++) {
          const value = y[k] + bias[j];
          y[k] = value > 0 ? value : slope * value;
        }
    });
    return this.output;
  }

  // From the derivatives at the output, v.at(-1), down to those at the output of the first layer;
  // with `through` to those at the input, v[0]. Rows from `from` on only, if it is given.
  backward(n, through = false) {
    for (let i = this.layers.length - 1; i >= (through ? 0 : 1); i--) {
      const { into, out, weight } = this.layers[i];
      this.room.product(this.v[i + 1], weight, this.v[i], n, into, out);
      if (i) this.masked(this.v[i], this.a[i], n * into);
    }
    return this.v[0];
  }

  masked(values, activations, size, from = 0) {
    for (let k = 0; k < size; k++) if (!(activations[from + k] > 0)) values[k] *= this.slope;
  }

  // Weights' gradients Vᵀ A over n rows, biases' over the first `biased` of them.
  gather(n, biased = n) {
    this.layers.forEach(({ into, out, dWeight, dBias }, i) => {
      const v = this.v[i + 1];
      this.room.product(v, this.a[i], dWeight, out, into, n, true);
      const sums = new Float64Array(out); // terms cancel, and Adam makes much of what is left
      for (let row = 0, k = 0; row < biased; row++) for (let j = 0; j < out; j++) sums[j] += v[k++];
      dBias.set(sums);
    });
  }
}

export class Adam {
  constructor(size, { beta1, beta2 }) {
    Object.assign(this, { beta1, beta2, t: 0, mean: new Float32Array(size), square: new Float32Array(size) });
  }

  step(vector, gradient, rate) {
    const { beta1, beta2, mean, square } = this;
    this.t += 1;
    const [first, second] = [1 - beta1 ** this.t, Math.sqrt(1 - beta2 ** this.t)];
    for (let k = 0; k < vector.length; k++) {
      const g = gradient[k];
      mean[k] += (1 - beta1) * (g - mean[k]);
      square[k] = beta2 * square[k] + (1 - beta2) * g * g;
      vector[k] -= ((rate / first) * mean[k]) / (Math.sqrt(square[k]) / second + 1e-8);
    }
  }
}

export class RMSProp {
  constructor(size) {
    this.square = new Float32Array(size);
  }

  step(vector, gradient, rate) {
    const { square } = this;
    for (let k = 0; k < vector.length; k++) {
      const g = gradient[k];
      square[k] = 0.99 * square[k] + 0.01 * g * g;
      vector[k] -= (rate * g) / (Math.sqrt(square[k]) + 1e-8);
    }
  }
}
