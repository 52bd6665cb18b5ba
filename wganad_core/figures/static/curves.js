// Curves of a lane's history over its steps, with axes and names.

const CURVES = {
  distances: [
    ["wasserstein", "exact W₁", "#D55E00"],
    ["sliced_wasserstein", "sliced W₁", "#009E73"],
    ["w_estimate", "critic's estimate", "#0072B2"],
  ],
  losses: [
    ["critic_loss", "critic or discriminator", "#0072B2"],
    ["generator_loss", "generator", "#C77F00"],
  ],
  divergence: [
    ["jensen_shannon", "Jensen–Shannon (nats)", "#B0508C"],
    ["share_inside", "share within 3σ", "#009E73"],
  ],
  search: [["loss", "loss", "#0072B2"]],
};

// In the rectangle `plot`, up to the step `last` of the whole recording.
export function drawPlot(c, lane, plot, last, options) {
  const { text, muted, border, scale, font, dark } = options;
  const steps = lane.history.step ?? [];
  const shown = CURVES[options.curves]
    .filter(([name]) => (lane.history[name] ?? []).some((value) => value !== null))
    .map(([name, label, colour]) => ({ label, colour, values: lane.history[name] }));
  const known = shown.flatMap(({ values }) => values.filter((value) => value !== null));
  const ticks = niceTicks(Math.min(0, ...known), Math.max(0, ...known, 1e-9), 3);
  const [low, high] = [Math.min(0, ticks[0], ...known), Math.max(ticks.at(-1), ...known)];
  const across = (value) => plot.x + (value / last) * plot.width;
  const up = (value) => plot.y + plot.height * (1 - (value - low) / (high - low));
  c.font = `${14 * scale}px ${font}`;
  c.textBaseline = "middle";
  c.lineWidth = 1;
  for (const value of ticks) {
    c.fillStyle = border;
    c.fillRect(plot.x, Math.round(up(value)), plot.width, 1);
    c.fillStyle = muted;
    c.textAlign = "right";
    c.fillText(tickWords(value, ticks), plot.x - 6, up(value));
  }
  c.textBaseline = "top";
  for (const value of niceTicks(0, last, plot.width > 300 ? 4 : 2)) {
    c.fillStyle = muted;
    const words = value.toLocaleString("en");
    const half = c.measureText(words).width / 2;
    c.textAlign = "left";
    c.fillText(words, Math.min(across(value), plot.x + plot.width - half) - (value ? half : 0), plot.y + plot.height + 5);
  }
  for (const { values, colour } of shown) {
    c.strokeStyle = onPaper(colour, dark);
    c.lineWidth = 2;
    c.beginPath();
    let pen = false;
    values.forEach((value, i) => {
      if (value === null) return;
      c[pen ? "lineTo" : "moveTo"](across(steps[i]), up(value));
      pen = true;
    });
    c.stroke();
  }
  let x = plot.x;
  c.textBaseline = "top";
  c.textAlign = "left";
  for (const { label, colour } of shown) {
    c.fillStyle = onPaper(colour, dark);
    c.fillRect(x, 8 * scale, 14, 3);
    c.fillStyle = text;
    c.fillText(label, x + 19, 2);
    x += 19 + c.measureText(label).width + 14;
  }
}

// Dark papers want lighter lines.
function onPaper(colour, dark) {
  return dark ? `color-mix(in srgb, ${colour} 65%, white)` : colour;
}

// Round numbers within [low, high], about n of them.
export function niceTicks(low, high, n) {
  const raw = (high - low) / n;
  const power = 10 ** Math.floor(Math.log10(raw));
  const unit = [1, 2, 5, 10].find((factor) => factor * power >= raw) * power;
  const ticks = [];
  for (let k = Math.ceil(low / unit - 1e-9); k * unit <= high * (1 + 1e-9); k++)
    ticks.push(Number((k * unit).toPrecision(12)));
  return ticks;
}

// As many digits as tell neighbours apart.
function tickWords(value, ticks) {
  const unit = ticks.length > 1 ? ticks[1] - ticks[0] : Math.abs(value) || 1;
  if (unit >= 1000) return value.toLocaleString("en");
  return value.toFixed(Math.max(0, -Math.floor(Math.log10(unit) + 1e-9)));
}
