// What is done to a figure before Plotly sees it, and figures that need not travel again.

const KEPT = 12;
const kept = new Map(); // prepared figures by their hash, the newest last

export function keepFigure(hash, figure) {
  kept.delete(hash);
  kept.set(hash, figure);
  for (const old of [...kept.keys()].slice(0, -KEPT)) kept.delete(old);
}

export const hasFigure = (hash) => kept.has(hash);

export const keptFigure = (hash) => structuredClone(kept.get(hash));

// Markers as one filled path instead of one SVG node each, which is what makes Plotly slow. The
// trace's marker gives colour, outline and size; sizes are in pixels of the unzoomed subplot.
export function drawAsOnePath(trace, layout) {
  const across = (letter, length, before, after) => {
    const axis = layout[(trace[`${letter}axis`] ?? letter).replace(letter, `${letter}axis`)];
    const [from, to] = axis.domain ?? [0, 1];
    return (axis.range[1] - axis.range[0]) / ((to - from) * (length - before - after));
  };
  const { l = 80, r = 80, t = 100, b = 80 } = layout.margin ?? {};
  const unit = Math.max(across("x", layout.width, l, r), across("y", layout.height, t, b));
  const { size = 6, color, opacity = 1, line = {} } = trace.marker;
  const corners = [0, 1, 2, 3, 4].map((k) => (k * Math.PI) / 2); // a diamond, closed
  const outline = (values, turn) =>
    numbers(values).flatMap((v) => [...corners.map((a) => v + (size / 2) * unit * turn(a)), null]);
  trace.x = outline(trace.x, Math.cos);
  trace.y = outline(trace.y, Math.sin);
  Object.assign(trace, { mode: "lines", fill: "toself", fillcolor: color, opacity, hoveron: "points" });
  trace.line = { width: line.width ?? 0, color: line.color ?? color, simplify: false };
}

// Plotly's typed array as an array of numbers.
export function numbers({ bdata, dtype }) {
  const bytes = Uint8Array.from(atob(bdata), (letter) => letter.charCodeAt(0));
  return [...new { f4: Float32Array, f8: Float64Array }[dtype](bytes.buffer)];
}

// Plain objects are merged, everything else is replaced.
export function merge(base, over) {
  const plain = (value) => value?.constructor === Object;
  const result = { ...base };
  for (const [name, value] of Object.entries(over))
    result[name] = plain(value) && plain(base[name]) ? merge(base[name], value) : value;
  return result;
}
