// Two densities to drag (Theorem 1, eqs 3–5, Theorem 5): each hump by its top (centre and weight) and
// its side (width), P_θ as a whole by θ; what follows is redrawn with every move.
//
//   const shown = new Densities(root, state, told);   // told(state) when a handle is let go
//   shown.show(state);                                // { real, fake, theta }: fake at θ = 0

import { Discriminator } from "./discriminator.js";
import { LN2, along, apart, linspace, moved, shares } from "./line.js";
import { Picture } from "./picture.js";
import { Handle, Plot, element } from "./plot.js";

const GRID = linspace(-13, 13, 2601);
const COARSE = linspace(-13, 13, 521);
const THETAS = linspace(-4, 4, 41);
const VIEW = 7;
const FIRST = GRID.findIndex((x) => x >= -VIEW - 1e-9);
const SHOWN = Array.from(GRID.subarray(FIRST, GRID.length - FIRST)).filter((_, i) => i % 3 === 0);
const seen = (values) => SHOWN.map((_, i) => values[FIRST + 3 * i]);
const LEARNING = linspace(-VIEW, VIEW, 281);
const MOST_HUMPS = 3;
const [NARROWEST, WIDEST, FURTHEST, FURTHEST_THETA, LIGHTEST] = [0.12, 1.5, 3, 4, 0.04];
const [STEPS, REST] = [6, 300]; // of D's learning: in a frame; frames after the last move
const GRIP = -0.07;
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const round = (value) => Math.round(value * 1000) / 1000;
const sign = (value, digits = 2) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(digits);
const PARTS = `
  <div class="bar">
    <button type="button" class="more-real">+ hump</button><button type="button" class="fewer-real">− hump</button>
    <span class="grow"></span>
    <button type="button" class="back" hidden>As it was</button>
    <button type="button" class="more-fake">+ hump</button><button type="button" class="fewer-fake">− hump</button>
  </div>
  <div class="part main"><p><b class="of-real">P<sub>r</sub> data</b> <b class="of-fake">P<sub>θ</sub> generator</b>
    <b class="of-optimal">━ D*</b> <b class="of-learned">┅ D learned</b> <output class="learning"></output></p><div></div></div>
  <div class="part area-part"><p class="area-said"></p><div></div></div>
  <div class="part distances"><p class="distances-said"></p><div></div></div>
  <div class="part slopes"><p class="slopes-said"></p><div></div></div>`;

export class Densities extends Picture {
  constructor(root, state, told = () => {}) {
    super(root, told);
    root.innerHTML = PARTS;
    const place = (name) => this.find(`.${name} > div`);
    const thirds = [[0, "0"], [0.5, "½"], [1, "1"]];
    this.main = new Plot(place("main"), [-VIEW, VIEW, GRIP - 0.06, 1.12], { ticks: thirds });
    this.area = new Plot(place("area-part"), [-VIEW, VIEW, 0, 1.05], { ticks: [[0, "0"]] });
    const theta = [-4, 4, -0.03, 1.1];
    const grid = [[-4, "−4"], [-2, "−2"], [0, "θ = 0"], [2, "2"], [4, "4"]];
    this.distances = new Plot(place("distances"), [...theta], { ticks: [[0, "0"], [1, "max"]], across: grid });
    this.slopes = new Plot(place("slopes"), [...theta], { ticks: [[0, "0"], [1, "1"]], across: grid });
    this.d = new Discriminator(LEARNING);
    for (const who of ["real", "fake"]) {
      this.find(`.more-${who}`).addEventListener("click", () => this.count(who, 1));
      this.find(`.fewer-${who}`).addEventListener("click", () => this.count(who, -1));
    }
    this.find(".back").addEventListener("click", () => {
      this.take(this.begun);
      this.told(this.state);
    });
    this.watching = new ResizeObserver(() => this.draw());
    this.watching.observe(root);
    this.show(state);
  }

  // A state from outside, to which *As it was* goes back.
  show(state) {
    this.begun = JSON.parse(JSON.stringify(state));
    this.take(state);
  }

  take(state) {
    this.state = JSON.parse(JSON.stringify(state));
    this.makeHandles();
    this.changed();
  }

  changed() {
    this.resting = REST;
    this.find(".back").hidden = JSON.stringify(this.state) === JSON.stringify(this.begun);
    this.ask();
  }

  // ---------------------------------------------------------------- what is dragged

  makeHandles() {
    this.handles?.forEach(({ handle }) => handle.remove());
    this.handles = ["real", "fake"].flatMap((who) =>
      this.state[who].flatMap((_, k) => [this.handle(who, k, "top"), this.handle(who, k, "side")]),
    );
    const line = element("path", { class: "theta-grip", d: "M-16 0h32M-10 -5l-6 5l6 5M10 -5l6 5l-6 5" });
    this.handles.push({
      who: "theta",
      handle: new Handle(this.main, line, {
        move: (x) => this.theta(x),
        nudge: (dx) => this.theta(this.state.theta + dx / 10),
        end: () => this.told(this.state),
      }),
    });
  }

  handle(who, k, what) {
    const shape = element(what === "top" ? "circle" : "rect", {
      class: `grip ${who}`, ...(what === "top" ? { r: 9 } : { x: -6, y: -6, width: 12, height: 12, rx: 3 }),
    });
    const handle = new Handle(this.main, shape, {
      begin: () => (this.frozen = this.top),
      move: (x, y) => (what === "top" ? this.moveTop(who, k, x, y) : this.widen(who, k, x - this.centre(who, k))),
      nudge: (dx, dy) => {
        const [weight, , width] = this.state[who][k];
        if (what === "side") this.widen(who, k, width + dx / 20);
        else this.put(who, k, this.centre(who, k) + dx / 10, dy ? weight + dy / 20 : null);
      },
      end: () => {
        this.frozen = null;
        this.changed();
        this.told(this.state);
      },
    });
    return { who, k, what, handle };
  }

  centre(who, k) {
    return this.state[who][k][1] + (who === "fake" ? this.state.theta : 0);
  }

  // The height of a hump alone, on the scale on which the higher density reaches 1.
  height(who, k) {
    return shares(this.state[who])[k] / this.state[who][k][2] / Math.sqrt(2 * Math.PI) / (this.frozen ?? this.top);
  }

  moveTop(who, k, x, y) {
    const alone = this.state[who].length === 1;
    const [weight] = shares(this.state[who]).slice(k, k + 1);
    this.put(who, k, x, alone ? null : (weight * Math.max(y, 0)) / this.height(who, k));
  }

  // A hump's centre and, unless null, its share of all; the others keep theirs among each other.
  put(who, k, x, weight) {
    const humps = this.state[who];
    const base = x - (who === "fake" ? this.state.theta : 0);
    humps[k][1] = round(clamp(base, -FURTHEST, FURTHEST));
    if (weight !== null && humps.length > 1) {
      const now = shares(humps);
      const share = clamp(weight, LIGHTEST, 1 - LIGHTEST);
      humps.forEach((hump, i) => (hump[0] = round(i === k ? share : (now[i] / (1 - now[k])) * (1 - share))));
    }
    this.changed();
  }

  widen(who, k, width) {
    this.state[who][k][2] = round(clamp(Math.abs(width), NARROWEST, WIDEST));
    this.changed();
  }

  theta(x) {
    this.state.theta = round(clamp(x, -FURTHEST_THETA, FURTHEST_THETA));
    this.changed();
  }

  // One hump more or fewer: the new one takes its share from all others.
  count(who, by) {
    const humps = this.state[who];
    if (by > 0) humps.push([0.5, round(clamp(humps.at(-1)[1] + (humps.length === 1 ? 1.5 : -3), -FURTHEST, FURTHEST)), 0.4]);
    else humps.pop();
    shares(humps).forEach((share, k) => (humps[k][0] = round(share)));
    this.makeHandles();
    this.changed();
    this.told(this.state);
  }

  // ---------------------------------------------------------------- what is drawn

  draw() {
    const { main, area, distances, slopes } = this;
    if (![main, area, distances, slopes].map((plot) => plot.fit()).every(Boolean)) return;
    const { real, fake, theta } = this.state;
    const here = (this.here = apart(real, moved(fake, theta), GRID));
    this.top = Math.max(...here.real, ...here.fake);
    const scale = this.frozen ?? this.top;
    main.curve("real", SHOWN, seen(here.real).map((v) => v / scale), true);
    main.curve("fake", SHOWN, seen(here.fake).map((v) => v / scale), true);
    main.curve("optimal", SHOWN, seen(here.optimal));
    const [p, q] = [here.real, here.fake].map((each) => LEARNING.map((x) => each[Math.round((x + 13) * 100)]));
    for (let k = 0; k < STEPS && this.resting > 0; k++) this.d.step(p, q);
    main.curve("learned", LEARNING, this.d.values());
    const tall = Math.max(...here.integrand);
    area.curve("js", SHOWN, seen(here.integrand).map((v) => v / Math.max(tall, 0.05)), true);
    this.drawAlong(theta);
    this.placeHandles();
    this.tell();
    this.redraws += 1;
  }

  drawAlong(theta) {
    const key = JSON.stringify([this.state.real, this.state.fake]);
    if (key !== this.alongKey) [this.alongKey, this.along] = [key, along(this.state.real, this.state.fake, THETAS, COARSE)];
    const { distances, slopes, here } = this;
    const reach = Math.max(...this.along.map(({ w1 }) => w1));
    distances.curve("w1", THETAS, this.along.map(({ w1 }) => w1 / reach));
    distances.curve("js", THETAS, this.along.map(({ js }) => js / LN2));
    slopes.curve("w1", THETAS, this.along.map(({ w1Slope }) => Math.abs(w1Slope)));
    slopes.curve("js", THETAS, this.along.map(({ jsSlope }) => Math.abs(jsSlope)));
    distances.dot("w1-here", theta, here.w1 / reach);
    distances.dot("js-here", theta, here.js / LN2);
    slopes.dot("w1-here", theta, Math.abs(here.w1Slope));
    slopes.dot("js-here", theta, Math.abs(here.jsSlope));
  }

  placeHandles() {
    for (const { who, k, what, handle } of this.handles) {
      if (who === "theta") {
        handle.put(this.state.theta, GRIP, `θ, the place of the generator's density: ${sign(this.state.theta)}`);
        continue;
      }
      const [width, tall, centre] = [this.state[who][k][2], this.height(who, k), this.centre(who, k)];
      const name = `${who === "real" ? "data" : "generator"}, hump ${k + 1}`;
      const share = `${Math.round(100 * shares(this.state[who])[k])}%`;
      if (what === "top") handle.put(centre, tall, `${name}: centre ${sign(centre)}, weight ${share}`);
      else handle.put(centre + width, tall * Math.exp(-0.5), `${name}: width ${width.toFixed(2)}`);
    }
  }

  tell() {
    const { here, state } = this;
    const stuck = here.js > 0.99 * LN2;
    this.find(".learning").textContent = `after ${this.d.steps.toLocaleString("en")} steps`;
    this.find(".area-said").innerHTML =
      `<b class="of-js">▇ area: JS = ${here.js.toFixed(3)}</b> ${stuck ? "stuck at ln 2" : "of ln 2 = 0.693"}; ` +
      `sup L = 2·JS − ln 4 = <b class="objective">${sign(2 * here.js - 2 * LN2, 3)}</b>`;
    this.find(".distances-said").innerHTML =
      `θ = ${sign(state.theta)}: <b class="of-js">JS ${here.js.toFixed(3)}</b> <b class="of-w1">W₁ ${here.w1.toFixed(2)}</b>`;
    this.find(".slopes-said").innerHTML =
      `∂/∂θ: <b class="of-js">JS ${sign(here.jsSlope, 4)}</b> <b class="of-w1">W₁ ${sign(here.w1Slope)}</b>`;
    for (const who of ["real", "fake"]) {
      this.find(`.more-${who}`).disabled = this.state[who].length === MOST_HUMPS;
      this.find(`.fewer-${who}`).disabled = this.state[who].length === 1;
    }
  }
}
