"""What stands behind one cell of the board: its figures, files, and the commands that remake it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from pages._ui import linked
from wganad_core import board, catalogue, outside
from wganad_core.board import Line, Row
from wganad_core.figures.reproduction import Board, duration
from wganad_core.use_cases import UseCase

SHELL = "python -m wganad_core "
PAGES = Path(__file__).resolve().parents[2]


def show(case: UseCase, drawn: Board, line: Line, abnormal: str) -> None:
    name = drawn.names[drawn.lines.index(line)]
    where = "the mean of all classes" if abnormal == board.MEAN else f"{case.noun} {abnormal}"
    st.subheader(f"{name}, {where}", anchor=False)
    rows = line.cells[abnormal]
    for row in rows:
        st.markdown(_sentence(case, row))
    if line.quoted:
        return
    if abnormal == board.MEAN:
        st.markdown("Click on one of its classes for what reproduces it.")
        return
    commands = _commands(case, rows)
    here = [command for command in commands if command.startswith(SHELL)]
    st.code("\n".join(here), language="bash", wrap_lines=True)
    for command in commands:
        if command not in here:
            st.caption(f"Trained by a script that does not come along: {outside.shown(command)}")
    with st.container(horizontal=True, gap="medium"):
        _links(case, line, rows[0])


def _sentence(case: UseCase, row: Row) -> str:
    """One seed's figures: of what, on which rows, at which base rate; and its cost."""
    figures = [
        f"{words} **{value:.1%}**"
        for words, value in (("AUPRC", row.auprc), ("AUROC", row.auroc))
        if value is not None
    ]
    if row.n is None:
        where = board.QUOTED_AT.get(case.name, "print") if row.detector == "paper" else "print"
        return f"{', '.join(figures)}: quoted ({where}), at a base rate that is not told."
    said = f"Seed {row.seed}: {', '.join(figures)} on {row.n:,} test {case.samples}"
    if row.base_rate is not None and row.floor is not None:
        said += f", of which {row.base_rate:.1%} are anomalies (the floor is {row.floor:.1%})"
    found = catalogue.behind(case, row) if row.abnormal != board.MEAN else catalogue.Behind()
    if found.files:
        took = "" if found.seconds is None else f", trained in {duration(found.seconds)}"
        files = ", ".join(path.name for path in found.files)
        said += f". Files{took}: {files}"
    return f"{said}."


def _commands(case: UseCase, rows: Sequence[Row]) -> list[str]:
    """What trains the models of every seed, then what prints the figures."""
    found = [command for row in rows for command in catalogue.behind(case, row).commands]
    return [*dict.fromkeys(found), catalogue.evaluation_command(case, rows[0])]


def _links(case: UseCase, line: Line, row: Row) -> None:
    """To this detector on the page of its use case, and to its threshold."""
    if line.detector in case.baselines or not (PAGES / f"{case.name}.py").exists():
        return
    query = {"detector": row.detector}
    if case.models:
        query["model"] = catalogue.architecture_of(case, line.model)
    if case.protocol_words:
        query["protocol"] = row.protocol
    st.page_link(
        f"{case.name}.py",
        label=f"See it on the page “{case.label}”",
        icon=":material/open_in_new:",
        query_params={case.noun: row.abnormal, **query},
    )
    linked.to_cockpit(**{"case": case.name, "class": row.abnormal, **query})
