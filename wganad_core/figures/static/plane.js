// What lies on the landscape of a lane: data, modes, samples, the net of latents, arrows.

export const TONES = { bad: "#D55E00", good: "#007A5A" };
export const DARK_TONES = { bad: "#FF8A4C", good: "#3FD6A4" };
const MODES = ["#E69F00", "#2E9BE0", "#009E73", "#CC5C9C", "#0A5BA8", "#B8860B", "#7A4FBF"];
const DARK_MODES = ["#E69F00", "#2E9BE0", "#14C08F", "#E07BB4", "#9DB7FF", "#C9982B", "#A884E8"];
const PLAIN = "#E69F00";

export class Plane {
  constructor() {
    this.sprites = new Map();
  }

  // What of, where and how it draws from now on.
  use(recording, context, dense, options) {
    Object.assign(this, { recording, context, dense, options });
    this.sprites.clear();
  }

  colour(mode) {
    const n = this.recording.modes.length;
    if (n <= MODES.length) return (this.options.dark ? DARK_MODES : MODES)[mode];
    return `hsl(${(360 * mode) / n} 70% ${this.options.dark ? 60 : 42}%)`;
  }

  drawData({ x, y, side }) {
    const c = this.context;
    c.fillStyle = this.options.dark ? "rgba(200,208,218,.55)" : "rgba(95,105,118,.5)";
    const size = Math.max(1.4, 1.6 * Math.sqrt(this.options.scale));
    const { data } = this.recording;
    for (let k = 0; k < data.length; k += 2)
      c.fillRect(x + data[k] * side - size / 2, y + (1 - data[k + 1]) * side - size / 2, size, size);
  }

  drawModes({ x, y, side }) {
    const c = this.context;
    const { places, reach } = this.recording;
    const { muted, scale, font } = this.options;
    c.lineWidth = 1.4;
    c.font = `600 ${14 * scale}px ${font}`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    places.forEach(([px, py], mode) => {
      c.strokeStyle = places.length <= MODES.length ? this.colour(mode) : muted;
      c.beginPath();
      c.arc(x + px * side, y + (1 - py) * side, reach * side, 0, 2 * Math.PI);
      c.stroke();
      if (places.length > 10) return;
      // The number stands outside, away from the middle.
      const [dx, dy] = [px - 0.5, py - 0.5];
      const far = (reach * side + 11 * scale) / (Math.hypot(dx, dy) * side || 1);
      c.fillStyle = this.colour(mode);
      c.fillText(mode + 1, x + (px + dx * far) * side, y + (1 - (py + dy * far)) * side);
    });
    c.textAlign = "start";
  }

  // A dot with a rim, made once per colour.
  sprite(colour) {
    if (!this.sprites.has(colour)) {
      const radius = 2.9 * Math.sqrt(this.options.scale) * this.dense;
      const size = Math.ceil(2 * radius + 3);
      const made = new OffscreenCanvas(size, size);
      const c = made.getContext("2d");
      c.beginPath();
      c.arc(size / 2, size / 2, radius, 0, 2 * Math.PI);
      c.fillStyle = colour;
      c.fill();
      c.lineWidth = 0.8 * this.dense;
      c.strokeStyle = this.options.dark ? "rgba(0,0,0,.65)" : "rgba(255,255,255,.85)";
      c.stroke();
      this.sprites.set(colour, made);
    }
    return this.sprites.get(colour);
  }

  drawSamples(samples, { x, y, side }) {
    if (!samples) return;
    const { places } = this.recording;
    const c = this.context;
    const dots = places.length ? places.map((_, mode) => this.sprite(this.colour(mode))) : [this.sprite(PLAIN)];
    const size = dots[0].width / this.dense;
    for (let k = 0; k < samples.length; k += 2) {
      const [u, v] = [samples[k], samples[k + 1]];
      if (!(u > -0.1 && u < 1.1 && v > -0.1 && v < 1.1)) continue;
      let nearest = 0;
      let best = Infinity;
      for (let m = 0; m < places.length; m++) {
        const apart = (u - places[m][0]) ** 2 + (v - places[m][1]) ** 2;
        if (apart < best) [best, nearest] = [apart, m];
      }
      c.drawImage(dots[nearest], x + u * side - size / 2, y + (1 - v) * side - size / 2, size, size);
    }
  }

  drawGrid(grid, { x, y, side }) {
    if (!grid) return;
    const c = this.context;
    const n = Math.round(Math.sqrt(grid.length / 2));
    c.strokeStyle = this.options.dark ? "#3FD6A4" : "#00785A";
    c.lineWidth = 1;
    c.beginPath();
    const to = (row, column, first) => {
      const k = 2 * (row * n + column);
      c[first ? "moveTo" : "lineTo"](x + grid[k] * side, y + (1 - grid[k + 1]) * side);
    };
    for (let a = 0; a < n; a++) {
      for (let b = 0; b < n; b++) to(a, b, b === 0);
      for (let b = 0; b < n; b++) to(b, a, b === 0);
    }
    c.stroke();
  }

  drawArrows(arrows, { x, y, side }) {
    if (!arrows) return;
    const c = this.context;
    c.strokeStyle = (this.options.dark ? DARK_TONES : TONES).bad;
    c.lineWidth = 1.6;
    c.beginPath();
    for (let k = 0; k < arrows.length; k += 4) {
      const [ax, ay] = [x + arrows[k] * side, y + (1 - arrows[k + 1]) * side];
      const [bx, by] = [x + arrows[k + 2] * side, y + (1 - arrows[k + 3]) * side];
      const [dx, dy] = [bx - ax, by - ay];
      c.moveTo(ax, ay);
      c.lineTo(bx, by);
      c.lineTo(bx - 0.3 * dx - 0.18 * dy, by - 0.3 * dy + 0.18 * dx);
      c.moveTo(bx, by);
      c.lineTo(bx - 0.3 * dx + 0.18 * dy, by - 0.3 * dy - 0.18 * dx);
    }
    c.stroke();
  }
}
