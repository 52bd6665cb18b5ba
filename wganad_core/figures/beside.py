"""Two models on the same plane: what each calls an anomaly, and what that costs (§3.3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from wganad_core.data.mixture import Mixture
from wganad_core.figures import style
from wganad_core.figures.detection import FLAGGED, NARROW_WORDS, POINT, WORDS, outcomes, said_at
from wganad_core.records import Detection

N_SAMPLES = 400
HEIGHT, NARROW_HEIGHT = 500, 800


@dataclasses.dataclass(frozen=True)
class Pane:
    """One model: its title (with its false alarms), its scores, what it says of the point."""

    title: str
    found: Detection
    threshold: float
    verdict: str


def beside_figure(
    panes: Sequence[Pane], mixture: Mixture, detector: str, point: tuple[float, float]
) -> go.Figure:
    """Per model a plane: shaded where it flags, its samples, false alarms and misses, and its
    verdict written at the point."""
    traces: list[style.Part] = []
    for number, pane in enumerate(panes, start=1):
        axes = style.axes(number)
        traces += [{**trace, **axes} for trace in _plane(pane, mixture, detector, point)]
    layout = _layout(panes, mixture, point, narrow=False)
    layout["meta"] = {"narrow": _layout(panes, mixture, point, narrow=True)}
    return go.Figure({"data": traces, "layout": layout})


def _plane(
    pane: Pane, mixture: Mixture, detector: str, point: tuple[float, float]
) -> list[style.Part]:
    shaded = (pane.found.maps[detector] > pane.threshold).astype(np.float32)
    text = "(%{x:.2f}, %{y:.2f})<extra></extra>"
    look = {"size": 4, "color": style.ORANGE}
    drawn = [
        style.field(shaded, mixture.box, FLAGGED, zmin=0, zmax=1, hovertemplate=text),
        style.dots(pane.found.samples[:N_SAMPLES], look, name="G(z)"),
        *outcomes(pane.found, detector, pane.threshold, known=len(mixture.modes) > 0),
    ]
    if len(mixture.modes):
        rings = style.circles(mixture.modes, 3 * mixture.sigma)
        drawn.append(style.line(*rings, style.GREY, 1.2, name="3σ"))
    drawn.append(style.dots(np.array([point]), POINT, name="your point"))
    return drawn


def _layout(
    panes: Sequence[Pane], mixture: Mixture, point: tuple[float, float], narrow: bool
) -> dict[str, Any]:
    box = mixture.box
    layout: dict[str, Any] = {
        "height": NARROW_HEIGHT if narrow else HEIGHT,
        "margin": {"l": 36, "r": 8, "t": 6, "b": 28},
        "showlegend": False,
        "uirevision": f"{box}-{narrow}-{len(panes)}",
        "annotations": [],
    }
    for i, pane in enumerate(panes):
        if narrow:
            # Above each pane two lines of title, between two of them the upper one's ticks as well.
            high = (1.04 - 0.1 * len(panes)) / len(panes)
            top = 0.94 - i * (high + 0.1)
            across, up = (0.0, 1.0), (max(0.0, top - high), top)
        else:
            across, up = (i * 0.53, i * 0.53 + 0.47), (0.0, 0.93)
        names = style.axes(i + 1)
        x, y = style.plane_axes(box, names["xaxis"][1:], nticks=6)
        mark, size = names["xaxis"][1:], 14 if narrow else 15
        layout[f"xaxis{mark}"] = {**x, "domain": across, "anchor": names["yaxis"]}
        layout[f"yaxis{mark}"] = {**y, "domain": up, "anchor": names["xaxis"]}
        layout["annotations"] += [
            style.note(_broken(pane.title) if narrow else pane.title, across[0], up[1], size),
            said_at(point, pane.verdict, mixture, names, NARROW_WORDS if narrow else WORDS),
        ]
    return layout


def _broken(title: str) -> str:
    """In two lines: the model, and what its rule costs."""
    return title.replace("</b> · ", "</b><br>", 1)
