"""The race page's one state object and how it moves between the URL, the session, the worker."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
import streamlit as st

from pages._ui import linked, runtime
from pages._ui.lanes import publish
from wganad_core import pretrained, use_cases
from wganad_core.config import ConfigError, LaneConfig, MixtureConfig, RaceConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.figures.lanes import FIRST, MORE, pack_lanes
from wganad_core.figures.race import LaneRecord, Layers, first_collapse, race_sentence
from wganad_core.live.messages import RaceView
from wganad_core.records import Replay

URL_RACE, URL_RUN, URL_STORY, URL_SHOW = "race", "run", "story", "show"
ASKS = (URL_RACE, URL_RUN, URL_STORY, URL_SHOW)
# How long a race of a link may be named; the settings of three lanes need a tenth of it.
MAX_ADDRESS = 2_000
RECORDED = "race"  # the story that has a recording


@dataclasses.dataclass
class RaceState:
    """What the page shows: the recorded race, or one that this session trains.

    Both stay: `show` says which is looked at. `live` tells that `race` has been put into the
    worker for this session, `address` what the address asked for when it was last obeyed.
    """

    race: RaceConfig
    serial: int = 0  # of the race in the worker: a reset one is another one
    show: Literal["recorded", "trained"] = "recorded"
    live: bool = False
    story: str | None = RECORDED
    own: np.ndarray[Any, Any] | None = None
    problem: str | None = None
    layers: Layers = dataclasses.field(default_factory=Layers)
    address: dict[str, str] = dataclasses.field(default_factory=dict)


@st.cache_resource(show_spinner=False)
def shipped(name: str) -> pretrained.RecordedRun:
    """A shipped run, read once per server."""
    return pretrained.load_run(pretrained.shipped_run(name))


def shipped_runs() -> list[pretrained.RecordedRun]:
    """The finished race that ships: one run a lane."""
    return [shipped(name) for name in pretrained.RACE_RUNS]


@st.cache_resource(show_spinner=False, max_entries=16)
def mixture(config: MixtureConfig) -> Mixture:
    """The data set of a config, drawn once per server."""
    return make_mixture(config)


def current() -> RaceState:
    """The session's state. An address that asks for another race than the last one is obeyed;
    one that asks for nothing finds everything as it was left."""
    asked = {name: st.query_params[name] for name in ASKS if name in st.query_params}
    state: RaceState | None = st.session_state.get("race_state")
    if state is None or (asked and asked != state.address):
        state = _asked_for(asked, state)
        st.session_state.race_state = state
    return state


def _asked_for(asked: dict[str, str], before: RaceState | None) -> RaceState:
    """The state that an address asks for, in words of its own if it cannot be had."""
    if before is not None and not {URL_RACE, URL_STORY} & asked.keys() and URL_SHOW in asked:
        before.show, before.address = "recorded", asked
        return before
    state = RaceState(RaceConfig(lanes=tuple(run.lane for run in shipped_runs())), address=asked)
    if before is not None:
        state.layers = before.layers
    text, story = asked.get(URL_RACE), asked.get(URL_STORY)
    if text is not None:
        try:
            if len(text) > MAX_ADDRESS:
                raise ConfigError(f"{len(text):,} characters; at most {MAX_ADDRESS:,} name a race.")
            race = use_cases.race_from_text(text)
            if race.mixture.name == "own":
                raise ConfigError(
                    "its points were somebody's own and are not in the address; ask for the file "
                    "of points, and give it under More, Data."
                )
        except ConfigError as error:
            state.problem = f"The address asked for a race that cannot be run: {error}"
            return state
        state.race, state.show, state.story = race, "trained", None
    elif story in use_cases.STORIES and story != RECORDED:
        state.race, state.show, state.story = use_cases.STORIES[story].race, "trained", story
    return state


def lanes_of(state: RaceState) -> tuple[LaneConfig, ...]:
    """The lanes of the race that is looked at."""
    if state.show == "recorded":
        return tuple(run.lane for run in shipped_runs())
    return state.race.lanes


def data_config(state: RaceState) -> MixtureConfig:
    return shipped_runs()[0].mixture if state.show == "recorded" else state.race.mixture


def data(state: RaceState) -> Mixture:
    """The data of the race that is looked at."""
    return trained_data(state) if state.show == "trained" else mixture(data_config(state))


def trained_data(state: RaceState) -> Mixture:
    """The data of the race that this session trains."""
    if state.own is not None:
        return make_mixture(state.race.mixture, state.own)
    return mixture(state.race.mixture)


@dataclasses.dataclass(frozen=True)
class Published:
    """The recorded race where browsers fetch it, and what it shows in a sentence. `more` holds the
    layers that are not drawn at first."""

    url: str
    more: str
    sentence: str
    first_collapse: int | None


@st.cache_resource(show_spinner=False)
def published() -> Published:
    """Made once per server."""
    lanes = [
        LaneRecord(use_cases.lane_title(run.lane), run.lane.training.method, run.recording)
        for run in shipped_runs()
    ]
    data = mixture(shipped_runs()[0].mixture)
    falls = [step for lane in lanes if (step := first_collapse(lane, data)) is not None]
    return Published(
        publish("race", pack_lanes(lanes, data, FIRST)),
        publish("race-more", pack_lanes(lanes, data, MORE)),
        race_sentence(lanes, data),
        min(falls, default=None),
    )


def open_live(state: RaceState, race: RaceConfig, own: np.ndarray[Any, Any] | None) -> None:
    """Put a race, untrained, into the worker; if it takes it, show it and name it in the URL."""
    handle = runtime.session_race()
    handle.connect().open(handle.key, race, own, handle.checkpoint)
    state.race, state.own, state.show, state.live = race, own, "trained", True
    state.serial += 1
    runtime.tidy_checkpoints()
    write_url(state)


def resume(key: str) -> None:
    """Continue the race that an earlier session left behind, with its points."""
    handle, path = runtime.session_race(), runtime.checkpoint_path(key)
    arrays, meta = handle.connect().ask(
        "resume", race=handle.key, checkpoint=str(path), keep=str(handle.checkpoint)
    )
    race = RaceConfig.from_dict(meta["config"])
    own = arrays.get("own")
    state = RaceState(race, show="trained", live=True, story=None, own=own)
    st.session_state.race_state = state
    write_url(state)


def write_url(state: RaceState) -> None:
    """Make the address lead back to this race (and to its checkpoint after a reload)."""
    asked = {URL_RUN: runtime.session_race().key}
    if state.race.mixture.name != "own":
        asked[URL_RACE] = use_cases.race_to_text(state.race)
    _keep_in_address(state, asked)


def look_at_recording(state: RaceState) -> None:
    """Back to the recorded race; what was trained goes on and can be returned to."""
    state.show = "recorded"
    _keep_in_address(state, {})


def look_at_trained(state: RaceState) -> None:
    """To the race that this session trains, made now if there is none."""
    if not state.live or view(state) is None:
        open_live(state, state.race, state.own)
    state.show = "trained"
    write_url(state)


def _keep_in_address(state: RaceState, asked: dict[str, str]) -> None:
    state.address = asked
    for name in ASKS:
        linked.put(name, asked.get(name))


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
        runs = shipped_runs()
        return lambda: [run.recording for run in runs]
    handle = runtime.session_race()
    return partial(handle.worker.recordings, handle.key)


def command(op: str, **arguments: Any) -> None:
    """Send a command of this session's race and wait until it has been carried out."""
    handle = runtime.session_race()
    handle.worker.ask(op, race=handle.key, **arguments)
