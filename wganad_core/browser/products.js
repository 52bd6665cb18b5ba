// The one product of matrices that everything else is made of, and room for matrices.
//
// C = A B with A (n, k) and B (k, m), row by row; of A also its transpose. WebAssembly's vector
// instructions do it where the browser has them (their code is put together below), plain
// JavaScript elsewhere, forty times slower.

export class Room {
  constructor(megabytes) {
    this.memory = new WebAssembly.Memory({ initial: 16 * megabytes });
    this.next = 16;
    this.fast = kernels(this.memory);
  }

  // So many zeros, at an address that is a multiple of sixteen.
  floats(size) {
    const made = new Float32Array(this.memory.buffer, this.next, size);
    this.next += 16 * Math.ceil(size / 4);
    return made;
  }

  // turned: A is given as (k, n). Rows go two at a time: of an odd number, what follows A and C in
  // their arrays is one more.
  product(a, b, c, n, m, k, turned = false) {
    const [down, along] = turned ? [1, n] : [k, 1];
    if (this.fast && m % 4 === 0) {
      const run = m % 16 === 0 ? this.fast.w : this.fast.n;
      run(a.byteOffset, b.byteOffset, c.byteOffset, n + (n % 2), m, k, 4 * down, 4 * along);
    } else plainProduct(a, b, c, n, m, k, down, along);
  }
}

export function plainProduct(a, b, c, n, m, k, down, along) {
  for (let i = 0; i < n; i++) {
    const row = c.subarray(i * m, (i + 1) * m).fill(0);
    for (let l = 0; l < k; l++) {
      const factor = a[i * down + l * along];
      if (factor) for (let j = 0, q = l * m; j < m; j++) row[j] += factor * b[q++];
    }
  }
}

// (rows, columns) → (columns, rows)
export function transpose(from, to, rows, columns) {
  for (let i = 0; i < rows; i++)
    for (let j = 0, p = i * columns; j < columns; j++) to[j * rows + i] = from[p++];
}

// ---------------------------------------------------------------- WebAssembly

// Two rows of C at a time, `WIDE` vectors of four numbers across: as many running sums.
const [A, B, C, ROWS, COLUMNS, DEPTH, DOWN, ALONG] = [0, 1, 2, 3, 4, 5, 6, 7]; // parameters
const [ROW, COLUMN, LEFT_OVER, P, Q, STRIDE, FROM, BACK] = [8, 9, 10, 11, 12, 13, 14, 15]; // whole numbers
const SUMS = 16; // up to eight of them, then what is loaded
const [FIRST, SECOND, RIGHT] = [24, 25, 26];
const [I32, V128, NOTHING] = [0x7f, 0x7b, 0x40];

const leb = (value) => {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
};
const get = (local) => [0x20, local];
const set = (local) => [0x21, local];
const whole = (value) => [0x41, value]; // below 64
const [ADD, SUBTRACT, SHIFT_LEFT, LESS] = [[0x6a], [0x6b], [0x74], [0x49]];
const vector = (code) => [0xfd, ...leb(code)];
const load = (offset) => [...vector(0), 4, ...leb(offset)];
const store = (offset) => [...vector(11), 4, ...leb(offset)];
const SPLAT = [...vector(9), 2, 0];
const [ZERO, VECTOR_ADD, VECTOR_MULTIPLY] = [[...vector(12), ...Array(16).fill(0)], vector(0xe4), vector(0xe6)];
const plus = (local, ...amount) => [...get(local), ...amount, ...ADD, ...set(local)];
const times4 = (local) => [...get(local), ...whole(2), ...SHIFT_LEFT];
// Runs `body` while what `again` leaves is not 0; at least once.
const repeat = (body, again) => [...[0x03, NOTHING], ...body, ...again, ...[0x0d, 0], 0x0b];
const each = (n, make) => Array.from({ length: n }, (_, i) => make(i)).flat();

function kernel(wide) {
  const multiplyAdd = (sum, one) => [
    ...get(SUMS + sum), ...get(one), ...get(RIGHT), ...VECTOR_MULTIPLY, ...VECTOR_ADD, ...set(SUMS + sum),
  ];
  const along = [
    ...get(P), ...SPLAT, ...set(FIRST), ...get(P), ...get(DOWN), ...ADD, ...SPLAT, ...set(SECOND),
    ...each(wide, (j) => [
      ...get(Q), ...load(16 * j), ...set(RIGHT), ...multiplyAdd(j, FIRST), ...multiplyAdd(wide + j, SECOND),
    ]),
    ...plus(P, ...get(ALONG)), ...plus(Q, ...get(STRIDE)),
    ...get(LEFT_OVER), ...whole(1), ...SUBTRACT, ...set(LEFT_OVER),
  ];
  const rowOfC = (first) => each(wide, (j) => [...get(Q), ...get(SUMS + first + j), ...store(16 * j)]);
  const tile = [
    ...each(2 * wide, (sum) => [...ZERO, ...set(SUMS + sum)]),
    ...get(FROM), ...set(P), ...get(B), ...times4(COLUMN), ...ADD, ...set(Q),
    ...get(DEPTH), ...set(LEFT_OVER),
    ...repeat(along, get(LEFT_OVER)),
    ...get(C), ...times4(COLUMN), ...ADD, ...set(Q),
    ...rowOfC(0),
    ...plus(Q, ...get(STRIDE)),
    ...rowOfC(wide),
    ...plus(FROM, ...get(DOWN), ...whole(1), ...SHIFT_LEFT),
    ...plus(C, ...get(STRIDE), ...whole(1), ...SHIFT_LEFT),
    ...plus(ROW, ...whole(2)),
  ];
  const body = [
    ...times4(COLUMNS), ...set(STRIDE), ...whole(0), ...set(COLUMN), ...get(C), ...set(BACK),
    ...repeat(
      [
        ...whole(0), ...set(ROW), ...get(A), ...set(FROM), ...get(BACK), ...set(C),
        ...repeat(tile, [...get(ROW), ...get(ROWS), ...LESS]),
        ...plus(COLUMN, ...whole(4 * wide)),
      ],
      [...get(COLUMN), ...get(COLUMNS), ...LESS],
    ),
    0x0b,
  ];
  return [...[2, 8, I32, 11, V128], ...body]; // two groups of locals besides the parameters
}

function moduleBytes() {
  const section = (id, content) => [id, ...leb(content.length), ...content];
  const name = (text) => [text.length, ...[...text].map((letter) => letter.charCodeAt(0))];
  const codes = [kernel(4), kernel(1)].flatMap((code) => [...leb(code.length), ...code]);
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 8, ...Array(8).fill(I32), 0]), // eight whole numbers → nothing
    ...section(2, [1, ...name("a"), ...name("m"), 2, 0, 1]), // the memory, of a page at least
    ...section(3, [2, 0, 0]),
    ...section(7, [2, ...name("w"), 0, 0, ...name("n"), 0, 1]),
    ...section(10, [2, ...codes]),
  ]);
}

function kernels(memory) {
  const bytes = moduleBytes();
  if (!WebAssembly.validate(bytes)) return null;
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { a: { m: memory } }).exports;
}
