"""Two detectors on the same samples: which ranks better, how sure that is, where they disagree."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit import flips as cockpit_flips
from pages._ui.cockpit.flips import SampleSet
from pages._ui.cockpit.numbers import PER, figures, percent
from pages._ui.cockpit.scores import DetectorScores
from wganad_core import evaluation, outside
from wganad_core.evaluation import Difference, OperatingPoint
from wganad_core.records import Scored
from wganad_core.thresholds import share_text

Mask = NDArray[np.bool_]


def show(
    scores: DetectorScores,
    second: DetectorScores | None,
    threshold: float,
    base_rate: float | None,
) -> None:
    """`base_rate`: of the reader's world; None for the test's."""
    if second is None and scores.source is None:
        st.info(
            "There is no second detector here. The page *Threshold*, under *Your scores*, compares "
            "two columns of scores of one file: choose another one under “Beside”, on its top."
        )
        return
    if second is None:
        st.info("Choose a second detector under “Beside”, on top of the page.")
        return
    mine, theirs = cockpit_data.common(scores.loaded, second.loaded)
    a, b = scores.test.take(mine), second.test.take(theirs)
    if a.label is None or not 0 < a.label.sum() < len(a):
        st.info("Comparing needs labels of both kinds.")
        return
    name, beside = outside.shown(scores.name), outside.shown(second.name)
    st.markdown(_verdict(scores, second, a, b, base_rate))
    anomaly = a.label == 1
    first = a.score > threshold
    alarms = float(first[~anomaly].mean())
    curve = evaluation.curve(a.label, b.score)
    other = curve.at(evaluation.at_false_alarm_rate(curve, alarms))
    last = b.score > other.threshold
    left, right = st.columns([2, 5] if base_rate is None else [3, 4], gap="large")
    with left:
        st.markdown(_matched(scores, second, threshold, alarms, other))
        st.html(_table(anomaly, first, last, (scores.name, second.name), base_rate))
    sets = [
        _only(f"Only “{name}” catches", a, mine, anomaly & first & ~last),
        _only(f"Only “{beside}” catches", b, mine, anomaly & last & ~first),
        _only("Only one raises a false alarm", a, mine, ~anomaly & (first != last)),
    ]
    with right:
        cockpit_flips.pictures(scores, sets)


def _matched(
    scores: DetectorScores,
    second: DetectorScores,
    threshold: float,
    alarms: float,
    other: OperatingPoint,
) -> str:
    """Where either detector flags, and how many normals; equal, where the second's scores allow."""
    name, beside = outside.shown(scores.name), outside.shown(second.name)
    if percent(other.false_alarm_rate) == percent(alarms):
        return (
            f"At equal false alarms, {percent(alarms)}: “{name}” above "
            f"{scores.axis.text(threshold)}, “{beside}” above "
            f"{second.axis.text(other.threshold)}."
        )
    return (
        f"“{name}” above {scores.axis.text(threshold)} has {percent(alarms)} false "
        f"alarms, “{beside}” above {second.axis.text(other.threshold)} has "
        f"{percent(other.false_alarm_rate)}: many of its scores are equal, so that no threshold "
        "comes closer without more."
    )


def _verdict(
    scores: DetectorScores,
    second: DetectorScores,
    a: Scored,
    b: Scored,
    base_rate: float | None,
) -> str:
    """The paired difference of AUPRC in the reader's world, and what may be concluded from it."""
    found = _difference((scores.key, second.key), scores.loaded.subject_wise, base_rate, a, b)
    drawn = "people" if found.by == "subject" else scores.loaded.noun
    between = f"95% interval: {100 * found.low:+.1f} to {100 * found.high:+.1f}"
    better = outside.shown(scores.name if found.difference > 0 else second.name)
    end = conclusion(found, better, drawn)
    if base_rate is None:
        world = "with the anomalies as frequent as in this test"
    else:
        world = f"in your world, where {share_text(base_rate)} are anomalies"
    return (
        f"AUPRC of “{outside.shown(scores.name)}” minus “{outside.shown(second.name)}” on the same "
        f"{len(a):,} {scores.loaded.noun}, {world}: "
        f"**{100 * found.difference:+.1f} points** ({between}). {end}"
    )


def conclusion(found: Difference, better: str, drawn: str) -> str:
    """`drawn`: what other ones of could have been in the test."""
    if found.low <= 0 <= found.high:
        return f"Other {drawn} could turn that round: no difference is shown."
    if found.warning:
        return f"**{better}** ranks better on these. {found.warning}"
    return f"**{better}** ranks better, and other {drawn} would hardly change that."


@st.cache_resource(scope="session", show_spinner=False, max_entries=16)
def _difference(
    key: Hashable, by_subject: bool, base_rate: float | None, _a: Scored, _b: Scored
) -> Difference:
    assert _a.label is not None
    words = "Drawing the same samples for both, again and again …"
    bar = st.progress(0.0, words)

    def progress(share: float) -> None:
        bar.progress(share, words)

    subject = _a.subject if by_subject else None
    made = evaluation.paired_difference(
        _a.label, _a.score, _b.score, subject, base_rate, progress=progress
    )
    bar.empty()
    return made


def _only(title: str, of: Scored, rows: NDArray[np.int64], which: Mask) -> SampleSet:
    """Those with the highest scores, by their rows in the first detector's test part."""
    found = np.flatnonzero(which)
    order = np.argsort(-of.score[found], kind="stable")
    return SampleSet(title, f"{len(found):,} in all.", rows[found[order]])


def _table(
    anomaly: Mask, first: Mask, last: Mask, names: tuple[str, str], base_rate: float | None
) -> str:
    """How often both, one or none flag, for anomalies and for normals: counted in the test and, at
    another base rate, expected in the reader's world."""
    name, other = map(outside.shown, names)
    rows = (
        ("both flag", first & last),
        (f"only {name}", first & ~last),
        (f"only {other}", last & ~first),
        ("neither", ~first & ~last),
    )
    groups = [("in this test", 1.0, 1.0)]
    if base_rate is not None:
        n = int(anomaly.sum())
        weights = base_rate * PER / n, (1 - base_rate) * PER / (len(anomaly) - n)
        groups.append((f"your world, per {PER:,}", *weights))
    kinds = "<td>anomalies</td><td>normals</td>" * len(groups)
    over = "".join(f"<td colspan=2><b>{words}</b></td>" for words, *_ in groups)
    cells = ""
    for words, which in rows:
        odd, normal = int((which & anomaly).sum()), int((which & ~anomaly).sum())
        counted = "".join(
            f"<td>{_count(odd * one)}</td><td>{_count(normal * each)}</td>"
            for _, one, each in groups
        )
        cells += f"<tr><th>{words}</th>{counted}</tr>"
    head = f"<tr><th></th>{over}</tr><tr><th></th>{kinds}</tr>"
    return f'<table class="ck-classes ck-plain">{head}{cells}</table>'


def _count(number: float) -> str:
    return f"{number:,.0f}" if number == round(number) else figures(number)
