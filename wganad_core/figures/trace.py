"""One training step in slow motion: the six stages of a step, one figure each."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from wganad_core.config import Method
from wganad_core.data.mixture import Mixture
from wganad_core.figures import style
from wganad_core.records import StepTrace

STAGES = ("z", "G(z)", "critic", "losses", "gradients", "update")

# The equation of each stage, as meant (the signs of design: everything is minimised). Long ones in
# lines that fit a phone.
_PRIOR, _SAMPLE = r"z \sim \mathcal N(0, I)", r"\tilde x = G(z)"
_PUSH = r"-\partial L_G / \partial \tilde x = \nabla f(\tilde x)"
_W = r"L_f ={}& \tfrac1m \textstyle\sum f(\tilde x) - \tfrac1m \sum f(x)"
_SUM = r"\tfrac1m \textstyle\sum "
_LINES = r"\begin{aligned}%s\end{aligned}"
_UPDATE = r"\theta \leftarrow \mathrm{%s}\left(\nabla_\theta L_G\right)"
EQUATIONS: dict[Method, tuple[str, ...]] = {
    "gan": (
        _PRIOR,
        _SAMPLE,
        r"D(x) = \sigma(f(x)) \in [0, 1]",
        _LINES % (rf"L_D ={{}}& -{_SUM}\log D(x) \\ &- {_SUM}" + r"\log(1 - D(\tilde x))"),
        r"-\partial L_G / \partial \tilde x",
        _UPDATE % "Adam",
    ),
    "wgan-clip": (
        _PRIOR,
        _SAMPLE,
        r"f(x) \in \mathbb R,\quad w \in [-c, c]",
        _LINES % (_W + r" = -\hat W"),
        _PUSH,
        _UPDATE % "RMSProp",
    ),
    "wgan-gp": (
        _PRIOR,
        _SAMPLE,
        r"f(x) \in \mathbb R,\quad \lVert\nabla f(\hat x)\rVert_2 \approx 1",
        _LINES
        % (_W + r" \\ &+ \lambda \tfrac1m \textstyle\sum (\lVert\nabla f(\hat x)\rVert_2 - 1)^2"),
        _PUSH,
        _UPDATE % "Adam",
    ),
}

LAYOUT: style.Part = {
    "height": 420,
    "margin": {"l": 36, "r": 8, "t": 8, "b": 34},
    "showlegend": False,
}
EXPLANATIONS = (
    "Latents are drawn from the prior: a round Gaussian, always the same.",
    "The generator maps every latent to a point of the plane (orange). Grey: this batch of data.",
    "The critic values every point: blue high, pink low. Data should lie higher than samples.",
    "Bars: the critic's mean value of data and of samples. Their distance is what it widens.",
    "The arrows say where each sample would gain most: all that the generator ever learns.",
    "After its update the generator has moved every sample a little along its arrow.",
)


def trace_figure(trace: StepTrace, stage: int, method: Method, mixture: Mixture) -> go.Figure:
    """The picture of stage 0 … 5 (see `STAGES`) of a step."""
    if stage == 3:
        return _losses(trace, method)
    span = 1.15 * float(np.abs(trace.z).max())
    box = mixture.box if stage else (-span, span, -span, span)
    latents = [_dots(trace.z, "z", style.GREEN, size=8)]
    x, y = style.plane_axes(box)
    figure = go.Figure(_plane(trace, stage, method, mixture) if stage else latents)
    return figure.update_layout(LAYOUT, uirevision=f"trace{stage == 0}", xaxis=x, yaxis=y)


def _dots(points: Any, name: str, colour: Any, size: float = 7, **marker: Any) -> style.Part:
    text = f"{name} = (%{{x:.2f}}, %{{y:.2f}})<extra></extra>"
    look = {"size": size, "color": colour, "line": {"width": 0.5, "color": "#333"}, **marker}
    return style.dots(points, look, name=name, hovertemplate=text, hoverinfo=None)


def _plane(trace: StepTrace, stage: int, method: Method, mixture: Mixture) -> list[style.Part]:
    traces, box = [], mixture.box
    if stage >= 2:
        low, high = (0, 1) if method == "gan" else (trace.field.min(), trace.field.max())
        look = {"zmin": low, "zmax": high, "zsmooth": "fast"}
        text = "value %{z:.3g}<extra></extra>"
        traces.append(style.field(trace.field, box, style.DIVERGING, **look, hovertemplate=text))
    traces.append(_dots(trace.real, "data", style.GREY, size=6))
    if stage == 4:
        lines = _arrows(trace.fake, trace.push, (box[1] - box[0]) / 6)
        traces.append(_lines(lines, "push"))
    if stage == 5:
        traces.append(_lines(np.stack([trace.fake, trace.moved], 1), "moved"))
        traces.append(_dots(trace.fake, "before", "rgba(230,159,0,0.35)"))
    traces.append(_dots(trace.moved if stage == 5 else trace.fake, "G(z)", style.ORANGE))
    if stage == 4 and method == "wgan-gp":
        traces.append(_dots(trace.between, "x̂", trace.between_slope, colorscale="Cividis"))
    return traces


def _arrows(start: Any, push: Any, longest: float) -> Any:
    scale = longest / max(1e-12, float(np.linalg.norm(push, axis=1).max()))
    return np.stack([start, start + scale * push], axis=1)


def _lines(segments: Any, name: str) -> style.Part:
    return style.line(*style.polyline(segments), style.VERMILLION, 2, name=name)


def _losses(trace: StepTrace, method: Method) -> go.Figure:
    """Every sample's value as a dot, the two means as bars."""
    what = "D" if method == "gan" else "f"
    figure = go.Figure()
    groups = (("data", trace.real_scores, style.GREY), ("G(z)", trace.fake_scores, style.ORANGE))
    for at, (name, values, colour) in enumerate(groups):
        jitter = at + 0.5 * (np.arange(len(values)) / max(1, len(values) - 1) - 0.5)
        look = {"color": colour, "size": 7, "opacity": 0.8}
        text = f"{what}({name}) = %{{y:.3g}}<extra></extra>"
        points = np.column_stack([jitter, values])
        figure.add_trace(style.dots(points, look, name=name, hovertemplate=text, hoverinfo=None))
        mean, ends = float(values.mean()), [at - 0.3, at + 0.3]
        figure.add_trace(style.line(ends, [mean, mean], colour, 5, name=f"mean {name}"))
    x = {"tickvals": [0, 1], "ticktext": ["data x", "samples G(z)"], "range": [-0.6, 1.6]}
    margin = {**LAYOUT["margin"], "l": 50}
    y = {"title": {"text": what}}
    return figure.update_layout(LAYOUT, margin=margin, uirevision="losses", xaxis=x, yaxis=y)
