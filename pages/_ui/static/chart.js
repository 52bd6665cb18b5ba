// One Plotly node per mounted chart. Streamlit calls the default export with every new figure and
// with every change of theme; chart.py describes what the events mean.

const NARROW = 640; // pixels
const REPORT_INTERVAL = 150; // milliseconds between two reports of a shape that is being dragged
const HOVER_DELAY = 60; // milliseconds until Plotly surely knows which mark is under the pointer
const CLICK_REACH = 5; // pixels that a click may wander
const ADDRESS_DELAY = 300; // milliseconds without a move until the address follows
const KEPT_FIGURES = 12;
const PICTURE = 84; // pixels that the picture of a mark is wide
const SIZE = 14; // pixels of words in charts
const PROJECTOR = 1.35; // times as large are words for a projector, …
const TALLER = 1.2; // … and the chart around them
const charts = new WeakMap();
const mounted = new Set();
const figures = new Map(); // prepared figures by their hash, the newest last
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
    this.number = Date.now(); // of the last report; grows also across mounts
    this.resizing = new ResizeObserver(() => this.schedule());
    this.resizing.observe(this.node);
    this.node.addEventListener("pointerdown", (event) => this.press(event), true);
    this.node.addEventListener("pointermove", (event) => this.move(event), true);
    for (const type of ["mousedown", "touchstart"]) {
      // Plotly must not start a zoom where a shape is being dragged.
      const keep = (event) => this.drag && (event.preventDefault(), event.stopPropagation());
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
    if (hash && !figures.has(hash)) return void this.report("lost", { hash });
    this.message = { hash, text: hash ? null : text, marks, alt, seen };
    if (address) this.writeAddress(address);
    if (download && this.downloads !== undefined && download.number > this.downloads)
      this.download(download.format);
    this.downloads = download?.number ?? 0;
    this.schedule();
  }

  figure() {
    const { hash, text } = this.message;
    return hash ? structuredClone(figures.get(hash)) : JSON.parse(text);
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
      if (this.pressed && !this.drag) return;
      try {
        await this.draw();
      } catch (error) {
        console.error("live_chart:", error);
      }
    });
  }

  async draw() {
    const width = this.node.clientWidth;
    const theme = this.theme();
    if (!width || this.removed || !this.message) return;
    const { hash, text, marks, alt, seen } = this.message;
    const large = projected();
    document.documentElement.classList.toggle("projector", large);
    const state = JSON.stringify([hash ?? text, width, theme, large]);
    if (state === this.drawn) return this.moveMarks();
    const { data, layout } = this.figure();
    const wanted = width < NARROW && layout.meta?.narrow ? merge(layout, layout.meta.narrow) : layout;
    if (large) enlarge(wanted, data);
    const height = wanted.height ?? 450;
    this.node.style.height = `${height}px`;
    if (!globalThis.Plotly) {
      plotlyReady ??= loadPlotly(this.plotlyUrl).finally(() => (plotlyReady = null));
      await plotlyReady;
      return this.schedule();
    }
    Object.assign(wanted, { width, height, autosize: false, template: theme });
    for (const trace of data) if (trace.meta?.dots) drawAsOnePath(trace, wanted);
    wanted.uirevision ??= true;
    // A finger must be able to scroll the page past the chart.
    const brushes = (wanted.dragmode ?? "select") === "select";
    if (brushes && matchMedia("(pointer: coarse)").matches) wanted.dragmode = false;
    for (const shape of wanted.shapes ?? []) Object.assign(shape, marks?.[shape.name]);
    this.takeShapes(wanted.shapes ?? [], seen);
    this.following = wanted.meta?.follow;
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

  // Shapes that the reader is moving, and what follows them, are further than the server knows.
  moveMarks() {
    const { marks, alt, seen } = this.message;
    this.describe(alt);
    if (this.moved && (this.drag || !(seen >= this.moved.number))) return;
    this.moved = null;
    this.node.layout.shapes?.forEach((shape, index) => {
      const places = marks?.[shape.name] ?? {};
      if (Object.keys(places).some((name) => shape[name] !== places[name]))
        this.moveShape(index, places);
    });
  }

  // For a shape that moves, Plotly draws the whole figure again. So its outline is written here,
  // and in Plotly's books, where the next redraw finds it.
  moveShape(index, places) {
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
      if (moved.length) this.moveShape(index, Object.fromEntries(moved));
    });
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

  theme() {
    const style = getComputedStyle(this.node);
    const read = (name) => style.getPropertyValue(`--st-${name}`).trim();
    const clear = "rgba(0,0,0,0)";
    // Readable at three metres on a laptop.
    const size = innerWidth < NARROW ? 12 : SIZE;
    const font = { color: read("text-color"), family: read("font"), size };
    const border = read("border-color");
    const line = { color: font.color };
    const axis = {
      gridcolor: read("border-color-light"),
      linecolor: border,
      tickcolor: border,
      zerolinecolor: border,
    };
    return {
      layout: {
        font,
        paper_bgcolor: clear,
        plot_bgcolor: clear,
        colorway: read("chart-categorical-colors").split(","),
        hoverlabel: { bgcolor: read("secondary-background-color"), bordercolor: border, font },
        modebar: { bgcolor: clear, color: read("gray-text-color"), activecolor: font.color },
        shapedefaults: { line },
        newselection: { line },
        selectiondefaults: { line },
        annotationdefaults: { arrowcolor: font.color },
        xaxis: axis,
        yaxis: axis,
      },
    };
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

  // Editable shapes: moved here, because Plotly's own editing bends a line that is caught near
  // its end, reports nothing before the release and does not survive a redraw.
  takeShapes(shapes, seen) {
    if (this.moved && !this.drag && seen >= this.moved.number) this.moved = null;
    this.editable = shapes.flatMap((shape, index) => (shape.editable ? [index] : []));
    for (const index of this.editable) delete shapes[index].editable;
    if (this.moved && shapes[this.moved.index]) Object.assign(shapes[this.moved.index], this.moved.at);
  }

  // The pixel position of one end of a shape, and the axis (null for "paper" and "domain").
  place(shape, letter, end) {
    if (shape[`${letter}sizemode`] === "pixel") {
      const anchor = { [`${letter}ref`]: shape[`${letter}ref`], [letter]: shape[`${letter}anchor`] };
      const away = shape[letter + end] * (letter === "x" ? 1 : -1);
      return { pixel: this.place(anchor, letter, "").pixel + away, axis: null };
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
    const [x0, x1] = [0, 1].map((end) => this.place(shape, "x", end));
    const [y0, y1] = [0, 1].map((end) => this.place(shape, "y", end));
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

  press(event) {
    if (event.button !== 0 || !this.drawn) return;
    this.pressed = { ...this.pointer(event), subplot: event.target.dataset.subplot };
    const index = this.hit(event);
    if (index === undefined) return;
    const shape = this.node.layout.shapes[index];
    const ends = this.ends(shape);
    const upright = shape.type === "line" && ends.x0.pixel === ends.x1.pixel;
    const level = shape.type === "line" && ends.y0.pixel === ends.y1.pixel && !upright;
    this.drag = { index, ends, from: this.pointer(event), letters: level ? "y" : upright ? "x" : "xy" };
    this.reported = 0;
    this.node.setPointerCapture(event.pointerId);
    event.preventDefault();
    event.stopPropagation();
  }

  move(event) {
    if (!this.drag) {
      if (this.editable?.length && !this.pressed)
        this.node.classList.toggle("over-shape", this.hit(event) !== undefined);
      return;
    }
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
    this.moveShape(index, at);
    const { name, x0, y0 } = this.node.layout.shapes[index];
    this.follow(name, letters === "y" ? y0 : x0);
    if (event.timeStamp - this.reported < REPORT_INTERVAL) return;
    this.reported = event.timeStamp;
    this.reportShape(false);
  }

  reportShape(released) {
    const { index } = this.moved;
    const { name, x0, x1, y0, y1 } = this.node.layout.shapes[index];
    this.moved.number = this.report("drag", { index, name: name ?? null, x0, x1, y0, y1, released });
  }

  letGo(event) {
    const press = this.pressed;
    if (!press) return;
    const at = this.pointer(event);
    const still = Math.hypot(at.x - press.x, at.y - press.y) < CLICK_REACH;
    const click = still && !this.drag && press.subplot && event.type === "pointerup";
    if (this.drag?.began) this.reportShape(true);
    this.drag = null;
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

// P, wherever no field has it, makes words larger and smaller, on every page of this window.
document.addEventListener("keydown", (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  if (!mounted.size || key.toLowerCase() !== "p" || ctrlKey || metaKey || altKey) return;
  if (target.closest?.("textarea, select, [contenteditable], input:not([type=radio], [type=checkbox])"))
    return;
  // Where a race plays, its player keeps the choice.
  if (!document.querySelector(".lanes")) project(!projected());
  setTimeout(() => mounted.forEach((chart) => chart.schedule()));
});

function projected() {
  try {
    return Boolean(sessionStorage.getItem("projector"));
  } catch {
    return false;
  }
}

function project(on) {
  try {
    if (on) sessionStorage.setItem("projector", "1");
    else sessionStorage.removeItem("projector");
  } catch {
    // a page that may not keep anything
  }
}

// All words of a figure larger, with room for them.
function enlarge(layout, data) {
  const grow = (part) => {
    for (const [name, value] of Object.entries(part ?? {})) {
      if (!value || typeof value !== "object" || name === "meta") continue;
      if (/font$/.test(name) && value.size) value.size *= PROJECTOR;
      grow(value);
    }
  };
  grow(layout);
  data.forEach(({ textfont }) => grow({ textfont }));
  layout.font = { ...layout.font, size: layout.font?.size ?? SIZE * PROJECTOR };
  layout.height = (layout.height ?? 450) * TALLER;
  for (const side of Object.keys(layout.margin ?? {})) layout.margin[side] *= TALLER;
}

// Markers as one filled path instead of one SVG node each, which is what makes Plotly slow. The
// trace's marker gives colour, outline and size; sizes are in pixels of the unzoomed subplot.
function drawAsOnePath(trace, layout) {
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
function numbers({ bdata, dtype }) {
  const bytes = Uint8Array.from(atob(bdata), (letter) => letter.charCodeAt(0));
  return [...new { f4: Float32Array, f8: Float64Array }[dtype](bytes.buffer)];
}

function keepFigure(hash, figure) {
  figures.delete(hash);
  figures.set(hash, figure);
  for (const old of [...figures.keys()].slice(0, -KEPT_FIGURES)) figures.delete(old);
}

// Plain objects are merged, everything else is replaced.
function merge(base, over) {
  const plain = (value) => value?.constructor === Object;
  const result = { ...base };
  for (const [name, value] of Object.entries(over))
    result[name] = plain(value) && plain(base[name]) ? merge(base[name], value) : value;
  return result;
}
