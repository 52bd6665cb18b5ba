"""Alarms in time: the moments of a recording as events, and what these are worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages._ui import linked
from pages._ui.cockpit.numbers import percent
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from wganad_core import evaluation
from wganad_core.data.own.stretches import in_time
from wganad_core.evaluation import EventRule, Events
from wganad_core.evaluation.range_aware import affiliation, at_random, f1_of, point_adjusted

MOST = 200  # events in the table, those with the highest peaks
MOST_BUFFER = 100  # moments that VUS-PR forgives, at most
HELP = {
    "gap": "Events with at most so many moments between them are one.",
    "least": "Shorter events are dropped, after merging: a spike of one moment needs 1.",
    "release": "An event begins above the threshold and lasts while scores stay above this; empty: "
    "the threshold itself.",
}


def show(scores: DetectorScores, place: Position) -> None:
    """How alarms are grouped, the events, and their worth by the labels."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        gap, least = (
            linked.whole(
                label,
                low,
                100_000,
                key=f"event-{name}",
                address=name,
                default=low,
                width=150,
                help=HELP[name],
            )
            for name, label, low in (("gap", "Merge gaps of", 0), ("least", "Shortest event", 1))
        )
        release = linked.level(
            "Lasts while above",
            key="event-release",
            address="release",
            empty="the threshold",
            width=170,
            help=HELP["release"],
        )
    if release is not None and release > place.threshold:
        st.caption(":orange[An event cannot end above where it begins: the threshold is taken.]")
        release = None
    scores, stretch = _in_time(scores.key, scores)
    rule = EventRule(least, gap, release)
    found = evaluation.events(scores.test.score, place.threshold, rule, stretch)
    st.markdown(_sentence(scores, found))
    if scores.two_classes:
        _worth(scores, found)
    _table(scores, found)


@st.cache_resource(scope="session", show_spinner=False, max_entries=4)
def _in_time(key: Hashable, _scores: DetectorScores) -> tuple[DetectorScores, NDArray[np.int64]]:
    """The moments in the order of time, machine after machine, and the stretch of each."""
    loaded = _scores.loaded
    order, stretch = in_time(loaded.row, loaded.seconds, loaded.test.subject)
    sorted_ = dataclasses.replace(
        loaded,
        test=loaded.test.take(order),
        file_row=loaded.row[order],
        why=None if loaded.why is None else loaded.why[order],
        seconds=None if loaded.seconds is None else loaded.seconds[order],
    )
    pictured = _scores.pictured[order]
    return (
        DetectorScores(_scores.key, _scores.name, "", _scores.source, sorted_, pictured),
        stretch,
    )


def _sentence(scores: DetectorScores, found: Events) -> str:
    n, moments = len(found.runs), int(found.flagged.sum())
    return (
        f"**{n:,} event{'s' * (n != 1)}** of {moments:,} {scores.loaded.noun} in all, which is "
        f"{percent(moments / found.n)} of them."
    )


def _worth(scores: DetectorScores, found: Events) -> None:
    label, flagged = scores.test.label, found.flagged
    assert label is not None
    report = evaluation.event_report(label, found)
    n, false, noun = len(report.ranges), int(report.false.sum()), scores.loaded.noun
    late = f"{report.median_delay:,.0f} {noun} late in the median, " if report.caught.any() else ""
    precision, recall = affiliation(label, flagged)
    buffer = min(int(report.median_length), MOST_BUFFER)
    volume = _volume(scores.key, buffer, label, scores.test.score)
    st.markdown(
        f"**{report.caught.sum():,} of {n:,} labelled stretches** are touched by one, {late}"
        f"and **{false:,} event{'s' * (false != 1)}** touch{'es' * (false == 1)} none: "
        f"{report.false_per(10_000):.2g} in 10,000 normal {noun}.  \n"
        f"Moment by moment, F1 is **{f1_of(label, flagged):.3f}**. Measures that know stretches: "
        f"affiliation precision {_number(precision)} and recall {_number(recall)} (near misses "
        f"count in part; at random 0.5), VUS-PR {volume:.3f} (any threshold, {buffer:,} {noun} "
        "early or late forgiven)."
    )
    if linked.switch("See how point adjustment cheats", key="cheat", default=False):
        random = at_random(flagged)
        st.markdown(
            "Many papers count a labelled stretch as found as a whole once a single moment of it "
            f"is flagged. F1 is then **{f1_of(label, point_adjusted(label, flagged)):.3f}** "
            f"instead of {f1_of(label, flagged):.3f}; as many alarms **at random** get "
            f"**{f1_of(label, point_adjusted(label, random)):.3f}** instead of "
            f"{f1_of(label, random):.3f}."
        )


@st.cache_resource(scope="session", show_spinner=False, max_entries=16)
def _volume(
    key: Hashable, buffer: int, _label: NDArray[np.int64], _score: NDArray[np.floating]
) -> float:
    """VUS-PR is of all thresholds at once: a move of the slider does not change it."""
    return evaluation.vus_pr(_label, _score, buffer)


def _number(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}"


def _table(scores: DetectorScores, found: Events) -> None:
    test, loaded = scores.test, scores.loaded
    every = evaluation.listed(found, test.score, test.label, loaded.seconds, loaded.why, MOST)
    columns: dict[str, list[object]] = {
        "from": _names(scores, [one.first for one in every]),
        "to": _names(scores, [one.last for one in every]),
        loaded.noun: [one.length for one in every],
        "peak at": _names(scores, [one.peak for one in every]),
        "peak score": [one.score for one in every],
        "labelled": [one.labelled for one in every],
        "lasts": [None if one.seconds is None else _lasting(one.seconds) for one in every],
        "hangs on": [one.why for one in every],
    }
    known = {"labelled": test.label, "lasts": loaded.seconds, "hangs on": loaded.why}
    for name, values in known.items():
        if values is None:
            del columns[name]
    st.dataframe(pd.DataFrame(columns), hide_index=True, width="stretch")
    if len(found.runs) > MOST:
        st.caption(f"The {MOST} events with the highest peaks.")


def _lasting(seconds: float) -> str:
    """From the first moment to the last."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def _names(scores: DetectorScores, at: list[int]) -> list[object]:
    ids, row = scores.test.sample_id, scores.loaded.row
    return [f"row {row[i]:,}" if ids is None else str(ids[i]) for i in at]
