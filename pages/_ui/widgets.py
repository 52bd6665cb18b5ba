"""Small things that several pages do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitAPIException

from wganad_core import outside


def download(label: str, data: Any, name: str, kind: str, *, key: str) -> None:
    """A button for a file that is made when it is pressed, without running the page again."""
    icon = ":material/download:"
    st.download_button(label, data, name, kind, icon=icon, on_click="ignore", key=key)


@contextmanager
def drawer(label: str, icon: str) -> Iterator[bool]:
    """An expander whose content is made only while it is open (the value tells)."""
    made = st.expander(label, icon=f":material/{icon}:", key=f"drawer-{icon}", on_change="rerun")
    with made:
        yield bool(made.open)


def button(label: str, icon: str, action: Callable[..., None], **more: Any) -> None:
    """A button that does something before the page runs again."""
    st.button(label, icon=f":material/{icon}:", on_click=action, **more)


def number(label: str, low: Any, high: Any, value: Any, **more: Any) -> Any:
    """A number to type. An address may ask for one beyond the usual ends, or write 2 for 2.0."""
    value = type(low)(value)
    return st.number_input(label, min(low, value), max(high, value), value, **more)


def refuse(why: object) -> None:
    """The sentence of an error, which may quote what is not ours."""
    st.error(outside.shown(why))


def draw_again() -> None:
    """Run the enclosing fragment again, after an event that changed what it shows."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # the event came with a run of the whole page
        st.rerun()


def still_here(name: str, key: str, remove: Callable[..., None]) -> None:
    """Of a file that is held although its uploader, after a visit to another page, is empty."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{outside.shown(name)}** is still here.", width="content")
        st.button("Remove it", type="tertiary", key=key, on_click=remove)
