"""The critic as detector: score map and verdict map (Figs 12 and 13), false alarms per mode."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from wganad_core.data.mixture import Mixture
from wganad_core.figures import style
from wganad_core.pretrained import Run
from wganad_core.records import Detection

N_POINTS = 700
FLAGGED = [[0.0, "rgba(0,0,0,0)"], [1.0, "rgba(213,94,0,0.38)"]]


def detection_figure(
    found: Detection,
    mixture: Mixture,
    rule: str,
    threshold: float,
    point: tuple[float, float] | None = None,
) -> go.Figure:
    """Left the score over the plane (for the critic: f, and grey where f leaves its interval),
    right what is flagged (shaded), with false alarms and misses among the evaluation points."""
    figure = go.Figure()
    box, size = mixture.box, len(found.maps["critic"])
    x, y = style.centres(*box[:2], size), style.centres(*box[2:], size)
    figure.add_trace(_score_map(found, rule, x, y))
    figure.add_trace(
        go.Scatter(
            x=found.samples[:, 0],
            y=found.samples[:, 1],
            mode="markers",
            name="G(z)",
            marker={"size": 3, "color": style.ORANGE},
            hoverinfo="skip",
        )
    )
    verdict = (found.maps[rule] > threshold).astype(np.float32)
    figure.add_trace(
        go.Heatmap(
            z=verdict,
            x=x,
            y=y,
            zmin=0,
            zmax=1,
            colorscale=FLAGGED,
            showscale=False,
            hovertemplate="(%{x:.2f}, %{y:.2f})<extra></extra>",
            xaxis="x2",
            yaxis="y2",
        )
    )
    figure.add_traces(_outcomes(found, rule, threshold))
    ring = style.circles(mixture.modes, 3 * mixture.sigma) if len(mixture.modes) else ([], [])
    for axis in ("", "2"):
        figure.add_trace(
            go.Scatter(
                x=ring[0],
                y=ring[1],
                mode="lines",
                hoverinfo="skip",
                name="3σ",
                line={"color": style.GREY, "width": 1.2},
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        )
        at: tuple[Any, Any] = ([], []) if point is None else ([point[0]], [point[1]])
        figure.add_trace(
            go.Scatter(
                x=at[0],
                y=at[1],
                mode="markers",
                hoverinfo="skip",
                name="your point",
                marker={
                    "size": 15,
                    "symbol": "circle-cross-open",
                    "color": style.VERMILLION,
                    "line": {"width": 2.5},
                },
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
        )
    wide = _layout(mixture, rule, narrow=False)
    wide["meta"] = {"narrow": _layout(mixture, rule, narrow=True)}
    return figure.update_layout(wide)


def _score_map(found: Detection, rule: str, x: Any, y: Any) -> go.Heatmap:
    """For the interval rule f clipped to [low, high] (Fig. 13 right), else the score itself."""
    if rule == "critic-interval":
        f = -found.maps["critic"]
        shown, name = np.where((f < found.low) | (f > found.high), np.nan, f), "f"
        scale = style.DIVERGING
    else:
        shown, name = found.maps[rule], "score"
        scale = [(1 - at, colour) for at, colour in reversed(style.DIVERGING)]
        top = float(np.quantile(shown, 0.98))
        shown = np.minimum(shown, top)
    return go.Heatmap(
        z=shown.astype(np.float32),
        x=x,
        y=y,
        colorscale=scale,
        showscale=False,
        hovertemplate=f"{name} %{{z:.3g}} at (%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
    )


def _outcomes(found: Detection, rule: str, threshold: float) -> list[Any]:
    """A sample of the evaluation points by outcome, on the right-hand plane."""
    flagged = found.scores[rule] > threshold
    every = max(1, len(found.points) // N_POINTS)
    kinds = (
        ("normal, passed", (found.label == 0) & ~flagged, style.BLUE, "circle", 3),
        ("anomaly, flagged", (found.label == 1) & flagged, style.GREY, "x", 4),
        ("false alarm", (found.label == 0) & flagged, style.VERMILLION, "circle", 6),
        ("miss", (found.label == 1) & ~flagged, style.PURPLE, "diamond", 6),
    )
    traces = []
    for name, mask, colour, symbol, size in kinds:
        points = found.points[::every][mask[::every]]
        traces.append(
            go.Scatter(
                x=points[:, 0],
                y=points[:, 1],
                mode="markers",
                name=name,
                hoverinfo="name",
                marker={"size": size, "color": colour, "symbol": symbol},
                xaxis="x2",
                yaxis="y2",
            )
        )
    return traces


TITLES = {
    "critic-interval": "f, clear where it leaves the training set's interval",
    "critic": "−f: pink = anomalous, blue = normal",
    "generator": "distance to G: pink = far, blue = near",
    "density": "−log p: pink = improbable, blue = probable",
}


def _layout(mixture: Mixture, rule: str, narrow: bool) -> dict[str, Any]:
    box, gap = mixture.box, 0.06
    half = 0.5 - gap / 2
    beside = [([0, half], [0, 0.93]), ([1 - half, 1], [0, 0.93])]
    stacked = [([0.0, 1], [0.53, 0.97]), ([0.0, 1], [0, 0.42])]
    spans = stacked if narrow else beside
    words = (
        f"<b>Score</b> · {TITLES[rule]}",
        "<b>Verdict</b> · shaded = anomaly; "
        f'<span style="color:{style.VERMILLION}">● false alarm</span> '
        f'<span style="color:{style.PURPLE}">◆ miss</span>',
    )
    layout: dict[str, Any] = {
        "height": 860 if narrow else 560,
        "margin": {"l": 36, "r": 8, "t": 10, "b": 30},
        "showlegend": False,
        "uirevision": f"{box}-{narrow}",
        "annotations": [],
    }
    for axis, (across, up), text in zip(("", "2"), spans, words, strict=True):
        layout[f"xaxis{axis}"] = {
            "domain": across,
            "range": list(box[:2]),
            "anchor": f"y{axis}",
            "constrain": "domain",
            "zeroline": False,
            "nticks": 6,
        }
        layout[f"yaxis{axis}"] = {
            "domain": up,
            "range": list(box[2:]),
            "anchor": f"x{axis}",
            "zeroline": False,
            "scaleanchor": f"x{axis}",
            "constrain": "domain",
            "nticks": 6,
        }
        layout["annotations"].append(
            {
                "text": text,
                "x": across[0],
                "y": up[1],
                "xref": "paper",
                "yref": "paper",
                "xanchor": "left",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 11 if narrow else 14},
            }
        )
    return layout


def false_alarm_figure(alarms: NDArray[np.float64]) -> go.Figure:
    """Share of each mode's normals that are flagged."""
    colours = [style.VERMILLION if share > 0.1 else style.BLUE for share in alarms]
    figure = go.Figure(
        go.Bar(
            x=np.arange(1, len(alarms) + 1),
            y=alarms,
            marker={"color": colours},
            text=[f"{100 * share:.1f} %" for share in alarms],
            textposition="outside",
            hovertemplate="mode %{x}: %{y:.1%} false alarms<extra></extra>",
            cliponaxis=False,
        )
    )
    return figure.update_layout(
        height=260,
        margin={"l": 44, "r": 8, "t": 24, "b": 40},
        xaxis={"title": {"text": "mode"}, "dtick": 1 if len(alarms) <= 10 else 5},
        yaxis={"tickformat": ".0%", "range": [0, 1.05]},
        showlegend=False,
    )


def most_collapsed(run: Run, steps: Sequence[int]) -> int:
    """Of the given steps, the one whose recorded samples crowd one mode the most."""

    def crowding(step: int) -> float:
        return float(run.recording.nearest(step).counts.max(initial=0))

    return max(steps[1:], key=crowding)
