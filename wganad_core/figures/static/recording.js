// A recording of a race: its file (wganad_core/figures/lanes.py) unpacked, frames that come later, and
// what lies between two frames.

const KEPT = 600; // frames of a live lane

export async function decode(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const buffer = await new Response(stream).arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const [left, right, bottom, top] = header.box;
  header.places = header.modes.map(([x, y]) => [(x - left) / (right - left), (y - bottom) / (top - bottom)]);
  header.reach = (3 * header.sigma) / (right - left);
  // A copy: typed arrays must begin at even places, and the header has any length.
  const payload = buffer.slice(4 + length);
  header.data = unpacked(payload, header.data)[0];
  for (const lane of header.lanes)
    for (const [name, place] of Object.entries(lane.layers))
      lane.layers[name] = { ...place, frames: unpacked(payload, place, true) };
  return Object.assign(header, { clock: clockOf(header.lanes) });
}

function unpacked(payload, { bits, at, shape, low, step }, framed) {
  const n = framed ? shape[0] : 1;
  const size = shape.reduce((product, side) => product * side, 1) / (n || 1);
  const [Kind, none] = bits === 8 ? [Uint8Array, 255] : [Uint16Array, 65535];
  const codes = new Kind(payload, at, n * size);
  return Array.from({ length: n }, (_, i) => {
    const values = new Float32Array(size);
    for (let k = 0; k < size; k++) {
      const code = codes[i * size + k];
      values[k] = code === none ? NaN : low + code * step;
    }
    return values;
  });
}

const clockOf = (lanes) =>
  [...new Set(lanes.flatMap((lane) => lane.steps))].sort((a, b) => a - b);

// Further layers of the same frames, or newer frames; whether they fit.
export function extend(recording, more) {
  if (recording.lanes.length !== more.lanes.length) return false;
  recording.lanes.forEach((lane, i) => {
    const other = more.lanes[i];
    if (Object.keys(other.history).length) lane.history = other.history;
    other.steps.forEach((step, k) => {
      let at = lane.steps.lastIndexOf(step);
      if (at < 0) {
        while (lane.steps.length && lane.steps.at(-1) > step) shorten(lane);
        at = lane.steps.push(step) - 1;
      }
      for (const name of ["words", "tones", "counts", "nearest"]) lane[name][at] = other[name][k];
      for (const [name, layer] of Object.entries(other.layers)) {
        const mine = (lane.layers[name] ??= { ...layer, frames: [] });
        mine.frames[at] = layer.frames[k];
      }
    });
    if (lane.steps.length > KEPT) thin(lane);
  });
  recording.clock = clockOf(recording.lanes);
  return true;
}

function* columns(lane) {
  for (const name of ["steps", "words", "tones", "counts", "nearest"]) yield lane[name];
  for (const layer of Object.values(lane.layers)) yield layer.frames;
}

function shorten(lane) {
  const length = lane.steps.length - 1;
  for (const column of columns(lane)) column.length = Math.min(column.length, length);
}

// Every second frame of the older half goes, as in `records.Replay`.
function thin(lane) {
  const gone = (i) => i % 2 === 1 && i < lane.steps.length / 2;
  const kept = lane.steps.map((_, i) => i).filter((i) => !gone(i));
  for (const column of columns(lane)) column.splice(0, Infinity, ...kept.map((i) => column[i]));
}

// What happens in a lane, as [{step, words, tone}]: it collapses, it first covers every mode.
export function eventsOf(lane) {
  let covered = false;
  return lane.steps.flatMap((step, i) => {
    const [words, tone] = [lane.words[i], lane.tones[i]];
    if (tone === "bad" && words !== lane.words[i - 1]) return [{ step, words, tone }];
    if (tone !== "good" || covered) return [];
    covered = true;
    return [{ step, words, tone }];
  });
}

// Whether a collapsed lane is on its way to, or from, another mode.
export function hopsAt(recording, step) {
  return recording.lanes.some(({ steps, words, tones }) => {
    if (steps.length < 2 || step >= steps.at(-1)) return false;
    const { i, j } = bracket(steps, step);
    return words[i] !== words[j] && (tones[i] === "bad" || tones[j] === "bad");
  });
}

// ---------------------------------------------------------------- frames between frames

export function bracket(steps, step) {
  let low = 0;
  let high = steps.length - 1;
  if (step >= steps[high]) return { i: high, j: high, t: 0 };
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (steps[middle] <= step) low = middle;
    else high = middle;
  }
  return { i: low, j: high, t: Math.max(0, (step - steps[low]) / (steps[high] - steps[low] || 1)) };
}

export function mixed(layer, { i, j, t }) {
  const a = layer?.frames[i];
  const b = layer?.frames[j];
  if (!a || !b || i === j || a.length !== b.length) return a ?? b;
  const made = new Float32Array(a.length);
  for (let k = 0; k < a.length; k++) made[k] = a[k] + t * (b[k] - a[k]);
  return made;
}

export function stateAt(lane, step) {
  const { i, j, t } = bracket(lane.steps, step);
  const at = t < 0.5 ? i : j;
  const counts = lane.counts[at] ?? [];
  const inside = counts.reduce((sum, share) => sum + share, 0);
  return { words: lane.words[at], tone: lane.tones[at], counts, inside, at, step: lane.steps[at] };
}
