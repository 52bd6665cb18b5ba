"""Races as settings, within what a live session may take."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Self

from wganad_core.config.mixture import MixtureConfig
from wganad_core.config.networks import NetworkConfig
from wganad_core.config.settings import Config, ConfigError, choice
from wganad_core.config.training import METHODS, TrainingConfig

MAX_LANES = 3
LIVE_LIMITS = {
    "n_latent": 64,
    "width": 256,
    "depth": 4,
    "batch_size": 1024,
    "n_critic": 20,
    "steps": 200_000,
}
LIVE_SAMPLES = 200_000


@dataclasses.dataclass(frozen=True, kw_only=True)
class LaneConfig(Config):
    """One runner of a race: its networks and its training."""

    network: NetworkConfig = dataclasses.field(default_factory=NetworkConfig)
    training: TrainingConfig = dataclasses.field(default_factory=TrainingConfig)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        cls._check_keys(values, all_needed=True)
        return cls(
            network=NetworkConfig.from_dict(values["network"]),
            training=TrainingConfig.from_dict(values["training"]),
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RaceConfig(Config):
    """One to three lanes that train on the same data on one clock, within the live limits.

    The limits keep a browser session from taking the machine; the command line has none.
    """

    mixture: MixtureConfig = dataclasses.field(default_factory=MixtureConfig)
    lanes: tuple[LaneConfig, ...] = (LaneConfig(),)

    def __post_init__(self) -> None:
        if not 1 <= len(self.lanes) <= MAX_LANES:
            raise ConfigError(f"A race has 1 to {MAX_LANES} lanes; found {len(self.lanes)}.")
        for lane in self.lanes:
            choice(lane.training, "method", METHODS)
            if lane.network.n_features != 2:
                raise ConfigError(
                    f"n_features of a race is 2, the plane; found {lane.network.n_features}."
                )
            for part in (lane.network, lane.training):
                for name, highest in LIVE_LIMITS.items():
                    found = getattr(part, name, 0)
                    if found > highest:
                        raise ConfigError(
                            f"{name} of a live run is at most {highest:,}; found {found:,}. "
                            "Train larger ones from the command line."
                        )
        self._check_cost()

    def _check_cost(self) -> None:
        """Others have their turns between the updates of a step; samples take memory."""
        n = self.mixture.n_samples
        if n > LIVE_SAMPLES and self.mixture.name != "own":
            raise ConfigError(
                f"n_samples of a live run is at most {LIVE_SAMPLES:,}; found {n:,}. Train on more "
                "from the command line."
            )

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Nested version of the round trip; raises `ConfigError` like the parts do."""
        cls._check_keys(values, all_needed=True)
        if not isinstance(values["lanes"], list | tuple):
            raise ConfigError(f"lanes of a race are a list; found {values['lanes']!r:.60}.")
        lanes = tuple(LaneConfig.from_dict(lane) for lane in values["lanes"])
        return cls(mixture=MixtureConfig.from_dict(values["mixture"]), lanes=lanes)
