"""Two detectors on the same samples: which ranks better, how sure that is, where they disagree."""

from __future__ import annotations

from collections.abc import Hashable

import streamlit as st

from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit import flips as cockpit_flips
from pages._ui.cockpit.flips import SampleSet
from pages._ui.cockpit.numbers import PER, figures, percent
from pages._ui.cockpit.scores import DetectorScores
from wganad_core import evaluation, outside
from wganad_core.evaluation import Agreement, Difference
from wganad_core.evaluation.agreement import KINDS
from wganad_core.records import Scored
from wganad_core.thresholds import share_text


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
    st.markdown(_verdict(scores, second, a, b, base_rate))
    found = evaluation.agreement(a.label, a.score, b.score, threshold)
    left, right = st.columns([2, 5] if base_rate is None else [3, 4], gap="large")
    with left:
        st.markdown(_matched(scores, second, threshold, found))
        st.html(_table(found, (scores.name, second.name), base_rate))
    name, beside = outside.shown(scores.name), outside.shown(second.name)
    sets = {
        f"Only “{name}” catches": found.caught_by_first_only(),
        f"Only “{beside}” catches": found.caught_by_second_only(),
        "Only one raises a false alarm": found.alarms_of_one(),
    }
    with right:
        cockpit_flips.pictures(
            scores,
            [
                SampleSet(title, f"{len(which):,} in all.", mine[which])
                for title, which in sets.items()
            ],
        )


def _matched(
    scores: DetectorScores, second: DetectorScores, threshold: float, found: Agreement
) -> str:
    """Where either detector flags, and how many normals; equal, where the second's scores allow."""
    alarms, other = found.false_alarm_rate, found.point
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


def _table(found: Agreement, names: tuple[str, str], base_rate: float | None) -> str:
    """How often both, one or none flag, for anomalies and for normals: counted in the test and, at
    another base rate, expected in the reader's world."""
    name, other = map(outside.shown, names)
    said = ("both flag", f"only {name}", f"only {other}", "neither")
    groups = {"in this test": found.counts}
    if base_rate is not None:
        groups[f"your world, per {PER:,}"] = found.expected(base_rate, PER)
    kinds = "<td>anomalies</td><td>normals</td>" * len(groups)
    over = "".join(f"<td colspan=2><b>{words}</b></td>" for words in groups)
    cells = ""
    for words, kind in zip(said, KINDS, strict=True):
        counted = "".join(
            f"<td>{_count(number)}</td>" for counts in groups.values() for number in counts[kind]
        )
        cells += f"<tr><th>{words}</th>{counted}</tr>"
    head = f"<tr><th></th>{over}</tr><tr><th></th>{kinds}</tr>"
    return f'<table class="ck-classes ck-plain">{head}{cells}</table>'


def _count(number: float) -> str:
    return f"{number:,.0f}" if number == round(number) else figures(number)
