// One detector's scores in a file of their own: a threshold to drag, and what it does to each class.

import { unpackText } from "./packed.js";
import { Handle, Plot, element } from "./plot.js";

const BINS = 80;
const FIRST = 15; // rows of the table
const POINTS = 400; // of the curve, at most
const say = (value) => (Math.abs(value) >= 1e4 || (value && Math.abs(value) < 1e-3) ? value.toExponential(3) : String(Number(value.toPrecision(5))));
const percent = (value) => (Number.isFinite(value) ? `${(100 * value).toFixed(1)}%` : "not defined");

export async function unpackScores(text) {
  const { header, payload } = await unpackText(text);
  const kinds = { score: Float64Array, row: Int32Array, label: Uint8Array, class: Uint16Array };
  for (const [name, at] of Object.entries(header.places)) header[name] = new kinds[name](payload, at, header.n);
  return header;
}

export class Experiment {
  constructor(root, found) {
    Object.assign(this, { root, found, threshold: Number(found.threshold) });
    this.find = (name) => root.querySelector(name);
    const { score, label } = found;
    this.order = Array.from(score.keys()).sort((a, b) => score[b] - score[a] || a - b);
    this.total = label ? label.reduce((sum, value) => sum + value, 0) : 0;
    const finite = score.filter(Number.isFinite);
    let [low, high] = [finite.reduce((a, b) => Math.min(a, b), Infinity), finite.reduce((a, b) => Math.max(a, b), -Infinity)];
    if (!(high > low)) [low, high] = [(Number.isFinite(low) ? low : 0) - 0.5, (Number.isFinite(low) ? low : 0) + 0.5];
    const pad = 0.02 * (high - low);
    this.box = [low - pad, high + pad, -0.02, 1.05];
    this.find(".name-normals").textContent = label ? "normals" : "all";
    this.find(".name-anomalies").textContent = label ? found.anomalies : "";
    this.histogram();
    if (label && this.total && this.total < score.length) this.curve();
    this.find(".shown").innerHTML = found.pictures.map(({ words, image }) => `<figure>${image}<figcaption>${words}</figcaption></figure>`).join("");
    this.find(".shown").hidden = !found.pictures.length;
    this.watching = new ResizeObserver(() => this.draw());
    this.watching.observe(root);
    this.draw();
  }

  histogram() {
    const [low, high] = this.box;
    const { score, label } = this.found;
    this.counts = [new Float64Array(BINS), new Float64Array(BINS)];
    score.forEach((value, i) => {
      const bin = Math.floor(((value - low) / (high - low)) * BINS);
      this.counts[label?.[i] ?? 0][Math.min(BINS - 1, Math.max(0, bin))] += 1;
    });
    const across = Array.from({ length: 6 }, (_, k) => low + ((high - low) * k) / 5).map((value) => [value, say(value)]);
    this.plot = new Plot(this.find(".histogram > div"), this.box, { ticks: [], across });
    this.edge = new Handle(this.plot, element("path", { class: "edge", d: "" }), {
      move: (x) => this.set(x),
      nudge: (dx) => this.set(this.threshold + (dx * (high - low)) / 200),
      end: () => {},
    });
  }

  curve() {
    this.find(".ranking").hidden = false;
    const shares = [[0, "0"], [0.5, "½"], [1, "1"]];
    this.ranking = new Plot(this.find(".ranking > div"), [0, 1, 0, 1.03], { ticks: shares, across: shares });
    let hits = 0;
    const every = Math.max(1, Math.floor(this.order.length / POINTS));
    this.points = [];
    this.order.forEach((i, k) => {
      hits += this.found.label[i];
      if (k % every === 0 || k + 1 === this.order.length) this.points.push([hits / this.total, hits / (k + 1)]);
    });
  }

  set(threshold) {
    this.threshold = Math.min(this.box[1], Math.max(this.box[0], threshold));
    this.draw();
  }

  // The confusion matrix: flagged is a score above the threshold.
  count() {
    const { score, label } = this.found;
    const made = { flagged: 0, hits: 0 };
    score.forEach((value, i) => {
      if (!(value > this.threshold)) return;
      made.flagged += 1;
      made.hits += label?.[i] ?? 0;
    });
    const [n, p] = [score.length, this.total];
    made.falseAlarms = made.flagged - made.hits;
    return { ...made, missed: p - made.hits, passed: n - p - made.falseAlarms, recall: made.hits / p,
      precision: made.hits / made.flagged, falseAlarmRate: made.falseAlarms / (n - p) };
  }

  draw() {
    if (!this.plot.fit()) return;
    const [low, high] = this.box;
    const step = (high - low) / BINS;
    ["real", "fake"].forEach((name, kind) => {
      const top = Math.max(...this.counts[kind], 1);
      const xs = this.counts[kind].length ? Array.from({ length: 2 * BINS }, (_, k) => low + step * Math.ceil(k / 2)) : [];
      this.plot.curve(name, xs, xs.map((_, k) => this.counts[kind][k >> 1] / top), true);
    });
    const at = Math.min(high, Math.max(low, this.threshold));
    const [bottom, top] = [this.plot.y(0) - this.plot.y(0.5), this.plot.y(1) - this.plot.y(0.5)];
    this.edge.node.lastChild.setAttribute("d", `M0 ${bottom}V${top}M-7 0h14`);
    this.edge.put(at, 0.5, `threshold ${say(this.threshold)}`);
    const made = (this.made = this.count());
    if (this.ranking?.fit()) {
      this.ranking.curve("optimal", this.points.map(([x]) => x), this.points.map(([, y]) => y));
      if (made.flagged) this.ranking.dot("js-here", made.recall, made.precision);
    }
    this.tell(made);
  }

  tell(made) {
    const { found } = this;
    const labelled = found.label ? `; finds ${percent(made.recall)} of ${found.anomalies}, false alarms ${percent(made.falseAlarmRate)} of normals, precision ${percent(made.precision)}` : "";
    this.find(".said").textContent = `Threshold ${say(this.threshold)}: ${made.flagged.toLocaleString("en")} of ${found.n.toLocaleString("en")} flagged${labelled}`;
    this.find(".counts").hidden = !found.label;
    const cells = [["", "flagged", "not flagged"], [found.anomalies, made.hits, made.missed], ["normals", made.falseAlarms, made.passed]];
    this.find(".counts tbody").innerHTML = cells.map((row) => `<tr>${row.map((cell) => `<td>${cell.toLocaleString("en")}</td>`).join("")}</tr>`).join("");
    this.rows();
  }

  rows() {
    const { found } = this;
    const head = ["row", "score", ...(found.class ? ["class"] : []), ...(found.label ? ["label"] : [])];
    const cells = (names, tag) => `<tr>${names.map((name) => `<${tag}>${name}</${tag}>`).join("")}</tr>`;
    this.find(".rows thead").innerHTML = cells(head, "th");
    const flagged = this.order.slice(0, FIRST).filter((i) => found.score[i] > this.threshold);
    const line = (i) => [found.row[i], say(found.score[i]), ...(found.class ? [found.classes[found.class[i]]] : []), ...(found.label ? [found.label[i]] : [])];
    this.find(".rows tbody").innerHTML = flagged.map((i) => cells(line(i), "td")).join("");
  }
}

if (document.getElementById("scores")) {
  const found = await unpackScores(document.getElementById("scores").textContent);
  window.experiment = new Experiment(document.querySelector(".experiment"), found);
}
