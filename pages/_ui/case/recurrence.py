"""A window's nine signals and its recurrence image, linked: a cell is two times, and a stretch of
time is rows and columns."""

from __future__ import annotations

import dataclasses

import numpy as np
import streamlit as st

from pages._ui import anatomy, linked
from pages._ui.chart import ChartEvents, live_chart
from pages._ui.widgets import draw_again
from wganad_core.data import recurrence
from wganad_core.data.har import LENGTH, RATE, SIGNALS
from wganad_core.data.views import View
from wganad_core.figures.windows.recurrence import Tile, cell_at, images
from wganad_core.figures.windows.signals import AXES as COLOURS
from wganad_core.figures.windows.signals import SENSORS, UNITS, nine_signals
from wganad_core.records import FloatArray

AXES = {"x": "x", "y": "y", "z": "z", "joint": "all three"}
SHARES = tuple(np.linspace(0.01, 0.5, 50).round(2).tolist())  # that ε can be
URL_CELL = "cell"
FIRST_CELL = (36, 92)
READING = """
**One cell is two times.** R[i, j] = |sᵢ − sⱼ| (eq. 24) says how far apart a signal is at the times
i and j: dark is near, bright is far. The main diagonal is every time with itself.

- **Stripes along the diagonal**: periodic motion. The signal does the same again after a step; the
  distance between two stripes is the length of a step.
- **Dark squares**: stillness, the signal stays where it is. Where two squares meet, it changed.
- **Bright crosses**: one short event that resembles nothing else.
- **All three**: the distance between vectors, ‖sᵢ − sⱼ‖.

Click on a cell, and both its times are marked on the signals. Drag across the signals, and the
rows and columns of that stretch light up. Click on a signal to see its image. The classical
recurrence plot (Eckmann et al. 1987) keeps only whether a distance is below a threshold ε.
"""


@dataclasses.dataclass(frozen=True)
class Rebuilt:
    """What the encoder's model made of one window: `signals` by name (128,), in g and rad/s, or
    `seen` and `images` (9, 32, 32) of a network that knows recurrence images only."""

    signals: dict[str, FloatArray] = dataclasses.field(default_factory=dict)
    seen: FloatArray | None = None
    images: FloatArray | None = None

    @classmethod
    def of(cls, window: FloatArray, row: FloatArray, view: View) -> Rebuilt:
        """From a window (9, 128) and the model's row (n_features,) of it."""
        if view.kind == "recurrence":
            seen = view.seen(window[None])[0]
            return cls(seen=seen, images=row.reshape(seen.shape))
        rebuilt = view.signals(row[None])[0]
        return cls(signals=dict(zip(SIGNALS[-len(rebuilt) :], rebuilt, strict=True)))


@st.fragment
def show(window: FloatArray, rebuilt: Rebuilt) -> None:
    """Of one window (9, 128); reruns alone when something is clicked, brushed or chosen."""
    sensor, axis, share = _controls()
    names = [f"{sensor}_{name}" for name in "xyz" if axis in (name, "joint")]
    i, j = _cell()
    marks = (i / RATE, j / RATE)
    stretch: tuple[float, float] | None = st.session_state.get("stretch")
    tiles = _tiles(window, rebuilt, names)
    if share is not None:  # one ε for the images that share a scale
        plots = [recurrence.recurrence_plot(p.image, share * p.top) for p in tiles]
        tiles = [dataclasses.replace(p, image=i) for p, i in zip(tiles, plots, strict=True)]
    left, right = st.columns([8, 13], gap="medium")  # on a projector images stand side by side, too
    with left:
        spec = nine_signals(window, rebuilt.signals, names, marks, stretch)
        signals = live_chart(spec, key="signals", alt="Nine signals against seconds")
    with right:
        words = "Recurrence images; " + ", ".join(tile.title for tile in tiles)
        clicked = live_chart(images(tiles, marks, stretch), key="recurrence", alt=words)
    _say(window, names, i, j)
    if rebuilt.images is not None and axis == "joint":
        st.caption("This network sees one image per axis; choose x, y or z to compare them.")
    _react(signals, clicked)


def _controls() -> tuple[str, str, float | None]:
    """Sensor, axis, and the threshold of the classical plot as a share of the largest distance."""
    if "sensor" not in st.session_state:  # the charts are new, and nothing is brushed in them
        st.session_state.pop("stretch", None)
    with anatomy.choices("image"):
        sensor = linked.tabs("Recurrence image of", SENSORS, key="sensor", default="body_acc")
        axis = linked.tabs("Axis", AXES, key="axis", default="x")
        classical = linked.switch(
            "Threshold",
            key="classical",
            default=False,
            help="Draw the classical recurrence plot: close or not.",
        )
        share = None
        if classical:
            share = linked.slide(
                "ε, of the largest distance",
                SHARES,
                key="epsilon",
                default=0.1,
                shown="{:.0%}".format,
                width=210,
            )
        with st.popover("How to read it", icon=":material/help:"):
            st.markdown(READING)
    return sensor, axis, share


def _cell() -> tuple[int, int]:
    """The marked cell (i, j), which the address keeps as `i-j`."""
    words = st.query_params.get(URL_CELL, "").split("-")
    if len(words) == 2 and all(word.isdecimal() and int(word) < LENGTH for word in words):
        return int(words[0]), int(words[1])
    return FIRST_CELL


def _tiles(window: FloatArray, rebuilt: Rebuilt, names: list[str]) -> list[Tile]:
    """The image of the chosen signals and, where there is one, the model's."""
    unit = UNITS[names[0].rpartition("_")[0]]
    colours = [COLOURS[name[-1]] for name in names]

    def tile(title: str, signals: FloatArray, top: float | None = None) -> Tile:
        image = recurrence.joint_distance_matrix(signals)
        top = top or float(image.max()) or 1.0
        title = title.format(f"{top:.2g} {unit}")
        return Tile(title, image, dict(zip(colours, signals, strict=True)), top, unit)

    tiles = [tile("R, up to {}", np.stack([window[SIGNALS.index(name)] for name in names]))]
    if all(name in rebuilt.signals for name in names):
        back = np.stack([rebuilt.signals[name] for name in names])
        tiles.append(tile("R of what comes back", back, tiles[0].top))
    if rebuilt.images is not None and rebuilt.seen is not None and len(names) == 1:
        number = SIGNALS.index(names[0])
        limit = float(rebuilt.seen[number].max()) or 1.0
        tiles.append(Tile("The network sees", rebuilt.seen[number], {}, limit))
        tiles.append(Tile("… and gives back", rebuilt.images[number], {}, limit))
    return tiles


def _say(window: FloatArray, names: list[str], i: int, j: int) -> None:
    """The marked cell in words."""
    sensor = names[0].rpartition("_")[0]
    values = np.stack([window[SIGNALS.index(name)] for name in names])[:, [i, j]]
    values = np.round(values.astype(float), 3)  # as they are written, so that all three agree
    distance = float(np.linalg.norm(values[:, 0] - values[:, 1]))
    unit = UNITS[sensor]
    at = [", ".join(f"{value:.3f}" for value in pair).replace("-", "−") for pair in values.T]
    what = f"{SENSORS[sensor].lower()} {names[0][-1] if len(names) == 1 else '(x, y, z)'}"
    bars = "|sᵢ − sⱼ|" if len(names) == 1 else "‖sᵢ − sⱼ‖"
    st.markdown(
        f":material/ads_click: **R[i, j]** compares *i* = {i / RATE:.2f} s with *j* = "
        f"{j / RATE:.2f} s: {what} is {at[0]} and {at[1]} {unit}, so {bars} = "
        f"**{distance:.3f} {unit}**. Click on another cell, or drag across the signals."
    )


def _react(signals: ChartEvents, images: ChartEvents) -> None:
    """Take over what the reader did, and draw again."""
    changed = False
    if images.click is not None and _is_image(images.click["subplot"]):
        i, j = cell_at(images.click["x"], images.click["y"])
        linked.put(URL_CELL, f"{i}-{j}")
        changed = True
    if signals.brush is not None:
        x = signals.brush["x"]
        st.session_state["stretch"] = (min(x), max(x)) if x else None
        changed = True
    if signals.click is not None and signals.click["curve"] in SIGNALS:
        sensor, _, axis = signals.click["curve"].rpartition("_")
        linked.ask("sensor", sensor)
        linked.ask("axis", axis)
        changed = True
    if changed:
        draw_again()


def _is_image(subplot: str) -> bool:
    """Whether a subplot is an image, not the strip above one: `xy`, `x3y3`, … are."""
    across, up = subplot[1:].split("y")
    return across == up
