// Shapes of a drawn chart that stand elsewhere than its figure says: marks of a prepared figure, and
// what the reader drags. Moved here, because Plotly's own editing bends a line that is caught near its
// end, reports nothing before the release and does not survive a redraw.

import { numbers } from "./figures.js";

const REPORT_INTERVAL = 150; // milliseconds between two reports of a shape that is being dragged

export class Shapes {
  constructor(node, report) {
    this.node = node;
    this.report = report; // of a move; returns its number
  }

  get held() {
    return Boolean(this.drag);
  }

  // Of a figure that is to be drawn: `marks` say where some are now, and where the reader has put one
  // that the server has not `seen` there yet, it stays.
  take({ shapes = [], meta }, marks, seen) {
    for (const shape of shapes) Object.assign(shape, marks?.[shape.name]);
    if (this.moved && !this.drag && seen >= this.moved.number) this.moved = null;
    this.editable = shapes.flatMap((shape, index) => (shape.editable ? [index] : []));
    for (const index of this.editable) delete shapes[index].editable;
    if (this.moved && shapes[this.moved.index]) Object.assign(shapes[this.moved.index], this.moved.at);
    this.following = meta?.follow;
  }

  // Of a figure that is drawn. What the reader is moving, and what follows it, is further than the
  // server knows.
  place(marks, seen) {
    if (this.moved && (this.drag || !(seen >= this.moved.number))) return;
    this.moved = null;
    this.node.layout.shapes?.forEach((shape, index) => {
      const places = marks?.[shape.name] ?? {};
      if (Object.keys(places).some((name) => shape[name] !== places[name])) this.put(index, places);
    });
  }

  // For a shape that moves, Plotly draws the whole figure again. So its outline is written here,
  // and in Plotly's books, where the next redraw finds it.
  put(index, places) {
    const shape = this.node._fullLayout.shapes[index];
    const group = this.node.querySelector(`.shape-group[data-index="${index}"]`);
    const before = this.ends(shape);
    Object.assign(shape, places);
    Object.assign(this.node.layout.shapes[index], places);
    group?.querySelector("path").setAttribute("d", this.outline(shape));
    const label = group?.querySelector("text");
    const right = this.ends(shape).x0.pixel - before.x0.pixel;
    label?.setAttribute("x", Number(label.getAttribute("x")) + right);
  }

  outline(shape) {
    const [left, right, bottom, top] = Object.values(this.ends(shape)).map((end) => end.pixel);
    if (shape.type === "line") return `M${left},${bottom}L${right},${top}`;
    if (shape.type === "rect") return `M${left},${bottom}H${right}V${top}H${left}Z`;
    const [x, y] = [(left + right) / 2, (bottom + top) / 2];
    const [rx, ry] = [Math.abs(right - left) / 2, Math.abs(top - bottom) / 2];
    const half = (sweep, to) => `A${rx},${ry} 0 ${sweep},1 ${to}`;
    return `M${x + rx},${y}${half(1, `${x},${y - ry}`)}${half(0, `${x + rx},${y}`)}Z`;
  }

  // Move the shapes that follow a dragged one, by a table of positions.
  follow(name, position) {
    const { shape, at, with: followers } = this.following ?? {};
    if (shape !== name) return;
    const places = numbers(at);
    const beyond = places.findIndex((place) => place >= position);
    const last = beyond < 0 ? places.length - 1 : Math.max(1, beyond);
    const [low, high] = [places[last - 1], places[last]];
    const share = Math.min(1, Math.max(0, (position - low) / (high - low || 1)));
    this.node.layout.shapes.forEach((other, index) => {
      const between = (along) => along[last - 1] + share * (along[last] - along[last - 1]);
      const moved = Object.entries(followers[other.name] ?? {})
        .map(([attribute, values]) => [attribute, between(numbers(values))])
        .filter(([, value]) => Number.isFinite(value));
      if (moved.length) this.put(index, Object.fromEntries(moved));
    });
  }

  // The pixel position of one end of a shape, and the axis (null for "paper" and "domain").
  end(shape, letter, end) {
    if (shape[`${letter}sizemode`] === "pixel") {
      const anchor = { [`${letter}ref`]: shape[`${letter}ref`], [letter]: shape[`${letter}anchor`] };
      const away = shape[letter + end] * (letter === "x" ? 1 : -1);
      return { pixel: this.end(anchor, letter, "").pixel + away, axis: null };
    }
    const full = this.node._fullLayout;
    const ref = shape[`${letter}ref`] ?? letter;
    const value = shape[letter + end];
    const along = (start, length) => start + (letter === "x" ? value : 1 - value) * length;
    if (ref === "paper") {
      const { l, t, w, h } = full._size;
      return { pixel: letter === "x" ? along(l, w) : along(t, h), axis: null };
    }
    const [id, domain] = ref.split(" ");
    const axis = full[id.replace(letter, `${letter}axis`)];
    if (domain) return { pixel: along(axis._offset, axis._length), axis: null };
    return { pixel: axis._offset + axis.d2p(value), axis };
  }

  ends(shape) {
    const [x0, x1] = [0, 1].map((end) => this.end(shape, "x", end));
    const [y0, y1] = [0, 1].map((end) => this.end(shape, "y", end));
    return { x0, x1, y0, y1 };
  }

  pointer(event) {
    const box = this.node.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  // The topmost editable shape under the pointer.
  hit(event) {
    const { x, y } = this.pointer(event);
    const reach = event.pointerType === "touch" ? 18 : 8;
    return this.editable?.findLast((index) => {
      const shape = this.node.layout.shapes[index];
      const { x0, x1, y0, y1 } = this.ends(shape);
      const [dx, dy] = [x1.pixel - x0.pixel, y1.pixel - y0.pixel];
      const line = shape.type === "line";
      const t = line ? ((x - x0.pixel) * dx + (y - y0.pixel) * dy) / (dx * dx + dy * dy || 1) : 0;
      const near = Math.min(1, Math.max(0, t));
      if (line) return Math.hypot(x - x0.pixel - near * dx, y - y0.pixel - near * dy) <= reach;
      const within = (p, a, b) => p >= Math.min(a, b) - reach && p <= Math.max(a, b) + reach;
      return within(x, x0.pixel, x1.pixel) && within(y, y0.pixel, y1.pixel);
    });
  }

  // Whether there is one to drag under the pointer, …
  under(event) {
    return Boolean(this.editable?.length) && this.hit(event) !== undefined;
  }

  // … and begin to drag it.
  grab(event) {
    const index = this.hit(event);
    if (index === undefined) return false;
    const shape = this.node.layout.shapes[index];
    const ends = this.ends(shape);
    const upright = shape.type === "line" && ends.x0.pixel === ends.x1.pixel;
    const level = shape.type === "line" && ends.y0.pixel === ends.y1.pixel && !upright;
    this.drag = { index, ends, from: this.pointer(event), letters: level ? "y" : upright ? "x" : "xy" };
    this.reported = 0;
    return true;
  }

  move(event) {
    const { index, ends, from, letters } = this.drag;
    const to = this.pointer(event);
    const at = {};
    for (const letter of letters) {
      for (const end of [letter + 0, letter + 1]) {
        const { pixel, axis } = ends[end];
        if (!axis) continue;
        const stop = axis._offset + axis._length;
        const aim = Math.min(stop, Math.max(axis._offset, to[letter]));
        at[end] = axis.p2d(pixel + aim - from[letter] - axis._offset);
      }
    }
    this.drag.began = true;
    this.moved = { index, at, number: this.moved?.number };
    this.put(index, at);
    const { name, x0, y0 } = this.node.layout.shapes[index];
    this.follow(name, letters === "y" ? y0 : x0);
    if (event.timeStamp - this.reported < REPORT_INTERVAL) return;
    this.reported = event.timeStamp;
    this.tell(false);
  }

  drop() {
    if (this.drag?.began) this.tell(true);
    this.drag = null;
  }

  tell(released) {
    const { index } = this.moved;
    const { name, x0, x1, y0, y1 } = this.node.layout.shapes[index];
    this.moved.number = this.report({ index, name: name ?? null, x0, x1, y0, y1, released });
  }
}
