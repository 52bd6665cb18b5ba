"""The race that ships: its lanes as they were trained, and where browsers fetch its recording."""

from __future__ import annotations

import dataclasses

import streamlit as st

from pages._ui.lanes import publish
from wganad_core import pretrained, use_cases
from wganad_core.config import LaneConfig, MixtureConfig
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.figures.lanes import FIRST, MORE, pack_lanes
from wganad_core.figures.race import LaneRecord, first_collapse, race_sentence

STORY = "race"  # the story that has a recording


@st.cache_resource(show_spinner=False)
def shipped(name: str) -> pretrained.RecordedRun:
    """A shipped run, read once per server."""
    return pretrained.load_run(pretrained.shipped_run(name))


def shipped_runs() -> list[pretrained.RecordedRun]:
    """The finished race that ships: one run a lane."""
    return [shipped(name) for name in pretrained.RACE_RUNS]


def lanes() -> tuple[LaneConfig, ...]:
    return tuple(run.lane for run in shipped_runs())


@st.cache_resource(show_spinner=False, max_entries=16)
def mixture(config: MixtureConfig) -> Mixture:
    """The data set of a config, drawn once per server."""
    return make_mixture(config)


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
    records = [
        LaneRecord(use_cases.lane_title(run.lane), run.lane.training.method, run.recording)
        for run in shipped_runs()
    ]
    data = mixture(shipped_runs()[0].mixture)
    falls = [step for lane in records if (step := first_collapse(lane, data)) is not None]
    return Published(
        publish("race", pack_lanes(records, data, FIRST)),
        publish("race-more", pack_lanes(records, data, MORE)),
        race_sentence(records, data),
        min(falls, default=None),
    )
