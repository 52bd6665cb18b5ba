"""Recurrence images beside each other, each under its signal: every time against every other.

Time runs to the right and up, as in Eckmann, Kamphorst and Ruelle's plots; an image is symmetric,
so its rows and columns may be read either way.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.har import LENGTH, RATE
from wganad_core.figures import style
from wganad_core.figures.windows.signals import LIT, TIMES, Pair, Spec, times
from wganad_core.records import FloatArray

# Near to far, in both themes and for all eyes (Cividis).
NEAR_TO_FAR = [
    [0.0, "#00204D"],
    [0.25, "#414D6B"],
    [0.5, "#7C7B78"],
    [0.75, "#BCAF6F"],
    [1.0, "#FFEA46"],
]
CLOSE_OR_NOT = [[0.0, "#FFFFFF"], [1.0, "#1B1F24"]]
END = (LENGTH - 0.5) / RATE
START = -0.5 / RATE


@dataclasses.dataclass(frozen=True)
class Panel:
    """One image (m, m) of distances, `lines` (colour → signal (128,)) above it, and the distance
    that its far end of colours stands for."""

    title: str
    image: NDArray[Any]
    lines: Mapping[str, FloatArray]
    top: float
    unit: str = ""

    @property
    def plain(self) -> bool:
        """Whether it only tells what is close."""
        return bool(self.image.dtype == np.bool_)

    @property
    def centres(self) -> NDArray[np.float32]:
        """Seconds at the middles of its rows."""
        block = LENGTH // len(self.image)
        return np.asarray(times(LENGTH).reshape(-1, block).mean(axis=1), np.float32)


def images(panels: Sequence[Panel], marks: Pair | None = None, stretch: Pair | None = None) -> Spec:
    """Images side by side, or one below the other where it is narrow.

    `marks` are two times (i, j) in seconds: row i and column j. `stretch`: times whose rows and
    columns light up. An image of booleans is drawn as a classical recurrence plot.
    """
    if not panels:
        raise ValueError("Expected at least one image; found none.")
    data = []
    for number, panel in enumerate(panels):
        data.append(_heatmap(panel, 2 * number + 1))
        data += _lines(panel, 2 * number + 1)
    if marks is not None:
        data += [_cross(2 * number + 1, panel.plain, marks) for number, panel in enumerate(panels)]
    wide = _layout(panels, marks, stretch, narrow=False)
    wide["meta"] = {"narrow": _layout(panels, marks, stretch, narrow=True)}
    return {"data": data, "layout": wide}


def cell_at(x: float, y: float) -> tuple[int, int]:
    """The row i and column j under a click at these seconds."""
    i, j = (int(np.clip(round(value * RATE), 0, LENGTH - 1)) for value in (y, x))
    return i, j


def _axes(number: int, strip: bool = False) -> dict[str, str]:
    """An image and the strip above it share the axis of time; `number` is odd."""
    mark = "" if number == 1 else str(number)
    return {"xaxis": f"x{mark}", "yaxis": f"y{number + 1}" if strip else f"y{mark}"}


def _heatmap(panel: Panel, number: int) -> dict[str, Any]:
    unit = f" {panel.unit}" if panel.unit else ""
    value = "close: %{z}" if panel.plain else f"|s<sub>i</sub> − s<sub>j</sub>| = %{{z:.3g}}{unit}"
    return {
        "type": "heatmap",
        "x": panel.centres,
        "y": panel.centres,
        "z": panel.image.astype(np.uint8) if panel.plain else np.asarray(panel.image, np.float32),
        "colorscale": CLOSE_OR_NOT if panel.plain else NEAR_TO_FAR,
        "showscale": False,
        "zmin": 0,
        "zmax": 1 if panel.plain else panel.top,
        **_axes(number),
        "name": panel.title,
        "hovertemplate": f"i = %{{y:.2f}} s, j = %{{x:.2f}} s<br>{value}<extra></extra>",
    }


def _lines(panel: Panel, number: int) -> list[dict[str, Any]]:
    return [
        {
            "type": "scatter",
            "mode": "lines",
            "x": times(LENGTH),
            "y": signal,
            "line": {"color": colour, "width": 1.8},
            "hoverinfo": "skip",
            "name": "signal",
            **_axes(number, strip=True),
        }
        for colour, signal in panel.lines.items()
    ]


def _cross(number: int, plain: bool, marks: Pair) -> dict[str, Any]:
    """The marked cell and, fainter, its mirror image."""
    i, j = marks
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [j, i],
        "y": [i, j],
        **_axes(number),
        "hoverinfo": "skip",
        "name": "cell",
        "marker": {
            "size": [13, 9],
            "color": "rgba(0,0,0,0)",
            "opacity": [1, 0.6],
            "line": {"width": 2.5, "color": TIMES[0] if plain else "#FFFFFF"},
        },
    }


def _layout(
    panels: Sequence[Panel], marks: Pair | None, stretch: Pair | None, narrow: bool
) -> dict[str, Any]:
    n = len(panels)
    tall, pitch = (370, 430) if narrow else (396, 0)  # pixels of a panel, and between their tops
    inner = tall + pitch * (n - 1)
    layout: dict[str, Any] = {
        "height": inner + 66,
        "margin": {"l": 48, "r": 4, "t": 24, "b": 42},
        "showlegend": False,
        "dragmode": False,
        "hovermode": "closest",
        "shapes": [],
        "annotations": [],
    }
    gap = 0.08
    width = (1 - gap * (n - 1)) / n
    for k, panel in enumerate(panels):
        left = 0.0 if narrow else k * (width + gap)
        top = 1 - k * pitch / inner
        across = [left, 1.0 if narrow else min(1.0, left + width)]
        up = [max(0.0, top - tall / inner), top]
        layout |= _one(2 * k + 1, across, up)
        layout["annotations"].append(_title(panel, left, up))
        if stretch is not None:
            layout["shapes"] += _lit(2 * k + 1, panel, stretch)
        if marks is not None:
            layout["shapes"] += _marked(2 * k + 1, panel, marks)
    return layout


def _one(number: int, across: Sequence[float], up: Sequence[float]) -> dict[str, Any]:
    """The axes of an image and of the strip above it."""
    image, strip = _axes(number), _axes(number, strip=True)
    split = _split(up)
    return {
        image["xaxis"].replace("x", "xaxis"): {
            "domain": list(across),
            "anchor": image["yaxis"],
            "range": [START, END],
            "fixedrange": True,
            "constrain": "domain",
            "tickvals": [0, 0.5, 1, 1.5, 2, 2.5],
            "title": {"text": "j, seconds", "standoff": 4},
            "showgrid": False,
            "zeroline": False,
        },
        image["yaxis"].replace("y", "yaxis"): {
            "domain": [up[0], split],
            "anchor": image["xaxis"],
            "range": [START, END],
            "fixedrange": True,
            "constrain": "domain",
            "constraintoward": "top",
            "scaleanchor": image["xaxis"],
            "tickvals": [0, 0.5, 1, 1.5, 2, 2.5],
            "title": {"text": "i, seconds" if number == 1 else "", "standoff": 4},
            "showgrid": False,
            "zeroline": False,
        },
        strip["yaxis"].replace("y", "yaxis"): {
            "domain": [split + 0.015, up[1]],
            "anchor": image["xaxis"],
            "visible": False,
            "fixedrange": True,
        },
    }


def _title(panel: Panel, left: float, up: Sequence[float]) -> dict[str, Any]:
    """Words above the strip or, where there is none, above the image."""
    return {
        "text": f"<b>{panel.title}</b>",
        "x": left,
        "y": up[1] if panel.lines else _split(up),
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 13},
    }


def _split(up: Sequence[float]) -> float:
    """Where the image of a panel ends and its strip begins."""
    return up[1] - 0.16 * (up[1] - up[0])


def _lit(number: int, panel: Panel, stretch: Pair) -> list[dict[str, Any]]:
    """The columns and rows of a stretch of time, and the stretch in the strip."""
    image, strip = _axes(number), _axes(number, strip=True)
    on = {"xref": image["xaxis"], "yref": image["yaxis"]}
    low, high = max(stretch[0], START), min(stretch[1], END)
    light = {
        "fillcolor": LIT if panel.plain else "rgba(255,255,255,0.24)",
        "line": {"width": 1.5, "color": style.ORANGE},
    }
    lit: list[dict[str, Any]] = [
        {"type": "rect", **on, "x0": low, "x1": high, "y0": START, "y1": END, **light},
        {"type": "rect", **on, "x0": START, "x1": END, "y0": low, "y1": high, **light},
        {
            "type": "rect",
            "xref": image["xaxis"],
            "yref": f"{strip['yaxis']} domain",
            "x0": low,
            "x1": high,
            "y0": 0,
            "y1": 1,
            "fillcolor": LIT,
            "line": {"width": 0},
        },
    ]
    return lit if panel.lines else lit[:2]


def _marked(number: int, panel: Panel, marks: Pair) -> list[dict[str, Any]]:
    """Lines from the cell to both axes, and both times in the strip."""
    image, strip = _axes(number), _axes(number, strip=True)
    on = {"xref": image["xaxis"], "yref": image["yaxis"]}
    i, j = marks
    row, column = ({"color": colour, "width": 2} for colour in TIMES)
    return [
        {"type": "line", **on, "x0": START, "x1": j, "y0": i, "y1": i, "line": row},
        {"type": "line", **on, "x0": j, "x1": j, "y0": START, "y1": END, "line": column},
    ] + [
        {
            "type": "line",
            "xref": image["xaxis"],
            "yref": f"{strip['yaxis']} domain",
            "x0": at,
            "x1": at,
            "y0": 0,
            "y1": 1,
            "line": line,
        }
        for at, line in ((i, row), (j, column))
        if panel.lines
    ]
