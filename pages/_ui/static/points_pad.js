// A square to draw data in: a drag leaves points along its way, each the middle of a small cloud.
//
// The server names the strokes to begin with, how many points there may be, how far apart they are,
// how wide their clouds, how far the square reaches; it gets the strokes back when the pen rests.

const DUST = 16; // dots drawn of a cloud
const mounts = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".points") ?? parentElement;
  if (!mounts.has(root)) mounts.set(root, new Pad(root, data));
  mounts.get(root).send = (strokes) => setStateValue("strokes", strokes);
}

class Pad {
  constructor(root, { strokes, most, apart, spread, reach }) {
    Object.assign(this, { strokes, most, apart, spread, reach });
    this.canvas = root.querySelector("canvas");
    [this.undo, this.clear] = root.querySelectorAll("button");
    this.said = root.querySelector("output");
    this.dust = cloud(DUST);
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => this.up());
    canvas.addEventListener("keydown", (event) => {
      if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) this.change(this.strokes.slice(0, -1));
    });
    this.undo.addEventListener("click", () => this.change(this.strokes.slice(0, -1)));
    this.clear.addEventListener("click", () => this.change([]));
    new ResizeObserver(() => this.draw()).observe(canvas);
    this.draw();
  }

  get count() {
    return this.strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  }

  place(event) {
    const box = this.canvas.getBoundingClientRect();
    const [u, v] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const inside = (value) => Math.max(-this.reach, Math.min(this.reach, value));
    return [inside((2 * u - 1) * this.reach), inside((1 - 2 * v) * this.reach)];
  }

  down(event) {
    if (event.button || this.count >= this.most) return;
    event.preventDefault(); // no text is selected
    this.canvas.focus();
    this.canvas.setPointerCapture(event.pointerId);
    this.pen = [this.place(event)];
    this.strokes = [...this.strokes, this.pen];
    this.draw();
  }

  // Evenly along the way, however fast the hand and however few events it sends.
  move(event) {
    if (!this.pen) return;
    const seen = event.getCoalescedEvents?.() ?? [];
    for (const one of seen.length ? seen : [event]) {
      const [x, y] = this.place(one);
      for (;;) {
        const [px, py] = this.pen.at(-1);
        const far = Math.hypot(x - px, y - py);
        if (far < this.apart || this.count >= this.most) break;
        const t = this.apart / far;
        this.pen.push([px + t * (x - px), py + t * (y - py)]);
      }
    }
    this.draw();
  }

  up() {
    if (!this.pen) return;
    this.pen = null;
    this.change(this.strokes);
  }

  change(strokes) {
    this.strokes = strokes;
    this.draw();
    this.send(strokes.map((stroke) => stroke.map((place) => place.map((value) => Number(value.toFixed(4))))));
  }

  draw() {
    const { canvas, reach } = this;
    const dense = Math.min(devicePixelRatio || 1, 2);
    const side = Math.round(canvas.clientWidth * dense);
    if (!side) return;
    if (canvas.width !== side) [canvas.width, canvas.height] = [side, side];
    const c = canvas.getContext("2d");
    const colour = getComputedStyle(canvas).color;
    const across = (value) => ((value / reach + 1) / 2) * side;
    c.clearRect(0, 0, side, side);
    c.fillStyle = colour;
    if (!this.strokes.length) {
      c.globalAlpha = 0.75;
      c.font = `${18 * dense}px ${getComputedStyle(canvas).fontFamily}`;
      c.textAlign = "center";
      ["Draw here: a ring, a letter,", "your name. A tap is a cloud."].forEach((line, i) =>
        c.fillText(line, side / 2, side / 2 + (i - 0.3) * 28 * dense),
      );
    }
    c.globalAlpha = 0.5;
    const size = 1.8 * dense;
    let number = 0;
    for (const stroke of this.strokes)
      for (const [x, y] of stroke) {
        const turn = number++; // another part of the dust for every place
        for (let k = 0; k < DUST; k++) {
          const [dx, dy] = this.dust[(k + 5 * turn) % this.dust.length];
          c.fillRect(across(x + dx * this.spread), across(-y + dy * this.spread), size, size);
        }
      }
    c.globalAlpha = 1;
    const left = this.most - this.count;
    this.said.textContent = left ? `${this.count} of ${this.most} points` : `All ${this.most} points are drawn`;
    this.undo.disabled = this.clear.disabled = !this.strokes.length;
  }
}

// A few hundred standard normal pairs, the same every time.
function cloud(each) {
  let state = 1;
  const uniform = () => (state = (state * 48271) % 2147483647) / 2147483647;
  return Array.from({ length: 20 * each }, () => {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(uniform())), 2 * Math.PI * uniform()];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
}
