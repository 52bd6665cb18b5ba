"""Points of one's own: drawn, or from a file, and shared as a file or in an address."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import reading
from pages._ui.race import points_pad, transport
from pages._ui.race import state as race_state
from pages._ui.widgets import download, refuse
from wganad_core.config import MixtureConfig
from wganad_core.data import DataError, drawn


@st.dialog("Draw your own points", width="medium")
def dialog(state: race_state.RaceState) -> None:
    """Draw, or give a file; then the lanes of the present race are trained on it."""
    strokes = points_pad.pad("points-pad", _strokes(state))
    st.session_state[points_pad.STROKES] = strokes
    upload = st.file_uploader("Or a file with two columns, x and y", type=["csv", "txt"])
    found: race_state.OwnPoints | None = None
    try:
        if upload is not None:
            found = race_state.OwnPoints.of(reading.read(np.ndarray, "points", upload))
        elif strokes:
            text = drawn.to_text([place for stroke in strokes for place in stroke])
            found = race_state.OwnPoints.drawn(text)
    except DataError as error:
        refuse(error)
    if found is not None and found.told:
        st.info(found.told)
    with st.container(horizontal=True):
        label, icon = "Train on these", ":material/play_arrow:"
        pressed = st.button(label, icon=icon, type="primary", disabled=found is None)
        if pressed and found is not None:
            train(state, found)
            st.rerun()
        if found is not None:
            as_file(found)
    if found is not None and found.text:
        st.caption("The address will hold your drawing: send it, and others get the same race.")


def _strokes(state: race_state.RaceState) -> list[points_pad.Stroke]:
    """What the pad begins with: this session's drawing, or the one that the address brought."""
    text = state.own.text if state.own is not None else ""
    if points_pad.STROKES not in st.session_state and text:
        st.session_state[points_pad.STROKES] = [[(x, y)] for x, y in drawn.from_text(text).tolist()]
    found: list[points_pad.Stroke] = st.session_state.setdefault(points_pad.STROKES, [])
    return found


def train(state: race_state.RaceState, own: race_state.OwnPoints) -> None:
    """The present lanes on these points, from the beginning."""
    lanes = race_state.lanes_of(state)
    race = state.race.replace(mixture=MixtureConfig(name="own"), lanes=lanes)
    transport.change_race(state, race, own=own)
    if state.problem is None:
        transport.start(state, "play")


def as_file(own: race_state.OwnPoints) -> None:
    lines = ["x,y", *(f"{x:.5g},{y:.5g}" for x, y in own.points.tolist())]
    download("The points as a file", "\n".join(lines), "points.csv", "text/csv", key="own-csv")
