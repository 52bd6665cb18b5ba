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

# The equation of each stage, as meant (the signs of design: everything is minimised).
EQUATIONS: dict[Method, tuple[str, ...]] = {
    "gan": (
        r"z \sim \mathcal N(0, I)",
        r"x = G(z)",
        r"D(x) = \sigma(f(x)) \in [0, 1]",
        r"L_D = -\tfrac1m \textstyle\sum \log D(x) - \tfrac1m \sum \log\left(1 - D(G(z))\right)",
        r"-\partial L_G / \partial x \;\text{at}\; x = G(z)",
        r"\theta \leftarrow \mathrm{Adam}\left(\nabla_\theta L_G\right)",
    ),
    "wgan-clip": (
        r"z \sim \mathcal N(0, I)",
        r"x = G(z)",
        r"f(x) \in \mathbb R,\quad w \in [-c, c]",
        r"L_f = \tfrac1m \textstyle\sum f(G(z)) - \tfrac1m \sum f(x) = -\hat W",
        r"-\partial L_G / \partial x = \nabla f(x) \;\text{at}\; x = G(z)",
        r"\theta \leftarrow \mathrm{RMSProp}\left(\nabla_\theta L_G\right)",
    ),
    "wgan-gp": (
        r"z \sim \mathcal N(0, I)",
        r"x = G(z)",
        r"f(x) \in \mathbb R,\quad \lVert\nabla f(\hat x)\rVert_2 \approx 1",
        r"L_f = \tfrac1m \textstyle\sum f(G(z)) - \tfrac1m \sum f(x)"
        r" + \lambda \tfrac1m \sum (\lVert\nabla f(\hat x)\rVert_2 - 1)^2",
        r"-\partial L_G / \partial x = \nabla f(x) \;\text{at}\; x = G(z)",
        r"\theta \leftarrow \mathrm{Adam}\left(\nabla_\theta L_G\right)",
    ),
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
    figure = go.Figure()
    if stage == 0:
        figure.add_trace(_dots(trace.z, "z", style.GREEN, size=8))
        span = 1.15 * float(np.abs(trace.z).max())
        box = (-span, span, -span, span)
    elif stage == 3:
        return _losses(trace, method)
    else:
        box = mixture.box
        figure.add_traces(_plane(trace, stage, method, mixture))
    figure.update_layout(
        height=480,
        margin={"l": 36, "r": 8, "t": 8, "b": 34},
        showlegend=False,
        uirevision=f"trace{stage == 0}",
        xaxis={"range": list(box[:2]), "constrain": "domain", "zeroline": False},
        yaxis={
            "range": list(box[2:]),
            "scaleanchor": "x",
            "constrain": "domain",
            "zeroline": False,
        },
    )
    return figure


def _dots(points: Any, name: str, colour: Any, size: float = 7, **marker: Any) -> go.Scatter:
    return go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        name=name,
        marker={"size": size, "color": colour, "line": {"width": 0.5, "color": "#333"}, **marker},
        hovertemplate=f"{name} = (%{{x:.2f}}, %{{y:.2f}})<extra></extra>",
    )


def _plane(trace: StepTrace, stage: int, method: Method, mixture: Mixture) -> list[Any]:
    traces: list[Any] = []
    box, size = mixture.box, len(trace.field)
    if stage >= 2:
        low, high = (0, 1) if method == "gan" else (trace.field.min(), trace.field.max())
        traces.append(
            go.Heatmap(
                z=trace.field,
                x=style.centres(*box[:2], size),
                y=style.centres(*box[2:], size),
                zmin=low,
                zmax=high,
                colorscale=style.DIVERGING,
                showscale=False,
                zsmooth="fast",
                hovertemplate="value %{z:.3g}<extra></extra>",
            )
        )
    traces.append(_dots(trace.real, "data", style.GREY, size=6))
    if stage == 4:
        lines = _arrows(trace.fake, trace.push, (box[1] - box[0]) / 6)
        traces.append(_lines(lines, "push", style.VERMILLION))
    if stage == 5:
        traces.append(_lines(np.stack([trace.fake, trace.moved], 1), "moved", style.VERMILLION))
        traces.append(_dots(trace.fake, "before", "rgba(230,159,0,0.35)"))
        traces.append(_dots(trace.moved, "G(z)", style.ORANGE))
    else:
        traces.append(_dots(trace.fake, "G(z)", style.ORANGE))
    if stage == 4 and method == "wgan-gp":
        traces.append(_dots(trace.between, "x̂", trace.between_slope, colorscale="Cividis"))
    return traces


def _arrows(start: Any, push: Any, longest: float) -> Any:
    scale = longest / max(1e-12, float(np.linalg.norm(push, axis=1).max()))
    return np.stack([start, start + scale * push], axis=1)


def _lines(segments: Any, name: str, colour: str) -> go.Scatter:
    x, y = style.polyline(segments)
    return go.Scatter(
        x=x, y=y, mode="lines", name=name, hoverinfo="skip", line={"color": colour, "width": 2}
    )


def _losses(trace: StepTrace, method: Method) -> go.Figure:
    """Every sample's value as a dot, the two means as bars."""
    what = "D" if method == "gan" else "f"
    figure = go.Figure()
    for at, (name, values, colour) in enumerate(
        (("data", trace.real_scores, style.GREY), ("G(z)", trace.fake_scores, style.ORANGE))
    ):
        jitter = at + 0.5 * (np.arange(len(values)) / max(1, len(values) - 1) - 0.5)
        figure.add_trace(
            go.Scatter(
                x=jitter,
                y=values,
                mode="markers",
                name=name,
                marker={"color": colour, "size": 7, "opacity": 0.8},
                hovertemplate=f"{what}({name}) = %{{y:.3g}}<extra></extra>",
            )
        )
        mean = float(values.mean())
        figure.add_trace(
            go.Scatter(
                x=[at - 0.3, at + 0.3],
                y=[mean, mean],
                mode="lines",
                line={"color": colour, "width": 5},
                name=f"mean {name}",
                hoverinfo="skip",
            )
        )
    figure.update_layout(
        height=480,
        margin={"l": 50, "r": 8, "t": 8, "b": 34},
        showlegend=False,
        uirevision="losses",
        xaxis={"tickvals": [0, 1], "ticktext": ["data x", "samples G(z)"], "range": [-0.6, 1.6]},
        yaxis={"title": {"text": f"{what}"}},
    )
    return figure
