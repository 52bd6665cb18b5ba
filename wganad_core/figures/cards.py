"""The paper in eight small pictures, for the home page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from wganad_core.data import recurrence
from wganad_core.data.mixture import Mixture
from wganad_core.data.pool import Samples
from wganad_core.figures import style
from wganad_core.figures.windows.recurrence import NEAR_TO_FAR
from wganad_core.figures.windows.signals import AXES, times
from wganad_core.pretrained import Run
from wganad_core.records import Frame

HEIGHT = 230
N_DATA = 1500


@dataclasses.dataclass(frozen=True)
class Card:
    """A picture, its words, and where it leads."""

    name: str
    title: str
    caption: str
    page: str
    query: Mapping[str, str]
    figure: go.Figure


def paper_cards(runs: Mapping[str, Run], mixture: Mixture) -> list[Card]:
    """Six cards from the shipped runs (keys: methods), in the paper's order."""
    gan, gp = runs["gan"].recording, runs["wgan-gp"].recording
    collapsed = max(gan.frames[1:], key=lambda frame: float(frame.counts.max(initial=0)))
    last = gp.frames[-1]
    return [
        Card(
            "data",
            "Normal data",
            "Seven operating modes on a ring (Fig. 1).",
            "race",
            {},
            _plane(mixture, data=mixture.x[:N_DATA]),
        ),
        Card(
            "collapse",
            "Mode collapse",
            "The vanilla GAN puts everything on one mode (Fig. 8).",
            "race",
            {"story": "collapse"},
            _plane(mixture, frame=collapsed),
        ),
        Card(
            "cover",
            "The Wasserstein GAN covers",
            "Same networks, another objective: all modes (Fig. 9).",
            "race",
            {"story": "penalise"},
            _plane(mixture, frame=last),
        ),
        Card(
            "distance",
            "A loss that means something",
            "The critic's estimate follows the exact distance (Fig. 10).",
            "race",
            {"story": "penalise", "curves": "distances"},
            _distance(runs["wgan-gp"]),
        ),
        Card(
            "landscape",
            "The critic's landscape",
            "High on the data, low elsewhere: a detector (Fig. 13).",
            "critic",
            {"model": "wgan-gp"},
            _plane(mixture, field=last.field),
        ),
        Card(
            "alarms",
            "What collapse costs",
            "Share of samples per mode. A lost mode becomes a source of false alarms (§3.3).",
            "critic",
            {"model": "gan", "rule": "generator"},
            _shares(collapsed, last),
        ),
    ]


def movement_cards(windows: Samples) -> list[Card]:
    """Two cards from the bundled windows: somebody gone to bed, and a walk as an image."""
    first = [windows.first(name) for name in ("walking", "laying")]
    walking, lying = windows.take(np.array(first))[:, 6:]
    position = str(windows.position[first[0]])
    return [
        Card(
            "window",
            "A movement never seen",
            "Walking (thin) and lying down (thick): a phone's total acceleration (Fig. 20).",
            "movements",
            {"activity": "laying"},
            _window(walking, lying),
        ),
        Card(
            "recurrence",
            "A signal as an image",
            "Every time against every other; steps are stripes (eq. 24, Fig. 3).",
            "movements",
            {"window": position, "sensor": "total_acc", "axis": "joint"},
            _recurrence(walking),
        ),
    ]


def _window(known: NDArray[np.float32], unseen: NDArray[np.float32]) -> go.Figure:
    """Total acceleration (3, L) of a window that a model knows and of one that it does not."""
    figure, t = go.Figure(), times(known.shape[-1])
    for signals, width, opacity in ((known, 1.4, 0.7), (unseen, 4, 1)):
        for colour, signal in zip(AXES.values(), signals, strict=True):
            figure.add_trace(
                go.Scatter(
                    x=t,
                    y=signal,
                    mode="lines",
                    hoverinfo="skip",
                    opacity=opacity,
                    line={"color": colour, "width": width},
                )
            )
    return _finish(figure, xaxis={"nticks": 5, "ticksuffix": " s"}, yaxis={"nticks": 5})


def _recurrence(signals: NDArray[np.float32]) -> go.Figure:
    t = times(signals.shape[-1])
    image = go.Heatmap(
        z=recurrence.joint_distance_matrix(signals),
        x=t,
        y=t,
        showscale=False,
        colorscale=NEAR_TO_FAR,
        hoverinfo="skip",
    )
    axis = {"constrain": "domain", "visible": False}
    return _finish(go.Figure(image), xaxis=axis, yaxis={**axis, "scaleanchor": "x"})


def _finish(figure: go.Figure, **layout: object) -> go.Figure:
    """Small, quiet, not for zooming."""
    figure.update_xaxes(fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    return figure.update_layout(
        height=HEIGHT,
        margin={"l": 30, "r": 6, "t": 6, "b": 26},
        showlegend=False,
        dragmode=False,
        uirevision="card",
        **layout,
    )


def _plane(
    mixture: Mixture,
    data: NDArray[np.float32] | None = None,
    frame: Frame | None = None,
    field: NDArray[np.float32] | None = None,
) -> go.Figure:
    figure, box = go.Figure(), mixture.box
    if field is not None:
        size = len(field)
        figure.add_trace(
            go.Heatmap(
                z=field,
                x=style.centres(*box[:2], size),
                y=style.centres(*box[2:], size),
                colorscale=style.DIVERGING,
                showscale=False,
                zsmooth="fast",
                hoverinfo="skip",
            )
        )
    shown, colour = (mixture.x[:250], style.GREY) if data is None else (data, style.BLUE)
    figure.add_trace(_dots(shown, colour, 3))
    if frame is not None:
        figure.add_trace(_dots(frame.samples, style.ORANGE, 4))
    axis = {"constrain": "domain", "visible": False}
    return _finish(
        figure,
        xaxis={**axis, "range": list(box[:2])},
        yaxis={**axis, "range": list(box[2:]), "scaleanchor": "x"},
    )


def _dots(points: NDArray[np.float32], colour: str, size: int) -> go.Scatter:
    return go.Scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="markers",
        hoverinfo="skip",
        marker={"size": size, "color": colour},
    )


def _distance(run: Run) -> go.Figure:
    figure, step = go.Figure(), run.recording.column("step")
    for name, label, colour in (
        ("wasserstein", "exact W₁", style.VERMILLION),
        ("w_estimate", "critic's estimate", style.BLUE),
    ):
        values = run.recording.column(name)
        known = np.isfinite(values)
        figure.add_trace(
            go.Scatter(
                x=step[known],
                y=values[known],
                mode="lines",
                name=label,
                line={"color": colour, "width": 2.5},
            )
        )
    words = [
        {
            "text": label,
            "x": 0.98,
            "y": at,
            "xref": "paper",
            "yref": "paper",
            "showarrow": False,
            "xanchor": "right",
            "font": {"color": colour},
        }
        for label, at, colour in (
            ("exact W₁", 0.95, style.VERMILLION),
            ("critic's estimate", 0.8, style.BLUE),
        )
    ]
    return _finish(figure, annotations=words, xaxis={"nticks": 4}, yaxis={"nticks": 4})


def _shares(collapsed: Frame, covering: Frame) -> go.Figure:
    figure = go.Figure()
    for frame, label, colour in (
        (collapsed, "vanilla GAN", style.VERMILLION),
        (covering, "WGAN-GP", style.BLUE),
    ):
        figure.add_trace(
            go.Bar(
                x=np.arange(1, len(frame.counts) + 1),
                y=frame.counts / len(frame.samples),
                name=label,
                marker={"color": colour},
            )
        )
    return _finish(figure, xaxis={"dtick": 1}, yaxis={"tickformat": ".0%", "nticks": 4}, bargap=0.2)
