// PyTorch's random numbers on a CPU: the same seed gives the same weights, latents and ε as the app.
//
// Matsumoto and Nishimura's MT19937; floats take its lowest 24 bits, normal numbers come in blocks
// of sixteen by Box and Muller's method.

const [N, M] = [624, 397];
const BLOCK = 16;

export class Random {
  constructor(seed) {
    this.state = new Uint32Array(N);
    this.state[0] = seed >>> 0;
    for (let i = 1; i < N; i++) {
      const before = this.state[i - 1] ^ (this.state[i - 1] >>> 30);
      this.state[i] = Math.imul(before, 1812433253) + i;
    }
    this.at = N;
  }

  // The next 32 bits.
  word() {
    if (this.at === N) this.twist();
    let y = this.state[this.at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  twist() {
    const { state } = this;
    for (let i = 0; i < N; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % N] & 0x7fffffff);
      state[i] = state[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.at = 0;
  }

  // In [0, 1).
  unit() {
    return (this.word() & 0xffffff) / 0x1000000;
  }

  uniform(out, low = 0, high = 1) {
    for (let i = 0; i < out.length; i++) out[i] = this.unit() * (high - low) + low;
    return out;
  }

  // A whole number below `high`.
  below(high) {
    return this.word() % high;
  }

  // At least sixteen numbers; what does not fill a block is made anew with the block before it.
  normal(out) {
    if (out.length < BLOCK) throw new RangeError(`Expected ${BLOCK} numbers or more; found ${out.length}.`);
    this.uniform(out);
    for (let at = 0; at + BLOCK <= out.length; at += BLOCK) boxMuller(out, at);
    if (out.length % BLOCK) {
      const last = out.subarray(out.length - BLOCK);
      this.uniform(last);
      boxMuller(last, 0);
    }
    return out;
  }
}

function boxMuller(out, at) {
  for (let i = at; i < at + BLOCK / 2; i++) {
    const radius = Math.sqrt(-2 * Math.log(1 - out[i]));
    const angle = 2 * Math.PI * out[i + BLOCK / 2];
    out[i] = radius * Math.cos(angle);
    out[i + BLOCK / 2] = radius * Math.sin(angle);
  }
}
