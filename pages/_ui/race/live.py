"""A race that is trained here, on the same canvas as the recorded one."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from pages._ui import runtime
from pages._ui.lanes import show_lanes
from pages._ui.race import session as race_session
from pages._ui.race import state as race_state
from pages._ui.race import transport
from pages._ui.widgets import refuse
from wganad_core import use_cases
from wganad_core.figures.lanes import FIRST, MORE, pack_lanes
from wganad_core.figures.race import LaneRecord, state_words
from wganad_core.live.client import WorkerError
from wganad_core.live.messages import RaceView
from wganad_core.records import Replay

LOST, WHOLE = "race_lost", "race_whole"  # frames that the browser lacks, and all of them, packed


def show(state: race_state.RaceState, ticking: bool) -> None:
    """The lanes and how it goes; redraws itself while the race runs."""
    live = race_session.view(state)
    if live is None:
        if ticking:
            st.rerun()  # its process died: the whole page changes, Pause to Train
        st.info("This run has ended. Press Train to start it again.")
        return
    if ticking and not live.playing and live.place == 0:
        st.rerun()  # finished or stopped: the whole page changes to its resting state
    try:
        frames, whole = _frames(state, live)
    except WorkerError as error:
        refuse(error)
        return
    options: dict[str, Any] = {"follow": ticking, "autoplay": False, "loop": False}
    message = {
        "key": f"{runtime.session_race().key}-{state.serial}",
        "space": True,
        "whole": whole,
        "recorded": len(live.recorded_steps),
        "options": options,
    }
    toggle = partial(transport.toggle, state)
    events = show_lanes(message, frames, key="live", layers=state.layers, on_space=toggle)
    status(live)
    if events.space:
        st.rerun()  # the buttons change, too
    if events.lost and not live.playing:
        st.session_state[LOST] = True
        st.rerun()


def _frames(state: race_state.RaceState, live: RaceView) -> tuple[bytes, bool]:
    """The newest frame of every lane, or everything recorded where the browser asked for it."""
    at = (state.serial, live.step)
    if st.session_state.pop(LOST, False):
        pasts = race_session.recordings(live)()
        st.session_state[WHOLE] = (at, _pack(state, pasts, (*FIRST, *MORE)))
    kept, packed = st.session_state.get(WHOLE, (None, b""))
    if kept == at:
        return packed, True
    st.session_state.pop(WHOLE, None)
    pasts = []
    for lane in live.lanes:
        past = lane.recording
        past.frames.append(lane.frame)
        pasts.append(past)
    drawn = {"arrows": state.layers.arrows, "manifold": state.layers.manifold}
    layers = {"samples", state.layers.lens, *(name for name, shown in drawn.items() if shown)}
    return _pack(state, pasts, layers if live.playing else (*FIRST, *MORE)), False


def _pack(state: race_state.RaceState, pasts: list[Replay], layers: Any) -> bytes:
    lanes = [
        LaneRecord(use_cases.lane_title(lane), lane.training.method, past)
        for lane, past in zip(state.race.lanes, pasts, strict=True)
    ]
    return pack_lanes(lanes, race_state.data(state), layers, quick=True)


def status(live: RaceView) -> None:
    """One line: what is going on."""
    for words in filter(None, (lane.stopped for lane in live.lanes)):
        refuse(words)
    if live.place:
        st.caption(
            f"Waiting: number {live.place} in the queue. All live runs of this server are taken."
        )
    elif live.playing:
        # Rounded, so that it seldom changes: the steps themselves stand in the picture.
        rate = f", about {float(f'{live.rate:.1g}'):,.0f} steps a second" if live.rate >= 1 else ""
        st.caption(f"Training{rate}.")
    else:
        counts = ", ".join(
            f"{lane.critic_updates:,} critic / {lane.generator_updates:,} generator updates"
            for lane in live.lanes
        )
        stands = "Finished" if live.finished else "Paused"
        st.caption(f"{stands} at step {live.step:,} ({counts}).")


def names(state: race_state.RaceState) -> str:
    return ", ".join(use_cases.lane_title(lane) for lane in state.race.lanes)


def standing(state: race_state.RaceState, live: RaceView) -> str:
    """How every lane stands at the newest step, in words."""
    mixture = race_state.data(state)
    said = []
    for lane, seen in zip(state.race.lanes, live.lanes, strict=True):
        words, _ = state_words(seen.frame, mixture)
        said.append(
            f"{use_cases.lane_title(lane)} {words}" if words else use_cases.lane_title(lane)
        )
    return f"Step {live.step:,}: {'; '.join(said)}"
