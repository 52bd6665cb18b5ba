"""The race page's one state object and how it moves between the URL, the session, the worker."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import streamlit as st

from pages._ui import runtime
from wganad_core import pretrained, use_cases
from wganad_core.config import ConfigError, MixtureConfig, RaceConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.figures.race import LaneDrawing
from wganad_core.live.messages import RaceView
from wganad_core.records import Replay

URL_RACE, URL_RUN, URL_STORY = "race", "run", "story"


@dataclasses.dataclass
class RaceState:
    """What the page shows: a shipped recording until something is trained, then a live race.

    `live` tells that the race has been put into the worker for this session.
    """

    race: RaceConfig
    shipped: bool
    live: bool = False
    story: str | None = "race"
    own: np.ndarray[Any, Any] | None = None
    problem: str | None = None


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
    """The session's state; on the first run it comes from the URL."""
    if "race_state" not in st.session_state:
        st.session_state.race_state = _from_url()
    state: RaceState = st.session_state.race_state
    return state


def _from_url() -> RaceState:
    text, story = st.query_params.get(URL_RACE), st.query_params.get(URL_STORY)
    if text is not None:
        try:
            return RaceState(use_cases.race_from_text(text), shipped=False, story=None)
        except ConfigError as error:
            problem = f"The address asked for a race that cannot be run: {error}"
            return dataclasses.replace(_shipped(), problem=problem)
    if story in use_cases.STORIES and story != "race":
        return RaceState(use_cases.STORIES[story].race, shipped=False, story=story)
    return _shipped()


def _shipped() -> RaceState:
    lanes = tuple(run.lane for run in shipped_runs())
    return RaceState(RaceConfig(lanes=lanes), shipped=True)


def data(state: RaceState) -> Mixture:
    if state.own is not None:
        return make_mixture(state.race.mixture, state.own)
    return mixture(state.race.mixture)


def open_live(state: RaceState, race: RaceConfig, own: np.ndarray[Any, Any] | None) -> None:
    """Put a race, untrained, into the worker; if it takes it, show it and name it in the URL."""
    handle = runtime.session_race()
    handle.connect().open(handle.key, race, own, handle.checkpoint)
    state.race, state.own, state.shipped, state.live = race, own, False, True
    runtime.tidy_checkpoints()
    write_url(state)


def resume(key: str) -> None:
    """Continue the race that an earlier session left behind."""
    handle, path = runtime.session_race(), runtime.checkpoint_path(key)
    _, meta = handle.connect().ask("resume", race=handle.key, checkpoint=str(path))
    race = RaceConfig.from_dict(meta["config"])
    state = RaceState(race, shipped=False, live=True, story=None)
    st.session_state.race_state = state
    write_url(state)


def write_url(state: RaceState) -> None:
    """Make the address lead back to this race (and to its checkpoint after a reload)."""
    if state.race.mixture.name == "own":
        st.query_params.pop(URL_RACE, None)
    else:
        st.query_params[URL_RACE] = use_cases.race_to_text(state.race)
    st.query_params[URL_RUN] = runtime.session_race().key
    st.query_params.pop(URL_STORY, None)


def view(state: RaceState) -> RaceView | None:
    """What the worker last said of this session's race; None when it has none."""
    handle = runtime.session_race()
    if not state.live or handle.client is None or not handle.client.alive:
        return None
    return handle.client.view(handle.key)


def drawings(state: RaceState, live: RaceView | None, step: int | None) -> list[LaneDrawing]:
    """The lanes at `step` (None: the newest), from the shipped recordings or from the worker."""
    if live is None:
        runs = shipped_runs()
        lanes, past = tuple(run.lane for run in runs), [run.recording for run in runs]
        frames = [one.frames[-1] if step is None else one.nearest(step) for one in past]
    else:
        lanes, past = state.race.lanes, [lane.recording for lane in live.lanes]
        frames = [lane.frame for lane in live.lanes]
        if step is not None and step < live.step:
            handle = runtime.session_race()
            frames = handle.worker.replay(handle.key, step)
    return [
        LaneDrawing(use_cases.lane_title(lane), lane.training.method, frame, recording)
        for lane, frame, recording in zip(lanes, frames, past, strict=True)
    ]


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
