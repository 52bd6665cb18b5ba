"""The race of this session: as it was left or an address asks for it, trained by the worker."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from pages._ui import runtime
from pages._ui.race import address, recorded
from pages._ui.race.state import OwnPoints, RaceState
from wganad_core.config import RaceConfig
from wganad_core.live.messages import RaceView
from wganad_core.records import Replay


def current() -> RaceState:
    """The session's state. An address that asks for another race than the last one is obeyed;
    one that asks for nothing finds everything as it was left."""
    asked = address.asked()
    state: RaceState | None = st.session_state.get("race_state")
    if state is not None and address.leads_back(asked, state):
        state.show, state.address = "trained", asked
    elif state is None or (asked and asked != state.address):
        state = address.state_of(asked, state)
        st.session_state.race_state = state
    return state


def open_live(state: RaceState, race: RaceConfig, own: OwnPoints | None) -> None:
    """Put a race, untrained, into the worker; if it takes it, show it and name it in the URL."""
    handle = runtime.session_race()
    points = None if own is None else own.points
    handle.connect().open(handle.key, race, points, handle.checkpoint)
    state.race, state.own, state.show, state.live = race, own, "trained", True
    state.serial += 1
    runtime.tidy_checkpoints()
    address.name(state)


def resume(key: str) -> None:
    """Continue the race that an earlier session left behind, with its points."""
    handle, path = runtime.session_race(), runtime.checkpoint_path(key)
    arrays, meta = handle.connect().ask(
        "resume", race=handle.key, checkpoint=str(path), keep=str(handle.checkpoint)
    )
    race = RaceConfig.from_dict(meta["config"])
    own = address.kept_points(arrays["own"]) if "own" in arrays else None
    state = RaceState(race, show="trained", live=True, story=None, own=own)
    st.session_state.race_state = state
    address.name(state)


def look_at_recording(state: RaceState) -> None:
    """Back to the recorded race; what was trained goes on and can be returned to."""
    state.show = "recorded"
    address.name_none(state)


def look_at_trained(state: RaceState) -> None:
    """To the race that this session trains, made now if there is none."""
    if not state.live or view(state) is None:
        open_live(state, state.race, state.own)
    state.show = "trained"
    address.name(state)


def view(state: RaceState) -> RaceView | None:
    """What the worker last said of this session's race; None when it has none."""
    handle = runtime.session_race()
    if not state.live or handle.client is None or not handle.client.alive:
        return None
    return handle.client.view(handle.key)


def recordings(live: RaceView | None) -> Callable[[], list[Replay]]:
    """How to get everything recorded, for exports. What is returned may be called in a thread of
    Streamlit's that knows no session."""
    if live is None:
        runs = recorded.shipped_runs()
        return lambda: [run.recording for run in runs]
    handle = runtime.session_race()
    return partial(handle.worker.recordings, handle.key)


def command(op: str, **arguments: Any) -> None:
    """Send a command of this session's race and wait until it has been carried out."""
    handle = runtime.session_race()
    handle.worker.ask(op, race=handle.key, **arguments)
