"""Why one sample of one's own was scored as it was: by feature, or along time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from wganad_core import outside
from wganad_core.data.runs import runs_of
from wganad_core.figures import style

SHOWN = 16  # features
MOST_POINTS = 4_000  # of a line
Values = NDArray[np.float64]


def features_figure(
    names: Sequence[str], found: Sequence[str], expected: Sequence[str], residual: Values
) -> go.Figure:
    """One row: what of its score (d,) each column has, as bars, the largest at the top, each with
    the value found and the expected one, in words."""
    order = np.argsort(residual)[::-1][:SHOWN]
    top = max(float(residual.max()), 1e-9)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": residual[order],
        "y": [outside.shown(names[i]) for i in order],
        "text": [
            f" found {outside.shown(found[i])}, expected {outside.shown(expected[i])}"
            for i in order
        ],
        "textposition": "outside",
        "textfont": {"size": 14},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "marker": {
            "color": [style.VERMILLION if residual[i] >= top / 2 else style.BLUE for i in order]
        },
    }
    title = {"text": "how much the score falls where it is as expected"}
    rows = {"autorange": "reversed", "automargin": True, "showgrid": False, "type": "category"}
    layout = {
        "height": 70 + 34 * len(order),
        "margin": {"l": 10, "r": 10, "t": 8, "b": 44},
        "bargap": 0.35,
        "showlegend": False,
        "meta": {"narrow": {"xaxis": {"range": [0, 3.2 * top], "fixedrange": True, "nticks": 4}}},
        "xaxis": {"range": [0, 1.75 * top], "fixedrange": True, "nticks": 6, "title": title},
        "yaxis": {"fixedrange": True, **rows},
    }
    return go.Figure({"data": [bars], "layout": layout})


def recording_height(n: int, height: int = 96) -> int:
    """Pixels of a `recording_figure` of n channels."""
    return 50 + height * n


def recording_figure(
    names: Sequence[str],
    x: Values,
    row: NDArray[np.int64] | None = None,
    *,
    rebuilt: Values | None = None,
    label: NDArray[np.int64] | None = None,
    score: Values | None = None,
    threshold: float | None = None,
    height: int = 96,
) -> go.Figure:
    """Channels x (n, c) below each other, with what the generator makes of them; on top, if given,
    the score with its threshold. `row` (n,): their numbers in the file, from 1 where None; rows
    that the file has in another order are counted instead. Labelled stretches are shaded."""
    sorted_ = row is None or bool((np.diff(row) > 0).all())
    if row is None or not sorted_:
        row = np.arange(1, len(x) + 1)
    tracks: list[tuple[str, list[style.Part]]] = []
    if score is not None:
        lines = [_line(row, score, style.VERMILLION, 1.6)]
        if threshold is not None and np.isfinite(threshold):
            lines.append(_line(row[[0, -1]], np.full(2, threshold), style.ORANGE, 2.5))
        tracks.append(("score", lines))
    for at, name in enumerate(names):
        lines = [_line(row, x[:, at], style.BLUE, 1.4)]
        if rebuilt is not None:
            lines.append(_line(row, rebuilt[:, at], style.ORANGE, 1.8))
        tracks.append((name, lines))
    n, data = len(tracks), []
    time = {
        "title": {"text": "row" if sorted_ else "step, in the order of time"},
        "zeroline": False,
        "nticks": 8,
        "tickformat": ",d",
    }
    layout: dict[str, Any] = {
        "height": recording_height(n, height),
        "margin": {"l": 62, "r": 8, "t": 8, "b": 40},
        "showlegend": False,
        "shapes": shaded(label, row),
        "xaxis": {**time, "anchor": f"y{n if n > 1 else ''}"},
    }
    shared = {"fixedrange": True, "nticks": 3, "zeroline": False}
    for at, (name, lines) in enumerate(tracks):
        axis = str(at + 1) if at else ""
        data += [{**line, "xaxis": "x", "yaxis": f"y{axis}"} for line in lines]
        title, high = {"text": outside.shown(name), "font": {"size": 14}}, 1 - at / n
        layout[f"yaxis{axis}"] = {**shared, "title": title, "domain": [high - 0.86 / n, high]}
    return go.Figure({"data": data, "layout": layout})


def shaded(label: NDArray[np.int64] | None, row: NDArray[np.int64]) -> list[dict[str, Any]]:
    """Bands over the rows (n,) that are labelled anomalies, for the first 50 stretches of them."""
    if label is None:
        return []
    band = {"type": "rect", "xref": "x", "yref": "paper", "y0": 0, "y1": 1, "layer": "below"}
    band |= {"line": {"width": 0}, "fillcolor": "rgba(213,94,0,0.16)"}
    return [
        {**band, "x0": float(row[low]), "x1": float(row[high - 1] + 1)}
        for low, high in runs_of(label == 1)[:50]
    ]


def _line(x: Any, y: Any, colour: str, width: float) -> dict[str, Any]:
    """Of a long line, the lowest and the highest value of each piece."""
    x, y = np.asarray(x), np.asarray(y, float)
    if len(x) > MOST_POINTS:
        piece = -(-2 * len(x) // MOST_POINTS)
        n = len(x) // piece
        blocks = y[: n * piece].reshape(n, piece)
        at = np.sort(np.column_stack([blocks.argmin(1), blocks.argmax(1)]), axis=1)
        index = (at + np.arange(n)[:, None] * piece).ravel()
        x, y = x[index], y[index]
    return style.line(x, y.astype(np.float32), colour, width)
