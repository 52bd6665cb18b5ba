"""The threshold of a recording's scores: a slider or a line to drag, what it rests on, and the
stretches that are above it."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from pages._ui import linked
from pages._ui.case.choice import Choice
from pages._ui.chart import live_chart
from pages._ui.widgets import download, draw_again
from wganad_core import evaluation, outside, thresholds
from wganad_core.data import har, timeline
from wganad_core.data.gallery import Parts
from wganad_core.data.timeline import Bout, Timeline
from wganad_core.figures.scores import wants_log
from wganad_core.figures.windows.timeline import recording_strip
from wganad_core.records import FloatArray

RATES = tuple(np.linspace(0, 0.3, 61).round(3).tolist())  # of calibration windows, flagged
MOVED, TOLERATED = "t", "rate"  # in the address: where the line was dragged, the slider's share
OF = "_own-threshold-of"  # in the session: of which model and detector the line was dragged


@dataclasses.dataclass(frozen=True)
class ShownRecording:
    """A recording that is on the page, and what is known about it."""

    title: str
    line: Timeline
    truth: tuple[Bout, ...] = ()


@st.fragment
def show(shown: ShownRecording, score: FloatArray, known: Parts, chosen: Choice) -> None:
    """The strip of a recording, what its threshold rests on, and what is above it.

    `known`: the calibration and test scores of the model's detector.
    """
    case, of = chosen.case, (chosen.model, chosen.detector)
    assert known.calibration is not None
    moved = _moved(of)
    rate = _tolerated(moved is not None)
    start = thresholds.quantile_threshold(known.calibration.score, rate)
    threshold = start if moved is None else moved
    found = timeline.flagged(shown.line, score, threshold)
    st.subheader(
        f"{outside.shown(shown.title)}: {_verdict(len(found), score > threshold)}", anchor=False
    )
    log = wants_log(np.append(score, start))
    events = live_chart(
        recording_strip(shown.line, score, threshold, start, log, shown.truth, chosen.abnormal),
        key="own-strip",
        alt=f"The signals, and the score of {chosen.name} along time",
    )
    if events.drag is not None:
        linked.put(MOVED, f"{float(events.drag['y0']):.6g}")
        draw_again()
    left, right = st.columns([6, 5], gap="large")
    with left:
        st.markdown(_promise(known, threshold, rate if moved is None else None))
        seconds = timeline.STRIDE / har.RATE
        st.caption(
            f"{len(shown.line):,} windows of 2.56 s, one every {seconds:.2f} s, by "
            f"“{chosen.name}” of “{case.short(chosen.architecture)}”, "
            f"which has never seen {case.describe(chosen.abnormal)}. The models know a phone at "
            "the waist; worn elsewhere, all may look odd. Nothing is stored."
        )
    with right:
        _show_flagged(found)


def _moved(of: Hashable) -> float | None:
    """Where the line was dragged; that says nothing of another model's or detector's scores."""
    if st.session_state.setdefault(OF, of) != of:
        st.session_state[OF] = of
        linked.put(MOVED, None)
    return linked.asked_number(MOVED)


def _tolerated(dragged: bool) -> float:
    """The slider that sets the threshold, until the line is dragged."""

    def forget() -> None:
        linked.put(MOVED, None)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        rate = linked.slide(
            "False alarms to tolerate",
            RATES,
            key="own-rate",
            address=TOLERATED,
            default=0.05,
            shown="{:.1%}".format,
            on_change=forget,
            width=420,
            help="The threshold is this quantile of the scores that normal windows of two people "
            "got who were used for nothing else. Or drag the orange line.",
        )
        if dragged:
            st.button("Back to the slider's threshold", on_click=forget, icon=":material/undo:")
    return rate


def _verdict(n: int, above: NDArray[np.bool_]) -> str:
    if not n:
        return "nothing is flagged."
    return f"{n} stretch{'es' * (n > 1)} flagged, {above.mean():.0%} of its windows."


def _promise(known: Parts, threshold: float, rate: float | None) -> str:
    """What the threshold rests on, person by person."""
    assert known.calibration is not None
    kept = evaluation.false_alarms_by_subject(known.calibration, threshold)
    test = evaluation.false_alarms_by_subject(known.test, threshold).values()
    people = " and ".join(f"{share:.0%} for person {name}" for name, share in kept.items())
    whose = "where you dragged it" if rate is None else f"for {rate:.1%} false alarms"
    return (
        f"**Threshold {threshold:.3g}**, {whose}. It rests on the normal windows of "
        f"{len(kept)} people: it flags {people}. Two people are no population, and windows of one "
        f"are alike, so this is no guarantee: among {len(test)} people of the test it flags "
        f"between {min(test):.0%} and {max(test):.0%} of normal windows. Yours may lie anywhere "
        "in that range, or beyond."
    )


def _show_flagged(found: list[timeline.Flagged]) -> None:
    if not found:
        st.info("No window is above the threshold; lower it to see the next candidates.")
        return
    table = pd.DataFrame([dataclasses.asdict(part) for part in found])
    st.dataframe(
        table,
        hide_index=True,
        height="content" if len(found) < 7 else 290,
        column_config={
            "start": st.column_config.NumberColumn("Start", format="%.2f s"),
            "end": st.column_config.NumberColumn("End", format="%.2f s"),
            "peak": st.column_config.NumberColumn("Peak score", format="%.3g"),
            "n": st.column_config.NumberColumn("Windows"),
        },
    )
    text = table.rename(
        columns={"start": "start (s)", "end": "end (s)", "peak": "peak score", "n": "windows"}
    )

    def csv() -> bytes:
        return text.to_csv(index=False, float_format="%.6g").encode()

    download("Flagged stretches as CSV", csv, "flagged.csv", "text/csv", key="flagged-csv")
