"""Reproduction: every detector on every class, what it costs, and how results get too good."""

from __future__ import annotations

import streamlit as st

from pages._ui import anatomy, linked, runtime
from pages._ui.reproduction import board, leaks

VIEWS = {"board": "figures", "leaks": "leaks"}

HELP = "**Figures**: every detector on every class. **Leaks**: how results get too good, measured."


def main() -> None:
    title = st.container()
    with anatomy.choices():
        view = linked.in_words("Look at", VIEWS, key="view", default="board", help=HELP)
        chosen = board.choose() if view == "board" else leaks.choose()
    chosen.show(title)


runtime.run_page(main)
