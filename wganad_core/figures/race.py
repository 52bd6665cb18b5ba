"""The race: per lane a plane, its mode ledger and its curves, in one figure (Figs 6–10)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from wganad_core.config import Method
from wganad_core.data.mixture import Mixture
from wganad_core.figures import style
from wganad_core.records import COLLAPSE_SHARE, COVERED_SHARE, Box, FloatArray, Frame, Recording

Lens = Literal["critic", "slope", "optimal", "none"]
Curves = Literal["distances", "losses", "divergence"]

N_DATA = 105
N_SAMPLES = 250  # drawn; every SVG mark costs the browser time
TITLE_SIZE, SMALL = 17, 13


@dataclasses.dataclass(frozen=True)
class View:
    """What to draw over the samples: the lens under them, arrows, the warped latent grid."""

    lens: Lens = "critic"
    curves: Curves = "distances"
    arrows: bool = False
    manifold: bool = False
    data: bool = True


@dataclasses.dataclass(frozen=True)
class LaneDrawing:
    """One lane at one step: `frame` is drawn, `recording` gives the curves beside it."""

    title: str
    method: Method
    frame: Frame
    recording: Recording


def race_figure(
    lanes: Sequence[LaneDrawing], mixture: Mixture, view: View | None = None
) -> go.Figure:
    """All lanes side by side (stacked on narrow screens: see `layout.meta.narrow`)."""
    return go.Figure(race_spec(lanes, mixture, view))


def race_spec(
    lanes: Sequence[LaneDrawing], mixture: Mixture, view: View | None = None
) -> dict[str, Any]:
    """The figure as a plain dictionary with NumPy arrays: what a live page sends four times a
    second, where building and validating Plotly's objects would cost a hundred times as much."""
    view = view or View()
    data = []
    for i, lane in enumerate(lanes):
        panels = (_plane(lane, mixture, view), _ledger(lane), _curves(lane, view))
        for axes, traces in enumerate(panels, start=3 * i + 1):
            data += [{**trace, "xaxis": f"x{axes}", "yaxis": f"y{axes}"} for trace in traces]
    layout = _layout(lanes, mixture, view, narrow=False)
    layout["meta"] = {"narrow": _layout(lanes, mixture, view, narrow=True)}
    return {"data": data, "layout": layout}


def _line(x: Any, y: Any, name: str, colour: str, width: float, **more: Any) -> dict[str, Any]:
    style_of_line = {"color": colour, "width": width, **more.pop("line", {})}
    drawn = {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name}
    return {**drawn, "line": style_of_line, "hoverinfo": "skip", **more}


def _dots(points: FloatArray, name: str, marker: dict[str, Any]) -> dict[str, Any]:
    """Markers; `meta.dots` lets the live chart draw them as one path."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": points[:, 0],
        "y": points[:, 1],
        "name": name,
        "marker": marker,
        "hoverinfo": "skip",
        "meta": {"dots": True},
    }


def _plane(lane: LaneDrawing, mixture: Mixture, view: View) -> list[dict[str, Any]]:
    """Lens, data, 3σ circles, latent grid, samples, arrows: as many traces as the view wants,
    whatever the frame."""
    frame = lane.frame
    outlined = {"size": 5, "color": style.ORANGE, "line": {"width": 0.5, "color": "#A06C00"}}
    traces = [_lens(lane, mixture.box, view.lens)] if view.lens != "none" else []
    if view.data:
        grey = {"size": 3, "color": style.GREY, "opacity": 0.7}
        traces.append(_dots(mixture.x[:N_DATA], "data", grey))
    if len(mixture.modes):
        rings = style.circles(mixture.modes, 3 * mixture.sigma)
        traces.append(_line(*rings, "3σ", style.GREY, 1.2))
    if view.manifold:
        grid = np.concatenate([frame.manifold, frame.manifold.swapaxes(0, 1)])
        traces.append(_line(*style.polyline(grid), "latent grid", style.GREEN, 1))
    traces.append(_dots(frame.samples[:N_SAMPLES], "G(z)", outlined))
    if view.arrows:
        arrows = style.polyline(_arrow_lines(frame.arrows, mixture.box))
        traces.append(_line(*arrows, "push", style.VERMILLION, 1.6))
    return traces


def _lens(lane: LaneDrawing, box: Box, lens: Lens) -> dict[str, Any]:
    frame, discriminator = lane.frame, lane.method == "gan"
    field = {"critic": frame.field, "slope": frame.slope, "optimal": frame.optimal}[lens]
    low, high = field_range(lane, lens)
    name = {"critic": "D" if discriminator else "f", "slope": "‖∇f‖", "optimal": "D*"}.get(lens, "")
    return {
        "type": "heatmap",
        "z": field,
        "x": style.centres(box[0], box[1], field.shape[1]),
        "y": style.centres(box[2], box[3], field.shape[0]),
        "zmin": low,
        "zmax": high,
        "zsmooth": "fast" if lens in ("critic", "slope") else False,
        "colorscale": style.SEQUENTIAL if lens == "slope" else style.DIVERGING,
        "showscale": False,
        "hovertemplate": f"{name} = %{{z:.3g}}<br>at (%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
    }


def field_range(lane: LaneDrawing, lens: Lens) -> tuple[float, float]:
    """The lens's colour range: [0, 1] for D and D*, else from the field itself."""
    if lens == "optimal" or (lens == "critic" and lane.method == "gan"):
        return 0.0, 1.0
    if lens == "slope":
        return 0.0, max(2.0 if lane.method == "wgan-gp" else 0.0, float(lane.frame.slope.max()))
    return float(lane.frame.field.min()), float(lane.frame.field.max())


def _arrow_lines(arrows: np.ndarray[Any, Any], box: Box) -> np.ndarray[Any, Any]:
    """Shafts with heads (k, 5, 2); the longest shaft is an eighth of the box."""
    start, push = arrows[:, :2].astype(np.float64), arrows[:, 2:].astype(np.float64)
    longest = np.linalg.norm(push, axis=1).max(initial=1e-12)
    push = push * ((box[1] - box[0]) / 8 / longest)
    side = np.column_stack([-push[:, 1], push[:, 0]])
    end = start + push
    left, right = end - 0.3 * push + 0.18 * side, end - 0.3 * push - 0.18 * side
    return np.stack([start, end, left, end, right], axis=1)


def _ledger(lane: LaneDrawing) -> list[dict[str, Any]]:
    counts, n = lane.frame.counts, len(lane.frame.samples)
    shares = counts / n
    fair = 1 / max(1, len(counts))
    bars = {
        "type": "bar",
        "x": np.arange(1, len(counts) + 1),
        "y": shares,
        "name": "modes",
        "marker": {
            "color": [
                style.BLUE if share >= COVERED_SHARE * fair else style.VERMILLION
                for share in shares
            ]
        },
        "hovertemplate": "mode %{x}: %{y:.1%} of samples<extra></extra>",
    }
    ends = [0.5, len(counts) + 0.5]
    return [bars, _line(ends, [fair, fair], "fair share", style.GREY, 1.5, line={"dash": "dot"})]


# Columns of the history with their names and colours.
CURVES: dict[Curves, list[tuple[str, str, str]]] = {
    "distances": [
        ("wasserstein", "exact W₁", style.VERMILLION),
        ("sliced_wasserstein", "sliced W₁", style.GREEN),
        ("w_estimate", "critic's estimate", style.BLUE),
    ],
    "losses": [
        ("critic_loss", "critic or discriminator", style.BLUE),
        ("generator_loss", "generator", style.ORANGE),
    ],
    "divergence": [
        ("jensen_shannon", "Jensen–Shannon (nats)", style.PURPLE),
        ("share_inside", "share within 3σ", style.GREEN),
    ],
}


def _curves(lane: LaneDrawing, view: View) -> list[dict[str, Any]]:
    """The chosen curves and a cursor at the frame's step."""
    past = lane.recording
    step, traces, ends = past.column("step"), [], [0.0]
    for name, label, colour in CURVES[view.curves]:
        values = past.column(name)
        known = np.isfinite(values)
        text = f"{label} %{{y:.3g}}<br>step %{{x:,}}<extra></extra>"
        x, y = step[known].astype(np.float32), values[known].astype(np.float32)
        traces.append(_line(x, y, label, colour, 2, hoverinfo="all", hovertemplate=text))
        ends += [float(y.min(initial=0)), float(y.max(initial=0))]
    now, span = [lane.frame.step] * 2, [min(ends), max(ends)]
    return [*traces, _line(now, span, "now", style.GREY, 1, line={"dash": "dot"})]


def headline(lane: LaneDrawing) -> str:
    """What a person should know about the lane at this step, for its subtitle and for `alt`."""
    counts, n = lane.frame.counts, len(lane.frame.samples)
    if not len(counts):
        return f"step {lane.frame.step:,}"
    covered = int((counts >= COVERED_SHARE * n / len(counts)).sum())
    inside = 100 * counts.sum() / n
    return f"step {lane.frame.step:,} · {covered} of {len(counts)} modes · {inside:.0f} % within 3σ"


def lens_caption(lane: LaneDrawing, lens: Lens) -> str:
    """What the colours under the samples say."""
    low, high = field_range(lane, lens)
    if lens == "critic" and lane.method == "gan":
        return "D: pink 0 (fake) · blue 1 (real)"
    if lens == "critic":
        return f"f: pink {low:.3g} · blue {high:.3g}"
    if lens == "slope":
        return f"‖∇f‖: clear 0 · green {high:.3g}"
    return "D* = P_r/(P_r+P_θ): pink 0 · blue 1" if lens == "optimal" else ""


@dataclasses.dataclass(frozen=True)
class _Cell:
    """Where a lane's three panels stand: (left, right), and (bottom, top) of each in pixels from
    the top of the plotting area."""

    across: tuple[float, float]
    panels_across: tuple[float, float]
    plane: tuple[float, float]
    ledger: tuple[float, float]
    curves: tuple[float, float]


def _cells(n: int, ledger: bool, narrow: bool) -> tuple[list[_Cell], float]:
    """Panels of n lanes and the height of the plotting area in pixels."""
    if narrow:
        side, pitch = 330.0, 740.0 if ledger else 610.0
        stacked = []
        for i in range(n):
            top = i * pitch + 64
            first = top + side + 40
            second = first + (140 if ledger else 0)
            stacked.append(
                _Cell(
                    (0, 1), (0, 1), (top, top + side), (first, first + 96), (second, second + 120)
                )
            )
        return stacked, n * pitch
    if n == 1:
        bars = (64.0, 200.0)
        curves = (260.0, 530.0) if ledger else (64.0, 530.0)
        return [_Cell((0, 0.52), (0.6, 1), (64, 530), bars, curves)], 560
    gap, side = 0.05, 380.0 if n == 3 else 460.0
    width = (1 - gap * (n - 1)) / n
    first = 64 + side + 34
    second = first + (120 if ledger else 0)
    cells = [
        _Cell(
            (i * (width + gap), i * (width + gap) + width),
            (i * (width + gap), i * (width + gap) + width),
            (64, 64 + side),
            (first, first + 80),
            (second, second + 120),
        )
        for i in range(n)
    ]
    return cells, second + 120 + 30


def _layout(
    lanes: Sequence[LaneDrawing], mixture: Mixture, view: View, narrow: bool
) -> dict[str, Any]:
    has_ledger = len(lanes[0].frame.counts) > 0
    cells, inner = _cells(len(lanes), has_ledger, narrow)
    margin = {"l": 36, "r": 8, "t": 4, "b": 34}

    def up(span: tuple[float, float]) -> list[float]:
        return [1 - span[1] / inner, 1 - span[0] / inner]

    layout: dict[str, Any] = {
        "height": inner + margin["t"] + margin["b"],
        "margin": margin,
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "zoom",
        "bargap": 0.25,
        "uirevision": f"{mixture.box}-{view.curves}",
        "annotations": [],
    }
    box = mixture.box
    for i, (lane, cell) in enumerate(zip(lanes, cells, strict=True)):
        plane, ledger, curves = (3 * i + k for k in (1, 2, 3))
        tight = {"ticks": "", "tickfont": {"size": 11}, "zeroline": False}
        # Labels, lines and grid of the planes would cost a third of a redraw and say little.
        bare = {"visible": False}
        layout[f"xaxis{plane}"] = {
            **bare,
            "domain": list(cell.across),
            "range": [box[0], box[1]],
            "anchor": f"y{plane}",
            "constrain": "domain",
        }
        layout[f"yaxis{plane}"] = {
            **bare,
            "domain": up(cell.plane),
            "range": [box[2], box[3]],
            "anchor": f"x{plane}",
            "scaleanchor": f"x{plane}",
            "constrain": "domain",
        }
        across = list(cell.panels_across)
        layout[f"xaxis{ledger}"] = {
            **tight,
            "domain": across,
            "anchor": f"y{ledger}",
            "showgrid": False,
            "visible": has_ledger,
            "dtick": 1 if len(lane.frame.counts) <= 10 else 5,
        }
        layout[f"yaxis{ledger}"] = {
            "domain": up(cell.ledger),
            "anchor": f"x{ledger}",
            "visible": False,
            "range": [0, max(0.3, 1.1 * _highest_share(lane))],
        }
        layout[f"xaxis{curves}"] = {
            **tight,
            "domain": across,
            "anchor": f"y{curves}",
            "rangemode": "tozero",
            "tickformat": ",d",
            "nticks": 5,
        }
        layout[f"yaxis{curves}"] = {
            **tight,
            "domain": up(cell.curves),
            "anchor": f"x{curves}",
            "nticks": 4,
            "zeroline": True,
        }
        layout["annotations"] += _words(lane, view, cell, inner, has_ledger)
    return layout


def _highest_share(lane: LaneDrawing) -> float:
    return float(lane.frame.counts.max(initial=0.0)) / len(lane.frame.samples)


def _words(
    lane: LaneDrawing, view: View, cell: _Cell, inner: float, has_ledger: bool
) -> list[dict[str, Any]]:
    """Title, headline, lens caption and panel titles."""

    def text(words: str, x: float, pixel: float, size: int) -> dict[str, Any]:
        return {
            "text": words,
            "x": x,
            "y": 1 - pixel / inner,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "left",
            "yanchor": "bottom",
            "showarrow": False,
            "align": "left",
            "font": {"size": size},
        }

    left, panels = cell.across[0], cell.panels_across[0]
    collapsed = _highest_share(lane) >= COLLAPSE_SHARE and len(lane.frame.counts) > 1
    labels = "  ".join(
        f'<span style="color:{colour}">━ {label}</span>'
        for name, label, colour in CURVES[view.curves]
        if (lane.method, name) != ("gan", "w_estimate")  # it has none
    )
    # One text of three lines: every annotation costs the browser its own layout.
    head = [
        f'<span style="font-size:{TITLE_SIZE}px"><b>{lane.title}</b></span>',
        f'<span style="color:{style.VERMILLION}">{headline(lane)}</span>'
        if collapsed
        else headline(lane),
        lens_caption(lane, view.lens),
    ]
    words = [
        text("<br>".join(filter(None, head)), left, cell.plane[0], SMALL),
        text(labels, panels, cell.curves[0], 12),
    ]
    if has_ledger:
        words.append(text("share of samples per mode", panels, cell.ledger[0], 12))
    return words
