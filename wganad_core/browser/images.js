// The convolutional networks of networks/image.py, forward only, on single images of 28 × 28.
//
// A picture or a stack of channels is a Float32Array (channels, side, side), as in PyTorch.

import { unpackText } from "./packed.js";

export const SIDE = 28;
const QUARTER = 7;
const NORM_EPSILON = 1e-5; // of PyTorch's batch normalisation
const LEAK = 0.2;

export const relu = (x) => x.map((value) => Math.max(value, 0));
export const leaky = (x) => x.map((value) => (value > 0 ? value : LEAK * value));
export const sigmoid = (x) => x.map((value) => 1 / (1 + Math.exp(-value)));

export function linear(x, weight, bias) {
  const into = x.length;
  return bias.map((sum, j) => {
    let total = sum;
    for (let i = 0, k = j * into; i < into; i++) total += weight[k++] * x[i];
    return total;
  });
}

// weight (out, in, size, size); padding 1.
export function convolve(x, side, weight, bias, size, stride) {
  const [out, into] = [bias.length, weight.length / bias.length / size ** 2];
  const wide = Math.floor((side + 2 - size) / stride) + 1;
  const y = new Float32Array(out * wide * wide);
  for (let o = 0; o < out; o++)
    for (let r = 0; r < wide; r++)
      for (let c = 0; c < wide; c++) {
        let sum = bias[o];
        for (let i = 0; i < into; i++)
          for (let a = 0; a < size; a++) {
            const row = r * stride + a - 1;
            if (row < 0 || row >= side) continue;
            const [from, k] = [(i * side + row) * side, ((o * into + i) * size + a) * size];
            for (let b = 0; b < size; b++) {
              const column = c * stride + b - 1;
              if (column >= 0 && column < side) sum += x[from + column] * weight[k + b];
            }
          }
        y[(o * wide + r) * wide + c] = sum;
      }
  return y;
}

// weight (in, out, 4, 4); stride 2, padding 1: sides double.
export function convolveBack(x, side, weight, bias) {
  const [out, into, wide] = [bias.length, weight.length / bias.length / 16, 2 * side];
  const y = new Float32Array(out * wide * wide);
  for (let o = 0; o < out; o++) y.fill(bias[o], o * wide * wide, (o + 1) * wide * wide);
  for (let i = 0; i < into; i++)
    for (let r = 0; r < side; r++)
      for (let c = 0; c < side; c++) {
        const value = x[(i * side + r) * side + c];
        if (!value) continue;
        for (let o = 0; o < out; o++)
          for (let a = 0; a < 4; a++) {
            const row = 2 * r + a - 1;
            if (row < 0 || row >= wide) continue;
            for (let b = 0; b < 4; b++) {
              const column = 2 * c + b - 1;
              if (column >= 0 && column < wide)
                y[(o * wide + row) * wide + column] += value * weight[((i * out + o) * 4 + a) * 4 + b];
            }
          }
      }
  return y;
}

// Four channels become the pixels of blocks of 2 × 2.
export function shuffle(x, side) {
  const y = new Float32Array(x.length);
  const wide = 2 * side;
  for (let o = 0; o < x.length / (wide * wide); o++)
    for (let r = 0; r < wide; r++)
      for (let c = 0; c < wide; c++) {
        const channel = 4 * o + 2 * (r % 2) + (c % 2);
        y[(o * wide + r) * wide + c] = x[(channel * side + (r >> 1)) * side + (c >> 1)];
      }
  return y;
}

// `at(name)`: an array of the model, as `Networks.arrays` names them.
function weighed(at, part, number) {
  return [at(`${part}.${number}.weight`), at(`${part}.${number}.bias`)];
}

// What critics and encoders begin with: 28 → 14 → 7 → 4, then two dense layers.
function read(x, part, at) {
  let y = leaky(convolve(x, SIDE, ...weighed(at, part, 1), 4, 2));
  y = leaky(convolve(y, 14, ...weighed(at, part, 3), 4, 2));
  y = leaky(convolve(y, QUARTER, ...weighed(at, part, 5), 3, 2));
  y = leaky(linear(y, ...weighed(at, part, 8)));
  return linear(y, ...weighed(at, part, 10));
}

// f(x) of a picture (784) in [0, 1].
export function critic(x, at) {
  return read(x, "critic", at)[0];
}

// z = E(x).
export function encode(x, at) {
  const [mean, variance] = [at("encoder.11.running_mean"), at("encoder.11.running_var")];
  return read(x, "encoder", at).map((value, i) => (value - mean[i]) / Math.sqrt(variance[i] + NORM_EPSILON));
}

// G(z), a picture (784) in [0, 1].
export function generate(z, at) {
  let y = relu(linear(z, ...weighed(at, "generator", 0)));
  y = relu(convolveBack(y, QUARTER, ...weighed(at, "generator", 3)));
  y = relu(convolve(y, 14, ...weighed(at, "generator", 5), 3, 1));
  y = convolve(y, 14, ...weighed(at, "generator", 7), 3, 1);
  y = relu(shuffle(y, 14));
  return sigmoid(convolve(y, SIDE, ...weighed(at, "generator", 10), 3, 1));
}

// What detectors make of a picture: G(E(x)), the mean squared error, and −f(x).
export function judge(x, at) {
  const rebuilt = generate(encode(x, at), at);
  let error = 0;
  x.forEach((value, i) => (error += (value - rebuilt[i]) ** 2 / x.length));
  return { rebuilt, encoder: error, critic: -critic(x, at) };
}

// Arrays by name; matrices have a byte a number and a step for each row.
export async function unpackNetworks(text) {
  const { header, payload } = await unpackText(text);
  const arrays = {};
  for (const [name, { at, size, rows, steps }] of Object.entries(header.arrays)) {
    if (!rows) {
      arrays[name] = new Float32Array(payload, at, size);
      continue;
    }
    const [codes, step] = [new Int8Array(payload, at, size), new Float32Array(payload, steps, rows)];
    arrays[name] = Float32Array.from(codes, (code, k) => code * step[Math.floor((k * rows) / size)]);
  }
  return { ...header, arrays };
}
