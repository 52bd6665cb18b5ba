"""The critic as detector: score map and verdict map (Figs 12 and 13), false alarms per mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from wganad_core.data.mixture import Mixture
from wganad_core.figures import style
from wganad_core.pretrained import RecordedRun
from wganad_core.records import Box, Detection

N_POINTS = 700
RIGHT = {"xaxis": "x2", "yaxis": "y2"}
# Name, label, flagged or not, colour, symbol, size.
OUTCOMES = (
    ("normal, passed", 0, False, style.BLUE, "circle", 3),
    ("anomaly, flagged", 1, True, style.GREY, "x", 4),
    ("false alarm", 0, True, style.VERMILLION, "circle", 6),
    ("miss", 1, False, style.PURPLE, "diamond", 6),
)
# Without a truth nothing is a false alarm.
UNKNOWN = (
    ("passed", 0, False, style.BLUE, "circle", 3),
    ("flagged", 0, True, style.GREY, "x", 4),
)
CROSS = {"symbol": "circle-cross-open", "color": style.VERMILLION, "line": {"width": 2.5}}
POINT = {"size": 15, **CROSS}
WORDS, NARROW_WORDS = 0.46, 0.64  # of a picture's width, that a verdict takes
FLAGGED = [[0.0, "rgba(0,0,0,0)"], [1.0, "rgba(213,94,0,0.38)"]]


def detection_figure(
    found: Detection,
    mixture: Mixture,
    detector: str,
    threshold: float,
    point: tuple[float, float],
    verdict: str,
) -> go.Figure:
    """Left the score over the plane (for the critic: f, and grey where f leaves its interval),
    right what is flagged (shaded), with false alarms and misses among the evaluation points and
    the verdict written at the point."""
    box, ring = mixture.box, style.circles(mixture.modes, 3 * mixture.sigma)
    shaded = (found.maps[detector] > threshold).astype(np.float32)
    text = "(%{x:.2f}, %{y:.2f})<extra></extra>"
    flagged = style.field(shaded, box, FLAGGED, zmin=0, zmax=1, hovertemplate=text)
    samples = style.dots(found.samples, {"size": 3, "color": style.ORANGE}, name="G(z)")
    traces = [_score_map(found, detector, box), samples]
    judged = outcomes(found, detector, threshold, known=len(mixture.modes) > 0)
    traces += [{**trace, **RIGHT} for trace in (flagged, *judged)]
    marked = style.dots(np.array([point]), POINT, name="your point")
    for axes in ({"xaxis": "x", "yaxis": "y"}, RIGHT):
        traces += [style.line(*ring, style.GREY, 1.2, name="3σ", **axes), {**marked, **axes}]
    layout = _layout(mixture, detector, narrow=False)
    layout["meta"] = {"narrow": _layout(mixture, detector, narrow=True)}
    for one, width in ((layout, WORDS), (layout["meta"]["narrow"], NARROW_WORDS)):
        one["annotations"].append(said_at(point, verdict, mixture, RIGHT, width))
    return go.Figure({"data": traces, "layout": layout})


def _score_map(found: Detection, detector: str, box: Box) -> style.Part:
    """For the interval rule f clipped to [low, high] (Fig. 13 right), else the score itself."""
    scale = style.DIVERGING
    if detector == "critic-interval":
        f = -found.maps["critic"]
        shown, name = np.where((f < found.low) | (f > found.high), np.nan, f), "f"
    else:
        scale = [(1 - at, colour) for at, colour in reversed(scale)]
        shown, name = found.maps[detector], "score"
        shown = np.minimum(shown, float(np.quantile(shown, 0.98)))
    text = f"{name} %{{z:.3g}} at (%{{x:.2f}}, %{{y:.2f}})<extra></extra>"
    return style.field(shown.astype(np.float32), box, scale, hovertemplate=text)


def outcomes(
    found: Detection, detector: str, threshold: float, known: bool = True
) -> list[style.Part]:
    """A sample of the evaluation points by outcome; where no truth is `known`, only by whether
    they are flagged."""
    flagged = found.flagged(detector, threshold)
    every = max(1, len(found.points) // N_POINTS)
    traces = []
    for name, label, verdict, colour, symbol, size in OUTCOMES if known else UNKNOWN:
        shown = ((found.label == label) & (flagged == verdict))[::every]
        look = {"size": size, "color": colour, "symbol": symbol}
        traces.append(style.dots(found.points[::every][shown], look, name=name, hoverinfo="name"))
    return traces


def said_at(
    point: tuple[float, float], words: str, mixture: Mixture, names: Mapping[str, str], width: float
) -> style.Part:
    """The verdict near the point, at the end of a line to it, and on no mode if that can be.

    `width` is how much of the picture's the words take; they are two lines."""
    box = mixture.box
    half = np.array([width * (box[1] - box[0]), 0.14 * (box[3] - box[2])]) / 2
    across, up = (
        np.linspace(box[i] + half[k], box[i + 1] - half[k], 25) for k, i in ((0, 0), (1, 2))
    )
    places = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)

    def beside(at: NDArray[np.floating]) -> NDArray[np.floating]:
        """How far each place's words end from each of some points (places, points)."""
        over = np.abs(places[:, None] - at) - half
        return np.asarray(np.linalg.norm(np.maximum(over, 0), axis=-1))

    far = beside(np.array([point]))[:, 0]
    near = 3 * mixture.sigma if len(mixture.modes) else 0.05 * (box[1] - box[0])
    covered = (beside(mixture.modes) < near).sum(axis=1) + (far < near)
    x, y = places[np.lexsort((far, covered))[0]]
    return {
        "text": words,
        "font": {"size": 15, "color": "#111"},
        "align": "left",
        "bgcolor": "rgba(255,255,255,0.88)",
        "borderpad": 3,
        **{"x": point[0], "y": point[1], "xref": names["xaxis"], "yref": names["yaxis"]},
        **{"ax": x, "ay": y, "axref": names["xaxis"], "ayref": names["yaxis"]},
        **{"showarrow": True, "arrowhead": 0, "arrowwidth": 2, "standoff": 9},
        "arrowcolor": style.GREY,
    }


TITLES = {
    "critic-interval": "f, clear where it leaves its training range",
    "critic": "−f: pink = anomalous, blue = normal",
    "generator": "distance to G: pink = far, blue = near",
    "density": "−log p: pink = improbable, blue = probable",
}


def _layout(mixture: Mixture, detector: str, narrow: bool) -> dict[str, Any]:
    beside = [([0, 0.47], [0, 0.93]), ([0.53, 1], [0, 0.93])]
    stacked = [([0.0, 1], [0.53, 0.95]), ([0.0, 1], [0, 0.42])]
    truth = (
        f"{style.coloured('● false alarm', style.VERMILLION)} "
        + style.coloured("◆ miss", style.PURPLE)
        if len(mixture.modes)
        else f"{style.coloured('● passed', style.BLUE)} {style.coloured('× flagged', style.GREY)}"
    )
    apart = "<br>" if narrow else " · "
    words = (
        f"<b>Score</b>{apart}{TITLES[detector]}",
        f"<b>Verdict</b>{apart}shaded = anomaly; {truth}",
    )
    layout: dict[str, Any] = {
        "height": 860 if narrow else 560,
        "margin": {"l": 36, "r": 8, "t": 10, "b": 30},
        "showlegend": False,
        "uirevision": f"{mixture.box}-{narrow}",
        "annotations": [],
    }
    spans = stacked if narrow else beside
    for axis, (across, up), text in zip(("", "2"), spans, words, strict=True):
        x, y = style.plane_axes(mixture.box, axis, nticks=6)
        layout[f"xaxis{axis}"] = {**x, "domain": across, "anchor": f"y{axis}"}
        layout[f"yaxis{axis}"] = {**y, "domain": up, "anchor": f"x{axis}"}
        layout["annotations"].append(style.note(text, across[0], up[1]))
    return layout


def false_alarm_figure(alarms: Mapping[str, NDArray[np.float64]]) -> go.Figure:
    """Share of each mode's normals that are flagged, by model."""
    figure = go.Figure()
    n = 0
    for (title, shares), colour in zip(
        alarms.items(), (style.VERMILLION, style.BLUE), strict=False
    ):
        n = max(n, len(shares))
        figure.add_bar(
            x=np.arange(1, len(shares) + 1),
            y=shares,
            name=title,
            marker_color=colour,
            text=[f"{100 * share:.0f}" for share in shares] if n <= 10 else None,
            textposition="outside",
            hovertemplate=f"{title}, mode %{{x}}: %{{y:.1%}} false alarms<extra></extra>",
            cliponaxis=False,
        )
    return figure.update_layout(
        height=286,
        margin={"l": 44, "r": 8, "t": 50, "b": 40},
        xaxis={"title": {"text": "mode"}, "dtick": 1 if n <= 10 else 5},
        yaxis={"tickformat": ".0%", "range": [0, 1.05]},
        legend={"orientation": "h", "x": 0, "y": 1.12, "yanchor": "bottom"},
        bargap=0.25,
    )


def most_collapsed(run: RecordedRun, steps: Sequence[int]) -> int:
    """Of the given steps, the one whose recorded samples crowd one mode the most."""

    def crowding(step: int) -> float:
        return float(run.recording.nearest(step).counts.max(initial=0))

    return max(steps[1:], key=crowding)
