"""Small things that several pages do."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from wganad_core import outside


def download(label: str, data: Any, name: str, kind: str, *, key: str) -> None:
    """A button for a file that is made when it is pressed, without running the page again."""
    icon = ":material/download:"
    st.download_button(label, data, name, kind, icon=icon, on_click="ignore", key=key)


def refuse(why: object) -> None:
    """The sentence of an error, which may quote what is not ours."""
    st.error(outside.shown(why))


def draw_again() -> None:
    """Run the enclosing fragment again, after an event that changed what it shows."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # the event came with a run of the whole page
        st.rerun()
