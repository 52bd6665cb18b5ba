"""A window's nine signals and its recurrence image, linked: a cell is two times, and a stretch of
time is rows and columns."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import anatomy, linked
from pages._ui.chart import ChartEvents, live_chart
from pages._ui.widgets import draw_again
from wganad_core.data.har import LENGTH, RATE, SIGNALS
from wganad_core.figures.windows.recurrence import cell_at, images
from wganad_core.figures.windows.signals import SENSORS, nine_signals
from wganad_core.figures.windows.tiles import Rebuilt, cell_in_words, tiles_of
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


@st.fragment
def show(window: FloatArray, rebuilt: Rebuilt) -> None:
    """Of one window (9, 128); reruns alone when something is clicked, brushed or chosen."""
    sensor, axis, share = _controls()
    names = [f"{sensor}_{name}" for name in "xyz" if axis in (name, "joint")]
    i, j = _cell()
    marks = (i / RATE, j / RATE)
    stretch: tuple[float, float] | None = st.session_state.get("stretch")
    tiles = tiles_of(window, rebuilt, names, share)
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


def _say(window: FloatArray, names: list[str], i: int, j: int) -> None:
    """The marked cell in words."""
    sensor = SENSORS[names[0].rpartition("_")[0]].lower()
    st.markdown(
        f":material/ads_click: **R[i, j]** compares *i* = {i / RATE:.2f} s with *j* = "
        f"{j / RATE:.2f} s: {sensor} {names[0][-1] if len(names) == 1 else '(x, y, z)'} is "
        f"{cell_in_words(window, names, i, j)}. Click on another cell, or drag across the signals."
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
