"""How a detector of one's own is learning: the critic's estimate of W, losses, validation."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from wganad_core.figures import style

COLOURS = {
    "critic": style.GREY,
    "generator": style.ORANGE,
    "encoder": style.GREEN,
    "penalty": style.SKY,
}
HEIGHT = 270
Report = Mapping[str, Any]


def training_figure(reports: Sequence[Report], n_steps: int) -> go.Figure:
    """`reports`: `Progress` as dictionaries, in order. Left the estimate of W (where the method
    has one), right the losses; `validation` on the left while a generator learns, on the right
    while an encoder does."""
    return go.Figure(training_spec(reports, n_steps))


def training_spec(reports: Sequence[Report], n_steps: int) -> dict[str, Any]:
    """The figure as a plain dictionary, as a live page sends it."""
    step = np.array([report["step"] for report in reports], float)
    data: list[dict[str, Any]] = []
    w = _column(reports, lambda report: report["w_estimate"])
    validation = _column(reports, lambda report: report["validation"])
    if np.isfinite(w).any() or not len(step):
        data.append(_line(step, w, "W estimate", style.BLUE, "", width=2.5))
    stage = np.array([report["stage"] for report in reports])
    for axes, name in (("", "generator"), ("2", "encoder")):
        known = np.isfinite(validation) & (stage == name)
        data.append(_held_out(step[known], validation[known], axes))
    for name in dict.fromkeys(name for report in reports for name in report["losses"]):
        loss = _column(reports, lambda report, name=name: report["losses"].get(name))
        colour = COLOURS.get(name, style.VERMILLION)
        data.append(_line(step, _in_stage(reports, name, loss), name, colour, "2"))
    return {"data": data, "layout": _layout(reports, n_steps)}


def _column(reports: Sequence[Report], value: Any) -> Any:
    found = [value(report) for report in reports]
    return np.array([math.nan if v is None else v for v in found], float)


def _in_stage(reports: Sequence[Report], name: str, loss: Any) -> Any:
    """A loss only where it is being learned: the encoder's in its own stage."""
    stage = np.array([report["stage"] for report in reports])
    if name in ("critic", "generator", "penalty") and "encoder" in stage:
        return np.where(stage != "generator", np.nan, loss)
    return loss


def _line(x: Any, y: Any, name: str, colour: str, axes: str, width: float = 1.8) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "xaxis": f"x{axes}",
        "yaxis": f"y{axes}",
        "line": {"color": colour, "width": width},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _held_out(x: Any, y: Any, axes: str) -> dict[str, Any]:
    marks = {"mode": "lines+markers", "marker": {"size": 5, "color": style.PURPLE}}
    return _line(x, y, "held-out rows", style.PURPLE, axes, width=1.5) | marks


def _layout(reports: Sequence[Report], n_steps: int) -> dict[str, Any]:
    x = {
        "range": [0, max(1, n_steps)],
        "fixedrange": True,
        "nticks": 6,
        "zeroline": False,
        "title": {"text": "step", "standoff": 4},
    }
    y = {"fixedrange": True, "nticks": 5, "zeroline": False}
    shapes = []
    stages = [report["stage"] for report in reports]
    if "encoder" in stages and stages[0] != "encoder":
        at = reports[stages.index("encoder") - 1]["step"]
        shapes = [
            {
                "type": "line",
                "xref": axis,
                "yref": f"{axis.replace('x', 'y')} domain",
                "x0": at,
                "x1": at,
                "y0": 0,
                "y1": 1,
                "line": {"color": style.GREY, "width": 1, "dash": "dot"},
            }
            for axis in ("x", "x2")
        ]
    names = dict.fromkeys(name for report in reports for name in report["losses"])
    keys = "".join(
        f" <span style='color:{COLOURS.get(n, style.VERMILLION)}'>━ {n}</span>" for n in names
    )
    left = (
        f"<b>Distance W of made and real rows</b>"
        f" <span style='color:{style.BLUE}'>━ critic's estimate</span>"
        f" <span style='color:{style.PURPLE}'>● held-out rows</span>"
    )
    wide = [(0.0, 0.47), (0.54, 1.0)]
    return {
        "height": HEIGHT,
        "margin": {"l": 46, "r": 8, "t": 26, "b": 40},
        "shapes": shapes,
        "xaxis": {**x, "domain": wide[0]},
        "yaxis": y,
        "xaxis2": {**x, "domain": wide[1], "anchor": "y2"},
        "yaxis2": {**y, "anchor": "x2"},
        "annotations": [_title(left, 0), _title(f"<b>Losses</b>{keys}", wide[1][0])],
        "meta": {"narrow": _narrow(left, f"<b>Losses</b>{keys}", x, y)},
    }


def _narrow(left: str, right: str, x: dict[str, Any], y: dict[str, Any]) -> dict[str, Any]:
    short = left.replace("<b>Distance W of made and real rows</b>", "<b>W</b>")
    return {
        "height": 2 * HEIGHT - 60,
        "xaxis": {**x, "domain": [0, 1], "title": {"text": ""}},
        "yaxis": {**y, "domain": [0.57, 1]},
        "xaxis2": {**x, "domain": [0, 1], "anchor": "y2"},
        "yaxis2": {**y, "domain": [0, 0.42], "anchor": "x2"},
        "annotations": [_title(short, 0), {**_title(right, 0), "y": 0.43}],
    }


def _title(text: str, x: float) -> dict[str, Any]:
    return {
        "text": text,
        "x": x,
        "y": 1,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 13},
    }
