"""Colours and the few marks that all figures are made of, as plain dictionaries.

Colours are Okabe and Ito's, safe for colour-blind eyes. Figures carry no theme: backgrounds, fonts
and grid come from the page or from `standalone`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from wganad_core.records import Box

BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PURPLE, SKY, GREY = "#CC79A7", "#56B4E9", "#8A94A0"
PALETTE = (BLUE, ORANGE, GREEN, VERMILLION, PURPLE, SKY)

# Transparent in the middle (or at the bottom), so that both themes show through.
DIVERGING: list[tuple[float, str]] = [
    (0.0, "rgba(204,121,167,0.85)"),
    (0.5, "rgba(140,150,165,0.04)"),
    (1.0, "rgba(0,114,178,0.85)"),
]

# A figure, or a trace, an axis, an annotation of one: Plotly's objects would take a hundred times
# as long to build.
Part = dict[str, Any]
Curve = tuple[NDArray[np.float32], NDArray[np.float32]]
ON_PAPER = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}


def line(x: Any, y: Any, colour: str, width: float, dash: str = "", **more: Any) -> Part:
    """A polyline that says nothing under the pointer unless `more` asks for it."""
    drawn = {"type": "scatter", "mode": "lines", "x": x, "y": y, "hoverinfo": "skip"}
    look = {"color": colour, "width": width} | ({"dash": dash} if dash else {})
    return {**drawn, "line": look, **more}


def dots(points: NDArray[np.floating], marker: Part, **more: Any) -> Part:
    """A marker at each of the points (n, 2); silent as a `line` is."""
    drawn = {"type": "scatter", "mode": "markers", "x": points[:, 0], "y": points[:, 1]}
    return {**drawn, "hoverinfo": "skip", "marker": marker, **more}


def field(values: NDArray[Any], box: Box, colorscale: Any, **more: Any) -> Part:
    """Values (rows, columns) on the box, first axis = y, without a colour bar."""
    x, y = centres(*box[:2], values.shape[1]), centres(*box[2:], values.shape[0])
    drawn = {"type": "heatmap", "z": values, "x": x, "y": y, "colorscale": colorscale}
    return {**drawn, "showscale": False, **more}


def plane_axes(box: Box, number: str = "", **more: Any) -> tuple[Part, Part]:
    """x and y axis number "", "2", … of a box whose units are equally long both ways."""
    both = {"constrain": "domain", "zeroline": False, **more}
    across, up = {"range": list(box[:2]), **both}, {"range": list(box[2:]), **both}
    return across, {**up, "scaleanchor": f"x{number}"}


def note(text: str, x: float, y: float, size: float = 14, **more: Any) -> Part:
    """Words whose lower left corner is at this share of the figure's width and height."""
    said = {"text": text, "x": x, "y": y, "showarrow": False, "font": {"size": size}}
    return {**ON_PAPER, "align": "left", **said, **more}


def coloured(words: str, colour: str) -> str:
    """Words of a title in a colour: the entry of a legend that is written there."""
    return f'<span style="color:{colour}">{words}</span>'


def axes(number: int) -> dict[str, str]:
    """The names of a subplot's two axes; the first have no number."""
    mark = "" if number == 1 else str(number)
    return {"xaxis": f"x{mark}", "yaxis": f"y{mark}"}


def scatter(mode: str, x: Any, y: Any, **more: Any) -> Part:
    return {"type": "scatter", "mode": mode, "x": x, "y": y, **more}


def key(colour: str, words: str, sign: str = "■") -> str:
    """Words behind a sign in the colour that they explain."""
    return f'<span style="color:{colour}">{sign}</span> {words}'


def faint(colour: str, alpha: float) -> str:
    """A colour written as #RRGGBB, partly transparent."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


Ends = tuple[Any, Any]


def straight(x: Ends, y: Ends, colour: str, width: float, **more: Any) -> Part:
    """A straight line between two points, as a shape."""
    return shape("line", x, y, line={"color": colour, "width": width}, **more)


def rectangle(x: Ends, y: Ends, fill: str, **more: Any) -> Part:
    """A filled rectangle, as a shape; without an edge unless `line` says otherwise."""
    return shape("rect", x, y, **{"fillcolor": fill, "line": {"width": 0}, **more})


def shape(kind: str, x: Ends, y: Ends, **more: Any) -> Part:
    return {"type": kind, "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1], **more}


def centres(low: float, high: float, size: int) -> NDArray[np.float32]:
    """Middles of `size` equal cells between low and high: the axis of a gridded field."""
    return (low + (high - low) * (np.arange(size) + 0.5) / size).astype(np.float32)


def polyline(segments: NDArray[np.floating]) -> Curve:
    """Join polylines (n, points, 2) into one x and one y with gaps between them."""
    gap = np.full((len(segments), 1, 2), np.nan)
    joined = np.concatenate([segments, gap], axis=1).reshape(-1, 2).astype(np.float32)
    return joined[:, 0], joined[:, 1]


def circles(modes: NDArray[np.floating], radius: float) -> Curve:
    """Circles around the modes (k, 2) as one polyline with gaps: the 3σ level sets."""
    angle = np.linspace(0, 2 * np.pi, 33)
    unit = np.column_stack([np.cos(angle), np.sin(angle)])
    return polyline(modes[:, None, :] + radius * unit[None])


def standalone(figure: go.Figure) -> go.Figure:
    """The figure with a plain light theme of its own, for files."""
    return go.Figure(figure).update_layout(
        template="plotly_white", font={"family": "sans-serif", "size": 14}
    )
