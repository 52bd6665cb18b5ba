"""What was chosen when, and why: a line to type, kept with the session, taken away and brought
back with the report. Nothing of it stays on the server."""

from __future__ import annotations

import datetime
from collections.abc import Hashable

import pandas as pd
import streamlit as st

from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from pages._ui.widgets import refuse
from wganad_core import outside
from wganad_core.data import DataError
from wganad_core.thresholds import Decision, merged, read_decisions
from wganad_core.thresholds.decisions import LONGEST

KEPT = "_cockpit-decisions"
LINE = "cockpit-why"


def of(scores: DetectorScores) -> tuple[Decision, ...]:
    """Those of these scores, in the order of time."""
    kept: dict[Hashable, tuple[Decision, ...]] = st.session_state.setdefault(KEPT, {})
    return kept.get(scores.place, ())


def show(scores: DetectorScores, place: Position) -> None:
    st.markdown("**Decisions**: what was chosen when, and why. They go into the report.")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.text_input(
            "Why this threshold",
            key=LINE,
            max_chars=LONGEST,
            placeholder="agreed with maintenance: two alarms a day",
        )
        st.button(
            "Note it down",
            icon=":material/edit_note:",
            key="note-decision",
            on_click=_note,
            args=(scores, place),
        )
        with st.popover("Bring back a report", icon=":material/upload_file:"):
            st.file_uploader("Report (JSON)", ["json"], key="cockpit-report", max_upload_size=2)
            _brought(scores)
    found = of(scores)
    if not found:
        return
    rows = [
        {
            "when (UTC)": one.at.replace("T", " ").removesuffix("Z"),
            "threshold": scores.axis.text(one.threshold),
            "how": one.rule,
            "why": one.why,
            "flagged": f"{one.flagged:,} of {one.n:,}",
            "scores": f"{one.detector}, {one.scores}",
        }
        for one in reversed(found)
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", key="cockpit-decisions")
    last = found[-1]
    if last.threshold != place.threshold:
        st.button(
            f"Back to {scores.axis.text(last.threshold)}",
            icon=":material/history:",
            key="last-decision",
            help=outside.shown(last.why) or None,
            on_click=lambda: place.move(last.threshold, last.rule),
        )


def _note(scores: DetectorScores, place: Position) -> None:
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0, tzinfo=None)
    one = Decision(
        f"{now.isoformat()}Z",
        place.threshold,
        place.why or "by hand",
        str(st.session_state.get(LINE, "")).strip(),
        scores.name[:LONGEST],
        scores.loaded.title[:LONGEST],
        scores.ranking.n_flagged(place.threshold),
        len(scores.test),
    )
    _keep(scores, (one,))
    st.session_state[LINE] = ""


def _brought(scores: DetectorScores) -> None:
    file = st.session_state.get("cockpit-report")
    if file is None:
        return
    try:
        found = read_decisions(file.getvalue())
    except DataError as error:
        refuse(error)
        return
    _keep(scores, found)
    st.caption(f"{len(found):,} decision{'s' * (len(found) != 1)} of {outside.shown(file.name)}.")


def _keep(scores: DetectorScores, more: tuple[Decision, ...]) -> None:
    st.session_state[KEPT] = st.session_state.get(KEPT, {}) | {
        scores.place: merged(of(scores), more)
    }
