"""Every detector × class as a heatmap; a cell says how it came about."""

from __future__ import annotations

import dataclasses

import streamlit as st

from pages._ui import anatomy, linked
from pages._ui.case import data
from pages._ui.chart import live_chart, waiting
from pages._ui.reproduction import cell, choice
from wganad_core import board, catalogue
from wganad_core.board import Line, Measure
from wganad_core.figures import reproduction as figures
from wganad_core.figures import table
from wganad_core.figures.table import MEASURES
from wganad_core.use_cases import UseCase

KEY = "heatmap"


@dataclasses.dataclass(frozen=True)
class BoardChoice:
    """What is looked at: the lines of one protocol, in an order."""

    case: UseCase
    measure: Measure
    protocol: str
    by: str
    lines: list[Line]

    def show(self, title: st.delta_generator.DeltaGenerator) -> None:
        """The sentence above the choices, the picture, and what stands behind the chosen cell."""
        with title:
            said = table.headline(self.case, self.lines, self.by, self.measure)
            anatomy.headline(said)
        drawn = _drawn(self)
        chosen = _cell(self, drawn)
        live_chart(
            figures.heatmap(drawn, chosen),
            key=KEY,
            alt=f"{MEASURES[self.measure]} of every detector by unseen {self.case.noun}",
        )
        _caption(self)
        cell.show(self.case, drawn, *chosen)


def choose() -> BoardChoice:
    """The line of choices."""
    case = choice.case()
    measure = linked.in_words("Figure", MEASURES, key="measure", default="auprc")
    rows = data.rows(case)
    protocol = _protocol(case, {row.protocol for row in rows})
    lines = catalogue.lines_of(case, rows, protocol)
    whole = any(board.MEAN in line.cells for line in lines)
    orders = ({board.MEAN: "the mean"} if whole else {}) | {name: name for name in case.classes}
    by = linked.in_words(
        "Sorted by", orders, key=f"{case.name}-sort", default=next(iter(orders)), address="sort"
    )
    return BoardChoice(case, measure, protocol, by, board.ranked(lines, by, measure))


def _protocol(case: UseCase, scored: set[str]) -> str:
    """One of the protocols with scores; no choice where there is only one."""
    words = {name: case.protocol_words.get(name, name) for name in case.protocols if name in scored}
    if len(words) < 2:
        return next(iter(words), case.protocols[0])
    return linked.in_words(
        "Tested on",
        words,
        key=f"{case.name}-protocol",
        default=next(iter(words)),
        address="protocol",
        help=case.protocol_help or None,
    )


def _drawn(chosen: BoardChoice) -> figures.Board:
    case, lines = chosen.case, chosen.lines
    there = {name for line in lines for name in line.cells}
    return figures.Board(
        lines,
        [catalogue.line_name(case, lines, line) for line in lines],
        [catalogue.cost(case, line) for line in lines],
        [name for name in (*case.classes, board.MEAN) if name in there],
        chosen.measure,
    )


def _cell(chosen: BoardChoice, drawn: figures.Board) -> tuple[Line, str]:
    """The line and class that was clicked, or that the address names; else the first line on the
    class that pages open with."""
    case = chosen.case
    if (click := waiting(KEY).click) and (hit := drawn.place(click["x"], click["y"])):
        linked.put("cell", _address(*hit))
    asked = st.query_params.get("cell", "")
    usual = case.usual_class or case.classes[0]
    class_ = chosen.by if chosen.by != board.MEAN else usual
    first = table.first_offered(case, chosen.lines, chosen.by, chosen.measure) or chosen.lines[0]
    cells = {_address(line, name): (line, name) for line in drawn.lines for name in line.cells}
    found = cells.get(asked, (first, class_ if class_ in first.cells else next(iter(first.cells))))
    linked.put("cell", asked if asked in cells else None)
    return found


def _address(line: Line, abnormal: str) -> str:
    return f"{line.model}~{line.detector}~{abnormal}"


def _caption(chosen: BoardChoice) -> None:
    case = chosen.case
    tested = case.protocol_words.get(chosen.protocol, chosen.protocol)
    st.caption(
        f"In %, {case.title}, {tested}; columns: the {case.noun} that no model has seen, and the "
        "mean. *Slanted*: quoted from print, base rate not told. **train**, **MB**: of the models "
        "behind one class of a line, as recorded when they were trained; “–”: nothing ships. A "
        "click on a cell says how it came about. The same as text: "
        f"`python -m wganad_core evaluate {case.name}`."
    )
