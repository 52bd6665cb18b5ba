"""A two-dimensional data set as settings."""

from __future__ import annotations

import dataclasses
from typing import Literal, get_args

from wganad_core.config.settings import MAX_SEED, Config, choice, number, whole

MixtureName = Literal["ring", "ring-8", "grid", "moons", "swiss-roll", "own"]
MIXTURES: tuple[MixtureName, ...] = get_args(MixtureName)


@dataclasses.dataclass(frozen=True, kw_only=True)
class MixtureConfig(Config):
    """A two-dimensional data set (paper §2.1). Lengths are in the units of the plane.

    `n_modes`, `radius` and `sigma` shape the rings; the other shapes have their own layout and
    use `sigma` as noise. `own` stands for points that a person drew or uploaded.
    """

    name: MixtureName = "ring"
    n_modes: int = 7
    radius: float = 1.0
    sigma: float = 0.05
    n_samples: int = 100_000
    seed: int = 0

    def __post_init__(self) -> None:
        choice(self, "name", MIXTURES)
        whole(self, "n_modes", 1, 64)
        number(self, "radius", 0, 100, open_low=True)
        number(self, "sigma", 0, 100, open_low=True)
        whole(self, "n_samples", 2, 10_000_000)
        whole(self, "seed", 0, MAX_SEED)
