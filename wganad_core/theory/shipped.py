"""What `study theory` measured and ships: records, the cases that pages offer, and their file."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wganad_core import pretrained, storage
from wganad_core.theory.line import Humps
from wganad_core.theory.rates import Rate, fall

KIND = "theory"
COMMAND = "python -m wganad_core study theory"
Table = NDArray[np.floating]


@dataclasses.dataclass(frozen=True)
class LineCase:
    """Two densities to choose: P_r, and P_θ at θ = 0."""

    title: str
    real: Humps
    fake: Humps


LINES: Mapping[str, LineCase] = {
    "one": LineCase("one hump each", Humps((1,), (0,), (0.5,)), Humps((1,), (0,), (0.5,))),
    "narrow": LineCase("narrow ones", Humps((1,), (0,), (0.15,)), Humps((1,), (0,), (0.15,))),
    "two": LineCase(
        "one against two",
        Humps((0.5, 0.5), (-1.2, 1.2), (0.35, 0.35)),
        Humps((1,), (0,), (0.45,)),
    ),
    "uneven": LineCase(
        "two against two",
        Humps((0.7, 0.3), (-1.0, 1.0), (0.3, 0.5)),
        Humps((0.3, 0.7), (-1.0, 1.0), (0.5, 0.3)),
    ),
}
AT = np.linspace(-6.5, 6.5, 181)  # where curves on the line are told


@dataclasses.dataclass(frozen=True)
class CloudCase:
    """Two clouds on a line."""

    title: str
    real: tuple[float, ...]
    fake: tuple[float, ...]


# Ways to bound a critic's slope, as people read them; `fits.BOUNDS` says how.
CRITICS: Mapping[str, str] = {
    "penalty": "penalty: slope = 1",
    "one-sided": "penalty: slope ≤ 1",
    "clip": "weights within ±0.01",
    "wide": "weights within ±0.3",
}
CLOUDS: Mapping[str, CloudCase] = {
    "apart": CloudCase(
        "side by side",
        (-2.4, -2.1, -1.7, -1.5, -1.1, -0.8),
        (0.7, 1.0, 1.4, 1.8, 2.0, 2.5),
    ),
    "split": CloudCase(
        "one lump, two clusters",
        (-2.5, -2.2, -1.9, 1.8, 2.2, 2.4),
        (-0.6, -0.4, -0.1, 0.1, 0.3, 0.7),
    ),
    "mixed": CloudCase(
        "interleaved", (-2.3, -1.4, -0.2, 0.5, 1.6, 2.6), (-2.6, -1.0, -0.7, 0.9, 1.2, 2.2)
    ),
}


@dataclasses.dataclass(frozen=True)
class PlaneCase:
    """Two clouds on the plane, equally large, within ±3 each way."""

    title: str
    real: tuple[tuple[float, float], ...]
    fake: tuple[tuple[float, float], ...]


PLANES: Mapping[str, PlaneCase] = {
    "split": PlaneCase(
        "one lump, two clusters",
        ((-2.2, 0.4), (-1.8, -0.5), (-2.4, -0.9), (2.0, 0.9), (2.4, -0.2), (1.9, -1.0)),
        ((-0.5, 0.3), (0.0, 0.7), (0.5, 0.2), (-0.3, -0.5), (0.4, -0.6), (0.0, -0.1)),
    ),
    "apart": PlaneCase(
        "side by side",
        ((-2.2, 1.2), (-1.9, 0.1), (-2.4, -1.0), (-1.4, 0.7), (-1.5, -0.6), (-1.0, -1.4)),
        ((1.2, 1.5), (1.6, 0.6), (2.3, -0.1), (1.3, -0.7), (2.1, -1.3), (2.4, 1.0)),
    ),
    "ring": PlaneCase(
        "a ring and its collapse",
        ((2.2, 0.0), (1.4, 1.7), (-0.5, 2.1), (-2.0, 1.0), (-2.0, -1.0), (-0.5, -2.1), (1.4, -1.7)),
        ((2.0, 0.3), (2.5, 0.2), (2.1, -0.3), (2.4, -0.4), (1.7, 0.1), (2.2, 0.6), (1.8, -0.2)),
    ),
}


@dataclasses.dataclass(frozen=True)
class CriticFit:
    """A critic's f at `AT` (k,), its estimate E f(x) − E f(y) of W1, its steepest slope there."""

    f: Table
    estimate: float
    slope: float


@dataclasses.dataclass(frozen=True)
class ErrorFit:
    """One setting of Fig. 5: `size` of the generator, `side` of the discriminator (0: unbounded).

    `stations` (3 or more, cells) are not kept, but what is drawn of them: Gaussians of P_θ̄ (k, 4:
    x, y, width, weight) and, by sample size, of one P_θ̂ (s, k, 4); JS of P_θ*, of P_θ̄, and of every
    P_θ̂ (s, r); ‖θ̂ − θ̄‖ (s, r); ε, and points of Fig. 5 to scale (s, 4, 2).
    """

    size: int
    side: int
    best: float
    limited: float
    epsilon: float
    blobs: Table
    sampled_blobs: Table
    sampled: Table
    moved: Table
    places: Table

    @property
    def excess(self) -> Table:
        """By how much P_θ̂ is further from P_r than P_θ̄ is (s, r): Theorem 4's left side, but for
        what does not depend on n."""
        return np.maximum(np.asarray(self.sampled, np.float64) - self.limited, FAINT)

    @property
    def parts(self) -> tuple[float, float]:
        """What the generator's size costs, and what the discriminator's adds."""
        return self.best, self.limited - self.best


PARAMETERS, DIVERGENCE = "‖θ̂ − θ̄‖", "excess JS"
FAINT = 1e-9  # what an excess is at least, for a logarithm of it


@dataclasses.dataclass(frozen=True)
class Law:
    """Errors (s, r) by name, of r fits at each of the sample sizes `n` (s,)."""

    n: tuple[int, ...]
    errors: Mapping[str, Table]

    @property
    def repeats(self) -> int:
        return int(next(iter(self.errors.values())).shape[1])

    @cached_property
    def rates(self) -> dict[str, Rate]:
        """How each falls with n."""
        return {name: fall(np.array(self.n, np.float64), e) for name, e in self.errors.items()}

    @classmethod
    def measured(
        cls, n: tuple[int, ...], fits: Sequence[Sequence[tuple[float, float]]], shipped: Theory
    ) -> Law:
        """Of fits made now: by size and repetition JS from P_r and ‖θ̂ − θ̄‖."""
        found = np.array(fits, np.float64)
        above = np.maximum(found[..., 0] - shipped.law.limited, FAINT)
        return cls(n, {PARAMETERS: found[..., 1], DIVERGENCE: above})


@dataclasses.dataclass(frozen=True)
class Theory:
    """All of it. `critics`: by clouds and bound."""

    critics: Mapping[str, Mapping[str, CriticFit]]
    n: tuple[int, ...]
    errors: list[ErrorFit]
    law: ErrorFit
    seconds: float
    command: str = COMMAND

    @property
    def law_of_n(self) -> Law:
        moved = np.asarray(self.law.moved, np.float64)
        return Law(self.n, {PARAMETERS: moved, DIVERGENCE: self.law.excess})

    def error(self, size: int, side: int) -> ErrorFit:
        return next(one for one in self.errors if (one.size, one.side) == (size, side))


def shipped_path() -> Path:
    return pretrained.SHIPPED / "theory.safetensors"


def save(found: Theory, path: Path) -> None:
    """Write atomically."""
    storage.save_record(path, KIND, found)


def load(path: Path) -> Theory:
    """Undo `save`. Raises `StorageError` with one sentence for anything else."""
    return storage.load_record(path, KIND, Theory)
