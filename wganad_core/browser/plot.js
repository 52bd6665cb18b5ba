// Curves in an SVG that is as large as its place, and handles that are dragged or moved by arrow keys.

const SVG = "http://www.w3.org/2000/svg";
const TALLEST = 420;

export function element(name, attributes = {}, parent = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  parent?.append(made);
  return made;
}

// One coordinate system: `box` [left, right, bottom, top] of the data, `pad` pixels around it.
export class Plot {
  constructor(place, box, { pad = [6, 8, 22, 34], ticks = null, across = null, square = false } = {}) {
    Object.assign(this, { place, box, pad, ticks, across, square, curves: {}, handles: [] });
    this.svg = element("svg", {}, place);
    this.under = element("g", { class: "axes" }, this.svg);
    this.drawn = element("g", {}, this.svg);
    this.over = element("g", {}, this.svg);
  }

  // Takes the size of its place; says whether it has one.
  fit() {
    const width = this.place.clientWidth;
    const height = this.square ? Math.min(width, TALLEST) : this.place.clientHeight;
    if (!width || !height) return false;
    if (this.width === width && this.height === height) return true;
    Object.assign(this, { width, height });
    this.svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.svg.setAttribute("height", height);
    this.axes();
    return true;
  }

  x(value) {
    const [[left, right], [, after, , before]] = [this.box, this.pad];
    return before + ((value - left) / (right - left)) * (this.width - before - after);
  }

  y(value) {
    const [[, , bottom, top], [above, , below]] = [this.box, this.pad];
    return this.height - below - ((value - bottom) / (top - bottom)) * (this.height - above - below);
  }

  // Where an event is, in units of the data.
  at(event) {
    const frame = this.svg.getBoundingClientRect();
    const [[left, right, bottom, top], [above, after, below, before]] = [this.box, this.pad];
    const [u, v] = [event.clientX - frame.left - before, event.clientY - frame.top - above];
    return [
      left + ((right - left) * u) / (this.width - before - after),
      top - ((top - bottom) * v) / (this.height - above - below),
    ];
  }

  axes() {
    const [left, right, bottom, top] = this.box;
    this.under.replaceChildren();
    for (const [value, words] of this.across ?? whole(left, right)) {
      const at = this.x(value);
      element("line", { x1: at, x2: at, y1: this.y(bottom), y2: this.y(top) }, this.under);
      element("text", { x: at, y: this.height - 5, "text-anchor": "middle" }, this.under).textContent = words;
    }
    for (const [value, words] of this.ticks ?? whole(bottom, top)) {
      const at = this.y(value);
      element("line", { x1: this.x(left), x2: this.x(right), y1: at, y2: at }, this.under);
      element("text", { x: this.pad[3] - 6, y: at + 4, "text-anchor": "end" }, this.under).textContent = words;
    }
  }

  // The path of x (n) and y (n), filled down to 0 if it is an area.
  curve(name, xs, ys, area = false) {
    this.curves[name] ??= element("path", { class: `curve ${name}${area ? " area" : ""}` }, this.drawn);
    let path = "";
    for (let i = 0; i < xs.length; i++) path += `${i ? "L" : "M"}${this.x(xs[i]).toFixed(1)} ${this.y(ys[i]).toFixed(1)}`;
    if (area) path += `L${this.x(xs.at(-1)).toFixed(1)} ${this.y(0)}L${this.x(xs[0]).toFixed(1)} ${this.y(0)}Z`;
    this.curves[name].setAttribute("d", path);
  }

  dot(name, x, y, radius = 6) {
    this.curves[name] ??= element("circle", { class: `dot ${name}`, r: radius }, this.drawn);
    this.curves[name].setAttribute("cx", this.x(x));
    this.curves[name].setAttribute("cy", this.y(y));
  }
}

// Whole numbers between two ends, at most nine, with their words.
function whole(low, high) {
  const step = Math.ceil((high - low) / 8);
  const first = Math.ceil(low / step) * step;
  return Array.from({ length: Math.floor((high - first) / step) + 1 }, (_, i) => first + i * step).map((k) => [
    k, String(k).replace("-", "−"),
  ]);
}

// Something to drag. `move(x, y)` in units of the plot, `nudge(dx, dy)` in presses of arrow keys,
// `begin()` before the first of them, `end()` after the last. `shape`: an SVG element without a place.
export class Handle {
  constructor(plot, shape, { move, nudge, begin, end }) {
    Object.assign(this, { plot, events: { move, nudge, begin, end } });
    this.node = element("g", { class: "handle", tabindex: 0, role: "slider" }, plot.over);
    element("circle", { class: "reach", r: 18 }, this.node);
    this.node.append(shape);
    this.node.addEventListener("pointerdown", (event) => this.down(event));
    this.node.addEventListener("keydown", (event) => this.key(event));
  }

  down(event) {
    if (event.button) return;
    event.preventDefault();
    this.node.focus({ preventScroll: true });
    this.node.setPointerCapture(event.pointerId);
    const [x, y] = this.plot.at(event);
    const off = [this.place[0] - x, this.place[1] - y]; // the pen seldom hits the middle
    this.events.begin?.();
    const moving = (moved) => {
      const [u, v] = this.plot.at(moved);
      this.events.move(u + off[0], v + off[1]);
    };
    const up = () => {
      this.node.removeEventListener("pointermove", moving);
      for (const name of ["pointerup", "pointercancel"]) this.node.removeEventListener(name, up);
      this.events.end();
    };
    this.node.addEventListener("pointermove", moving);
    for (const name of ["pointerup", "pointercancel"]) this.node.addEventListener(name, up);
  }

  key(event) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    this.events.begin?.();
    this.events.nudge(by[0] * (event.shiftKey ? 5 : 1), by[1] * (event.shiftKey ? 5 : 1));
    this.events.end();
  }

  // Where it is, and what a reader who cannot see it is told.
  put(x, y, words) {
    this.place = [x, y];
    this.node.setAttribute("transform", `translate(${this.plot.x(x).toFixed(1)} ${this.plot.y(y).toFixed(1)})`);
    this.node.setAttribute("aria-label", words);
    this.node.setAttribute("aria-valuenow", x.toFixed(2));
  }

  remove() {
    this.node.remove();
  }
}
