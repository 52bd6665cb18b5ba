"""The race: per lane a plane, its mode ledger and its curves, in one figure (Figs 6–10)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from wganad_core.config import Method
from wganad_core.data.mixture import Mixture, clouds
from wganad_core.figures import style
from wganad_core.records import COLLAPSE_SHARE, COVERED_SHARE, Box, Frame, Replay

Lens = Literal["critic", "slope", "optimal", "none"]
Curves = Literal["distances", "losses", "divergence"]

N_DATA = 105
N_SAMPLES = 250  # drawn; every SVG mark costs the browser time
TITLE_SIZE, SMALL = 17, 13


@dataclasses.dataclass(frozen=True)
class Layers:
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
    recording: Replay


def race_figure(
    lanes: Sequence[LaneDrawing], mixture: Mixture, layers: Layers | None = None
) -> go.Figure:
    """All lanes side by side (stacked on narrow screens: see `layout.meta.narrow`)."""
    return go.Figure(race_spec(lanes, mixture, layers))


def race_spec(
    lanes: Sequence[LaneDrawing], mixture: Mixture, layers: Layers | None = None
) -> dict[str, Any]:
    """The figure as a plain dictionary with NumPy arrays: what a live page sends four times a
    second, where building and validating Plotly's objects would cost a hundred times as much."""
    layers = layers or Layers()
    data = []
    for i, lane in enumerate(lanes):
        panels = (_plane(lane, mixture, layers), _ledger(lane), _curves(lane, layers))
        for axes, traces in enumerate(panels, start=3 * i + 1):
            data += [{**trace, "xaxis": f"x{axes}", "yaxis": f"y{axes}"} for trace in traces]
    layout = _layout(lanes, mixture, layers, narrow=False)
    layout["meta"] = {"narrow": _layout(lanes, mixture, layers, narrow=True)}
    return {"data": data, "layout": layout}


def clouds_figure(centres: Sequence[tuple[float, float]]) -> go.Figure:
    """A square to draw points in, [−1.5, 1.5]², with the clouds around `centres`."""
    x, y = style.plane_axes((-1.5, 1.5, -1.5, 1.5), fixedrange=True)
    figure = go.Figure(style.dots(clouds(centres), {"size": 3, "color": style.BLUE}))
    margin = {"l": 28, "r": 4, "t": 4, "b": 24}
    return figure.update_layout(height=320, margin=margin, xaxis=x, yaxis=y, dragmode=False)


def _plane(lane: LaneDrawing, mixture: Mixture, layers: Layers) -> list[style.Part]:
    """Lens, data, 3σ circles, latent grid, samples, arrows: as many traces as are wanted,
    whatever the frame."""
    frame, one_path = lane.frame, {"dots": True}  # how the live chart draws markers
    traces = [_lens(lane, mixture.box, layers.lens)] if layers.lens != "none" else []
    if layers.data:
        grey = {"size": 3, "color": style.GREY, "opacity": 0.7}
        traces.append(style.dots(mixture.x[:N_DATA], grey, name="data", meta=one_path))
    if len(mixture.modes):
        rings = style.circles(mixture.modes, 3 * mixture.sigma)
        traces.append(style.line(*rings, style.GREY, 1.2, name="3σ"))
    if layers.manifold:
        grid = style.polyline(np.concatenate([frame.manifold, frame.manifold.swapaxes(0, 1)]))
        traces.append(style.line(*grid, style.GREEN, 1, name="latent grid"))
    outlined = {"size": 5, "color": style.ORANGE, "line": {"width": 0.5, "color": "#A06C00"}}
    traces.append(style.dots(frame.samples[:N_SAMPLES], outlined, name="G(z)", meta=one_path))
    if layers.arrows:
        arrows = style.polyline(_arrow_lines(frame.arrows, mixture.box))
        traces.append(style.line(*arrows, style.VERMILLION, 1.6, name="push"))
    return traces


def _lens(lane: LaneDrawing, box: Box, lens: Lens) -> style.Part:
    frame, discriminator = lane.frame, lane.method == "gan"
    field = {"critic": frame.field, "slope": frame.slope, "optimal": frame.optimal}[lens]
    low, high = field_range(lane, lens)
    name = {"critic": "D" if discriminator else "f", "slope": "‖∇f‖", "optimal": "D*"}.get(lens, "")
    return style.field(
        field,
        box,
        style.SEQUENTIAL if lens == "slope" else style.DIVERGING,
        zmin=low,
        zmax=high,
        zsmooth="fast" if lens in ("critic", "slope") else False,
        hovertemplate=f"{name} = %{{z:.3g}}<br>at (%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
    )


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


def _ledger(lane: LaneDrawing) -> list[style.Part]:
    shares = lane.frame.counts / len(lane.frame.samples)
    fair = 1 / max(1, len(shares))
    covered = shares >= COVERED_SHARE * fair
    bars = {
        "type": "bar",
        "x": np.arange(1, len(shares) + 1),
        "y": shares,
        "name": "modes",
        "marker": {"color": np.where(covered, style.BLUE, style.VERMILLION).tolist()},
        "hovertemplate": "mode %{x}: %{y:.1%} of samples<extra></extra>",
    }
    fair_share = style.line([0.5, len(shares) + 0.5], [fair] * 2, style.GREY, 1.5, "dot")
    return [bars, fair_share | {"name": "fair share"}]


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


def _curves(lane: LaneDrawing, layers: Layers) -> list[dict[str, Any]]:
    """The chosen curves and a cursor at the frame's step."""
    past = lane.recording
    step, traces, ends = past.column("step"), [], [0.0]
    for name, label, colour in CURVES[layers.curves]:
        values = past.column(name)
        known = np.isfinite(values)
        text = f"{label} %{{y:.3g}}<br>step %{{x:,}}<extra></extra>"
        x, y = step[known].astype(np.float32), values[known].astype(np.float32)
        said = {"name": label, "hoverinfo": "all", "hovertemplate": text}
        traces.append(style.line(x, y, colour, 2, **said))
        ends += [float(y.min(initial=0)), float(y.max(initial=0))]
    now, span = [lane.frame.step] * 2, [min(ends), max(ends)]
    return [*traces, style.line(now, span, style.GREY, 1, "dot", name="now")]


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


Span = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class _Cell:
    """Where a lane's three panels stand: (left, right) of the plane and of the two panels below or
    beside it, and (top, bottom) of each in pixels from the top of the plotting area."""

    across: Span
    panels_across: Span
    plane: Span
    ledger: Span
    curves: Span


def _cells(n: int, ledger: bool, narrow: bool) -> tuple[list[_Cell], float]:
    """Panels of n lanes and the height of the plotting area in pixels."""
    if n == 1 and not narrow:
        curves = (260.0, 530.0) if ledger else (64.0, 530.0)
        return [_Cell((0, 0.52), (0.6, 1), (64, 530), (64, 200), curves)], 560
    if narrow:
        side, gap, bars, below = 330.0, 40, 96, 140
        lefts, width, tops = [0.0] * n, 1.0, [i * (740.0 if ledger else 610.0) for i in range(n)]
        height = n * (740.0 if ledger else 610.0)
    else:
        side, gap, bars, below = 380.0 if n == 3 else 460.0, 34, 80, 120
        width = (1 - 0.05 * (n - 1)) / n
        lefts, tops = [i * (width + 0.05) for i in range(n)], [0.0] * n
        height = 64 + side + gap + (below if ledger else 0) + 150
    cells = []
    for left, above in zip(lefts, tops, strict=True):
        across, top = (left, left + width), above + 64
        first = top + side + gap
        second = first + (below if ledger else 0)
        spans = (top, top + side), (first, first + bars), (second, second + 120)
        cells.append(_Cell(across, across, *spans))
    return cells, height


def _layout(
    lanes: Sequence[LaneDrawing], mixture: Mixture, layers: Layers, narrow: bool
) -> dict[str, Any]:
    has_ledger = len(lanes[0].frame.counts) > 0
    cells, inner = _cells(len(lanes), has_ledger, narrow)
    layout: dict[str, Any] = {
        "height": inner + 38,
        "margin": {"l": 36, "r": 8, "t": 4, "b": 34},
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "zoom",
        "bargap": 0.25,
        "uirevision": f"{mixture.box}-{layers.curves}",
        "annotations": [],
    }
    for i, (lane, cell) in enumerate(zip(lanes, cells, strict=True)):
        layout |= _axes(3 * i + 1, lane, cell, inner, mixture.box)
        layout["annotations"] += _words(lane, layers, cell, inner, has_ledger)
    return layout


def _axes(first: int, lane: LaneDrawing, cell: _Cell, inner: float, box: Box) -> style.Part:
    """The axes of a lane's panels, which have the numbers from `first` on."""
    n_modes = len(lane.frame.counts)
    tight = {"ticks": "", "tickfont": {"size": 11}, "zeroline": False}
    # Labels, lines and grid of the planes would cost a third of a redraw and say little.
    x, y = style.plane_axes(box, str(first), visible=False)
    bars = {**tight, "showgrid": False, "visible": n_modes > 0, "dtick": 1 if n_modes <= 10 else 5}
    shares = {"visible": False, "range": [0, max(0.3, 1.1 * _highest_share(lane))]}
    steps = {**tight, "rangemode": "tozero", "tickformat": ",d", "nticks": 5}
    values = {**tight, "nticks": 4, "zeroline": True}
    panels = (
        (x, y, cell.across, cell.plane),
        (bars, shares, cell.panels_across, cell.ledger),
        (steps, values, cell.panels_across, cell.curves),
    )
    axes = {}
    for at, (across, up, span, (top, bottom)) in enumerate(panels, start=first):
        axes[f"xaxis{at}"] = {**across, "domain": list(span), "anchor": f"y{at}"}
        domain = [1 - bottom / inner, 1 - top / inner]
        axes[f"yaxis{at}"] = {**up, "domain": domain, "anchor": f"x{at}"}
    return axes


def _highest_share(lane: LaneDrawing) -> float:
    return float(lane.frame.counts.max(initial=0.0)) / len(lane.frame.samples)


def _words(
    lane: LaneDrawing, layers: Layers, cell: _Cell, inner: float, has_ledger: bool
) -> list[style.Part]:
    """Title, headline, lens caption and panel titles."""

    def text(words: str, x: float, pixel: float, size: int) -> style.Part:
        return style.note(words, x, 1 - pixel / inner, size)

    left, panels = cell.across[0], cell.panels_across[0]
    said, collapsed = headline(lane), _highest_share(lane) >= COLLAPSE_SHARE
    if collapsed and len(lane.frame.counts) > 1:
        said = style.coloured(said, style.VERMILLION)
    title = f'<span style="font-size:{TITLE_SIZE}px"><b>{lane.title}</b></span>'
    labels = "  ".join(
        style.coloured(f"━ {label}", colour)
        for name, label, colour in CURVES[layers.curves]
        if (lane.method, name) != ("gan", "w_estimate")  # it has none
    )
    # One text of three lines: every annotation costs the browser its own layout.
    head = "<br>".join(filter(None, [title, said, lens_caption(lane, layers.lens)]))
    words = [text(head, left, cell.plane[0], SMALL), text(labels, panels, cell.curves[0], 12)]
    if has_ledger:
        words.append(text("share of samples per mode", panels, cell.ledger[0], 12))
    return words
