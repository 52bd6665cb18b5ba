// A race with buttons: plays, pauses, scrubs, jumps to a collapse, follows a training.
//
//   const player = createPlayer(lanesModule, root, recording, options);
//
// Keys, wherever no button or field has them: space plays, arrows move a frame, P is for projectors.

const SECONDS = 16; // for a whole recording at speed 1
const LEAST_RATE = 4; // frames a second, of short recordings
const LIVE_PACE = 65; // milliseconds between two redraws beside a training, which needs the processor
const HOLD = 1800; // milliseconds at the end before it begins again
// Where a lane collapses it lingers, milliseconds: long until it is seen what happens there, then as long
// as it takes to see that it happens again. From one mode to the next the eye follows at this pace.
const LINGER = { first: 1400, later: 350, until: 4 };
const HOP_PACE = 0.4;
const SPEEDS = [0.25, 0.5, 1, 2, 4];
const PROJECTOR = 1.4;
const ALL_LENSES = {
  critic: "Darker: the critic (or discriminator) values it higher.",
  slope: "Slope ‖∇f‖, one scale for all lanes: pink 1/16, clear 1, green 16.",
  optimal: "D* = P_r/(P_r+P_θ): pink 0, clear ½, green 1.",
  none: "",
};
const HEAD = `
<canvas class="lanes-planes" role="img"></canvas>
<div class="lanes-bar">
  <button type="button" class="lanes-play"></button>
  <div class="lanes-track"><div class="lanes-marks"></div>
    <input type="range" min="0" step="any" aria-label="Step of the recording"></div>
  <output class="lanes-step"></output>
  <button type="button" class="lanes-jump" title="Go to the next collapse">⤓ Next collapse</button>
  <select class="lanes-speed" aria-label="Speed">${SPEEDS.map(
    (speed) => `<option value="${speed}"${speed === 1 ? " selected" : ""}>${speed}×</option>`,
  ).join("")}</select>
</div>
<p class="lanes-key"></p>
<canvas class="lanes-curves" role="img"></canvas>`;

export function createPlayer(lanes, root, recording, options = {}) {
  return new Player(lanes, root, recording, options);
}

class Player {
  constructor(lanes, root, recording, options) {
    this.lanes = lanes;
    this.root = root;
    this.options = { autoplay: true, loop: true, above: 172, curvesShown: true, seconds: SECONDS, ...options };
    root.classList.add("lanes");
    root.innerHTML = HEAD;
    const find = (name) => root.querySelector(name);
    [this.planes, this.plots] = [find(".lanes-planes"), find(".lanes-curves")];
    [this.button, this.slider, this.output] = [find(".lanes-play"), find("input"), find(".lanes-step")];
    [this.marks, this.jump, this.key] = [find(".lanes-marks"), find(".lanes-jump"), find(".lanes-key")];
    this.speed = 1;
    this.lingers = 0; // until when
    this.scale = remembered() ? PROJECTOR : 1;
    this.recording = recording;
    this.views = [lanes.createLanes(this.planes, recording, this.looks("planes"))];
    if (this.options.curvesShown)
      this.views.push(lanes.createLanes(this.plots, recording, this.looks("curves")));
    else this.plots.hidden = true;
    this.listen();
    this.read();
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const start = this.options.start;
    this.following = Boolean(this.options.follow);
    this.at = start ?? (this.calm ? this.firstCollapse() : 0);
    this.playing = this.options.autoplay && !this.calm && start === undefined;
    this.frame = requestAnimationFrame((now) => this.tick(now));
  }

  looks(part) {
    const { lens, curves, arrows, manifold, data, theme } = this.options;
    // Planes leave room for what is above and below them on the screen.
    const maxSide = Math.max(220, innerHeight - this.options.above - 170 * Math.sqrt(this.scale));
    const wanted = { lens, curves, arrows, manifold, data, ...theme };
    const known = Object.entries(wanted).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(known), part, maxSide: Math.min(520, maxSide), scale: this.scale };
  }

  // What the buttons say about the recording.
  read() {
    const { clock } = this.recording;
    this.last = clock.at(-1) ?? 0;
    this.slider.max = this.last || 1;
    this.events = this.recording.lanes
      .flatMap((lane) => this.lanes.eventsOf(lane).map((event) => ({ ...event, lane: lane.title })))
      .sort((a, b) => a.step - b.step);
    this.collapses = this.events.filter(({ tone }) => tone === "bad");
    this.marks.replaceChildren(
      ...this.events.map(({ step, words, tone, lane }) => {
        const mark = document.createElement("span");
        mark.className = `lanes-mark lanes-${tone}`;
        mark.style.left = `${(100 * step) / (this.last || 1)}%`;
        mark.title = `${lane}: ${words} at step ${step.toLocaleString("en")}`;
        return mark;
      }),
    );
    this.jump.hidden = !this.collapses.length;
    this.describe();
    this.dirty = true;
  }

  describe() {
    this.root.classList.toggle("lanes-live", Boolean(this.options.follow));
    this.key.textContent = this.options.words ?? this.legend();
  }

  legend() {
    const { lens = "critic", arrows, manifold } = this.options;
    const modes = this.recording.modes.length;
    const dots = modes ? "Dots: samples, coloured by their nearest mode." : "Orange: samples.";
    const said = [
      dots,
      modes ? "Circles: 3σ. Grey: data." : "Grey: data.",
      this.options.theme?.dark ? ALL_LENSES[lens].replace("Darker", "Lighter") : ALL_LENSES[lens],
      modes ? "Strip: share of samples per mode over time, pale outside 3σ." : "",
      arrows ? "Arrows: where the generator is pushed." : "",
      manifold ? "Green net: a square grid of latents." : "",
    ];
    return said.filter(Boolean).join(" ");
  }

  firstCollapse() {
    return this.collapses[0]?.step ?? this.last;
  }

  // New layers, looks or mode of the page; `follow`: a training or a search is under way, after
  // which it plays from the start where `autoplay` says so.
  update(options) {
    const looked = JSON.stringify(this.looks("planes"));
    const followed = this.options.follow;
    Object.assign(this.options, options);
    if (this.options.follow && !followed) [this.playing, this.following] = [false, true];
    if (followed && !this.options.follow && this.options.autoplay && !this.calm) {
      this.at = 0;
      this.play();
    }
    if (JSON.stringify(this.looks("planes")) !== looked) this.restyle();
    this.describe();
    this.dirty = true;
  }

  restyle() {
    this.views.forEach((view, i) => view.set(this.looks(i ? "curves" : "planes")));
    this.dirty = true;
  }

  // Another recording, or the same with more frames; who is at the newest goes on to it.
  show(recording) {
    const other = recording !== this.recording;
    const newest = !this.playing && this.at >= this.last && this.options.follow !== undefined;
    this.recording = recording;
    for (const view of this.views) view.show(recording);
    if (other) this.restyle();
    this.read();
    if (this.at > this.last) this.at = this.last;
    if (this.following || newest) this.glide();
    this.dirty = true;
  }

  // From where it stands to the newest frame, in about the time until the next one comes.
  glide() {
    const now = performance.now();
    const apart = Math.min(1000, Math.max(60, now - (this.arrived ?? now - 200)));
    this.arrived = now;
    this.gliding = { from: this.at, to: this.last, since: now, took: apart };
  }

  tick(now) {
    if (this.removed) return;
    this.frame = requestAnimationFrame((next) => this.tick(next));
    const passed = Math.min(500, now - (this.before ?? now));
    this.before = now;
    if (document.hidden || !this.root.isConnected) return;
    if (this.gliding) {
      const { from, to, since, took } = this.gliding;
      const done = Math.min(1, (now - since) / took);
      if (done < 1 && now - this.drawn < LIVE_PACE) return;
      this.at = from + done * (to - from);
      if (done === 1) this.gliding = null;
      this.dirty = true;
    } else if (this.playing) this.advance(passed, now);
    if (!this.dirty) return;
    [this.dirty, this.drawn] = [false, now];
    this.draw();
  }

  advance(passed, now) {
    const { clock } = this.recording;
    if (this.held) {
      if (now < this.held) return;
      [this.held, this.at] = [0, 0];
    }
    if (now < this.lingers) return;
    const before = this.at;
    const frames = clock.length - 1;
    const pace = this.lanes.hopsAt(this.recording, this.at) ? HOP_PACE : 1;
    const rate = Math.max(LEAST_RATE, frames / this.options.seconds) * this.speed * pace;
    const place = Math.min(frames, placeOf(clock, this.at) + (passed / 1000) * rate);
    const low = Math.floor(place);
    this.at = clock[low] + (place - low) * ((clock[low + 1] ?? clock[low]) - clock[low]);
    const met = this.collapses.findIndex(({ step }) => step > before && step <= this.at);
    if (met >= 0) {
      this.at = this.collapses[met].step;
      this.lingers = now + (met < LINGER.until ? LINGER.first : LINGER.later) / this.speed;
    }
    else if (place >= frames) {
      if (this.options.loop) this.held = now + HOLD;
      else this.pause();
    }
    this.dirty = true;
  }

  draw() {
    for (const view of this.views) view.draw(this.at);
    if (document.activeElement !== this.slider || !this.scrubbing) this.slider.value = this.at;
    const { clock } = this.recording;
    const step = clock[Math.round(placeOf(clock, this.at))] ?? 0;
    this.output.textContent = `step ${step.toLocaleString("en")}`;
    this.slider.setAttribute("aria-valuetext", this.output.textContent);
    const said = this.playing ? "❚❚" : "▶";
    if (this.button.textContent !== said) {
      this.button.textContent = said;
      this.button.setAttribute("aria-label", this.playing ? "Pause the recording" : "Play the recording");
    }
    // Told to a screen reader when it rests only.
    if (!this.playing && !this.following) this.tell(step);
    else if (!this.planes.hasAttribute("aria-label")) this.tell(step);
  }

  tell(step) {
    const said = this.recording.lanes.map((lane) => {
      const { words } = this.lanes.stateAt(lane, step);
      return `${lane.title}: ${words || "training"}`;
    });
    this.planes.setAttribute("aria-label", `Step ${step.toLocaleString("en")}. ${said.join("; ")}`);
    this.plots.setAttribute("aria-label", `Curves up to step ${this.last.toLocaleString("en")}`);
  }

  play() {
    if (this.at >= this.last) this.at = 0;
    [this.playing, this.held, this.following, this.gliding] = [true, 0, false, null];
    this.lingers = 0;
    this.dirty = true;
    this.options.onRest?.(null);
  }

  pause() {
    this.playing = false;
    this.dirty = true;
    const { clock } = this.recording;
    this.options.onRest?.(clock[Math.round(placeOf(clock, this.at))]);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  goTo(step) {
    this.at = Math.min(this.last, Math.max(0, step));
    [this.held, this.gliding] = [0, null];
    this.following = Boolean(this.options.follow) && this.at >= this.last;
    this.pause();
  }

  move(frames) {
    const { clock } = this.recording;
    const place = Math.round(placeOf(clock, this.at)) + frames;
    this.goTo(clock[Math.min(clock.length - 1, Math.max(0, place))]);
  }

  nextCollapse() {
    const next = this.collapses.find(({ step }) => step > this.at + 1e-6) ?? this.collapses[0];
    if (next) this.goTo(next.step);
  }

  project() {
    this.scale = this.scale === 1 ? PROJECTOR : 1;
    remember(this.scale !== 1);
    this.restyle();
  }

  listen() {
    this.button.addEventListener("click", () => this.toggle());
    this.jump.addEventListener("click", () => this.nextCollapse());
    this.root.querySelector("select").addEventListener("change", (event) => {
      this.speed = Number(event.target.value);
    });
    this.slider.addEventListener("input", () => {
      this.scrubbing = true;
      this.goTo(Number(this.slider.value));
    });
    this.slider.addEventListener("change", () => (this.scrubbing = false));
    this.slider.addEventListener("keydown", (event) => this.press(event, true));
    this.onKey = (event) => this.press(event, false);
    document.addEventListener("keydown", this.onKey);
    this.sizes = new ResizeObserver(() => this.restyle());
    this.sizes.observe(this.root);
    this.onResize = () => this.restyle();
    addEventListener("resize", this.onResize);
    // The page around it has taken the key, or a switch of its own.
    this.onProjector = () => {
      this.scale = remembered() ? PROJECTOR : 1;
      this.restyle();
    };
    addEventListener("projector", this.onProjector);
  }

  press(event, onSlider) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const busy = event.target.closest?.(
      "button, a, input, select, textarea, summary, [contenteditable], [role=radio], [role=slider], [role=dialog]",
    );
    if (busy && !onSlider) return;
    const action = {
      " ": () => (this.options.onSpace ? this.options.onSpace() : this.toggle()),
      ArrowLeft: () => this.move(-1),
      ArrowRight: () => this.move(1),
      Home: onSlider && (() => this.goTo(0)),
      End: onSlider && (() => this.goTo(this.last)),
      p: () => this.project(),
    }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  remove() {
    this.removed = true;
    cancelAnimationFrame(this.frame);
    document.removeEventListener("keydown", this.onKey);
    removeEventListener("resize", this.onResize);
    removeEventListener("projector", this.onProjector);
    this.sizes.disconnect();
    this.root.replaceChildren();
  }
}

// The place of a step among recorded ones, between two of them a fraction.
function placeOf(clock, step) {
  const last = clock.length - 1;
  if (last <= 0 || step >= clock[last]) return Math.max(0, last);
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (clock[middle] <= step) low = middle;
    else high = middle;
  }
  return low + (step - clock[low]) / (clock[high] - clock[low] || 1);
}

// Whether this window is for a projector; a page in a sandbox may not keep anything.
function remembered() {
  try {
    return Boolean(sessionStorage.getItem("projector"));
  } catch {
    return false;
  }
}

function remember(projector) {
  try {
    if (projector) sessionStorage.setItem("projector", "1");
    else sessionStorage.removeItem("projector");
  } catch {
    // then until the page is left
  }
}
