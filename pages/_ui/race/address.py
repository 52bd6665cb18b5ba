"""The race in the address bar: what an address asks for, and which one leads back to a race."""

from __future__ import annotations

from urllib.parse import urlencode

import numpy as np
import streamlit as st

from pages._ui import linked, runtime
from pages._ui.race import recorded
from pages._ui.race.points_pad import STROKES
from pages._ui.race.state import OwnPoints, RaceState
from wganad_core import use_cases
from wganad_core.config import ConfigError, RaceConfig
from wganad_core.data import DataError
from wganad_core.records import FloatArray

URL_RACE, URL_RUN, URL_STORY, URL_SHOW, URL_POINTS = "race", "run", "story", "show", "points"
ASKS = (URL_RACE, URL_RUN, URL_STORY, URL_SHOW, URL_POINTS)
# How long a race of a link may be named; the settings of three lanes need a tenth of it.
MAX_ADDRESS = 2_000


def asked() -> dict[str, str]:
    """What the address says of a race."""
    return {name: st.query_params[name] for name in ASKS if name in st.query_params}


def leads_back(asked: dict[str, str], state: RaceState) -> bool:
    """Whether an address, as of the browser's Back, leads to the race that is trained here."""
    if not state.live or asked == state.address:
        return False
    return asked == {URL_RUN: runtime.session_race().key, **_asks_for(state)}


def state_of(asked: dict[str, str], before: RaceState | None) -> RaceState:
    """The state that an address asks for, in words of its own if it cannot be had."""
    if before is not None and not {URL_RACE, URL_STORY} & asked.keys() and URL_SHOW in asked:
        before.show, before.address = "recorded", asked
        return before
    state = RaceState(RaceConfig(lanes=recorded.lanes()), address=asked)
    if before is not None:
        state.layers = before.layers
        state.serial = before.serial  # browsers tell races apart by it
    text, story = asked.get(URL_RACE), asked.get(URL_STORY)
    if text is not None:
        try:
            if len(text) > MAX_ADDRESS:
                raise ConfigError(f"{len(text):,} characters; at most {MAX_ADDRESS:,} name a race.")
            race = use_cases.race_from_text(text)
            state.own = _asked_points(race, asked.get(URL_POINTS))
        except (ConfigError, DataError) as error:
            state.problem = f"The address asked for a race that cannot be run: {error}"
            return state
        state.race, state.show = race, "trained"
        state.story = next((name for name, s in use_cases.STORIES.items() if s.race == race), None)
    elif story in use_cases.STORIES and story != recorded.STORY:
        state.race, state.show, state.story = use_cases.STORIES[story].race, "trained", story
    return state


def _asked_points(race: RaceConfig, text: str | None) -> OwnPoints | None:
    """The points that a race of an address needs besides. Raises `ConfigError`, `DataError`."""
    if race.mixture.name != "own":
        return None
    if text is None:
        raise ConfigError(
            "its points were somebody's own and are not in the address; ask for the file of "
            "points, and give it under Race, Your own points."
        )
    found = OwnPoints.drawn(text)
    st.session_state.pop(STROKES, None)  # the pad begins with these
    return found


def kept_points(points: FloatArray) -> OwnPoints:
    """The points of a checkpoint, and their text if the address has it."""
    try:
        asked = OwnPoints.drawn(st.query_params.get(URL_POINTS, ""))
    except DataError:
        return OwnPoints(points)
    return asked if np.array_equal(asked.points, points) else OwnPoints(points)


def name(state: RaceState) -> None:
    """Make the address lead back to this race (and to its checkpoint after a reload)."""
    _put(state, {URL_RUN: runtime.session_race().key, **_asks_for(state)})


def name_none(state: RaceState) -> None:
    """Make it lead to the recorded race."""
    _put(state, {})


def _asks_for(state: RaceState) -> dict[str, str]:
    """What an address says to name the race that is trained here; nothing where it cannot."""
    if state.race.mixture.name != "own":
        return {URL_RACE: use_cases.race_to_text(state.race)}
    if state.own is None or not state.own.text:
        return {}
    return {URL_RACE: use_cases.race_to_text(state.race), URL_POINTS: state.own.text}


def link(state: RaceState) -> str | None:
    """An address for others, of the race that is looked at: without this session's checkpoint.
    None where points from a file cannot be in it."""
    asked = {URL_SHOW: "recorded"} if state.show == "recorded" else _asks_for(state)
    page = (st.context.url or "").partition("?")[0]
    return f"{page}?{urlencode(asked, safe='~,=')}" if asked else None


def _put(state: RaceState, asked: dict[str, str]) -> None:
    state.address = asked
    for part in ASKS:
        linked.put(part, asked.get(part))
