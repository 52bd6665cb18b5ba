"""Reproduction: every detector on every class, what it costs, and how results get too good."""

from __future__ import annotations

import streamlit as st

from pages._ui import linked, runtime
from pages._ui.reproduction import board, leaks
from pages._ui.reproduction.choice import STYLE

VIEWS = {"board": "figures", "leaks": "leaks"}

HELP = "**Figures**: every detector on every class. **Leaks**: how results get too good, measured."


def main() -> None:
    st.html(STYLE)
    title = st.container()
    with st.container(horizontal=True, gap="small", key="choices"):
        view = linked.in_words("Look at", VIEWS, key="view", default="board", help=HELP)
        chosen = board.choose() if view == "board" else leaks.choose()
    chosen.show(title)


runtime.run_page(main)
