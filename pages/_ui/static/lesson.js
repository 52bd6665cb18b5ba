// A lesson's step beside the page that it plays on: asks for a prediction, watches the address,
// says what was right. The answer is in the address; what a lecturer has switched stays in the
// browser. N goes on, on the step's own page.

import { project, projected } from "./projector.js";

const LOOK = 300; // milliseconds between two looks at the address
const SWITCHES = {
  "Hide answers": [hidden, (on) => localStorage.setItem("lesson-hide", on ? "1" : "0")],
  Projector: [projected, project],
};
const BUSY =
  "input, textarea, select, canvas, [role=slider], [role=dialog], [contenteditable]";
const mounts = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lesson") ?? parentElement;
  if (!mounts.has(root)) mounts.set(root, new Panel(root));
  mounts.get(root).end = () => setTriggerValue("ended", true);
  mounts.get(root).show(JSON.parse(data));
  return () => {
    if (root.isConnected) return;
    mounts.get(root)?.remove();
    mounts.delete(root);
  };
}

class Panel {
  constructor(root) {
    this.root = root;
    this.onKey = (event) => this.press(event);
    document.addEventListener("keydown", this.onKey);
    this.onProjector = () => this.draw();
    addEventListener("projector", this.onProjector);
  }

  remove() {
    document.removeEventListener("keydown", this.onKey);
    removeEventListener("projector", this.onProjector);
    clearInterval(this.timer);
  }

  show(lesson) {
    const text = JSON.stringify(lesson);
    if (text === this.text) return;
    this.text = text;
    this.lesson = lesson;
    this.answer = lesson.answer;
    this.explained = new Set();
    this.done = false;
    clearInterval(this.timer);
    this.timer = setInterval(() => this.look(), LOOK);
    this.draw();
  }

  // Where the page is another one than the step's, only a way back is offered.
  get elsewhere() {
    return !location.pathname.endsWith(`/${this.lesson.step.page}`);
  }

  get open() {
    const { ask, watch } = this.lesson.step;
    return (ask && this.answer === null) || (watch && !this.done);
  }

  look() {
    if (location.pathname !== this.path) this.draw(); // the menu leads away, and back
    if (this.done || this.elsewhere || !this.lesson.step.watch) return;
    const asked = new URLSearchParams(location.search);
    const rules = Object.entries(this.lesson.step.watch.address);
    if (!rules.every(([name, rule]) => met(rule, asked.get(name)))) return;
    this.done = true;
    this.draw();
  }

  say(option) {
    if (this.answer !== null) return;
    this.answer = option;
    const shows = Object.keys(this.lesson.step.ask.shows).length > 0;
    if (shows) this.go(this.lesson.answered[option]);
    else this.draw();
  }

  // Relative to the app's root, wherever that is served from.
  go(address) {
    location.assign(this.href(address));
  }

  href(address) {
    return new URL(address, location.origin + location.pathname.replace(/[^/]*$/, "")).href;
  }

  press(event) {
    if (this.elsewhere) return; // another page's work is not to be left by a key
    const busy = event.target.closest?.(BUSY);
    if (busy || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key.toLowerCase() === "n") this.go(this.lesson.next);
  }

  draw() {
    const { lesson, root } = this;
    const { step } = lesson;
    this.path = location.pathname;
    root.classList.toggle("lesson-large", projected());
    this.explained.clear();
    root.replaceChildren();
    const add = (tag, kind, html) => {
      const node = document.createElement(tag);
      node.className = `lesson-${kind}`;
      node.innerHTML = html;
      root.append(node);
      return node;
    };
    add("div", "head", `<b>${escaped(lesson.title)}</b><span>${lesson.number} / ${lesson.count}</span>`);
    add("div", "bar", `<i style="width:${(100 * lesson.number) / lesson.count}%"></i>`);
    if (this.elsewhere) {
      add("p", "say", "The lesson waits on another page.");
      this.buttons([["Back to the lesson", this.answer === null ? lesson.here : lesson.answered[this.answer], "go"]]);
      this.root.lastChild.append(this.ending());
      return;
    }
    add("p", "say", this.words(step.say));
    if (step.ask) this.drawAsk(step.ask, add);
    if (step.watch && !(step.ask && this.answer === null)) this.drawTask(step.watch, add);
    const next = lesson.number < lesson.count ? "Next" : "Finish";
    const links = [["Back", lesson.before, "back"], [next, lesson.next, this.open ? "later" : "go"]];
    if (lesson.more && !this.open) links.push([`Next lesson: ${lesson.more.title}`, lesson.more.address, "more"]);
    this.buttons(links);
    this.drawSwitches();
  }

  drawAsk(ask, add) {
    add("p", "question", `What do you expect? ${this.words(ask.question)}`);
    const given = this.answer;
    ask.options.forEach((option, i) => {
      const shown = given !== null && !hidden();
      const mark = shown ? (i === ask.right ? " right" : i === given ? " wrong" : "") : "";
      const button = add("button", `option${mark}${i === given ? " given" : ""}`, escaped(option));
      button.disabled = given !== null;
      button.onclick = () => this.say(i);
    });
    if (given === null) return;
    if (hidden()) {
      add("p", "because hidden", "The answer is hidden; say it together.");
      return;
    }
    const verdict = given === ask.right ? "Right." : "Not quite.";
    add("p", "because", `<b>${verdict}</b> ${this.words(ask.because)}`).setAttribute("role", "status");
  }

  drawTask(watch, add) {
    const sign = this.done ? "✓" : "→";
    add("p", `task${this.done ? " done" : ""}`, `<b>${sign}</b> ${this.words(watch.do)}`);
    if (this.done) add("p", "because", this.words(watch.done)).setAttribute("role", "status");
  }

  buttons(links) {
    const row = document.createElement("div");
    row.className = "lesson-row";
    for (const [label, address, kind] of links) {
      const link = document.createElement("a");
      link.className = `lesson-${kind}`;
      link.href = this.href(address);
      link.target = "_self";
      link.textContent = label;
      if (kind === "go" || kind === "later") link.title = "Key: N";
      row.append(link);
    }
    this.root.append(row);
  }

  drawSwitches() {
    const row = document.createElement("div");
    row.className = "lesson-switches";
    for (const [label, [isOn, turn]] of Object.entries(SWITCHES)) {
      const box = document.createElement("label");
      box.innerHTML = `<input type="checkbox"> ${label}`;
      box.firstChild.checked = isOn();
      box.firstChild.onchange = (event) => {
        turn(event.target.checked);
        this.draw();
      };
      row.append(box);
    }
    const all = document.createElement("a");
    all.href = this.href("lessons");
    all.target = "_self";
    all.textContent = "All lessons";
    row.append(all, this.ending());
    this.root.append(row);
  }

  // The page stays as it is; the server forgets the lesson.
  ending() {
    const button = document.createElement("button");
    button.className = "lesson-end";
    button.textContent = "End the lesson";
    button.onclick = () => this.end();
    return button;
  }

  // **bold**, and [[term]] or [[term|as written]], explained where it first stands.
  words(text) {
    return escaped(text)
      .replace(/\*\*(.+?)\*\*/g, "<b>$1</b>")
      .replace(/\*(.+?)\*/g, "<i>$1</i>")
      .replace(/\[\[(.+?)(?:\|(.+?))?\]\]/g, (_, term, written) => {
        const meaning = this.lesson.terms[term];
        const shown = written ?? term;
        if (!meaning || this.explained.has(term)) return shown;
        this.explained.add(term);
        return `<span class="lesson-term" tabindex="0" data-tip="${escaped(meaning)}">${shown}</span>`;
      });
  }
}

function hidden() {
  return localStorage.getItem("lesson-hide") === "1";
}

// Whether a parameter of the address is what a task waits for.
export function met(rule, value) {
  const [sign, wanted] = [rule[0], rule.slice(1)];
  if (sign === "!") return value !== wanted; // also where the usual one has left the address
  if (value === null) return false;
  if (sign === "*") return true;
  if (sign === "=") return value === wanted;
  return sign === "<" ? Number(value) < Number(wanted) : Number(value) > Number(wanted);
}

function escaped(text) {
  const node = document.createElement("i");
  node.textContent = text;
  return node.innerHTML.replaceAll('"', "&quot;");
}
