// Two densities on a line: theory/line.py, quickly enough to be dragged. A mixture is a list of
// [weight, mean, width]; weights are taken relative to their sum.

export const LN2 = Math.LN2;
const ROOT = Math.sqrt(2 * Math.PI);

export function linspace(low, high, n) {
  return Float64Array.from({ length: n }, (_, i) => low + ((high - low) * i) / (n - 1));
}

export const moved = (humps, by) => humps.map(([weight, mean, width]) => [weight, mean + by, width]);

export function shares(humps) {
  const total = humps.reduce((sum, [weight]) => sum + weight, 0);
  return humps.map(([weight]) => weight / total);
}

// The share of a standard normal law below t: Numerical Recipes' Chebyshev fit of erfc, to 1.2e-7.
export function normalBelow(t) {
  const z = Math.abs(t) * Math.SQRT1_2;
  const s = 1 / (1 + 0.5 * z);
  const fit = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  ].reduce((sum, factor) => sum * s + factor);
  const beyond = (s / 2) * Math.exp(-z * z - 1.26551223 + s * fit);
  return t > 0 ? 1 - beyond : beyond;
}

// Logarithm of the density, the density, its derivative and the share below, at each of x.
export function describe(humps, x) {
  const n = x.length;
  const made = { log: new Float64Array(n), density: new Float64Array(n), slope: new Float64Array(n), below: new Float64Array(n) };
  const weighed = shares(humps).map((share, k) => [share, humps[k][1], humps[k][2], Math.log(share / (humps[k][2] * ROOT))]);
  for (let i = 0; i < n; i++) {
    let top = -Infinity;
    for (const [, mean, width, first] of weighed) top = Math.max(top, first - ((x[i] - mean) / width) ** 2 / 2);
    let [sum, slope, below] = [0, 0, 0];
    for (const [share, mean, width, first] of weighed) {
      const t = (x[i] - mean) / width;
      const one = Math.exp(first - (t * t) / 2 - top);
      sum += one;
      slope -= (one * t) / width;
      below += share * normalBelow(t);
    }
    const scale = Math.exp(top);
    made.log[i] = top + Math.log(sum);
    made.density[i] = scale * sum;
    made.slope[i] = scale * slope;
    made.below[i] = below;
  }
  return made;
}

// ln σ(t), also where σ(t) is too small to write.
const logSigmoid = (t) => (t < 0 ? t : 0) - Math.log1p(Math.exp(-Math.abs(t)));

// D* (eq. 4), the integrand of JS, JS and W1 with their derivatives by the place of P_θ; on evenly
// spaced x that hold nearly all of both.
export function apart(real, fake, x, ofReal = describe(real, x)) {
  const q = describe(fake, x);
  const n = x.length;
  const [optimal, integrand] = [new Float64Array(n), new Float64Array(n)];
  let [js, jsSlope, w1, w1Slope] = [0, 0, 0, 0];
  for (let i = 0; i < n; i++) {
    const ratio = ofReal.log[i] - q.log[i];
    const ofFake = LN2 + logSigmoid(-ratio);
    const apart = q.below[i] - ofReal.below[i];
    const share = i === 0 || i === n - 1 ? 0.5 : 1;
    optimal[i] = 1 / (1 + Math.exp(-ratio));
    integrand[i] = (ofReal.density[i] * (LN2 + logSigmoid(ratio)) + q.density[i] * ofFake) / 2;
    js += share * integrand[i];
    jsSlope -= (share * q.slope[i] * ofFake) / 2;
    w1 += share * Math.abs(apart);
    w1Slope -= share * Math.sign(apart) * q.density[i];
  }
  const step = (x[n - 1] - x[0]) / (n - 1);
  return {
    x, optimal, integrand, real: ofReal.density, fake: q.density,
    js: js * step, jsSlope: jsSlope * step, w1: w1 * step, w1Slope: w1Slope * step,
  };
}

// The same at each of these places of P_θ, without the curves.
export function along(real, fake, thetas, x) {
  const ofReal = describe(real, x);
  return Array.from(thetas, (theta) => {
    const { js, jsSlope, w1, w1Slope } = apart(real, moved(fake, theta), x, ofReal);
    return { js, jsSlope, w1, w1Slope };
  });
}
