// A search for an image's latents: the query, what G makes of z, what is left; the loss below.
// Drawn on the canvases of `lanes.js` and played by `player.js`.

const SIDE = 28; // pixels of an image
const INK = [[255, 255, 255], [27, 31, 36]];
// As figures/images.py: blue where G has too much, red where ink is missing.
const LEFT = [[0, 74, 128], [76, 154, 200], [255, 255, 255], [232, 144, 90], [156, 58, 0]];
const TITLES = ["query x", "G(z)", "x − G(z)"];
const MOST = 260; // pixels of a picture's side on the screen

// `lanes.js` with pictures in place of planes.
export function drawing(lanes) {
  class Film extends lanes.Lanes {
    placePlanes(width) {
      const gap = Math.min(20, width / 40);
      const side = Math.min((width - 2 * gap) / 3, MOST * Math.sqrt(this.options.scale), this.options.maxSide);
      const head = 30 * this.options.scale;
      this.cells.push({ y: head, side, gap });
      return head + side + 8;
    }

    // A picture is one that was recorded: what lies between two, no z has made.
    drawLane(lane, { y, side, gap }, step) {
      const { at, words } = lanes.stateAt(lane, step);
      const rebuilt = lane.layers.image.frames[at];
      const { data } = this.recording;
      const left = data.map((ink, k) => ink - rebuilt[k]);
      [data, rebuilt, left].forEach((values, i) => {
        const x = i * (side + gap);
        const title = i === 1 && side > 180 ? `${TITLES[1]}, ${words}` : TITLES[i];
        this.write(title, x, 4, 15, this.options.text, "600");
        this.drawImage(values, x, y, side, i === 2);
      });
    }

    drawImage(values, x, y, side, diverging) {
      this.small ??= new OffscreenCanvas(SIDE, SIDE);
      const small = this.small.getContext("2d");
      const image = small.createImageData(SIDE, SIDE);
      values.forEach((value, k) => {
        image.data.set(diverging ? mixedColour(LEFT, (value + 1) / 2) : mixedColour(INK, value), 4 * k);
        image.data[4 * k + 3] = 255;
      });
      small.putImageData(image, 0, 0);
      const c = this.context;
      c.imageSmoothingEnabled = false;
      c.drawImage(this.small, x, y, side, side);
      c.strokeStyle = this.options.border;
      c.lineWidth = 1;
      c.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
    }
  }
  const createLanes = (canvas, recording, options) => {
    const film = new Film(canvas, recording, options);
    film.resize();
    return film;
  };
  return { ...lanes, createLanes };
}

// A colour between those of a scale, whose ends are at 0 and 1.
function mixedColour(scale, share) {
  const place = Math.min(1, Math.max(0, share)) * (scale.length - 1);
  const low = Math.min(scale.length - 2, Math.floor(place));
  return scale[low].map((from, k) => from + (place - low) * (scale[low + 1][k] - from));
}
