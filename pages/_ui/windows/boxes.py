"""Scores by activity and by person: Figs 19, 21 and 24."""

from __future__ import annotations

import streamlit as st

from pages._ui import linked
from pages._ui.chart import live_chart
from pages._ui.windows import data as windows_data
from pages._ui.windows import tables as windows_tables
from wganad_core import evaluation
from wganad_core.config import ACTIVITIES
from wganad_core.records import ScoreTable

# As the paper drew them: figure → unseen activity, architecture; both show the encoder's error.
PAPER = {"Fig. 19": ("downstairs", "recurrence"), "Fig. 21": ("laying", "dense")}
WORDS = {
    "Fig. 19": "the paper finds the error “not high enough for the abnormal class to clearly "
    "separate”",
    "Fig. 21": "the paper reaches an AUPRC of 70 %, at a base rate that it does not tell",
}


def show(activity: str, architecture: str, detector: str) -> None:
    from wganad_core.figures.windows import scores as figures

    table = windows_tables.table(activity, architecture, detector)
    test = table.where(part="test", protocol="test")
    name = f"{windows_data.name_of(detector)}, {windows_tables.short(architecture)}"
    left, right = st.columns([11, 9], gap="large")
    with left:
        st.markdown(f"**Scores by activity** ({name})")
        live_chart(
            figures.activity_boxes(test),
            key="box-activities",
            alt=f"{name}: box plots of six activities",
        )
        st.caption(
            f"{windows_data.MEANINGS[detector]}. All {len(test):,} windows of nine people that no "
            "model has met."
        )
    with right:
        st.markdown(f"**Fig. 24: precision and recall for {activity}**")
        curves = {
            label: table.where(part="test", protocol=protocol)
            for protocol, label in windows_data.PROTOCOLS.items()
        }
        live_chart(
            figures.precision_recall(curves),
            key="box-curves",
            alt=f"{name}: precision-recall curves of both test variants",
        )
        st.caption(_no_interval(test))
    _people(test, activity, name)
    _paper()


def _no_interval(test: ScoreTable) -> str:
    from wganad_core.figures.windows.scores import auprc_by_person

    each = auprc_by_person(test).values()
    spread = f" (AUPRC {min(each):.2f} to {max(each):.2f})" if each else ""
    return (
        "No interval is drawn: windows overlap by half and those of one person are alike, so they "
        f"are not exchangeable, and {len(test):,} windows say little more than nine people. The "
        f"thin lines are these people, each alone{spread}. Dashed: chance. Dotted: the worst "
        "ranking."
    )


def _people(test: ScoreTable, activity: str, name: str) -> None:
    from wganad_core.figures.windows import scores as figures

    st.subheader("One activity, person by person", anchor=False)
    chosen = linked.choice(
        "Activity",
        {each: each.capitalize() for each in ACTIVITIES},
        key="person-activity",
        default=activity,
    )
    live_chart(
        figures.person_boxes(test, chosen),
        key="box-people",
        alt=f"{name}: box plots of {chosen}, one per test person",
    )
    st.caption(
        "People differ in how they walk, and in how they wear the phone. Where one person's box "
        "lies apart, a threshold that suits the others fails for this one."
    )


def _paper() -> None:
    """The paper's two box plots with our models, those that are here."""
    from wganad_core.figures.windows import scores as figures

    here = {
        title: setting
        for title, setting in PAPER.items()
        if windows_tables.available(*setting, "encoder")
    }
    if not here:
        return
    st.subheader("The paper's two box plots, again", anchor=False)
    for column, (title, setting) in zip(st.columns(2, gap="large"), here.items(), strict=False):
        with column:
            st.markdown(
                f"**{title}: {windows_tables.short(setting[1]).lower()}, without {setting[0]}** "
                "(encoder)"
            )
            test = windows_tables.table(*setting, "encoder").where(part="test", protocol="test")
            live_chart(
                figures.activity_boxes(test),
                key=f"box-{title}",
                alt=f"{title}: box plots of six activities",
            )
            figure = evaluation.summary(test.label, test.score)
            st.caption(f"AUPRC {figure.auprc:.2f}, chance {figure.base_rate:.2f}; {WORDS[title]}.")
