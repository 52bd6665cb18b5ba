"""Train, pause, single steps: what is done to the race of this session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from pages._ui import runtime
from pages._ui.race import session as race_session
from pages._ui.race import state as race_state
from pages._ui.widgets import button, number
from wganad_core.config import MAX_SEED, RaceConfig
from wganad_core.live.messages import RaceView

SPEEDS = {"1 step/s": 1.0, "10 steps/s": 10.0, "100 steps/s": 100.0, "full speed": 0.0}
# What is updated, its button's label, icon, key and meaning.
UPDATES = (
    ("step", "Step", "skip_next", "S", "One step of every lane: critic, then generator."),
    ("critic", "Critic only", "gavel", "D", "One critic update; the generator waits."),
    ("generator", "Generator only", "brush", "G", "One generator update; the critic waits."),
)


def change_race(
    state: race_state.RaceState,
    race: RaceConfig,
    story: str | None = None,
    own: race_state.OwnPoints | None = None,
) -> None:
    """Replace the race by another, untrained one; if that is refused, the old one stays."""

    def replace() -> None:
        race_session.open_live(state, race, own)
        state.story = story
        st.session_state.pop("trace", None)

    attempt(state, replace)


def attempt(state: race_state.RaceState, action: Callable[[], Any]) -> None:
    """Carry out a command; a refusal is shown at the top of the page."""
    try:
        action()
    except runtime.REFUSALS as error:
        state.problem = str(error)


def look_at_mine(state: race_state.RaceState) -> None:
    """To the race that was trained here."""
    attempt(state, partial(race_session.look_at_trained, state))


def start(state: race_state.RaceState, op: str, **arguments: Any) -> None:
    """Carry out a command of the session's race, which is made first if there is none."""
    if op == "play":
        arguments["speed"] = SPEEDS[st.session_state.get("speed", "full speed")]

    def begin() -> None:
        race_session.look_at_trained(state)
        race_session.command(op, **arguments)

    attempt(state, begin)


def toggle(state: race_state.RaceState) -> None:
    """Pause the race that is trained here, or train on: what the space bar does."""
    live = race_session.view(state)
    if live is not None and (live.playing or live.place):
        attempt(state, partial(race_session.command, "pause"))
    elif live is None or not live.finished:
        start(state, "play")


def transport(state: race_state.RaceState, live: RaceView | None) -> None:
    """Train or pause, a single step, begin again, back to the recording."""
    running = live is not None and (live.playing or live.place > 0)
    finished = live is not None and live.finished
    if running:
        # Not a toggle: Streamlit may hand a press over twice.
        pause = partial(attempt, state, partial(race_session.command, "pause"))
        button("Pause", "pause", pause, type="primary")
    else:
        first: dict[str, Any] = {"type": "primary", "disabled": finished}
        button("Train", "play_arrow", partial(start, state, "play"), **first)
    what, label, icon, key, meaning = UPDATES[0]
    held: dict[str, Any] = {"disabled": running or finished, "help": meaning, "shortcut": key}
    button(label, icon, partial(start, state, "advance", what=what), **held)
    again = partial(change_race, state, state.race, state.story, state.own)
    button("Reset", "restart_alt", again, help="Back to untrained networks.")
    button("Recording", "movie", partial(race_session.look_at_recording, state))


def rare_transport(state: race_state.RaceState, live: RaceView | None) -> None:
    """Single updates, speed, seed."""
    running = live is not None and (live.playing or live.place > 0)
    held = running or (live is not None and live.finished)

    place = f"seed-{state.serial}"  # another race has another seed

    def reseed() -> None:
        lanes = tuple(
            lane.replace(training=lane.training.replace(seed=st.session_state[place]))
            for lane in state.race.lanes
        )
        change_race(state, state.race.replace(lanes=lanes), state.story, state.own)

    with st.container(horizontal=True):
        for what, label, icon, key, meaning in UPDATES[1:]:
            advance = partial(start, state, "advance", what=what)
            button(label, icon, advance, shortcut=key, help=meaning, disabled=held)
    with st.container(horizontal=True):
        speeds = list(SPEEDS)
        change = partial(start, state, "play") if running else None
        st.selectbox("Speed", speeds, len(speeds) - 1, key="speed", on_change=change, width=150)
        seed = state.race.lanes[0].training.seed
        number("Seed", 0, MAX_SEED, seed, key=place, on_change=reseed, width=150)
