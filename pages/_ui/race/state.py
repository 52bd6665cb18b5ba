"""The race page's one state object and how it moves between the URL, the session, the worker."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import Any, Literal
from urllib.parse import urlencode

import numpy as np
import streamlit as st

from pages._ui import linked, runtime
from pages._ui.lanes import publish
from wganad_core import pretrained, use_cases
from wganad_core.config import ConfigError, LaneConfig, MixtureConfig, RaceConfig
from wganad_core.data import DataError, drawn
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.data.own.points import near_unit
from wganad_core.figures.lanes import FIRST, MORE, pack_lanes
from wganad_core.figures.race import LaneRecord, Layers, first_collapse, race_sentence
from wganad_core.live.messages import RaceView
from wganad_core.records import FloatArray, Replay

URL_RACE, URL_RUN, URL_STORY, URL_SHOW, URL_POINTS = "race", "run", "story", "show", "points"
ASKS = (URL_RACE, URL_RUN, URL_STORY, URL_SHOW, URL_POINTS)
# How long a race of a link may be named; the settings of three lanes need a tenth of it.
MAX_ADDRESS = 2_000
RECORDED = "race"  # the story that has a recording
STROKES = "drawn_strokes"  # of the session's pad


@dataclasses.dataclass(frozen=True)
class OwnPoints:
    """Points (n, 2) that a person drew or gave, as they are trained on. `text`: a drawing as an
    address holds it; `told`: what was done to the points."""

    points: FloatArray
    text: str = ""
    told: str = ""

    @classmethod
    def of(cls, points: FloatArray, text: str = "") -> OwnPoints:
        """Moved and scaled to where networks and rates are at home, if they are not."""
        found, told = near_unit(points)
        return cls(found, text, told)

    @classmethod
    def drawn(cls, text: str) -> OwnPoints:
        """The drawing that an address holds. Raises `DataError`."""
        return cls.of(drawn.clouds(drawn.from_text(text)), text)


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
    own: OwnPoints | None = None
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
    if state is not None and _is_mine(asked, state):
        state.show, state.address = "trained", asked
    elif state is None or (asked and asked != state.address):
        state = _asked_for(asked, state)
        st.session_state.race_state = state
    return state


def _is_mine(asked: dict[str, str], state: RaceState) -> bool:
    """Whether an address, as of the browser's Back, leads to the race that is trained here."""
    if not state.live or asked == state.address:
        return False
    return asked == {URL_RUN: runtime.session_race().key, **_asks_for(state)}


def _asked_for(asked: dict[str, str], before: RaceState | None) -> RaceState:
    """The state that an address asks for, in words of its own if it cannot be had."""
    if before is not None and not {URL_RACE, URL_STORY} & asked.keys() and URL_SHOW in asked:
        before.show, before.address = "recorded", asked
        return before
    state = RaceState(RaceConfig(lanes=tuple(run.lane for run in shipped_runs())), address=asked)
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
    elif story in use_cases.STORIES and story != RECORDED:
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
        return make_mixture(state.race.mixture, state.own.points)
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


def open_live(state: RaceState, race: RaceConfig, own: OwnPoints | None) -> None:
    """Put a race, untrained, into the worker; if it takes it, show it and name it in the URL."""
    handle = runtime.session_race()
    points = None if own is None else own.points
    handle.connect().open(handle.key, race, points, handle.checkpoint)
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
    own = _kept_points(arrays["own"]) if "own" in arrays else None
    state = RaceState(race, show="trained", live=True, story=None, own=own)
    st.session_state.race_state = state
    write_url(state)


def _kept_points(points: FloatArray) -> OwnPoints:
    """The points of a checkpoint, and their text if the address has it."""
    try:
        asked = OwnPoints.drawn(st.query_params.get(URL_POINTS, ""))
    except DataError:
        return OwnPoints(points)
    return asked if np.array_equal(asked.points, points) else OwnPoints(points)


def write_url(state: RaceState) -> None:
    """Make the address lead back to this race (and to its checkpoint after a reload)."""
    _keep_in_address(state, {URL_RUN: runtime.session_race().key, **_asks_for(state)})


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
