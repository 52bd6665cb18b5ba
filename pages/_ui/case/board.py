"""Every detector on every class in turn, beside what the paper prints: bars and a table."""

from __future__ import annotations

import dataclasses

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked
from pages._ui.case import data
from pages._ui.chart import live_chart
from wganad_core import board, catalogue
from wganad_core.board import Line, Measure
from wganad_core.figures import table as tables
from wganad_core.figures.board import auprc_bars, bar_series
from wganad_core.figures.table import MEASURES
from wganad_core.storage import StorageError
from wganad_core.use_cases import UseCase


@dataclasses.dataclass(frozen=True)
class TableChoice:
    """Which figures are looked at."""

    case: UseCase
    protocol: str
    measure: Measure

    def show(self, above: DeltaGenerator) -> None:
        """The sentence above the choices, bars, what the paper says, and the table."""
        case, lines = self.case, _lines(self.case, self.protocol)
        ranked = board.ranked(lines, board.MEAN, self.measure)
        with above:
            anatomy.headline(tables.headline(case, ranked, board.MEAN, self.measure))
        named = {name for line in lines for name in line.cells}
        classes = [name for name in (*case.classes, board.MEAN) if name in named]
        live_chart(
            auprc_bars(bar_series(case, lines), classes),
            key="bars",
            alt=f"AUPRC by unseen {case.noun} and detector",
        )
        for sentence in tables.quotes(case, ranked):
            st.markdown(sentence)
        _table(case, tables.table(case, ranked, classes, self.measure), classes, self.measure)


def choose(case: UseCase) -> TableChoice:
    """What there is to choose, in the line of choices."""
    protocol = case.protocols[0]
    if case.protocol_words:
        protocol = linked.in_words(
            "Tested on",
            case.protocol_words,
            key="protocol",
            default=protocol,
            help=case.protocol_help,
        )
    measure = linked.in_words("Figure", MEASURES, key="measure", default="auprc")
    return TableChoice(case, protocol, measure)


def _lines(case: UseCase, protocol: str) -> list[Line]:
    """Of all classes that are here. Raises `StorageError` where none is."""
    rows = data.rows(case)
    if not any(row.protocol == protocol for row in rows):
        raise StorageError(
            f"No score tables of {case.title} are here; restore them from the repository."
        )
    return catalogue.lines_of(case, rows, protocol)


def _table(case: UseCase, made: tables.Table, classes: list[str], measure: Measure) -> None:
    """The best of a class is marked; below, who is left out as its row would have gaps."""
    many = len(classes) > 8
    number = st.column_config.NumberColumn(format="%.1f", width=58 if many else 78)
    frame = pd.DataFrame(made.rows)
    st.dataframe(
        frame.style.highlight_max(
            subset=pd.IndexSlice[list(made.competing), classes],
            props="font-weight: 700; background-color: #009E7340",
        ),
        hide_index=True,
        height="content",
        placeholder="–",
        column_config=dict.fromkeys(classes, number)
        | {"Detector": st.column_config.TextColumn(pinned=True, width=210 if many else 280)},
    )
    n, left_out = made.most_seeds, ", ".join(made.left_out)
    seeds = "one seed" if n == 1 else f"means of up to {n} seeds"
    gaps = f" Not scored everywhere, so left out: {left_out}." if left_out else ""
    st.caption(
        f"{MEASURES[measure]} in %, {case.board.caption.format(seeds=seeds)}{gaps} From the "
        f"shell: `python -m wganad_core evaluate {case.name}`."
    )
