"""What the race page shows: the recorded race, or one that this session trains, and its data."""

from __future__ import annotations

import dataclasses
from typing import Literal

from pages._ui.race import recorded
from wganad_core.config import LaneConfig, MixtureConfig, RaceConfig
from wganad_core.data import drawn
from wganad_core.data.mixture import Mixture, make_mixture
from wganad_core.data.own.points import near_unit
from wganad_core.figures.race import Layers
from wganad_core.records import FloatArray


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
    story: str | None = recorded.STORY
    own: OwnPoints | None = None
    problem: str | None = None
    layers: Layers = dataclasses.field(default_factory=Layers)
    address: dict[str, str] = dataclasses.field(default_factory=dict)


def lanes_of(state: RaceState) -> tuple[LaneConfig, ...]:
    """The lanes of the race that is looked at."""
    if state.show == "recorded":
        return recorded.lanes()
    return state.race.lanes


def data_config(state: RaceState) -> MixtureConfig:
    return recorded.shipped_runs()[0].mixture if state.show == "recorded" else state.race.mixture


def data(state: RaceState) -> Mixture:
    """The data of the race that is looked at."""
    return trained_data(state) if state.show == "trained" else recorded.mixture(data_config(state))


def trained_data(state: RaceState) -> Mixture:
    """The data of the race that this session trains."""
    if state.own is not None:
        return make_mixture(state.race.mixture, state.own.points)
    return recorded.mixture(state.race.mixture)
