"""A picture that is dragged in the browser: no run of the page for a move, one when it ends."""

from __future__ import annotations

import dataclasses
from functools import cache
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._ui.component import component, rerun_only
from wganad_core import browser

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

PICTURES = {"Densities": "densities.js", "Clouds": "clouds.js"}


@dataclasses.dataclass(frozen=True)
class Told:
    """A state that people chose, the how-manieth of this session: the browser takes over a new one
    and keeps its own until then."""

    turn: int
    state: dict[str, Any]


def moved(picture: str) -> dict[str, Any] | None:
    """What was last dragged there, if that was not known before; the caller checks it, as
    browsers may send anything."""
    found = (st.session_state.get(_key(picture)) or {}).get("moved")
    memory = f"{_key(picture)}-moved"
    if not found or found == st.session_state.get(memory):
        return None
    st.session_state[memory] = found
    return dict(found) if found.get("turn") == _told(picture).turn else None


def show(picture: str, state: dict[str, Any], alt: str) -> None:
    """Draw it, from this state on unless the browser has this one from its own hands."""
    told = _told(picture)
    if state != told.state:
        told = Told(told.turn + 1, state)
        st.session_state[f"{_key(picture)}-told"] = told
    data = {"class": picture, "look": picture.lower(), "turn": told.turn, "state": state}
    _component(picture)(key=_key(picture), data={**data, "alt": alt}, on_moved_change=rerun_only)


def keep(picture: str, state: dict[str, Any]) -> None:
    """The browser shows this already."""
    st.session_state[f"{_key(picture)}-told"] = Told(_told(picture).turn, state)


def _told(picture: str) -> Told:
    found = st.session_state.get(f"{_key(picture)}-told")
    return found if isinstance(found, Told) else Told(0, {})


def _key(picture: str) -> str:
    return f"theory-{picture.lower()}"


@cache
def _component(picture: str) -> ComponentRenderer:
    return component(
        _key(picture).replace("-", "_"),
        '<div class="theory" role="group"></div>',
        (browser.FOLDER / "theory.css").read_text(encoding="utf-8"),
        "theory.js",
        [browser.FOLDER / PICTURES[picture]],
    )
