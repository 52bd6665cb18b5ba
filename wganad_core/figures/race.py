"""The race (Figs 6–10): what can be drawn of a lane, and how it stands in words.

Lanes are drawn in the browser (`figures.lanes` writes what `lanes.js` reads) or as a GIF.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

import numpy as np

from wganad_core.config import Method
from wganad_core.data.mixture import Mixture
from wganad_core.records import COVERED_SHARE, Frame, Replay

Lens = Literal["critic", "slope", "optimal", "none"]
Curves = Literal["distances", "losses", "divergence"]
Tone = Literal["", "good", "bad"]

BETWEEN = 0.15  # of the samples within 3σ: fewer are between the modes, not on them


@dataclasses.dataclass(frozen=True)
class Layers:
    """What to draw over the samples: the lens under them, arrows, the warped latent grid."""

    lens: Lens = "critic"
    curves: Curves = "distances"
    arrows: bool = False
    manifold: bool = False
    data: bool = True


@dataclasses.dataclass(frozen=True)
class LaneRecord:
    """What is drawn of one lane: its title and method, and its recording (or a part of it)."""

    title: str
    method: Method
    recording: Replay


def state_words(frame: Frame, mixture: Mixture) -> tuple[str, Tone]:
    """How a lane stands, in words ("collapsed on mode 5"), and whether that is good or bad.

    Data without modes have words for the beginning and for divergence only.
    """
    n, n_modes = len(frame.samples), len(mixture.modes)
    if frame.step == 0:
        return "untrained", ""
    if not np.isfinite(frame.samples).all():
        return "diverged", "bad"
    if not n_modes:
        return "", ""
    from wganad_core import divergence  # not before: a recorded race needs no SciPy

    crowded = divergence.crowded_mode(frame.samples, mixture)
    if crowded is not None:
        return f"collapsed on mode {crowded[0]}", "bad"
    covered = int((frame.counts >= COVERED_SHARE * n / n_modes).sum())
    if frame.counts.sum() < BETWEEN * n or not covered:
        return "between modes", ""
    return f"on {covered} of {n_modes} modes", "good" if covered == n_modes else ""


def headline(frame: Frame, mixture: Mixture) -> str:
    """What a person should know about a lane at a step, in one line."""
    said = [f"step {frame.step:,}", state_words(frame, mixture)[0]]
    if len(mixture.modes):
        said.append(f"{frame.counts.sum() / len(frame.samples):.0%} within 3σ")
    return " · ".join(filter(None, said))


def field_range(frame: Frame, method: Method) -> tuple[float, float]:
    """Of the critic's landscape: [0, 1] for D, else from f itself, whose level is arbitrary."""
    if method == "gan":
        return 0.0, 1.0
    return float(frame.field.min()), float(frame.field.max())


def race_sentence(lanes: Sequence[LaneRecord], mixture: Mixture) -> str:
    """What a finished race of these lanes shows, in one sentence with the numbers that matter.

    The lane that collapsed first is told of first, then the one that ends on the most modes, by
    their methods' names alone where these tell them apart.
    """
    short = _short_names([lane.title for lane in lanes])
    ends = [(lane, state_words(lane.recording.frames[-1], mixture)) for lane in lanes]
    collapsed = [(step, lane) for lane in lanes if (step := first_collapse(lane, mixture))]
    said = []
    if collapsed:
        step, fallen = min(collapsed, key=lambda found: found[0])
        said.append(f"The {short[fallen.title]} collapses onto one mode at step {step:,}")
    best = [lane for lane, (_, tone) in ends if tone == "good"]
    if best:
        n = len(mixture.modes)
        said.append(f"{short[best[-1].title]} ends on {n} of {n}")
    elif ends:
        lane, (words, _) = ends[-1]
        name = short[lane.title]
        said.append(f"{name} ends {words}" if words else f"{name} is trained")
    return "; ".join(said)


def _short_names(titles: Sequence[str]) -> dict[str, str]:
    """By title the method's name alone, or the title where several lanes have that method."""
    methods = [title.partition(" · ")[0] for title in titles]
    return {
        title: method if methods.count(method) == 1 else title
        for title, method in zip(titles, methods, strict=True)
    }


def first_collapse(lane: LaneRecord, mixture: Mixture) -> int | None:
    """The step of the first recorded frame in which a lane has collapsed."""
    found = (f.step for f in lane.recording.frames if state_words(f, mixture)[1] == "bad")
    return next(found, None)
