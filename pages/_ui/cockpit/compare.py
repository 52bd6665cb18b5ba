"""Two detectors on the same samples: which ranks better, how sure that is, where they disagree."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit import flips as cockpit_flips
from pages._ui.cockpit.flips import SampleSet
from pages._ui.cockpit.numbers import percent
from pages._ui.cockpit.scores import DetectorScores
from wganad_core import evaluation
from wganad_core.evaluation import Difference, OperatingPoint
from wganad_core.records import Scored

Mask = NDArray[np.bool_]


def show(scores: DetectorScores, second: DetectorScores | None, threshold: float) -> None:
    if scores.source is None:
        st.info("Your file holds one detector's scores; there is no second one to compare with.")
        return
    if second is None:
        st.info("Choose a second detector in “Compare with”, on top of the page.")
        return
    mine, theirs = cockpit_data.common(scores.loaded, second.loaded)
    a, b = scores.test.take(mine), second.test.take(theirs)
    if a.label is None or not 0 < a.label.sum() < len(a):
        st.info("Comparing needs labels of both kinds.")
        return
    st.markdown(_verdict(scores, second, a, b))
    anomaly = a.label == 1
    first = a.score > threshold
    alarms = float(first[~anomaly].mean())
    curve = evaluation.curve(a.label, b.score)
    other = curve.at(evaluation.at_false_alarm_rate(curve, alarms))
    last = b.score > other.threshold
    left, right = st.columns([2, 5], gap="large")
    with left:
        st.markdown(_matched(scores, second, threshold, alarms, other))
        st.html(_table(anomaly, first, last, scores.name, second.name))
    sets = [
        _only(f"Only “{scores.name}” catches", a, mine, anomaly & first & ~last),
        _only(f"Only “{second.name}” catches", b, mine, anomaly & last & ~first),
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
    if percent(other.false_alarm_rate) == percent(alarms):
        return (
            f"At equal false alarms, {percent(alarms)}: “{scores.name}” above "
            f"{scores.axis.text(threshold)}, “{second.name}” above "
            f"{second.axis.text(other.threshold)}."
        )
    return (
        f"“{scores.name}” above {scores.axis.text(threshold)} has {percent(alarms)} false "
        f"alarms, “{second.name}” above {second.axis.text(other.threshold)} has "
        f"{percent(other.false_alarm_rate)}: many of its scores are equal, so that no threshold "
        "comes closer without more."
    )


def _verdict(scores: DetectorScores, second: DetectorScores, a: Scored, b: Scored) -> str:
    """The paired difference of AUPRC, and what may be concluded from it."""
    found = _difference((scores.key, second.key), scores.loaded.subject_wise, a, b)
    drawn = "people" if found.by == "subject" else scores.loaded.noun
    between = f"95 % interval: {100 * found.low:+.1f} to {100 * found.high:+.1f}"
    better = scores.name if found.difference > 0 else second.name
    end = conclusion(found, better, drawn)
    return (
        f"AUPRC of “{scores.name}” minus “{second.name}” on the same {len(a):,} "
        f"{scores.loaded.noun}: **{100 * found.difference:+.1f} points** ({between}). {end}"
    )


def conclusion(found: Difference, better: str, drawn: str) -> str:
    """`drawn`: what other ones of could have been in the test."""
    if found.low <= 0 <= found.high:
        return f"Other {drawn} could turn that round: no difference is shown."
    if found.warning:
        return f"**{better}** ranks better on these. {found.warning}"
    return f"**{better}** ranks better, and other {drawn} would hardly change that."


@st.cache_resource(scope="session", show_spinner=False, max_entries=16)
def _difference(key: Hashable, by_subject: bool, _a: Scored, _b: Scored) -> Difference:
    assert _a.label is not None
    words = "Drawing the same samples for both, again and again …"
    bar = st.progress(0.0, words)

    def progress(share: float) -> None:
        bar.progress(share, words)

    subject = _a.subject if by_subject else None
    made = evaluation.paired_difference(_a.label, _a.score, _b.score, subject, progress=progress)
    bar.empty()
    return made


def _only(title: str, of: Scored, rows: NDArray[np.int64], which: Mask) -> SampleSet:
    """Those with the highest scores, by their rows in the first detector's test part."""
    found = np.flatnonzero(which)
    order = np.argsort(-of.score[found], kind="stable")
    return SampleSet(title, f"{len(found):,} in all.", rows[found[order]])


def _table(anomaly: Mask, first: Mask, last: Mask, name: str, other: str) -> str:
    """How often both, one or none flag, for anomalies and for normals."""
    rows = (
        ("both flag", first & last),
        (f"only {name}", first & ~last),
        (f"only {other}", last & ~first),
        ("neither", ~first & ~last),
    )
    cells = "".join(
        f"<tr><th>{words}</th><td>{int((which & anomaly).sum()):,}</td>"
        f"<td>{int((which & ~anomaly).sum()):,}</td></tr>"
        for words, which in rows
    )
    head = "<tr><th></th><td>anomalies</td><td>normals</td></tr>"
    return f'<table class="ck-classes ck-plain">{head}{cells}</table>'
