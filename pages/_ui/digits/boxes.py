"""Scores by class: Figs 14, 15 and 22."""

from __future__ import annotations

import streamlit as st

from pages._ui.chart import live_chart
from pages._ui.digits import data as digits_data
from wganad_core import evaluation
from wganad_core.data.gallery import Gallery

FIGURES = {
    "critic": (
        "Fig. 14: the critic's output",
        "Minus the critic's output on every test image (§5.1).",
    ),
    "inversion": (
        "Fig. 15: the reversed generator",
        "What is left after the search for z (eqs 21–22), on "
        "the fixed subset that slow detectors score.",
    ),
}


def show(digit: str, found: Gallery, detector: str) -> None:
    from wganad_core.figures import digits as figures

    shown = {
        detector: (
            f"{digits_data.name_of(detector)}, class by class",
            f"{digits_data.MEANINGS[detector]}.",
        )
    }
    shown |= {name: words for name, words in FIGURES.items() if name in found.scores}
    for column, (name, (title, words)) in zip(st.columns(len(shown)), shown.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            table = found.table(name)
            live_chart(
                figures.class_boxes(table),
                key=f"box-{name}",
                alt=f"{title}: box plots of ten classes",
            )
            figure = evaluation.summary(table.label, table.score)
            st.caption(f"{words} AUPRC {figure.auprc:.2f}, chance {figure.base_rate:.2f}.")
    st.subheader(
        f"Fig. 22: every digit in turn the unseen one ({digits_data.name_of(detector)})",
        anchor=False,
    )
    tables = {}
    for name in digits_data.shipped():
        other, _ = digits_data.scores(name)
        if detector in other.scores:
            tables[name] = other.table(detector)
    live_chart(
        figures.digit_boxes(tables),
        key="digit-boxes",
        alt="Normals beside the unseen digit, one panel per digit",
    )
    st.caption(
        "Each panel is a model of its own, trained without its digit; every score is of a test "
        "image that no model was trained on."
    )
