"""The paper's figures for the mixture (Figs 1, 6–10, 12, 13), drawn from finished runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from wganad_core.data.mixture import Mixture, square
from wganad_core.figures import style
from wganad_core.pretrained import RecordedRun
from wganad_core.records import Box, Frame, LookBack

N_DRAWN = 5_000
N_EPOCHS = 8


def paper_figures(
    runs: Mapping[str, RecordedRun], mixture: Mixture, looks: Mapping[str, LookBack]
) -> dict[str, go.Figure]:
    """By file name. `runs` and `looks` by method; a figure whose method is absent is left out.

    So is Fig. 8 of a run shorter than an epoch.
    """
    figures = {"fig-01-06-data-set": data_set(mixture)}
    if "gan" in runs:
        figures["fig-07-gan-discriminator-loss"] = discriminator_loss(runs["gan"])
        if epoch_frames(runs["gan"]):
            figures["fig-08-gan-first-epochs"] = first_epochs(runs["gan"], mixture)
    # Figs 9, 10, 12 and 13 follow the improved algorithm (§3.4); the clipped one comes beside it.
    for method in ("wgan-gp", "wgan-clip"):
        if method in runs:
            figures[f"fig-10-{method}-estimate"] = w_estimate(runs[method])
        if method in looks:
            figures[f"fig-09-12-{method}-samples"] = data_and_samples(looks[method], mixture)
            figures[f"fig-13-{method}-critic"] = critic_output(looks[method], mixture)
    return {name: style.standalone(figures[name]) for name in sorted(figures)}


def data_set(mixture: Mixture) -> go.Figure:
    """Figs 1 and 6."""
    figure = _planes(["" if len(mixture.x) <= N_DRAWN else _drawn(mixture.x)], 1, [mixture.box])
    figure.add_trace(_dots(mixture.x, style.BLUE), row=1, col=1)
    return _finish(figure, f"Figs 1 and 6 · {len(mixture.x):,} points of the data set", 620, 640)


def discriminator_loss(run: RecordedRun) -> go.Figure:
    """Fig. 7."""
    figure = _curves(run, {"critic_loss": ("discriminator", style.BLUE)}, "loss of D")
    note = "Neither its level nor its trend says whether G has learned the data."
    return _finish(figure, "Fig. 7 · Loss of the discriminator in GAN training", 820, 460, note)


def first_epochs(run: RecordedRun, mixture: Mixture) -> go.Figure:
    """Fig. 8: G's samples after each of the first eight epochs that the run reached."""
    frames = epoch_frames(run)
    boxes = [mixture.box] * len(frames)
    leaves = _outside(frames[-1][1].samples, mixture.box) > 0.5
    if leaves:
        boxes[-1] = _square_around(frames[-1][1].samples, mixture.box)
    titles = [f"epoch {epoch} (step {frame.step:,})" for epoch, frame in frames]
    titles[-1] += ", other scale" if leaves else ""
    columns = min(4, len(frames))
    figure = _planes(titles, columns, boxes)
    for i, (_, frame) in enumerate(frames):
        at = {"row": i // columns + 1, "col": i % columns + 1}
        figure.add_trace(_dots(mixture.x[:1000], style.GREY, size=2), **at)
        figure.add_trace(_dots(frame.samples, style.ORANGE), **at)
    rows = -(-len(frames) // columns)
    note = "Grey: data. Orange: G(z) at latents that stay the same."
    title = f"Fig. 8 · Output of the vanilla GAN, epochs 1 to {len(frames)}"
    return _finish(figure, title, max(700, 80 + 270 * columns), 130 + 290 * rows, note)


def epoch_frames(run: RecordedRun) -> list[tuple[int, Frame]]:
    """(epoch, the frame recorded nearest to its end) for the first eight epochs reached."""
    reached = min(N_EPOCHS, int(run.recording.frames[-1].step / steps_per_epoch(run) + 1e-9))
    return [
        (epoch, run.recording.nearest(round(epoch * steps_per_epoch(run))))
        for epoch in range(1, reached + 1)
    ]


def steps_per_epoch(run: RecordedRun) -> float:
    """Generator steps in which as many samples are drawn as there are data: the count that
    reproduces the paper's figures (see `use_cases.PAPER`)."""
    return run.mixture.n_samples / run.lane.training.batch_size


def w_estimate(run: RecordedRun) -> go.Figure:
    """Fig. 10, as an estimate: the paper's loss is its negative (and carries the penalty)."""
    curves = {"w_estimate": ("critic's estimate", style.BLUE)}
    note = "Algorithm 2 and eqs 25–26 mix signs; drawn is the critic's estimate of W (eq. 9)."
    if run.lane.training.method == "wgan-clip":
        note += " Under clipping it is W only up to an unknown factor."
    else:
        curves["wasserstein"] = ("exact W₁", style.VERMILLION)
    figure = _curves(run, curves, "mean f(x) − mean f(G(z))")
    title = f"Fig. 10 · Critic's estimate in Wasserstein GAN training ({_name(run)})"
    return _finish(figure, title, 820, 460, note)


def data_and_samples(look: LookBack, mixture: Mixture) -> go.Figure:
    """Figs 9 and 12."""
    titles = [f"data: {_drawn(mixture.x)}", f"G(z): {_drawn(look.samples)}"]
    figure = _planes(titles, 2, [mixture.box] * 2)
    figure.add_trace(_dots(mixture.x, style.BLUE), row=1, col=1)
    figure.add_trace(_dots(look.samples, style.ORANGE), row=1, col=2)
    for column in (1, 2):
        figure.add_trace(_rings(mixture), row=1, col=column)
    return _finish(figure, "Figs 9 and 12 · Data and generated samples", 1080, 620)


def critic_output(look: LookBack, mixture: Mixture) -> go.Figure:
    """Fig. 13: f on the plane, and f clipped to its range over the training set."""
    box, field = mixture.box, look.field
    titles = ["f on the plane", f"f clipped to [{look.low:.3g}, {look.high:.3g}]"]
    figure = _planes(titles, 2, [box] * 2)
    text = "f = %{z:.3g}<br>at (%{x:.2f}, %{y:.2f})<extra></extra>"
    for column, values in ((1, field), (2, field.clip(look.low, look.high))):
        bar = {"x": 0.45 if column == 1 else 1.0, "len": 0.9, "thickness": 12}
        shown = {"showscale": None, "colorbar": bar, "zsmooth": "fast", "hovertemplate": text}
        heat = style.field(values, box, style.DIVERGING, **shown)
        figure.add_traces([heat, _rings(mixture)], rows=1, cols=column)
    note = (
        "The interval goes from the smallest to the largest f over the training set; what lies "
        "outside it is an anomaly (§5.1). Circles: 3σ."
    )
    figure.update_xaxes(domain=[0, 0.43], row=1, col=1)
    figure.update_xaxes(domain=[0.55, 0.98], row=1, col=2)
    figure.layout.annotations[0].x, figure.layout.annotations[1].x = 0.215, 0.765
    return _finish(figure, "Fig. 13 · Output of the critic", 1180, 640, note)


def _planes(titles: list[str], columns: int, boxes: list[Box]) -> go.Figure:
    """Square panels of the plane, each on its box."""
    figure = make_subplots(
        rows=-(-len(titles) // columns),
        cols=columns,
        subplot_titles=[t or " " for t in titles],
        horizontal_spacing=0.16 / columns,
        vertical_spacing=0.12,
    )
    for i, box in enumerate(boxes):
        at = {"row": i // columns + 1, "col": i % columns + 1}
        x, y = style.plane_axes(box, f"{i + 1 if i else ''}")
        figure.update_xaxes(x, **at).update_yaxes(y, **at)
    return figure


def _curves(run: RecordedRun, curves: Mapping[str, tuple[str, str]], label: str) -> go.Figure:
    figure, step = go.Figure(), run.recording.column("step")
    for name, (words, colour) in curves.items():
        values = run.recording.column(name)
        known = np.isfinite(values)
        text = f"{words} %{{y:.3g}}<br>step %{{x:,}}<extra></extra>"
        said: style.Part = {"name": words, "hovertemplate": text, "hoverinfo": None}
        x, y = step[known], values[known].astype(np.float32)
        figure.add_trace(style.line(x, y, colour, 2, **said))
    figure.update_xaxes(title=f"step (1 epoch = {steps_per_epoch(run):,.0f} steps)")
    figure.update_yaxes(title=label)
    place = {"x": 1, "xanchor": "right", "y": 1, "yanchor": "top"}
    return figure.update_layout(showlegend=len(curves) > 1, legend=place)


def _dots(points: NDArray[np.floating], colour: str, size: int = 3) -> style.Part:
    look = {"size": size, "color": colour, "opacity": 0.6}
    return style.dots(points[:N_DRAWN], look, showlegend=False)


def _rings(mixture: Mixture) -> style.Part:
    rings = style.circles(mixture.modes, 3 * mixture.sigma)
    return style.line(*rings, style.GREY, 1.2, showlegend=False)


def _finish(figure: go.Figure, title: str, width: int, height: int, note: str = "") -> go.Figure:
    words: dict[str, Any] = {"text": title, "x": 0.02, "xanchor": "left", "yref": "container"}
    if note:
        words["subtitle"] = {"text": note, "font": {"size": 13, "color": "#626A74"}}
    margin = {"l": 60, "r": 30, "t": 110 if note else 90, "b": 56}
    return figure.update_layout(title=words, width=width, height=height, margin=margin)


def _drawn(points: NDArray[np.floating]) -> str:
    n = len(points)
    return f"{n:,} points" if n <= N_DRAWN else f"{N_DRAWN:,} of {n:,} points"


def _name(run: RecordedRun) -> str:
    return {"wgan-clip": "weight clipping"}.get(run.lane.training.method, "gradient penalty")


def _outside(points: NDArray[np.floating], box: Box) -> float:
    """Share of the points that the box does not show."""
    x, y = points[:, 0], points[:, 1]
    return float(1 - ((x > box[0]) & (x < box[1]) & (y > box[2]) & (y < box[3])).mean())


def _square_around(points: NDArray[np.floating], box: Box) -> Box:
    """A square that shows the points and the box."""
    low = np.minimum(points.min(axis=0), [box[0], box[2]])
    high = np.maximum(points.max(axis=0), [box[1], box[3]])
    middle, half = (low + high) / 2, 0.525 * float((high - low).max())
    return square(middle, half)
