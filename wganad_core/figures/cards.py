"""The paper in eight small pictures, for the home page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import recurrence
from wganad_core.data.mixture import Mixture
from wganad_core.data.pool import Samples
from wganad_core.figures import style
from wganad_core.figures.style import Part
from wganad_core.figures.windows.recurrence import NEAR_TO_FAR
from wganad_core.figures.windows.signals import AXES, times
from wganad_core.pretrained import RecordedRun
from wganad_core.records import FloatArray, Frame

HEIGHT = 230
N_DATA = 1500
BARE = {"constrain": "domain", "visible": False}

# By card: title, caption, page and its address.
WORDS: dict[str, tuple[str, str, str, Mapping[str, str]]] = {
    "data": (
        "Normal data",
        "Seven operating modes on a ring (Fig. 1).",
        "race",
        {"show": "recorded", "step": "0"},
    ),
    "collapse": (
        "Mode collapse",
        "The vanilla GAN puts everything on one mode (Fig. 8).",
        "race",
        {"show": "recorded"},
    ),
    "cover": (
        "The Wasserstein GAN covers",
        "A critic that estimates a distance: all modes (Fig. 9).",
        "race",
        {"show": "recorded"},
    ),
    "distance": (
        "A loss that means something",
        "The critic's estimate follows the exact distance (Fig. 10).",
        "race",
        {"show": "recorded", "curves": "distances"},
    ),
    "landscape": (
        "The critic's landscape",
        "High on the data, low elsewhere: a detector (Fig. 13).",
        "critic",
        {"rule": "critic-interval"},
    ),
    "alarms": (
        "What collapse costs",
        "Share of samples per mode. A lost mode becomes a source of false alarms (§3.3).",
        "critic",
        {"rule": "generator"},
    ),
    "window": (
        "A movement never seen",
        "Walking (thin) and lying down (thick): a phone's total acceleration (Fig. 20).",
        "movements",
        {"activity": "laying"},
    ),
    "recurrence": (
        "A signal as an image",
        "Every time against every other; steps are stripes (eq. 24, Fig. 3).",
        "movements",
        {"sensor": "total_acc", "axis": "joint"},
    ),
}


@dataclasses.dataclass(frozen=True)
class Card:
    """A picture, its words, and where it leads."""

    name: str
    title: str
    caption: str
    page: str
    query: Mapping[str, str]
    figure: Part


def paper_cards(runs: Mapping[str, RecordedRun], mixture: Mixture) -> list[Card]:
    """Six cards from the shipped runs (keys: methods), in the paper's order."""
    gan, gp = runs["gan"].recording, runs["wgan-gp"].recording
    collapsed = max(gan.frames[1:], key=lambda frame: float(frame.counts.max(initial=0)))
    last = gp.frames[-1]
    figures = {
        "data": _plane(mixture, data=mixture.x[:N_DATA]),
        "collapse": _plane(mixture, frame=collapsed),
        "cover": _plane(mixture, frame=last),
        "distance": _distance(runs["wgan-gp"]),
        "landscape": _plane(mixture, field=last.field),
        "alarms": _shares(collapsed, last),
    }
    steps = {"collapse": collapsed.step, "cover": last.step, "distance": last.step}
    made = []
    for name, figure in figures.items():
        title, caption, page, query = WORDS[name]
        place = {"step": str(steps[name])} if name in steps else {}
        made.append(Card(name, title, caption, page, {**query, **place}, figure))
    return made


def movement_cards(windows: Samples) -> list[Card]:
    """Two cards from the bundled windows: somebody gone to bed, and a walk as an image."""
    first = [windows.first(name) for name in ("walking", "laying")]
    walking, lying = windows.take(np.array(first))[:, 6:]
    title, caption, page, query = WORDS["recurrence"]
    query = {"window": str(windows.position[first[0]]), **query}
    return [
        Card("window", *WORDS["window"], _window(walking, lying)),
        Card("recurrence", title, caption, page, query, _recurrence(walking)),
    ]


def _window(known: FloatArray, unseen: FloatArray) -> Part:
    """Total acceleration (3, L) of a window that a model knows and of one that it does not."""
    t = times(known.shape[-1])
    data = [
        _line(t, signal, colour, width, opacity=opacity, hoverinfo="skip")
        for signals, width, opacity in ((known, 1.4, 0.7), (unseen, 4, 1))
        for colour, signal in zip(AXES.values(), signals, strict=True)
    ]
    return _finish(data, xaxis={"nticks": 5, "ticksuffix": " s"}, yaxis={"nticks": 5})


def _line(x: NDArray[Any], y: NDArray[Any], colour: str, width: float, **more: Any) -> Part:
    return style.scatter("lines", x, y, line={"color": colour, "width": width}, **more)


def _recurrence(signals: FloatArray) -> Part:
    t, image = times(signals.shape[-1]), recurrence.joint_distance_matrix(signals)
    looks = {"showscale": False, "colorscale": NEAR_TO_FAR, "hoverinfo": "skip"}
    data = [{"type": "heatmap", "z": image, "x": t, "y": t, **looks}]
    return _finish(data, xaxis=BARE, yaxis={**BARE, "scaleanchor": "x"})


def _finish(data: list[Part], xaxis: Part, yaxis: Part, **layout: Any) -> Part:
    """Small, quiet, not for zooming."""
    fixed = {"fixedrange": True}
    still = {"showlegend": False, "dragmode": False, "uirevision": "card"}
    size = {"height": HEIGHT, "margin": {"l": 30, "r": 6, "t": 6, "b": 26}}
    axes = {"xaxis": fixed | xaxis, "yaxis": fixed | yaxis}
    return {"data": data, "layout": {**size, **still, **axes, **layout}}


def _plane(
    mixture: Mixture,
    data: FloatArray | None = None,
    frame: Frame | None = None,
    field: FloatArray | None = None,
) -> Part:
    box, drawn = mixture.box, []
    if field is not None:
        size = len(field)
        grid = {"x": style.centres(*box[:2], size), "y": style.centres(*box[2:], size)}
        looks = {"colorscale": style.DIVERGING, "showscale": False, "zsmooth": "fast"}
        drawn.append({"type": "heatmap", "z": field, **grid, **looks, "hoverinfo": "skip"})
    points, colour = (mixture.x[:250], style.GREY) if data is None else (data, style.BLUE)
    drawn.append(_dots(points, colour, 3))
    if frame is not None:
        drawn.append(_dots(frame.samples, style.ORANGE, 4))
    x, y = {**BARE, "range": list(box[:2])}, {**BARE, "range": list(box[2:]), "scaleanchor": "x"}
    return _finish(drawn, xaxis=x, yaxis=y)


def _dots(points: FloatArray, colour: str, size: int) -> Part:
    marker = {"size": size, "color": colour}
    return style.scatter("markers", *points.T, marker=marker, hoverinfo="skip")


def _distance(run: RecordedRun) -> Part:
    step, data, words = run.recording.column("step"), [], []
    for name, label, colour, at in (
        ("wasserstein", "exact W₁", style.VERMILLION, 0.95),
        ("w_estimate", "critic's estimate", style.BLUE, 0.8),
    ):
        values = run.recording.column(name)
        known = np.isfinite(values)
        data.append(_line(step[known], values[known], colour, 2.5, name=label))
        words.append(style.note(label, 0.98, at, xanchor="right", yanchor="top"))
        words[-1]["font"] = {"color": colour}
    return _finish(data, annotations=words, xaxis={"nticks": 4}, yaxis={"nticks": 4})


def _shares(collapsed: Frame, covering: Frame) -> Part:
    data = [
        {
            "type": "bar",
            "x": np.arange(1, len(frame.counts) + 1),
            "y": frame.counts / len(frame.samples),
            "name": label,
            "marker": {"color": colour},
        }
        for frame, label, colour in (
            (collapsed, "vanilla GAN", style.VERMILLION),
            (covering, "WGAN-GP", style.BLUE),
        )
    ]
    return _finish(data, xaxis={"dtick": 1}, yaxis={"tickformat": ".0%", "nticks": 4}, bargap=0.2)
