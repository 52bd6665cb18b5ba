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
from wganad_core.figures.style import Part
from wganad_core.figures.windows.signals import LIT, TIMES, Pair, times
from wganad_core.records import FloatArray

# Near to far, in both themes and for all eyes (Cividis).
CIVIDIS = ("#00204D", "#414D6B", "#7C7B78", "#BCAF6F", "#FFEA46")
NEAR_TO_FAR = [[i / 4, colour] for i, colour in enumerate(CIVIDIS)]
CLOSE_OR_NOT = [[0.0, "#FFFFFF"], [1.0, "#1B1F24"]]
END = (LENGTH - 0.5) / RATE
START = -0.5 / RATE


@dataclasses.dataclass(frozen=True)
class Tile:
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


def images(tiles: Sequence[Tile], marks: Pair | None = None, stretch: Pair | None = None) -> Part:
    """Images side by side, or one below the other where it is narrow.

    `marks` are two times (i, j) in seconds: row i and column j. `stretch`: times whose rows and
    columns light up. An image of booleans is drawn as a classical recurrence plot.
    """
    if not tiles:
        raise ValueError("Expected at least one image; found none.")
    data = []
    for number, tile in enumerate(tiles):
        data.append(_heatmap(tile, 2 * number + 1))
        data += _lines(tile, 2 * number + 1)
    if marks is not None:
        data += [_cross(2 * number + 1, tile.plain, marks) for number, tile in enumerate(tiles)]
    wide = _layout(tiles, marks, stretch, narrow=False)
    wide["meta"] = {"narrow": _layout(tiles, marks, stretch, narrow=True)}
    return {"data": data, "layout": wide}


def cell_at(x: float, y: float) -> tuple[int, int]:
    """The row i and column j under a click at these seconds."""
    i, j = (int(np.clip(round(value * RATE), 0, LENGTH - 1)) for value in (y, x))
    return i, j


def _axes(number: int, strip: bool = False) -> dict[str, str]:
    """An image and the strip above it share the axis of time; `number` is odd."""
    image = style.axes(number)
    return {**image, "yaxis": f"y{number + 1}"} if strip else image


def _heatmap(tile: Tile, number: int) -> Part:
    unit = f" {tile.unit}" if tile.unit else ""
    value = "close: %{z}" if tile.plain else f"|s<sub>i</sub> − s<sub>j</sub>| = %{{z:.3g}}{unit}"
    z = tile.image.astype(np.uint8) if tile.plain else np.asarray(tile.image, np.float32)
    colours = {"colorscale": CLOSE_OR_NOT if tile.plain else NEAR_TO_FAR, "showscale": False}
    return {
        "type": "heatmap",
        **{"x": tile.centres, "y": tile.centres, "z": z, "name": tile.title},
        **{**colours, "zmin": 0, "zmax": 1 if tile.plain else tile.top},
        **_axes(number),
        "hovertemplate": f"i = %{{y:.2f}} s, j = %{{x:.2f}} s<br>{value}<extra></extra>",
    }


def _lines(tile: Tile, number: int) -> list[Part]:
    on = {"hoverinfo": "skip", "name": "signal", **_axes(number, strip=True)}
    return [
        style.scatter("lines", times(LENGTH), y, line={"color": colour, "width": 1.8}, **on)
        for colour, y in tile.lines.items()
    ]


def _cross(number: int, plain: bool, marks: Pair) -> Part:
    """The marked cell and, fainter, its mirror image."""
    i, j = marks
    ring = {"width": 2.5, "color": TIMES[0] if plain else "#FFFFFF"}
    marker = {"size": [13, 9], "color": "rgba(0,0,0,0)", "opacity": [1, 0.6], "line": ring}
    on = {"hoverinfo": "skip", "name": "cell", **_axes(number)}
    return style.scatter("markers", [j, i], [i, j], marker=marker, **on)


def _layout(tiles: Sequence[Tile], marks: Pair | None, stretch: Pair | None, narrow: bool) -> Part:
    n = len(tiles)
    tall, pitch = (370, 430) if narrow else (386, 0)  # pixels of a tile, and between their tops
    inner = tall + pitch * (n - 1)
    layout: Part = {"height": inner + 74, "margin": {"l": 52, "r": 4, "t": 24, "b": 50}}
    layout |= {"showlegend": False, "dragmode": False, "hovermode": "closest"}
    layout |= {"shapes": [], "annotations": []}
    gap = 0.08
    width = (1 - gap * (n - 1)) / n
    for k, tile in enumerate(tiles):
        left = 0.0 if narrow else k * (width + gap)
        top = 1 - k * pitch / inner
        across = [left, 1.0 if narrow else min(1.0, left + width)]
        up = [max(0.0, top - tall / inner), top]
        layout |= _one(2 * k + 1, across, up)
        # Words above the strip or, where there is none, above the image.
        height = up[1] if tile.lines else _split(up)
        layout["annotations"].append(style.note(f"<b>{tile.title}</b>", left, height))
        if stretch is not None:
            layout["shapes"] += _lit(2 * k + 1, tile, stretch)
        if marks is not None:
            layout["shapes"] += _marked(2 * k + 1, tile, marks)
    return layout


def _one(number: int, across: Sequence[float], up: Sequence[float]) -> Part:
    """The axes of an image and of the strip above it."""
    image, strip = _axes(number), _axes(number, strip=True)
    split = _split(up)
    plain = {"fixedrange": True, "showgrid": False, "zeroline": False}
    time = {**plain, "range": [START, END], "constrain": "domain"}
    time |= {"tickvals": [0, 0.5, 1, 1.5, 2, 2.5]}
    return {
        image["xaxis"].replace("x", "xaxis"): {
            **time,
            "domain": list(across),
            "anchor": image["yaxis"],
            "title": {"text": "j, seconds", "standoff": 4},
        },
        image["yaxis"].replace("y", "yaxis"): {
            **time,
            "domain": [up[0], split],
            "anchor": image["xaxis"],
            "constraintoward": "top",
            "scaleanchor": image["xaxis"],
            "title": {"text": "i, seconds" if number == 1 else "", "standoff": 4},
        },
        strip["yaxis"].replace("y", "yaxis"): {
            "domain": [split + 0.015, up[1]],
            "anchor": image["xaxis"],
            "visible": False,
            "fixedrange": True,
        },
    }


def _split(up: Sequence[float]) -> float:
    """Where the image of a tile ends and its strip begins."""
    return up[1] - 0.16 * (up[1] - up[0])


def _on(number: int) -> tuple[dict[str, str], dict[str, str]]:
    """Where shapes of an image and of its strip are."""
    image, strip = _axes(number), _axes(number, strip=True)
    above = {"xref": image["xaxis"], "yref": f"{strip['yaxis']} domain"}
    return {"xref": image["xaxis"], "yref": image["yaxis"]}, above


def _lit(number: int, tile: Tile, stretch: Pair) -> list[Part]:
    """The columns and rows of a stretch of time, and the stretch in the strip."""
    on, above = _on(number)
    lit, all_ = (max(stretch[0], START), min(stretch[1], END)), (START, END)
    edge = {"line": {"width": 1.5, "color": style.ORANGE}}
    fill = LIT if tile.plain else "rgba(255,255,255,0.24)"
    cross = [style.rectangle(x, y, fill, **on, **edge) for x, y in ((lit, all_), (all_, lit))]
    return [*cross, style.rectangle(lit, (0, 1), LIT, **above)] if tile.lines else cross


def _marked(number: int, tile: Tile, marks: Pair) -> list[Part]:
    """Lines from the cell to both axes, and both times in the strip."""
    on, above = _on(number)
    i, j = marks
    row, column = TIMES
    lines = [
        style.straight((START, j), (i, i), row, 2, **on),
        style.straight((j, j), (START, END), column, 2, **on),
    ]
    strip = [style.straight((t, t), (0, 1), c, 2, **above) for t, c in ((i, row), (j, column))]
    return [*lines, *strip] if tile.lines else lines
