// One Plotly node per mounted chart. Streamlit calls the default export with every new figure and
// with every change of theme; chart.py describes what the events mean.

import { drawAsOnePath, hasFigure, keepFigure, keptFigure, merge } from "./figures.js";
import { enlarge, projected } from "./projector.js";
import { leave } from "./room.js";
import { Shapes } from "./shapes.js";
import { NARROW } from "./sizes.js";
import { themeOf } from "./theme.js";

const HOVER_DELAY = 60; // milliseconds until Plotly surely knows which mark is under the pointer
const CLICK_REACH = 5; // pixels that a click may wander
const ADDRESS_DELAY = 300; // milliseconds without a move until the address follows
const PICTURE = 84; // pixels that the picture of a mark is wide
const charts = new WeakMap();
const mounted = new Set();
let plotlyReady;

export default function ({ data, parentElement, setStateValue }, plotlyUrl) {
  if (!charts.has(parentElement)) charts.set(parentElement, new Chart(parentElement));
  const chart = charts.get(parentElement);
  chart.plotlyUrl = plotlyUrl;
  chart.send = setStateValue;
  chart.update(new TextDecoder().decode(data));
  return () => {
    // Also called for a run that newer data overtook, while the chart is still on the page.
    if (parentElement.isConnected) return;
    charts.delete(parentElement);
    chart.remove();
  };
}

async function loadPlotly(url) {
  // The URL changes with the file, so any copy in the browser's cache is the right one.
  const response = await fetch(url, { cache: "force-cache" });
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const script = URL.createObjectURL(new Blob([await response.text()], { type: "text/javascript" }));
  await import(script);
  URL.revokeObjectURL(script);
}

class Chart {
  constructor(parent) {
    this.node = document.createElement("div");
    this.node.className = "live-chart";
    parent.append(this.node);
    mounted.add(this);
    this.shapes = new Shapes(this.node, (move) => this.report("drag", move));
    this.number = Date.now(); // of the last report; grows also across mounts
    this.resizing = new ResizeObserver(() => this.schedule());
    this.resizing.observe(this.node);
    this.node.addEventListener("pointerdown", (event) => this.press(event), true);
    this.node.addEventListener("pointermove", (event) => this.move(event), true);
    for (const type of ["mousedown", "touchstart"]) {
      // Plotly must not start a zoom where a shape is being dragged.
      const keep = (event) => this.shapes.held && (event.preventDefault(), event.stopPropagation());
      this.node.addEventListener(type, keep, { capture: true, passive: false });
    }
    this.release = (event) => this.letGo(event);
    window.addEventListener("pointerup", this.release);
    window.addEventListener("pointercancel", this.release);
  }

  remove() {
    this.removed = true;
    mounted.delete(this);
    this.resizing.disconnect();
    window.removeEventListener("pointerup", this.release);
    window.removeEventListener("pointercancel", this.release);
    if (this.drawn) Plotly.purge(this.node);
    this.node.remove();
  }

  // A message holds a whole figure, or names a prepared one that need not travel again, with what
  // its marks have moved to.
  update(text) {
    const { hash, figure, marks, address, download, alt, seen } = JSON.parse(text);
    if (hash && figure) keepFigure(hash, figure);
    if (hash && !hasFigure(hash)) return void this.report("lost", { hash });
    this.message = { hash, text: hash ? null : text, marks, alt, seen };
    if (address) this.writeAddress(address);
    if (download && this.downloads !== undefined && download.number > this.downloads)
      this.download(download.format);
    this.downloads = download?.number ?? 0;
    this.schedule();
  }

  figure() {
    const { hash, text } = this.message;
    return hash ? keptFigure(hash) : JSON.parse(text);
  }

  // Not through Streamlit, which would add an entry to the history for every move.
  writeAddress(values) {
    clearTimeout(this.writing);
    this.writing = setTimeout(() => {
      if (this.removed) return;
      const url = new URL(location.href);
      for (const [name, value] of Object.entries(values)) {
        if (value === null) url.searchParams.delete(name);
        else url.searchParams.set(name, value);
      }
      if (url.href !== location.href) history.replaceState(history.state, "", url);
    }, ADDRESS_DELAY);
  }

  // At most one redraw per frame, none in a hidden tab, none under a pressed pointer: Plotly would
  // lose the zoom box. A dragged shape does not hold the redraws up.
  schedule() {
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(async () => {
      this.scheduled = false;
      if (this.pressed && !this.shapes.held) return;
      try {
        await this.draw();
      } catch (error) {
        console.error("live_chart:", error);
      }
    });
  }

  async draw() {
    const width = this.node.clientWidth;
    const theme = themeOf(this.node);
    if (!width || this.removed || !this.message) return;
    const { hash, text, marks, alt, seen } = this.message;
    const large = projected();
    const state = JSON.stringify([hash ?? text, width, theme, large]);
    if (state === this.drawn) {
      this.shapes.place(marks, seen);
      return this.describe(alt);
    }
    const { data, layout } = this.figure();
    const wanted = width < NARROW && layout.meta?.narrow ? merge(layout, layout.meta.narrow) : layout;
    if (large) enlarge(wanted, data);
    const { height } = wanted;
    this.node.style.height = `${height}px`;
    leave(this.node);
    if (!globalThis.Plotly) {
      plotlyReady ??= loadPlotly(this.plotlyUrl).finally(() => (plotlyReady = null));
      await plotlyReady;
      return this.schedule();
    }
    Object.assign(wanted, { width, autosize: false, template: theme });
    for (const trace of data) if (trace.meta?.dots) drawAsOnePath(trace, wanted);
    wanted.uirevision ??= true;
    // A finger must be able to scroll the page past the chart.
    const brushes = (wanted.dragmode ?? "select") === "select";
    if (brushes && matchMedia("(pointer: coarse)").matches) wanted.dragmode = false;
    this.shapes.take(wanted, marks, seen);
    this.pictures = wanted.meta?.pictures;
    this.showPicture(null);
    const first = !this.drawn;
    this.drawn = state;
    await Plotly.react(this.node, data, wanted, this.config());
    if (first) this.listen();
    this.describe(alt);
  }

  // The plot is the picture; Plotly's buttons beside it stay reachable.
  describe(alt) {
    const picture = this.node.querySelector(".main-svg");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", alt);
  }

  config() {
    const save = (name, title, format, icon) => ({
      name,
      title,
      icon: Plotly.Icons[icon],
      click: () => this.download(format),
    });
    this.settings ??= {
      displaylogo: false,
      showSendToCloud: false,
      modeBarButtonsToRemove: ["toImage"],
      modeBarButtonsToAdd: [
        save("png", "Download as PNG", "png", "camera"),
        save("svg", "Download as SVG", "svg", "disk"),
      ],
    };
    return this.settings;
  }

  download(format) {
    const paper = getComputedStyle(this.node).getPropertyValue("--st-background-color");
    const { data, layout } = this.node;
    const { width, height } = layout;
    const figure = { data, layout: { ...layout, paper_bgcolor: paper } };
    Plotly.downloadImage(figure, { format, width, height, scale: 2, filename: "chart" });
  }

  report(kind, value) {
    this.number += 1;
    this.send(kind, { ...value, number: this.number });
    return this.number;
  }

  // Not from plotly_click: it is silent on empty area and late behind a quick pointer.
  reportClick(subplot, { x, y }) {
    const { xaxis, yaxis } = this.node._fullLayout._plots[subplot];
    const point = this.node._hoverdata?.find((mark) => mark.xaxis === xaxis && mark.yaxis === yaxis);
    this.report("click", {
      x: xaxis.p2d(x - xaxis._offset),
      y: yaxis.p2d(y - yaxis._offset),
      subplot,
      curve: point?.data.name ?? null,
    });
  }

  listen() {
    // Plotly repeats a selection with every redraw.
    const brush = (value) => {
      const text = JSON.stringify(value);
      if (text !== this.brushed) this.report("brush", value);
      this.brushed = text;
    };
    this.brushed = JSON.stringify({ x: null, y: null, subplot: null });
    this.node.on("plotly_selected", (event) => {
      const [x, y] = Object.keys(event?.range ?? {});
      if (x && y) brush({ x: event.range[x], y: event.range[y], subplot: x + y });
    });
    this.node.on("plotly_hover", ({ points }) => this.showPicture(points[0]));
    this.node.on("plotly_unhover", () => this.showPicture(null));
    this.node.on("plotly_deselect", () => brush({ x: null, y: null, subplot: null }));
  }

  // Beside the mark under the pointer, within the chart: its own part of the figure's pictures.
  showPicture(mark) {
    const number = this.pictures && mark?.customdata;
    this.picture?.remove();
    if (!Number.isInteger(number)) return;
    const { source, columns } = this.pictures;
    const [column, row] = [number % columns, Math.floor(number / columns)];
    const [x, y] = [mark.xaxis, mark.yaxis].map((axis, i) => axis._offset + axis.d2p(i ? mark.y : mark.x));
    const beside = (at, room) => (at + 12 + PICTURE > room ? at - 12 - PICTURE : at + 12);
    this.picture = document.createElement("div");
    this.picture.className = "live-chart-picture";
    Object.assign(this.picture.style, {
      left: `${beside(x, this.node.clientWidth)}px`,
      top: `${beside(y, this.node.clientHeight)}px`,
      width: `${PICTURE}px`,
      height: `${PICTURE}px`,
      background: `url(${source}) ${-column * PICTURE}px ${-row * PICTURE}px / ${columns * PICTURE}px auto`,
    });
    this.node.append(this.picture);
  }

  press(event) {
    if (event.button !== 0 || !this.drawn) return;
    this.pressed = { ...this.shapes.pointer(event), subplot: event.target.dataset.subplot };
    if (!this.shapes.grab(event)) return;
    this.node.setPointerCapture(event.pointerId);
    event.preventDefault();
    event.stopPropagation();
  }

  move(event) {
    if (this.shapes.held) this.shapes.move(event);
    else if (!this.pressed) this.node.classList.toggle("over-shape", this.shapes.under(event));
  }

  letGo(event) {
    const press = this.pressed;
    if (!press) return;
    const at = this.shapes.pointer(event);
    const still = Math.hypot(at.x - press.x, at.y - press.y) < CLICK_REACH;
    const click = still && !this.shapes.held && press.subplot && event.type === "pointerup";
    this.shapes.drop();
    setTimeout(
      () => {
        if (this.removed) return;
        if (click) this.reportClick(press.subplot, at);
        if (this.pressed === press) this.pressed = null;
        this.schedule(); // what came in meanwhile
      },
      click ? HOVER_DELAY : 0,
    );
  }
}

addEventListener("projector", () => mounted.forEach((chart) => chart.schedule()));
