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

# Transparent in the middle (or at the bottom), so that both themes show through.
DIVERGING: list[tuple[float, str]] = [
    (0.0, "rgba(204,121,167,0.85)"),
    (0.5, "rgba(140,150,165,0.04)"),
    (1.0, "rgba(0,114,178,0.85)"),
]
SEQUENTIAL = [[0.0, "rgba(0,158,115,0.0)"], [1.0, "rgba(0,158,115,0.9)"]]

Part = dict[str, Any]  # of a figure: a trace, an axis, an annotation
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


def note(text: str, x: float, y: float, size: float = 13, **more: Any) -> Part:
    """Text whose lower left corner is at a place of the paper."""
    return {
        **ON_PAPER,
        "text": text,
        "x": x,
        "y": y,
        "showarrow": False,
        "font": {"size": size},
    } | more


def coloured(words: str, colour: str) -> str:
    """Words of a title in a colour: the entry of a legend that is written there."""
    return f'<span style="color:{colour}">{words}</span>'


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
