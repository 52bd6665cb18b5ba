// The live race on one page: workers train, lanes.js draws, player.js moves through what was seen.

import { createLanes, eventsOf, extend, hopsAt, stateAt } from "./lanes.js";
import { createPlayer } from "./player.js";
import { DigitPage } from "./digit.js";

const ROUND = 120; // milliseconds that the slowest lane may train between two frames
const LONGEST = 400; // steps between two frames
const HISTORY = 1500; // entries of a curve
const FIELDS = [
  // name, label, lowest, highest, whole, of which method only
  ["learning_rate", "Learning rate", 1e-6, 1],
  ["critic_learning_rate", "Critic's rate (0: the same)", 0, 1],
  ["n_critic", "Critic updates a step", 1, 20, true],
  ["batch_size", "Batch", 16, 1024, true],
  ["penalty", "Penalty λ", 0, 1e6, false, "wgan-gp"],
  ["clip", "Clip c", 1e-4, 10, false, "wgan-clip"],
];
const known = JSON.parse(document.getElementById("known").textContent);
const find = (id) => document.getElementById(id);

// The method and what sets this lane apart: `use_cases.lane_title`.
export function titleOf({ method, penalty, clip, n_critic, learning_rate, critic_learning_rate: own }) {
  const slow = own > 0 && own < learning_rate ? " · slow D" : "";
  const mark = { gan: slow, "wgan-clip": ` · c = ${clip}`, "wgan-gp": ` · λ = ${penalty}` }[method];
  const usual = method === "gan" ? 1 : 5;
  return known.names[method] + mark + (n_critic === usual ? "" : ` · n_critic = ${n_critic}`);
}

// ---------------------------------------------------------------- lanes in workers

class Thread {
  constructor(url) {
    this.worker = new Worker(url);
  }

  ask(message) {
    return new Promise((answer, refuse) => {
      this.worker.onmessage = ({ data }) => answer(data);
      this.worker.onerror = (event) => refuse(new Error(event.message || "The browser starts no worker."));
      this.worker.postMessage(message);
    });
  }

  end() {
    this.worker.terminate();
  }
}

const code = new Blob([`"use strict";${find("training").textContent}`], { type: "text/javascript" });
const codeUrl = URL.createObjectURL(code);

// ---------------------------------------------------------------- the race

class LiveRace {
  constructor(page) {
    this.page = page;
    [this.running, this.step, this.pace, this.asked] = [false, 0, 1, null];
  }

  // Untrained lanes of these settings, and the first frame.
  async open(race) {
    this.close();
    this.race = race;
    const threads = race.lanes.map(() => new Thread(codeUrl));
    this.threads = threads;
    [this.running, this.step, this.pace, this.asked] = [false, 0, 1, null];
    const wanted = this.page.wanted();
    const answers = await Promise.all(
      threads.map((thread, i) =>
        thread.ask({ open: { lane: race.lanes[i], mixture: race.mixture, rules: known.rules }, wanted }),
      ),
    );
    if (threads !== this.threads) return; // another race was asked for meanwhile
    this.recording = {
      ...answers[0].scene,
      lanes: race.lanes.map(({ training }) => ({
        title: titleOf(training), method: training.method,
        steps: [], words: [], tones: [], counts: [], nearest: [], layers: {}, history: {},
      })),
      clock: [],
    };
    this.take(answers);
  }

  close() {
    this.threads?.forEach((thread) => thread.end());
    this.threads = null;
  }

  get finished() {
    return Boolean(this.frames?.every(({ finished }) => finished));
  }

  take(answers) {
    this.frames = answers.map(({ frame }) => frame);
    extend(this.recording, { lanes: this.frames });
    this.recording.lanes.forEach(({ history }, i) => {
      for (const [name, value] of Object.entries(this.frames[i].numbers)) {
        const column = (history[name] ??= []);
        if (history.step.length > 1 && history.step.at(-1) === this.frames[i].numbers.step && column.length === history.step.length)
          column[column.length - 1] = value;
        else column.push(value);
      }
      if (history.step.length > HISTORY)
        for (const column of Object.values(history))
          column.splice(0, Infinity, ...column.filter((_, k) => k % 2 === 0 || k > HISTORY / 2));
    });
    this.step = Math.max(...this.frames.map(({ steps }) => steps[0]));
    this.page.show(this);
  }

  // All lanes make n steps, side by side, and are looked at.
  async advance(n) {
    const { threads } = this;
    const wanted = this.page.wanted();
    const asked = (this.asked = {});
    const answers = await Promise.all(threads.map((thread) => thread.ask({ steps: n, wanted })));
    if (threads !== this.threads) return;
    if (asked === this.asked) this.asked = null;
    const slowest = Math.max(...answers.map(({ spent }) => spent));
    const fitting = Math.floor((n * ROUND) / Math.max(slowest, 1));
    // The beginning is told in small steps, whatever the machine can do.
    this.pace = Math.max(1, Math.min(fitting, 2 * n, LONGEST, Math.max(5, Math.ceil(this.step / 8))));
    this.take(answers);
  }

  // Trains until it is paused or done; `rate` steps a second, 0: as fast as it goes.
  async run(rate) {
    const mine = (this.turn = {});
    this.running = true;
    this.page.show(this);
    while (this.running && mine === this.turn && !this.finished) {
      const began = performance.now();
      if (!document.hidden) await this.advance(rate ? 1 : this.pace);
      const rest = document.hidden ? 300 : rate ? 1000 / rate - (performance.now() - began) : 0;
      await new Promise((go) => setTimeout(go, Math.max(0, rest)));
    }
    if (mine !== this.turn) return;
    this.running = false;
    this.page.show(this);
  }

  pause() {
    this.running = false;
  }
}

// ---------------------------------------------------------------- the page

class RacePage {
  constructor() {
    this.race = new LiveRace(this);
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.dark.addEventListener("change", () => this.player?.update({ theme: this.theme() }));
    for (const [i, { title }] of known.stories.entries()) find("story").add(new Option(title, i));
    find("story").addEventListener("change", ({ target }) => this.tell(known.stories[target.value]));
    find("train").addEventListener("click", () => this.toggle());
    find("step").addEventListener("click", () => this.once());
    find("reset").addEventListener("click", () => this.begin(this.settings, false));
    find("speed").addEventListener("change", () => this.race.running && this.race.run(this.rate()));
    find("settings").addEventListener("submit", (event) => this.apply(event));
    for (const id of ["lens", "curves", "arrows", "manifold"])
      find(id).addEventListener("change", () => this.relook());
  }

  rate() {
    return Number(find("speed").value);
  }

  wanted() {
    return [find("lens").value, find("arrows").checked && "arrows", find("manifold").checked && "manifold"].filter(Boolean);
  }

  theme() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    return {
      dark: this.dark.matches, text: read("--st-text-color"), paper: read("--st-background-color"),
      border: read("--st-border-color"), muted: read("--muted"), font: read("--st-font"),
    };
  }

  tell({ race, watch, commands }, training = true) {
    find("watch").textContent = watch;
    find("commands").textContent = commands.join("\n");
    return this.begin(race, training);
  }

  async begin(settings, training) {
    this.settings = settings;
    this.ask(settings);
    this.player?.remove();
    this.player = null;
    try {
      await this.race.open(settings);
    } catch (error) {
      say("race", `This browser cannot train here: ${error.message}`);
      return;
    }
    this.interrupted = training && shown !== "race";
    if (training && shown === "race") this.race.run(this.rate());
  }

  // After every frame, and when training begins or ends.
  show(race) {
    const looks = { lens: find("lens").value, curves: find("curves").value, arrows: find("arrows").checked, manifold: find("manifold").checked };
    const options = { ...looks, follow: race.running, theme: this.theme(), above: 120, autoplay: false, onSpace: () => this.toggle() };
    if (this.player) {
      this.player.update(options);
      this.player.show(race.recording);
    } else {
      const kit = { createLanes, eventsOf, hopsAt, stateAt };
      this.player = createPlayer(kit, find("lanes"), race.recording, options);
      find("lanes").player = this.player;
    }
    find("train").textContent = race.running ? "❚❚ Pause" : "▶ Train";
    find("train").disabled = race.finished;
    // Not while steps are still made that were asked for before the pause.
    find("step").disabled = race.running || race.asked !== null || race.finished;
    say("race", this.sentence(race));
  }

  // What has happened, in one sentence with its steps.
  sentence({ recording, frames, step, finished }) {
    const n = recording.modes.length;
    const happened = recording.lanes.map((lane) => ({ title: lane.title, events: eventsOf(lane) }));
    const first = (tone) =>
      happened
        .map(({ title, events }) => ({ title, step: events.find((event) => event.tone === tone)?.step }))
        .filter((found) => found.step !== undefined)
        .sort((a, b) => a.step - b.step)[0];
    const number = (value) => value.toLocaleString("en");
    const [fallen, covered] = [first("bad"), first("good")];
    const said = [
      fallen && `${fallen.title} collapses onto one mode at step ${number(fallen.step)}`,
      covered && `${covered.title} reaches ${n} of ${n} at step ${number(covered.step)}`,
    ].filter(Boolean);
    if (said.length) return said.join("; ");
    const lanes = ["One GAN learns a", "Two GANs learn the same", "Three GANs learn the same"][frames.length - 1];
    return `${lanes} ring, live in your browser${step && finished ? `: ${number(step)} steps` : ""}`;
  }

  toggle() {
    if (this.race.running) this.race.pause();
    else if (!this.race.finished) this.race.run(this.rate());
    this.show(this.race);
  }

  async once() {
    find("step").disabled = true;
    await this.race.advance(1);
    this.player.goTo(Infinity);
  }

  // Other layers: those of the newest frame at once, of later ones as they come.
  relook() {
    if (this.race.running) return;
    this.race.advance(0);
  }

  ask({ mixture, lanes }) {
    const field = (place, [name, label, low, high], value) =>
      `<label for="${place}-${name}">${label}</label>
       <input id="${place}-${name}" name="${place}-${name}" inputmode="decimal" value="${value}" title="${low} to ${high}">`;
    const boxes = lanes.map(({ training }, i) => {
      const asked = FIELDS.filter(([, , , , , only]) => !only || only === training.method);
      return `<fieldset><legend>${known.names[training.method]}</legend>
        ${asked.map((one) => field(i, one, training[one[0]])).join("")}</fieldset>`;
    });
    const data = [["n_modes", "Modes", 2, 12], ["seed", "Seed", 0, 2 ** 32 - 1]];
    const values = [mixture.n_modes, lanes[0].training.seed];
    find("settings").innerHTML = `<fieldset><legend>All</legend>
      ${data.map((one, i) => field("all", one, values[i])).join("")}</fieldset>${boxes.join("")}
      <button type="submit">Start again with these</button><p class="wrong" role="alert"></p>`;
  }

  apply(event) {
    event.preventDefault();
    const given = new FormData(find("settings"));
    try {
      const n_modes = numberOf(given, "all", ["n_modes", "Modes", 2, 12, true]);
      const seed = numberOf(given, "all", ["seed", "Seed", 0, 2 ** 32 - 1, true]);
      const lanes = this.settings.lanes.map((lane, i) => {
        const training = { ...lane.training, seed };
        for (const field of FIELDS)
          if (given.has(`${i}-${field[0]}`)) training[field[0]] = numberOf(given, i, field);
        return { ...lane, training };
      });
      find("watch").textContent = "";
      find("commands").textContent = "These settings are the reader's own: give them to the commands as options.";
      this.begin({ mixture: { ...this.settings.mixture, n_modes }, lanes }, true);
    } catch (error) {
      find("settings").querySelector(".wrong").textContent = error.message;
    }
  }
}

// What each half of the page says in its one sentence; the half that is looked at is heard.
const sentences = {};
let shown = "race";

function say(half, sentence) {
  sentences[half] = sentence;
  if (half === shown && find("said").textContent !== sentence) find("said").textContent = sentence;
}

// The address says which half is looked at.
function turn() {
  shown = location.hash === "#draw-a-digit" ? "digit" : "race";
  for (const half of ["race", "digit"]) {
    find(half).hidden = half !== shown;
    if (half === shown) find(`to-${half}`).setAttribute("aria-current", "page");
    else find(`to-${half}`).removeAttribute("aria-current");
  }
  say(shown, sentences[shown] ?? "");
  if (shown === "race") {
    if (page.interrupted) page.race.run(page.rate());
    return;
  }
  page.interrupted = page.race.running;
  page.race.pause();
  digit.open(calm);
}

function numberOf(given, place, [name, label, low, high, whole]) {
  const text = given.get(`${place}-${name}`).trim().replace(",", ".");
  const value = Number(text);
  if (text === "" || !(value >= low && value <= high) || (whole && !Number.isInteger(value)))
    throw new RangeError(`${label} must be a ${whole ? "whole " : ""}number from ${low} to ${high}; found “${text}”.`);
  return value;
}

const page = new RacePage();
const digit = new DigitPage(find("digit"), find("networks").textContent, (sentence) => say("digit", sentence));
Object.assign(window, { page, digit, titleOf });
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
turn();
page.tell(known.stories[0], !calm);
addEventListener("hashchange", turn);
