// The critic's values over the plane as a small picture, which the browser scales.

const FINE = 144; // pixels of its side
const BANDS = 14; // terraces, as on a map, show the shape of the land

export class Landscape {
  constructor() {
    this.canvas = new OffscreenCanvas(FINE, FINE);
    this.context = this.canvas.getContext("2d");
    this.image = this.context.createImageData(FINE, FINE);
  }

  // A square grid of values, row by row from the bottom of the plane, through one of the lenses.
  painted(values, lens, dark) {
    const size = Math.round(Math.sqrt(values.length));
    const paint = painter(lens, dark);
    const blocks = lens === "optimal";
    for (let row = 0; row < FINE; row++) {
      const v = ((FINE - 1 - row + 0.5) * size) / FINE - 0.5;
      const [v0, v1, dv] = neighbours(v, size);
      for (let column = 0; column < FINE; column++) {
        const u = ((column + 0.5) * size) / FINE - 0.5;
        const [u0, u1, du] = neighbours(u, size);
        let value;
        if (blocks) value = values[Math.round(Math.max(0, v)) * size + Math.round(Math.max(0, u))];
        else {
          const low = values[v0 * size + u0] * (1 - du) + values[v0 * size + u1] * du;
          const high = values[v1 * size + u0] * (1 - du) + values[v1 * size + u1] * du;
          value = low * (1 - dv) + high * dv;
        }
        paint(value, this.image.data, 4 * (row * FINE + column));
      }
    }
    this.context.putImageData(this.image, 0, 0);
    return this.canvas;
  }
}

// Writes the colour of a value.
function painter(lens, dark) {
  const [below, above] = [[190, 90, 150], dark ? [60, 190, 150] : [0, 140, 105]];
  const land = dark ? [120, 170, 225] : [52, 92, 140];
  if (lens === "critic")
    return (value, pixels, k) => {
      const band = Math.round(Math.min(1, Math.max(0, value)) * BANDS) / BANDS;
      [pixels[k], pixels[k + 1], pixels[k + 2]] = land;
      pixels[k + 3] = value === value ? 12 + 128 * band : 0;
    };
  const [middle, span] = lens === "slope" ? [0, 4] : [0.5, 0.5];
  return (value, pixels, k) => {
    const away = Math.min(1, Math.abs(value - middle) / span);
    [pixels[k], pixels[k + 1], pixels[k + 2]] = value < middle ? below : above;
    pixels[k + 3] = value === value ? 205 * (Math.round(away * BANDS) / BANDS) : 0;
  };
}

// The two cells beside a place on the grid, and how far it is from the first.
function neighbours(place, size) {
  const low = Math.min(size - 1, Math.max(0, Math.floor(place)));
  const high = Math.min(size - 1, Math.max(0, Math.floor(place) + 1));
  return [low, high, Math.min(1, Math.max(0, place - low))];
}
