"""A Plotly chart that is updated in place.

``st.plotly_chart`` builds a new plot whenever its data change: the frame blinks and the zoom is
lost. ``live_chart`` keeps one plot node for as long as its element is on the page and hands every
new figure to ``Plotly.react``; ``static/chart.js`` holds the browser side.
"""

from __future__ import annotations

import json
import math
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict
from zlib import crc32

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from plotly.utils import PlotlyJSONEncoder

from pages._ui.component import PLOTLY, component, rerun_only, static

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer
    from streamlit.delta_generator import DeltaGenerator


HEIGHT = 450  # pixels, of a figure that names none


class Click(TypedDict):
    """A click anywhere inside a cartesian subplot.

    ``x`` and ``y`` are the data coordinates under the pointer and ``subplot`` names their axes
    (``"xy"``, ``"x2y2"``). ``curve`` is the name of the trace that was hit, ``None`` on empty area.
    """

    x: Any
    y: Any
    subplot: str
    curve: str | None


class Drag(TypedDict):
    """A layout shape with ``editable=True`` that the reader moved; ``released`` ends the move."""

    index: int
    name: str | None
    x0: Any
    x1: Any
    y0: Any
    y1: Any
    released: bool


class Brush(TypedDict):
    """A box selection in data coordinates; every entry is ``None`` once it has been cleared."""

    x: list[Any] | None
    y: list[Any] | None
    subplot: str | None


@dataclass(frozen=True)
class ChartEvents:
    """What the reader did since the previous run, the latest of each kind; ``None`` if nothing.

    An event makes the enclosing fragment (or the app) rerun at once and is returned by exactly
    one call, also when timed runs or other events come in between.
    """

    click: Click | None = None
    drag: Drag | None = None
    brush: Brush | None = None


class Prepared:
    """A figure that is encoded once and travels once; later runs only name it and move its marks.

    Worth it where a figure stays and some of its shapes move, as under a threshold's slider.
    """

    def __init__(self, figure: go.Figure | dict[str, Any]) -> None:
        spec = _spec(figure)
        self.layout = spec["layout"]
        self.text = _json(spec)
        self.hash = f"{crc32(self.text):08x}{len(self.text):x}"


@dataclass(frozen=True)
class Marks:
    """What changes about a prepared figure without drawing it anew.

    ``shapes`` gives new values of attributes by the name of a layout shape. ``address`` holds query
    parameters to write into the browser's address, ``None`` to remove one; no history entry is
    made and the server does not see them before the page is next opened. ``download`` saves the
    chart as ``"png"`` or ``"svg"`` once for each new number that comes with it.
    """

    shapes: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    address: Mapping[str, str | None] = field(default_factory=dict)
    download: tuple[str, int] = ("png", 0)


def live_chart(
    figure: go.Figure | dict[str, Any] | Prepared, *, key: str, alt: str, marks: Marks | None = None
) -> ChartEvents:
    """Draw ``figure`` on the plot node that belongs to ``key`` and return the reader's actions.

    Colours and fonts follow the Streamlit theme, so the figure's own template is not used; what
    the figure sets explicitly wins. ``layout.height`` gives the height. ``layout.meta["narrow"]``
    is a partial layout merged over the layout when the chart is narrower than 640 pixels (lists
    are replaced). Zoom and selection are kept until ``layout.uirevision`` changes.

    A shape with ``editable=True`` moves with the pointer along its data axes; an upright or level
    line moves only across itself. It stays where it was dropped until the run *after* the one
    that got the event: from then on the figure decides, so store the coordinates and draw them.

    Parameters
    ----------
    figure
        The figure, or its plain dictionary with ``data`` and ``layout``, which skips Plotly's
        slow validation. NumPy arrays travel as typed arrays.
    key
        Identity of the chart, unique on the page.
    alt
        What the chart shows, for readers who cannot see it.
    marks
        Where the shapes of a prepared figure are now, with all that is ``waiting`` considered.

    In ``layout.meta["follow"]`` a figure can tell where other shapes go while one is being dragged:
    ``shape`` names it, ``at`` holds positions along its axis (ascending) and ``with`` maps the name
    of another shape to its attributes' values there; between them they are interpolated.

    In ``layout.meta["pictures"]`` a figure can bring a picture for each mark, shown while the
    pointer is on it: ``source`` is one image that holds all of them, squares, ``columns``
    in a row; a mark's ``customdata`` is the number of its picture.
    """
    if not isinstance(figure, Prepared):
        figure = _spec(figure)  # once: of a `go.Figure` it is a copy of all that is in it
    memory, sent = f"_live_chart_{key}", f"_live_chart_sent_{key}"
    seen: int | None = st.session_state.get(memory)
    if isinstance(figure, Prepared):
        # Marks are placed by who has read the events already, with `waiting`.
        read = _events(st.session_state.get(f"chart-{key}") or {}, seen)[1]
        data = message(figure, alt, read, marks, whole=st.session_state.get(sent) != figure.hash)
        st.session_state[sent] = figure.hash
    else:
        data = message(figure, alt, seen)
    layout = figure.layout if isinstance(figure, Prepared) else figure["layout"]
    narrow = (layout.get("meta") or {}).get("narrow", {})
    with room(key, layout["height"], narrow.get("height", layout["height"])):
        result = _component()(
            key=f"chart-{key}",
            data=data,
            on_click_change=rerun_only,
            on_drag_change=rerun_only,
            on_brush_change=rerun_only,
            on_lost_change=lambda: st.session_state.pop(sent, None),
        )
    events, newest = _events(result, seen)
    st.session_state[memory] = newest
    return events


def room(key: str, wide: float, narrow: float) -> DeltaGenerator:
    """Where a chart will be drawn that is so many pixels high, wide and narrow. This is in the
    place's name, so it arrives before anything below, and `static/room.js` keeps the room."""
    return st.container(key=f"room-{math.ceil(wide)}-{math.ceil(narrow)}-{key}")


def message(
    figure: go.Figure | dict[str, Any] | Prepared,
    alt: str,
    seen: int | None,
    marks: Marks | None = None,
    whole: bool = True,
) -> bytes:
    """What chart.js is told: a figure, or where the marks of a prepared one are, which comes along
    where it is `whole`. In bytes: Streamlit would encode a string as JSON again, twice."""
    payload: dict[str, Any] = {"alt": alt, "seen": seen}
    if not isinstance(figure, Prepared):
        return _json(payload | _spec(figure))
    moved = marks or Marks()
    kind, number = moved.download
    payload |= {"hash": figure.hash, "marks": moved.shapes, "address": moved.address}
    data = _json(payload | {"download": {"format": kind, "number": number}})
    return data[:-1] + b',"figure":' + figure.text + b"}" if whole else data


def _json(value: Any) -> bytes:
    return json.dumps(value, cls=_Encoder, separators=(",", ":")).encode()


def waiting(key: str) -> ChartEvents:
    """What `live_chart` of this key will return in this run: to act on it before it is drawn."""
    seen = st.session_state.get(f"_live_chart_{key}")
    return _events(st.session_state.get(f"chart-{key}") or {}, seen)[0]


def _events(result: Mapping[str, Any], seen: int | None) -> tuple[ChartEvents, int]:
    """The reports of a component that are newer than the last one seen, and the newest's number."""
    reports = {kind: dict(result[kind]) for kind in ("click", "drag", "brush") if result.get(kind)}
    numbers = {kind: report.pop("number") for kind, report in reports.items()}
    newest = max([seen or 0, *numbers.values()])
    if seen is None:  # A browser that reconnects sends its old reports to the new session.
        return ChartEvents(), newest
    new: dict[str, Any] = {kind: reports[kind] for kind in reports if numbers[kind] > seen}
    return ChartEvents(**new), newest


def _spec(figure: go.Figure | dict[str, Any]) -> dict[str, Any]:
    """Data and layout, of a height, without the template that the page replaces."""
    spec = figure if isinstance(figure, dict) else figure.to_dict()
    layout = {name: value for name, value in spec["layout"].items() if name != "template"}
    return {"data": spec["data"], "layout": {"height": HEIGHT} | layout}


class _Encoder(PlotlyJSONEncoder):
    """Plotly's encoder, with arrays of numbers in Plotly's base64 form."""

    def default(self, value: Any) -> Any:
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "iuf":
            return super().default(value)
        if value.dtype.itemsize == 8 and value.dtype.kind != "f":
            value = value.astype(np.int32)
        spec = {"dtype": value.dtype.str[1:], "bdata": b64encode(value.tobytes()).decode()}
        return spec | ({"shape": ",".join(map(str, value.shape))} if value.ndim > 1 else {})


@cache
def _component() -> ComponentRenderer:
    return component("live_chart", "", static("chart.css"), "chart.js", later=[PLOTLY])
