"""A recorded race as a file to keep: an interactive page, or an animated GIF."""

from __future__ import annotations

import dataclasses
import html
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from wganad_core.config import Method
from wganad_core.data.mixture import Mixture
from wganad_core.figures import race, style
from wganad_core.figures.race import LaneDrawing, Layers
from wganad_core.records import COLLAPSE_SHARE, COVERED_SHARE, Frame, Replay

MAX_STEPS = 40
MILLISECONDS, LAST_MILLISECONDS = 150, 2500
Lanes = Sequence[tuple[str, Method, Replay]]

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; color: #222; max-width: 1280px; margin: 1.5em auto;
       padding: 0 1em }}
h1 {{ font-size: 1.4em; margin: 0 }}
p {{ margin: .3em 0 1em; color: #555 }}
form {{ display: flex; gap: 1em; align-items: center; margin-bottom: .5em }}
button {{ font: inherit; width: 6em; padding: .3em }}
input {{ flex: 1 }}
output {{ width: 8em; font-variant-numeric: tabular-nums }}
</style></head><body>
<h1>{title}</h1>
<p>Orange: G(z). Grey: data, circled at 3σ. Press play or drag the slider.</p>
<form><button type="button" id="play">▶ Play</button>
<input type="range" id="at" min="0" max="{last}" value="{last}" aria-label="recorded step">
<output id="step" for="at"></output></form>
{figure}
</body></html>
"""

# One drawing at a time: Plotly rejects an animation that another one interrupts.
PLAYER = """
const plot = document.getElementById("{plot_id}"), names = NAMES, last = names.length - 1;
const [play, at, label] = ["play", "at", "step"].map((id) => document.getElementById(id));
let wanted = last, shown = last, busy = false, timer = null;
const still = {mode: "immediate", frame: {duration: 0, redraw: true}, transition: {duration: 0}};
async function show(index) {
  wanted = index;
  at.value = index;
  label.textContent = "step " + names[index];
  if (busy) return;
  busy = true;
  while (shown !== wanted) {
    shown = wanted;
    await Plotly.animate(plot, [names[shown]], still);
  }
  busy = false;
}
function pause() {
  clearInterval(timer);
  timer = null;
  play.textContent = "▶ Play";
}
function next() {
  if (wanted >= last) pause();
  else if (!busy) show(wanted + 1);
}
play.addEventListener("click", () => {
  if (timer) return pause();
  if (wanted >= last) show(0);
  play.textContent = "❚❚ Pause";
  timer = setInterval(next, MILLISECONDS);
});
at.addEventListener("input", () => { pause(); show(Number(at.value)); });
show(last);
"""


def recorded_steps(recordings: Sequence[Replay], n: int = MAX_STEPS) -> list[int]:
    """Up to n of all recorded steps, evenly chosen, the first and the last among them."""
    steps = sorted({frame.step for past in recordings for frame in past.frames})
    at = np.unique(np.linspace(0, len(steps) - 1, min(n, len(steps))).round().astype(int))
    return [steps[i] for i in at]


def _drawings(race_lanes: Lanes, step: int) -> list[LaneDrawing]:
    return [
        LaneDrawing(name, method, past.nearest(step), past) for name, method, past in race_lanes
    ]


def race_html(
    titles: Sequence[str],
    methods: Sequence[Method],
    recordings: Sequence[Replay],
    mixture: Mixture,
    layers: Layers | None = None,
) -> bytes:
    """The race as one HTML file with play, pause and a slider; it needs no network."""
    steps = recorded_steps(recordings)
    lanes = list(zip(titles, methods, recordings, strict=True))
    figures = [race.race_figure(_drawings(lanes, step), mixture, layers) for step in steps]
    animated = _animate(figures, [f"{step:,}" for step in steps])
    player = PLAYER.replace("NAMES", json.dumps([frame.name for frame in animated.frames]))
    inner = animated.to_html(
        full_html=False,
        include_plotlyjs=True,
        auto_play=False,
        div_id="race",
        post_script=player.replace("MILLISECONDS", str(MILLISECONDS)),
        config={"responsive": True, "displaylogo": False},
    )
    title = html.escape(" · ".join(titles))
    return PAGE.format(title=title, figure=inner, last=len(steps) - 1).encode()


def _animate(figures: list[go.Figure], names: list[str]) -> go.Figure:
    """The last figure, with all of them as frames: only what differs between them is repeated."""
    shown = [figure.to_plotly_json() for figure in figures]

    def differs(part: str, key: Any) -> bool:
        found = (figure[part] for figure in shown)
        return len({_text(x[key] if part == "data" else x.get(key)) for x in found}) > 1

    traces = [i for i in range(len(shown[0]["data"])) if differs("data", i)]
    keys = [key for key in shown[0]["layout"] if key != "meta" and differs("layout", key)]
    animated = style.standalone(figures[-1])
    animated.frames = [
        go.Frame(
            name=name,
            traces=traces,
            data=[_moving(figure["data"][i]) for i in traces],
            layout={key: figure["layout"][key] for key in keys},
        )
        for name, figure in zip(names, shown, strict=True)
    ]
    animated.layout.meta = None
    return animated


def _moving(trace: dict[str, Any]) -> dict[str, Any]:
    """What a frame repeats of a trace: its values, not its looks."""
    values = ("type", "x", "y", "z", "zmin", "zmax", "marker")
    return {key: trace[key] for key in values if key in trace}


def _text(value: Any) -> str:
    """Anything in a figure as text, to compare by."""

    def plain(item: Any) -> Any:
        return item.tobytes().hex() if isinstance(item, np.ndarray) else str(item)

    return json.dumps(value, default=plain, sort_keys=True)


# ---------------------------------------------------------------- the GIF

Colour = tuple[int, int, int]
INK, SOFT, RULE, PAPER = (34, 34, 34), (98, 106, 116), (222, 226, 231), (255, 255, 255)
SCALE = 2  # drawn this much larger, then reduced: smooth edges
GAP, MARGIN, BARS = 16, 14, 52
MAX_SIDE = 460
N_DOTS = 400
BANDS = 21
# What Pillow's own font lacks.
SPELLED = {"σ": " sigma", "λ": "lambda", "∇": "grad ", "‖": "|", "₁": "1", "θ": "theta"}


def race_gif(
    titles: Sequence[str],
    methods: Sequence[Method],
    recordings: Sequence[Replay],
    mixture: Mixture,
    width: int = 960,
) -> bytes:
    """The race as an animated GIF at most `width` pixels wide; its last picture stays longer."""
    canvas = _Canvas(len(recordings), width, has_bars=len(mixture.modes) > 0)
    lanes = list(zip(titles, methods, recordings, strict=True))
    steps = recorded_steps(recordings)
    pictures = [canvas.picture(_drawings(lanes, step), mixture) for step in steps]
    palette = _common_palette(pictures)
    first, *rest = (p.quantize(palette=palette, dither=Image.Dither.NONE) for p in pictures)
    durations = [MILLISECONDS] * len(rest) + [LAST_MILLISECONDS]
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=rest, duration=durations, loop=0)
    return file.getvalue()


def _common_palette(pictures: Sequence[Image.Image]) -> Image.Image:
    """One palette for all pictures, from a few of them: nothing flickers between frames."""
    at = np.linspace(0, len(pictures) - 1, min(5, len(pictures))).astype(int)
    some = [pictures[i] for i in at]
    montage = Image.new("RGB", (some[0].width, some[0].height * len(some)))
    for i, picture in enumerate(some):
        montage.paste(picture, (0, i * picture.height))
    return montage.quantize(colors=128, method=Image.Quantize.MEDIANCUT)


@dataclasses.dataclass(frozen=True)
class _Canvas:
    """Where things stand; all lengths in pixels of the finished picture."""

    n_lanes: int
    width: int
    has_bars: bool

    @property
    def side(self) -> int:
        room = self.width - 2 * MARGIN - GAP * (self.n_lanes - 1)
        return max(40, min(MAX_SIDE, room // self.n_lanes))

    @property
    def size(self) -> tuple[int, int]:
        across = 2 * MARGIN + self.n_lanes * self.side + GAP * (self.n_lanes - 1)
        down = MARGIN + 48 + self.side + MARGIN + ((BARS + 34) if self.has_bars else 0)
        return across, down

    def picture(self, lanes: Sequence[LaneDrawing], mixture: Mixture) -> Image.Image:
        width, height = self.size
        image = Image.new("RGB", (width * SCALE, height * SCALE), PAPER)
        for i, lane in enumerate(lanes):
            self._lane(image, MARGIN + i * (self.side + GAP), lane, mixture)
        return image.resize(self.size, Image.Resampling.BOX)

    def _lane(self, image: Image.Image, left: int, lane: LaneDrawing, mixture: Mixture) -> None:
        draw = ImageDraw.Draw(image)
        collapsed = lane.frame.counts.max(initial=0) >= COLLAPSE_SHARE * len(lane.frame.samples)
        _write(draw, left, MARGIN, lane.title, 17, INK)
        colour = _rgb(style.VERMILLION) if collapsed and self.has_bars else SOFT
        _write(draw, left, MARGIN + 24, race.headline(lane), 13, colour, room=self.side)
        top = MARGIN + 48
        image.paste(self._plane(lane, mixture), (left * SCALE, top * SCALE))
        corners = (left * SCALE, top * SCALE, (left + self.side) * SCALE, (top + self.side) * SCALE)
        draw.rectangle(corners, outline=RULE, width=SCALE)
        if self.has_bars:
            self._bars(draw, left, top + self.side + MARGIN, lane.frame)

    def _plane(self, lane: LaneDrawing, mixture: Mixture) -> Image.Image:
        size = self.side * SCALE
        image = _field_image(lane, size)
        draw = ImageDraw.Draw(image)
        box = mixture.box
        unit = size / (box[1] - box[0])

        def discs(points: NDArray[np.floating], radius: float, **look: Any) -> None:
            """A circle around each of the points that the plane shows."""
            points = points[np.isfinite(points).all(axis=1)].astype(np.float64)
            at = np.column_stack([points[:, 0] - box[0], box[3] - points[:, 1]]) * unit
            for x, y in at[((at > -20) & (at < size + 20)).all(axis=1)].tolist():
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), **look)

        discs(mixture.x[:N_DOTS], 1.1 * SCALE, fill=(150, 158, 168))
        discs(mixture.modes, 3 * mixture.sigma * unit, outline=SOFT, width=SCALE)
        look = {"fill": _rgb(style.ORANGE), "outline": (120, 80, 0), "width": 1}
        discs(lane.frame.samples[:N_DOTS], 2.1 * SCALE, **look)
        return image

    def _bars(self, draw: ImageDraw.ImageDraw, left: int, top: int, frame: Frame) -> None:
        """Share of samples per mode, on a scale that starts at twice the fair share."""
        shares = frame.counts / len(frame.samples)
        fair = 1 / len(shares)
        highest = max(2 * fair, float(shares.max()))
        base, pitch = (top + BARS) * SCALE, self.side * SCALE / len(shares)
        for k, share in enumerate(shares):
            colour = _rgb(style.BLUE if share >= COVERED_SHARE * fair else style.VERMILLION)
            high = max(SCALE, BARS * SCALE * float(share) / highest)
            x = left * SCALE + (k + 0.15) * pitch
            draw.rectangle((x, base - high, x + 0.7 * pitch, base), fill=colour)
        level = base - BARS * SCALE * fair / highest
        for x in range(left * SCALE, (left + self.side) * SCALE, 8 * SCALE):
            draw.line((x, level, x + 3 * SCALE, level), fill=SOFT, width=SCALE)
        words = "share of samples per mode (dashed: even)"
        _write(draw, left, top + BARS + 3, words, 12, SOFT, room=self.side)


def _field_image(lane: LaneDrawing, size: int) -> Image.Image:
    """The critic's field in flat bands of pink and blue, as style.DIVERGING on white."""
    low, high = race.field_range(lane, "critic")
    field = np.nan_to_num((lane.frame.field - low) / max(high - low, 1e-12), nan=0.5).clip(0, 1)
    # y goes up on the plane and down in a picture
    scalar = Image.fromarray(np.ascontiguousarray(field[::-1], dtype=np.float32))
    smooth = np.asarray(scalar.resize((size, size), Image.Resampling.BICUBIC))
    band = np.round(smooth.clip(0, 1) * (BANDS - 1)).astype(np.intp)
    position = np.linspace(-1, 1, BANDS)[:, None]
    ends = np.where(position < 0, _rgb(style.PURPLE), _rgb(style.BLUE))
    strength = 0.04 + 0.76 * np.abs(position)
    colours = (255 * (1 - strength) + ends * strength).round().astype(np.uint8)
    return Image.fromarray(colours[band])


def _write(
    draw: ImageDraw.ImageDraw,
    x: int,
    y: int,
    text: str,
    size: int,
    colour: Colour,
    room: int | None = None,
) -> None:
    """One line of text, smaller where `room` asks for it."""
    for sign, word in SPELLED.items():
        text = text.replace(sign, word)
    font = ImageFont.load_default(size * SCALE)
    if room is not None and (length := draw.textlength(text, font)) > room * SCALE:
        font = ImageFont.load_default(size * SCALE * room * SCALE / length)
    draw.text((x * SCALE, y * SCALE), text, fill=colour, font=font)


def _rgb(colour: str) -> Colour:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
