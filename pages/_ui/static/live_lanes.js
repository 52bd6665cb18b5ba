// The race on a page: what Streamlit sends becomes a player's recording, frames and options.
//
// A message is the length of a JSON text, the text, and a file of wganad_core/figures/lanes.py or
// nothing. The text names a finished recording by its `url` (and its further layers by `more`), or
// tells by `key` which live race the frames that come along belong to. What else draws than lanes
// (film.js) comes last.

const ADDRESS_DELAY = 250; // milliseconds at rest until the address follows
const mounts = new WeakMap();
const recordings = new Map(); // finished ones, by URL: promises

// What failed is asked for again, as of a server that was away for a moment.
function once(url, make) {
  const forget = (error) => {
    recordings.delete(url);
    throw error;
  };
  if (!recordings.has(url)) recordings.set(url, make().catch(forget));
  return recordings.get(url);
}

export default function ({ data, parentElement, setTriggerValue }, lanes, players, other) {
  const root = parentElement.querySelector(".lanes") ?? parentElement;
  if (!mounts.has(root)) mounts.set(root, new Mount(root, other?.drawing(lanes) ?? lanes, players));
  const mount = mounts.get(root);
  mount.send = setTriggerValue;
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0, true);
  const message = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  mount.take(message, data.slice(4 + length));
  return () => {
    if (root.isConnected) return;
    mounts.delete(root);
    mount.remove();
  };
}

class Mount {
  constructor(root, lanes, players) {
    Object.assign(this, { root, lanes, players, queue: Promise.resolve() });
  }

  // One after the other: unpacking takes a moment, and frames must stay in order.
  take(message, bytes) {
    this.queue = this.queue
      .then(() => this.removed || this.update(message, bytes))
      .catch((error) => console.error("lanes:", error));
  }

  async update(message, bytes) {
    const fresh = !this.player || message.key !== this.key;
    if (message.url) await this.load(message);
    else if (bytes.length) await this.extend(message, await this.lanes.decode(bytes));
    if (!this.recording || this.removed) return;
    const options = { ...message.options, theme: this.theme(), onRest: (step) => this.rest(step) };
    options.onSpace = message.space ? () => this.send("space", Date.now()) : undefined;
    if (this.player) this.player.update(options);
    else this.player = this.players.createPlayer(this.lanes, this.root, this.recording, options);
    if (this.player.recording !== this.recording || bytes.length) this.player.show(this.recording);
    this.root.player = this.player;
    if (fresh && message.options.follow === false && !message.options.autoplay)
      this.player.goTo(message.options.start ?? Infinity);
    this.key = message.key;
    this.askForMissing(message);
    if (this.step !== undefined) this.rest(this.step);
  }

  async load({ url, more, options }) {
    this.recording = await once(url, () => this.fetched(url));
    const { lens, arrows, manifold } = options;
    const wanted = [lens, arrows && "arrows", manifold && "manifold"].filter(Boolean);
    const lane = this.recording.lanes[0];
    if (!more || recordings.has(more) || wanted.every((name) => name === "none" || lane.layers[name]))
      return;
    await once(more, async () => this.lanes.extend(this.recording, await this.fetched(more)));
    this.player?.show(this.recording);
  }

  async fetched(url) {
    const response = await fetch(new URL(url, location.origin), { cache: "force-cache" });
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    return this.lanes.decode(await response.arrayBuffer());
  }

  extend({ key, whole }, found) {
    const known = this.recording && this.key === key && !whole;
    if (!(known && this.lanes.extend(this.recording, found))) this.recording = found;
  }

  // A page that was reloaded has missed the past of its race; it comes when the race rests.
  askForMissing({ url, key, options, recorded, whole }) {
    if (url || whole || options.follow) return;
    const have = this.recording.clock.length;
    const bare = options.lens !== "none" && !this.recording.lanes[0].layers[options.lens]?.frames[0];
    const asked = `${key} ${this.recording.clock.at(-1)} ${options.lens}`;
    if ((have >= recorded && !bare) || asked === this.asked) return;
    this.asked = asked;
    this.send("lost", true);
  }

  // Where it rests goes into the address; while it plays there is no such place. Not through
  // Streamlit, which would add an entry to the history for every move.
  rest(step) {
    this.step = step;
    clearTimeout(this.writing);
    this.writing = setTimeout(() => {
      if (this.removed || !this.player.options.address) return;
      const url = new URL(location.href);
      if (step === null || step === undefined) url.searchParams.delete("step");
      else url.searchParams.set("step", step);
      if (url.href !== location.href) history.replaceState(history.state, "", url);
    }, ADDRESS_DELAY);
  }

  theme() {
    const style = getComputedStyle(this.root);
    const read = (name) => style.getPropertyValue(`--st-${name}`).trim() || undefined;
    const paper = read("background-color") ?? "#ffffff";
    const dark = parseInt(paper.slice(1, 3), 16) < 128;
    const muted = dark ? "#A9B4C0" : "#5B6672";
    return { dark, paper, muted, text: read("text-color"), border: read("border-color"), font: read("font") };
  }

  remove() {
    this.removed = true;
    clearTimeout(this.writing);
    this.player?.remove();
  }
}
