// A drawing made like the images of MNIST: data/picture.py's last steps, with Pillow's own filters.

import { SIDE } from "./images.js";

const [INK_SIDE, MIDDLE] = [20, 14];
const BOX = { support: 0.5, at: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) };
const BICUBIC = {
  support: 2,
  at: (x) => {
    const [a, t] = [-0.5, Math.abs(x)];
    if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
    return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
  },
};

// Half a pixel goes to the even neighbour, as in Python.
const rounded = (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x));

// Ink (rows × columns) from 0 to 1 → (784) whole numbers from 0 to 255; null of an empty page.
export function likeMnist(ink, rows, columns) {
  const box = inkBox(ink, rows, columns);
  if (!box) return null;
  const [top, bottom, left, right] = box;
  const [height, width] = [bottom - top + 1, right - left + 1];
  const crop = new Float32Array(height * width);
  for (let r = 0; r < height; r++)
    crop.set(ink.subarray((top + r) * columns + left, (top + r) * columns + left + width), r * width);
  const factor = INK_SIDE / Math.max(height, width);
  const [h, w] = [height, width].map((side) => Math.max(1, rounded(factor * side)));
  const kind = factor <= 1 / 3 ? BOX : BICUBIC;
  const small = resampled(resampled(crop, height, width, w, kind), w, height, h, kind);
  const clipped = small.map((value) => Math.min(1, Math.max(0, value)));
  const [down, across] = [start(clipped, h, w, true), start(clipped, h, w, false)];
  const image = new Uint8ClampedArray(SIDE * SIDE);
  for (let r = 0; r < h; r++)
    for (let c = 0; c < w; c++) image[(down + r) * SIDE + across + c] = rounded(255 * clipped[r * w + c]);
  return image;
}

function inkBox(ink, rows, columns) {
  let [top, bottom, left, right] = [rows, -1, columns, -1];
  for (let r = 0, k = 0; r < rows; r++)
    for (let c = 0; c < columns; c++)
      if (ink[k++] > 0) {
        [top, bottom] = [Math.min(top, r), Math.max(bottom, r)];
        [left, right] = [Math.min(left, c), Math.max(right, c)];
      }
  return bottom < 0 ? null : [top, bottom, left, right];
}

// Along rows to n columns, and turned: (rows, columns) → (n, rows).
function resampled(x, rows, columns, n, { support, at }) {
  const scale = columns / n;
  const reach = Math.max(scale, 1);
  const made = new Float32Array(n * rows);
  for (let j = 0; j < n; j++) {
    const centre = (j + 0.5) * scale;
    const low = Math.max(0, Math.trunc(centre - support * reach + 0.5));
    const high = Math.min(columns, Math.trunc(centre + support * reach + 0.5));
    const weights = Array.from({ length: high - low }, (_, i) => at((low + i - centre + 0.5) / reach));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let r = 0; r < rows; r++) {
      let sum = 0;
      weights.forEach((weight, i) => (sum += (weight / total) * x[r * columns + low + i]));
      made[j * rows + r] = sum;
    }
  }
  return made;
}

// Where the ink (h, w) begins for its centre of mass to fall in the middle, the whole of it kept.
function start(ink, h, w, down) {
  let [mass, moment] = [0, 0];
  for (let r = 0, k = 0; r < h; r++)
    for (let c = 0; c < w; c++, k++) {
      mass += ink[k];
      moment += (down ? r : c) * ink[k];
    }
  return Math.min(SIDE - (down ? h : w), Math.max(0, rounded(MIDDLE - moment / mass)));
}
