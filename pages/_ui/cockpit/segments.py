"""A threshold for each group, as each machine or shift, beside the one of all."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages._ui.cockpit.numbers import percent
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from pages._ui.widgets import download
from wganad_core import outside, thresholds
from wganad_core.data.own.flagged import flagged_csv
from wganad_core.thresholds import Segments

MOST = 500  # groups


def there(scores: DetectorScores) -> bool:
    """Whether these samples are of several groups, few enough to list."""
    subject = scores.test.subject
    return subject is not None and 1 < len(np.unique(subject)) <= min(MOST, len(subject) // 2)


def show(scores: DetectorScores, place: Position) -> None:
    """The pooled consequences in a sentence, then a row per group."""
    found = of(scores, place.threshold)
    st.markdown(_sentence(scores, found))
    table = pd.DataFrame([_row(scores, one) for one in found.each])
    st.dataframe(table, hide_index=True, width="stretch", key="cockpit-groups")
    few = [one for one in found.each if one.warning]
    if few:
        names = ", ".join(outside.shown(one.name) for one in few[:5]) + ", …" * (len(few) > 5)
        st.caption(f":orange[:material/warning: {names}: {few[0].warning}]")
    if not found.held_out:
        st.caption(
            "Each threshold was chosen by the very normals that are counted here, which flatters "
            "it; rows of a part `calibration` with their groups would not."
        )
    download(
        "Flagged by these thresholds (CSV)",
        lambda: flagged_csv(
            scores.test, scores.loaded.row, found.threshold, negated=scores.loaded.negated
        ),
        "flagged-by-group.csv",
        "text/csv",
        key="save-by-group",
    )


def of(scores: DetectorScores, threshold: float) -> Segments:
    return _of((scores.key, threshold), scores, threshold)


@st.cache_resource(scope="session", show_spinner=False, max_entries=8)
def _of(key: Hashable, _scores: DetectorScores, _threshold: float) -> Segments:
    return thresholds.segments(_scores.test, _threshold, _scores.loaded.calibration)


def facts(scores: DetectorScores, threshold: float) -> list[dict[str, Any]]:
    """The same for the report, which is made in a thread that knows no session."""
    return thresholds.segments(scores.test, threshold, scores.loaded.calibration).facts()


def _sentence(scores: DetectorScores, found: Segments) -> str:
    noun, n = scores.loaded.noun, len(found.each)
    share = f"each flags {percent(found.rate)} of its normals, as the one does of all"
    if scores.test.label is None:
        share = f"each flags {percent(found.rate)} of its {noun}, as the one does of all"
    said = f"**{n:,} groups, a threshold for each**: {share}."
    if not scores.two_classes:
        return (
            f"{said} Together they flag **{found.total('flagged'):,}** {noun}, the one "
            f"{found.total('flagged_by_one'):,}."
        )
    return (
        f"{said} Together they catch **{found.total('caught'):,} of "
        f"{found.total('anomalies'):,}** anomalies with **{found.total('false_alarms'):,} false "
        f"alarms** (precision {percent(found.precision)}, in this test); the one threshold catches "
        f"{found.total('caught_by_one'):,} with {found.total('false_alarms_by_one'):,} "
        f"({percent(found.precision_by_one)})."
    )


def _row(scores: DetectorScores, one: thresholds.Segment) -> dict[str, Any]:
    row: dict[str, Any] = {
        "group": one.name,
        scores.loaded.noun: one.n,
        "threshold": scores.axis.text(one.threshold) + "*" * bool(one.warning),
        "flagged": one.flagged,
        "by the one": one.flagged_by_one,
    }
    if one.caught is not None:
        row |= {
            "anomalies": one.anomalies,
            "caught": one.caught,
            "false alarms": one.false_alarms,
            "precision": "–" if np.isnan(one.precision) else percent(one.precision),
        }
    return row
