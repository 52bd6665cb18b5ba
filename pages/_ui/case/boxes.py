"""Scores by class and by person: Figs 14, 15, 19, 21, 22 and 24."""

from __future__ import annotations

import dataclasses

import streamlit as st

from pages._ui import linked
from pages._ui.case import data
from pages._ui.case.choice import Choice
from pages._ui.chart import live_chart
from wganad_core import evaluation
from wganad_core.figures.scores import abnormal_boxes, class_boxes, wants_log
from wganad_core.figures.windows.scores import auprc_by_person, person_boxes, precision_recall
from wganad_core.records import ScoreTable
from wganad_core.use_cases import PaperBoxes, UseCase


def show(chosen: Choice) -> None:
    """Where people are told apart, each has a box; else every class in turn is the unseen one."""
    if (data.samples(chosen.case).subjects != "").any():
        _by_person(chosen)
    else:
        _by_class(chosen)


def _draw(chosen: Choice, table: ScoreTable, key: str, title: str) -> None:
    log = chosen.case.shape == "window" and wants_log(table.score)
    live_chart(
        class_boxes(table, chosen.case.classes, log),
        key=f"box-{key}",
        alt=f"{title}: box plots of all classes",
    )


def _tested(chosen: Choice, abnormal: str, architecture: str, protocol: str) -> ScoreTable:
    galleries = data.scores(chosen.case, abnormal).galleries
    return galleries[architecture, protocol].table(chosen.detector)


def _area(case: UseCase, table: ScoreTable) -> str:
    figure = evaluation.summary(table.label, table.score)
    return (
        f"AUPRC {figure.auprc:.2f}, chance {figure.base_rate:.2f}, on {figure.n:,} test "
        f"{case.samples}"
    )


# Without people


def _by_class(chosen: Choice) -> None:
    case = chosen.case
    meaning = f"{case.meanings[chosen.detector]}."
    own = PaperBoxes(f"{chosen.name}, class by class", chosen.detector, meaning)
    shown = {one.detector: one for one in (own, *case.boxes) if one.detector in chosen.found.scores}
    for column, one in zip(st.columns(len(shown)), shown.values(), strict=True):
        with column:
            st.markdown(f"**{one.title}**")
            table = chosen.found.table(one.detector)
            _draw(chosen, table, one.detector, one.title)
            st.caption(f"{one.words} {_area(case, table)}.")
    st.subheader(f"Fig. 22: every {case.noun} in turn the unseen one ({chosen.name})", anchor=False)
    tables = {}
    for abnormal in data.shipped(case):
        if data.available(case, abnormal, chosen.architecture, chosen.detector):
            tables[abnormal] = _tested(chosen, abnormal, chosen.architecture, chosen.protocol)
    live_chart(
        abnormal_boxes(tables),
        key="class-boxes",
        alt=f"Normals beside the unseen {case.noun}, one panel per {case.noun}",
    )
    n = chosen.found.part_of(chosen.detector)
    some = f", {n:,} in each panel, as “{chosen.name}” is slow" if n else ""
    st.caption(
        f"Each panel is a model of its own, trained without its {case.noun}; every score is of a "
        f"test {case.sample} that no model was trained on{some}."
    )


# Person by person


def _by_person(chosen: Choice) -> None:
    case, abnormal = chosen.case, chosen.abnormal
    curves = {
        label: _tested(chosen, abnormal, chosen.architecture, protocol)
        for protocol, label in case.protocol_words.items()
    }
    test = next(iter(curves.values()))
    name = f"{chosen.name}, {case.short(chosen.architecture)}"
    left, right = st.columns([11, 9], gap="large")
    with left:
        st.markdown(f"**Scores by {case.noun}** ({name})")
        _draw(chosen, test, "classes", name)
        st.caption(
            f"{case.meanings[chosen.detector]}. All {len(test):,} windows of nine people that no "
            "model has met."
        )
    with right:
        st.markdown(f"**Fig. 24: precision and recall for {abnormal}**")
        live_chart(
            precision_recall(curves),
            key="box-curves",
            alt=f"{name}: precision-recall curves of both test variants",
        )
        st.caption(_no_interval(test))
    _people(chosen, test, name)
    _paper(chosen)


def _no_interval(test: ScoreTable) -> str:
    each = auprc_by_person(test).values()
    spread = f" (AUPRC {min(each):.2f} to {max(each):.2f})" if each else ""
    return (
        "No interval is drawn: windows overlap by half and those of one person are alike, so they "
        f"are not exchangeable, and {len(test):,} windows say little more than nine people. The "
        f"thin lines are these people, each alone{spread}. Dashed: chance. Dotted: the worst "
        "ranking."
    )


def _people(chosen: Choice, test: ScoreTable, name: str) -> None:
    st.subheader(f"One {chosen.case.noun}, person by person", anchor=False)
    shown = linked.choice(
        chosen.case.noun.capitalize(),
        {each: each.capitalize() for each in chosen.case.classes},
        key=f"person-{chosen.case.noun}",
        default=chosen.abnormal,
    )
    live_chart(
        person_boxes(test, shown),
        key="box-people",
        alt=f"{name}: box plots of {shown}, one per test person",
    )
    st.caption(
        "People differ in how they walk, and in how they wear the phone. Where one person's box "
        "lies apart, a threshold that suits the others fails for this one."
    )


def _paper(chosen: Choice) -> None:
    """The paper's box plots with our models, those that are here."""
    case = chosen.case
    here = [
        one
        for one in case.boxes
        if data.available(case, one.abnormal, one.architecture, one.detector)
    ]
    if not here:
        return
    st.subheader("The paper's two box plots, again", anchor=False)
    for column, one in zip(st.columns(2, gap="large"), here, strict=False):
        with column:
            what = f"{case.short(one.architecture).lower()}, without {one.abnormal}"
            st.markdown(f"**{one.title}: {what}** ({one.detector})")
            paper = dataclasses.replace(chosen, detector=one.detector)
            test = _tested(paper, one.abnormal, one.architecture, case.protocols[0])
            _draw(chosen, test, one.title, one.title)
            st.caption(f"{_area(case, test)}; {one.words}.")
