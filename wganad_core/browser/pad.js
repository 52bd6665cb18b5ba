// A square to draw in with a finger, a pen or a mouse.
//
//   const pad = new Pad(canvas, (rest) => …);  // after every move; rest: the pen was lifted
//   pad.show(strokes);                          // lists of points in the unit square; [] wipes it
//   likeMnist(pad.ink(), WORK, WORK);

const PEN = 0.095; // of the side
export const WORK = 280; // pixels of the side that a picture is made from

export class Pad {
  constructor(canvas, changed) {
    Object.assign(this, { canvas, changed, strokes: [] });
    this.work = Object.assign(document.createElement("canvas"), { width: WORK, height: WORK });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.up());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  point(event) {
    const box = this.canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  down(event) {
    if (this.shown) this.strokes = []; // not the reader's own
    this.shown = false;
    this.canvas.setPointerCapture(event.pointerId);
    this.pen = [this.point(event)];
    this.strokes.push(this.pen);
    this.draw();
    this.changed(false);
  }

  move(event) {
    if (!this.pen) return;
    for (const one of event.getCoalescedEvents?.() ?? []) this.pen.push(this.point(one));
    this.pen.push(this.point(event));
    this.draw();
    this.changed(false);
  }

  up() {
    if (!this.pen) return;
    this.pen = null;
    this.changed(true);
  }

  show(strokes) {
    [this.strokes, this.shown, this.pen] = [strokes, strokes.length > 0, null];
    this.draw();
  }

  draw() {
    const side = Math.round(this.canvas.clientWidth * Math.min(devicePixelRatio || 1, 2));
    if (!side) return;
    if (this.canvas.width !== side) [this.canvas.width, this.canvas.height] = [side, side];
    trace(this.canvas, this.strokes, getComputedStyle(this.canvas).color);
  }

  // How much ink there is, 0 to 1, in WORK rows of WORK.
  ink() {
    trace(this.work, this.strokes, "#000");
    const { data } = this.work.getContext("2d").getImageData(0, 0, WORK, WORK);
    return Float32Array.from({ length: WORK * WORK }, (_, k) => data[4 * k + 3] / 255);
  }
}

function trace(canvas, strokes, colour) {
  const c = canvas.getContext("2d", { willReadFrequently: true });
  const side = canvas.width;
  c.clearRect(0, 0, side, side);
  Object.assign(c, { strokeStyle: colour, lineWidth: PEN * side, lineCap: "round", lineJoin: "round" });
  for (const stroke of strokes) {
    c.beginPath();
    stroke.forEach(([x, y], i) => c[i ? "lineTo" : "moveTo"](x * side, y * side));
    if (stroke.length === 1) c.lineTo(stroke[0][0] * side + 0.01, stroke[0][1] * side);
    c.stroke();
  }
}
