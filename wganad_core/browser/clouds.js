// Two clouds of points on the plane to move (eqs 8–10): the cheapest threads with the potential that
// proves them cheapest, and beside it what a critic finds that learns from the same points.
//
//   const shown = new Clouds(root, state, told);   // { real: [[x, y], …], fake, critic }

import { CloudCritic } from "./cloud_critic.js";
import { Picture } from "./picture.js";
import { Handle, Plot, element } from "./plot.js";
import { optimalPlan, potential } from "./transport.js";

const REACH = 3;
const SIDE = 41; // of the grid on which f is told
const LINE = Array.from({ length: SIDE }, (_, i) => -REACH + (2 * REACH * i) / (SIDE - 1));
const GRID = LINE.flatMap((y) => LINE.map((x) => [x, y]));
const [STEPS, REST] = [4, 400]; // of the critic's learning: in a frame; frames after the last move
const [FEWEST, MOST] = [2, 12];
const ARROW = 0.6; // units of the plane for a slope of 1
const LONGEST = 2.2;
const clamp = (value) => Math.min(REACH, Math.max(-REACH, value));
const round = (value) => Math.round(value * 100) / 100;
const WORDS = {
  penalty: "penalty, slope = 1", "one-sided": "penalty, slope ≤ 1", clip: "weights within ±0.01", wide: "weights within ±0.3",
};
const PARTS = `
  <div class="bar"><button type="button" class="more">+ point</button><button type="button" class="fewer">− point</button>
    <button type="button" class="back" hidden>As it was</button></div>
  <div class="part exact"><p></p><div></div></div>
  <div class="part learned"><p></p><div></div></div>`;

export class Clouds extends Picture {
  constructor(root, state, told = () => {}) {
    super(root, told);
    root.innerHTML = PARTS;
    const box = [-REACH, REACH, -REACH, REACH];
    this.planes = ["exact", "learned"].map((name) => {
      const place = this.find(`.${name} > div`);
      const canvas = document.createElement("canvas");
      [canvas.width, canvas.height] = [SIDE, SIDE];
      place.append(canvas);
      return { canvas, plot: new Plot(place, box, { square: true, pad: [1, 1, 1, 1], ticks: [], across: [] }) };
    });
    this.find(".more").addEventListener("click", () => this.count(1));
    this.find(".fewer").addEventListener("click", () => this.count(-1));
    this.find(".back").addEventListener("click", () => {
      this.take({ ...this.begun, critic: this.state.critic });
      this.told(this.state);
    });
    this.watching = new ResizeObserver(() => this.changed());
    this.watching.observe(root);
    this.show(state);
  }

  show(state) {
    this.begun ??= JSON.parse(JSON.stringify(state));
    if (state.preset !== this.begun.preset) this.begun = JSON.parse(JSON.stringify(state));
    this.take(state);
  }

  take(state) {
    this.state = JSON.parse(JSON.stringify(state));
    this.renew();
  }

  // Other points, or another critic: untrained again.
  renew() {
    const { critic, real } = this.state;
    const wanted = `${critic} ${real.length}`;
    if (wanted !== this.learning) {
      this.learning = wanted;
      this.critic = critic in WORDS ? new CloudCritic(critic, real.length, GRID) : null;
    }
    this.makeHandles();
    this.changed();
  }

  changed() {
    this.resting = REST;
    const same = ["real", "fake"].every((who) => JSON.stringify(this.state[who]) === JSON.stringify(this.begun[who]));
    this.find(".back").hidden = same;
    this.ask();
  }

  get learns() {
    return Boolean(this.critic);
  }

  count(by) {
    for (const who of ["real", "fake"]) {
      const points = this.state[who];
      if (by < 0) points.pop();
      else points.push([round(clamp(points.at(-1)[0] + 0.5)), round(clamp(points.at(-1)[1] - 0.6))]);
    }
    this.renew();
    this.told(this.state);
  }

  makeHandles() {
    this.handles?.forEach(({ handle }) => handle.remove());
    this.handles = ["real", "fake"].flatMap((who) =>
      this.state[who].map((_, k) => {
        const move = (x, y) => {
          this.state[who][k] = [round(clamp(x)), round(clamp(y))];
          this.changed();
        };
        const handle = new Handle(this.planes[0].plot, element("circle", { class: `grip ${who}`, r: 8 }), {
          move,
          nudge: (dx, dy) => move(this.state[who][k][0] + dx / 10, this.state[who][k][1] + dy / 10),
          end: () => this.told(this.state),
        });
        return { who, k, handle };
      }),
    );
  }

  // ---------------------------------------------------------------- what is drawn

  draw() {
    if (!this.planes.map(({ plot }) => plot.fit()).every(Boolean)) return;
    const { real, fake } = this.state;
    const plan = (this.plan = optimalPlan(real, fake));
    const field = GRID.map((point) => potential(point, fake, plan.prices));
    const towards = new Array(fake.length);
    plan.to.forEach((j, i) => (towards[j] = unit(fake[j], real[i])));
    this.drawPlane(0, field, towards, plan);
    this.find(".exact p").innerHTML =
      `Cheapest threads: <b class="primal">primal ${plan.primal.toFixed(3)}</b> = <b class="dual">dual ${plan.dual.toFixed(3)}</b>`;
    if (this.critic) this.drawCritic(plan);
    this.find(".learned").hidden = !this.critic;
    for (const { who, k, handle } of this.handles) {
      const [x, y] = this.state[who][k];
      handle.put(x, y, `${who === "real" ? "data" : "generator"}, point ${k + 1}: ${x}, ${y}`);
    }
    this.find(".more").disabled = real.length === MOST;
    this.find(".fewer").disabled = real.length === FEWEST;
    this.redraws += 1;
  }

  drawCritic(plan) {
    const { real, fake, critic } = this.state;
    if (this.resting > 0) this.critic.learn(real, fake, STEPS);
    const found = (this.found = this.critic.look(real, fake));
    found.slope = steepest(found.f);
    this.drawPlane(1, found.f, found.slopes);
    const { plot } = this.planes[1];
    for (const who of ["real", "fake"]) {
      const shown = this.state[who].map(([x, y]) => `M${plot.x(x)} ${plot.y(y)}h0`).join("");
      plot.curves[who] ??= element("path", { class: `points ${who}` }, plot.over);
      plot.curves[who].setAttribute("d", shown);
    }
    const times = found.estimate / Math.max(plan.primal, 1e-9);
    this.find(".learned p").innerHTML =
      `Critic, ${WORDS[critic]}: <b class="estimate">${found.estimate.toFixed(3)}</b>, ${times.toPrecision(2)} times W₁; ` +
      `steepest ${found.slope.toFixed(2)} (after ${this.critic.steps.toLocaleString("en")} steps)`;
  }

  // f as colour, threads of a plan, and at each fake point the way that f rises there: the generator's gradient.
  drawPlane(number, field, rises, plan = null) {
    const { canvas, plot } = this.planes[number];
    paint(canvas, field);
    const { real, fake } = this.state;
    if (plan) {
      const threads = plan.to.map((j, i) => `M${plot.x(real[i][0])} ${plot.y(real[i][1])}L${plot.x(fake[j][0])} ${plot.y(fake[j][1])}`);
      plot.curves.threads ??= element("path", { class: "threads" }, plot.drawn);
      plot.curves.threads.setAttribute("d", threads.join(""));
    }
    const arrows = fake.map(([x, y], j) => {
      const long = Math.hypot(...rises[j]);
      const scale = (ARROW * Math.min(1, LONGEST / ARROW / Math.max(long, 1e-9)));
      const [u, v] = [x + scale * rises[j][0], y + scale * rises[j][1]];
      return arrow([plot.x(x), plot.y(y)], [plot.x(u), plot.y(v)]);
    });
    plot.curves.arrows ??= element("path", { class: "arrows" }, plot.drawn);
    plot.curves.arrows.setAttribute("d", arrows.join(""));
  }
}

function unit([a, b], [c, d]) {
  const long = Math.max(Math.hypot(c - a, d - b), 1e-9);
  return [(c - a) / long, (d - b) / long];
}

// In pixels; of next to no length, no head.
function arrow([x, y], [u, v]) {
  const [long, turn] = [Math.hypot(u - x, v - y), Math.atan2(v - y, u - x)];
  if (long < 3) return "";
  const head = Math.min(9, long / 2);
  const side = (by) => `L${u - head * Math.cos(turn + by)} ${v - head * Math.sin(turn + by)}`;
  return `M${x} ${y}L${u} ${v}M${u} ${v}${side(0.5)}M${u} ${v}${side(-0.5)}`;
}

// The steepest step between neighbours of the grid.
function steepest(f) {
  const step = LINE[1] - LINE[0];
  let most = 0;
  for (let r = 0; r + 1 < SIDE; r++)
    for (let c = 0; c + 1 < SIDE; c++) {
      const k = r * SIDE + c;
      most = Math.max(most, Math.hypot(f[k + 1] - f[k], f[k + SIDE] - f[k]) / step);
    }
  return most;
}

// Low in pink, high in blue, as the race's critic: the data should lie high.
function paint(canvas, field) {
  const c = canvas.getContext("2d");
  const made = c.createImageData(SIDE, SIDE);
  let [low, high] = [Infinity, -Infinity];
  for (const value of field) [low, high] = [Math.min(low, value), Math.max(high, value)];
  for (let r = 0; r < SIDE; r++)
    for (let k = 0; k < SIDE; k++) {
      const t = (2 * (field[r * SIDE + k] - low)) / Math.max(high - low, 1e-9) - 1;
      const colour = t < 0 ? [204, 121, 167] : [0, 114, 178];
      made.data.set([...colour, 200 * Math.abs(t)], 4 * ((SIDE - 1 - r) * SIDE + k));
    }
  c.putImageData(made, 0, 0);
}
