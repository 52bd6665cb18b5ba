// A picture in which something is dragged and, for a while after it, something learns.

export class Picture {
  constructor(root, told) {
    Object.assign(this, { root, told, redraws: 0 });
    this.find = (name) => root.querySelector(name);
  }

  // Whether there is anything to learn.
  get learns() {
    return true;
  }

  // Draw with the next frame, and for `resting` frames more while something learns.
  ask() {
    this.asked ??= requestAnimationFrame(() => {
      this.asked = null;
      if (this.removed) return;
      this.draw();
      if (this.learns && this.resting > 0) this.ask();
      this.resting -= 1;
    });
  }

  remove() {
    this.removed = true;
    this.watching.disconnect();
  }
}
