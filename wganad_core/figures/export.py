"""A recorded race as a file to keep: an interactive page, or an animated GIF."""

from __future__ import annotations

import dataclasses
import html
import io
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from wganad_core.config import Method
from wganad_core.data.mixture import Mixture
from wganad_core.figures import race, scripts, style
from wganad_core.figures.lanes import FIRST, MORE, pack_lanes
from wganad_core.figures.race import LaneRecord, Layers
from wganad_core.records import COVERED_SHARE, Frame, Replay

MAX_STEPS = 40
MILLISECONDS, LAST_MILLISECONDS = 150, 2500

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font-family: system-ui, sans-serif; color: #1b1f24; background: #fff; max-width: 1400px;
       margin: 1.2em auto; padding: 0 1em }}
h1 {{ font-size: 1.4em; margin: 0 0 .4em }}
{looks}
</style></head><body>
<h1>{heading}</h1>
<div class="lanes" id="race"></div>
<script type="module">
{script}
const bytes = Uint8Array.from(atob("{file}"), (letter) => letter.charCodeAt(0));
const lanes = {{ createLanes, eventsOf, hopsAt, stateAt }};
const options = {{ lens: "{lens}", curves: "{curves}", above: 80 }};
const recording = await decode(bytes);
const node = document.getElementById("race");
node.player = createPlayer(lanes, node, recording, options);
</script></body></html>
"""


def recorded_steps(recordings: Sequence[Replay], n: int = MAX_STEPS) -> list[int]:
    """Up to n of all recorded steps, evenly chosen, the first and the last among them."""
    steps = sorted({frame.step for past in recordings for frame in past.frames})
    at = np.unique(np.linspace(0, len(steps) - 1, min(n, len(steps))).round().astype(int))
    return [steps[i] for i in at]


def race_html(lanes: Sequence[LaneRecord], mixture: Mixture, layers: Layers) -> bytes:
    """The race as one HTML file that plays; it needs no network.

    Parameters
    ----------
    lanes, mixture : what was recorded, and the data that it was trained on
    layers : what is drawn over and under the samples
    """
    wanted = {"arrows": layers.arrows, "manifold": layers.manifold, layers.lens: True}
    kinds = [*FIRST, *(name for name in MORE if wanted.get(name))]
    words = " · ".join(lane.title for lane in lanes)
    page = PAGE.format(
        title=html.escape(words),
        heading=html.escape(race.race_sentence(lanes, mixture) or words),
        looks=scripts.lanes_looks(),
        script=scripts.lanes_script(),
        file=b64encode(pack_lanes(lanes, mixture, kinds)).decode(),
        lens=layers.lens,
        curves=layers.curves,
    )
    return page.encode()


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


def race_gif(lanes: Sequence[LaneRecord], mixture: Mixture, width: int = 960) -> bytes:
    """The race as an animated GIF at most `width` pixels wide; its last picture stays longer."""
    canvas = _Canvas(len(lanes), width, has_bars=len(mixture.modes) > 0)
    steps = recorded_steps([lane.recording for lane in lanes])
    pictures = [canvas.picture(lanes, step, mixture) for step in steps]
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

    def picture(self, lanes: Sequence[LaneRecord], step: int, mixture: Mixture) -> Image.Image:
        width, height = self.size
        image = Image.new("RGB", (width * SCALE, height * SCALE), PAPER)
        for i, lane in enumerate(lanes):
            frame = lane.recording.nearest(step)
            self._lane(image, MARGIN + i * (self.side + GAP), lane, frame, mixture)
        return image.resize(self.size, Image.Resampling.BOX)

    def _lane(
        self, image: Image.Image, left: int, lane: LaneRecord, frame: Frame, mixture: Mixture
    ) -> None:
        draw = ImageDraw.Draw(image)
        _write(draw, left, MARGIN, lane.title, 17, INK)
        colour = _rgb(style.VERMILLION) if race.state_words(frame, mixture)[1] == "bad" else SOFT
        said = race.headline(frame, mixture)
        _write(draw, left, MARGIN + 24, said, 13, colour, room=self.side)
        top = MARGIN + 48
        image.paste(self._plane(lane.method, frame, mixture), (left * SCALE, top * SCALE))
        corners = (left * SCALE, top * SCALE, (left + self.side) * SCALE, (top + self.side) * SCALE)
        draw.rectangle(corners, outline=RULE, width=SCALE)
        if self.has_bars:
            self._bars(draw, left, top + self.side + MARGIN, frame)

    def _plane(self, method: Method, frame: Frame, mixture: Mixture) -> Image.Image:
        size = self.side * SCALE
        image = _field_image(frame, race.field_range(frame, method), size)
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
        discs(frame.samples[:N_DOTS], 2.1 * SCALE, **look)
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


def _field_image(frame: Frame, span: tuple[float, float], size: int) -> Image.Image:
    """The critic's field in flat bands of pink and blue, as style.DIVERGING on white."""
    low, high = span
    field = np.nan_to_num((frame.field - low) / max(high - low, 1e-12), nan=0.5).clip(0, 1)
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
