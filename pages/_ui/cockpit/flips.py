"""Which samples the threshold is about: those that just crossed it, the worst misses and false
alarms."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit import numbers as cockpit_numbers
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from wganad_core import outside
from wganad_core.figures import pictures as drawn

Index = NDArray[np.int64]

N_CROSSED, N_WORST = 12, 8
BLUE, VERMILLION = "#0072B2", "#D55E00"
STYLE = """<style>
.fl {display: grid; gap: 0.2rem 1.6rem; grid-template-columns: 6fr 4fr 4fr;}
.fl section {min-width: 0;}
.fl h5 {margin: 0.1rem 0 0.1rem; font-size: 0.98rem; padding: 0;}
.fl p {margin: 0 0 0.35rem; font-size: 0.84rem; opacity: 0.85; line-height: 1.3;
  min-height: 2.2rem;}
.fl .set {display: grid; gap: 6px; grid-template-columns: repeat(auto-fill, minmax(3.7rem, 1fr));}
.fl .wide {grid-template-columns: repeat(auto-fill, minmax(5.6rem, 1fr));}
.fl figure {margin: 0; border-bottom: 3px solid #0072B2; border-radius: 3px;}
.fl figure.odd {border-color: #D55E00;}
.fl img, .fl-plane img {width: 100%; display: block; border-radius: 3px;
  image-rendering: pixelated; box-shadow: 0 0 0 1px rgba(128, 140, 155, 0.4);}
.fl figcaption {font-size: 0.72rem; line-height: 1.25; text-align: center; color: inherit;
  font-variant-numeric: tabular-nums; white-space: nowrap; overflow: hidden;
  text-overflow: ellipsis;}
.fl-plane {display: grid; gap: 1.2rem; grid-template-columns: minmax(0, 22rem) minmax(0, 1fr);}
.fl-plane h5 {margin: 0; padding: 0.3rem 0 0; font-size: 0.98rem;}
.fl-plane p {margin: 0; font-size: 0.86rem; opacity: 0.85;}
@media (max-width: 900px) {.fl, .fl-plane {grid-template-columns: 1fr;}}
</style>"""


def show(scores: DetectorScores, place: Position) -> None:
    """Beside the classes, as many pictures as fit."""
    ranking = scores.ranking
    normals, anomalies = (ranking.flagged_by_group(place.threshold, kind) for kind in (0, 1))
    if normals or anomalies:
        left, right = st.columns([2, 5], gap="large")
        left.markdown("**Flagged in this test, class by class**")
        left.html(cockpit_numbers.classes(normals, anomalies))
    else:
        right = st.container()
    sets = [_last_move(scores, place)]
    if scores.curve is None:
        oddest = ranking.crossed(np.inf, -np.inf, N_WORST)[0]
        sets.insert(0, SampleSet("Oddest", "The highest scores of all.", oddest))
    else:
        sets += [
            SampleSet(
                "Worst misses",
                "Anomalies with the lowest scores, not flagged.",
                ranking.misses(place.threshold, N_WORST),
            ),
            SampleSet(
                "Worst false alarms",
                "Normals with the highest scores, flagged.",
                ranking.alarms(place.threshold, N_WORST),
            ),
        ]
    with right:
        pictures(scores, sets)


@dataclasses.dataclass(frozen=True)
class SampleSet:
    title: str
    words: str
    samples: Index


def pictures(scores: DetectorScores, sets: Sequence[SampleSet]) -> None:
    """Sets of test samples side by side: as images, on the plane, or by name."""
    sets = [
        dataclasses.replace(one, samples=one.samples[scores.pictured[one.samples]][:N_CROSSED])
        for one in sets
    ]
    if scores.source is not None and scores.source.use_case.shape == "plane":
        _plane(scores, sets)
    else:
        st.html(f'<div class="fl">{"".join(_section(scores, s) for s in sets)}</div>')


def _last_move(scores: DetectorScores, place: Position) -> SampleSet:
    """Who crossed; before the first move, who is next to."""
    if place.before == place.threshold:
        next_to = scores.ranking.nearest(place.threshold, N_CROSSED)
        words = "The scores next to the threshold: a small move decides about them."
        return SampleSet("Closest calls", words, next_to)
    crossed, n = scores.ranking.crossed(place.before, place.threshold, N_CROSSED)
    return SampleSet("Crossed by your last move", _move(scores, place, n), crossed)


def _move(scores: DetectorScores, place: Position, n: int) -> str:
    """What the last move did, in words."""
    way = "up" if place.threshold > place.before else "down"
    before, after = map(scores.axis.text, (place.before, place.threshold))
    start = f"{before} {'↗' if way == 'up' else '↘'} {after}"
    curve = scores.curve
    if curve is None:
        return f"{start}: {n:,} {'no longer' if way == 'up' else 'newly'} flagged."
    was, now = curve.at(place.before), curve.at(place.threshold)
    caught = abs(now.true_positives - was.true_positives)
    alarms = abs(now.false_positives - was.false_positives)
    if way == "up":
        return f"{start}: {caught:,} anomalies lost, {alarms:,} false alarms gone."
    return f"{start}: {caught:,} more anomalies caught, {alarms:,} more false alarms."


def _section(scores: DetectorScores, shown: SampleSet) -> str:
    """Pictures with class and score, or a list of names where there are no pictures."""
    head = f"<section><h5>{shown.title}</h5><p>{shown.words}</p>"
    if not len(shown.samples):
        return head + "</section>"
    pictures = scores.pictures(shown.samples)
    if pictures is None:
        return f"{head}{_names(scores, shown.samples)}</section>"
    wide = " wide" * (scores.source is not None and scores.source.use_case.shape == "window")
    made = "".join(
        f"<figure{' class=odd' * _is_anomaly(scores, i)}>{picture}"
        f"<figcaption>{_caption(scores, i)}</figcaption></figure>"
        for picture, i in zip(pictures, shown.samples.tolist(), strict=True)
    )
    return f'{head}<div class="set{wide}">{made}</div></section>'


def _is_anomaly(scores: DetectorScores, sample: int) -> bool:
    label = scores.test.label
    return label is not None and bool(label[sample])


def _colour(scores: DetectorScores, sample: int) -> str:
    return VERMILLION if _is_anomaly(scores, sample) else BLUE


def _caption(scores: DetectorScores, sample: int) -> str:
    classes = scores.test.class_
    name = "" if classes is None else f"{outside.shown(classes[sample])} · "
    return f"{name}{scores.axis.text(float(scores.test.score[sample]))}"


def _names(scores: DetectorScores, samples: Index) -> str:
    """Ids (or row numbers) and scores of samples that have no picture."""
    rows = "".join(
        f'<tr><th style="color:{_colour(scores, i)}">'
        f"{outside.shown(_name(scores, i))}</th>"
        f"<td>{_caption(scores, i)}</td></tr>"
        for i in samples.tolist()
    )
    return f'<table class="ck-classes">{rows}</table>'


def _name(scores: DetectorScores, sample: int) -> str:
    ids = scores.test.sample_id
    return f"row {scores.loaded.row_of(sample):,}" if ids is None else str(ids[sample])


def _plane(scores: DetectorScores, sets: Sequence[SampleSet]) -> None:
    """Points of the plane: where those that crossed, missed and wrongly flagged lie."""
    assert scores.source is not None
    where = cockpit_data.plane()
    colours = ("#E69F00", "#CC79A7", VERMILLION)
    groups = {
        shown.title: (cockpit_data.points(scores.source, scores.loaded, shown.samples), colour)
        for shown, colour in zip(sets, colours, strict=False)
    }
    uri = drawn.uri(drawn.plane(where.box, where.modes, 3 * where.sigma, groups))
    words = "".join(
        f'<h5><span style="color:{colour}">●</span> {shown.title}</h5><p>{shown.words}</p>'
        for shown, colour in zip(sets, colours, strict=False)
    )
    st.html(f'<div class="fl-plane"><img src="{uri}" alt="The plane"><div>{words}</div></div>')
