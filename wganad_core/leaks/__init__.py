"""How results get too good: each way measured, the honest figure beside the leaky one.

This module holds what was measured and reads without torch; the others measure. All figures are
AUPRC of test parts, as fractions.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from wganad_core import pretrained, storage

KIND = "leaks"


@dataclasses.dataclass(frozen=True)
class Way:
    """What people read of one way: what is compared, and why one side of it is wrong."""

    title: str
    short: str  # on a button
    honest: str
    leaky: str
    why: str


WAYS: Mapping[str, Way] = {
    "subjects": Way(
        "Windows split at random",
        "random split",
        "New people",
        "Random windows",
        "Neighbouring windows overlap by half and everybody moves in their own way: drawn at "
        "random, nearly every test window has a twin among the normals that the detector has seen.",
    ),
    "hindsight": Way(
        "Detector chosen on the test",
        "best detector",
        "Chosen on the other classes",
        "Best on this class",
        "The highest of many figures on the same test part is high partly by luck, and nobody who "
        "has yet to see an anomaly can make that choice.",
    ),
    "epochs": Way(
        "Best epoch by the test",
        "best epoch",
        "Last step",
        "Best step on the test",
        "The figure on the test part goes up and down along a training; to stop at its peak needs "
        "the labels of the very anomalies that are to be found.",
    ),
    "rates": Way(
        "Base rate of a benchmark",
        "base rate",
        "Rare anomalies",
        "As tested",
        "AUPRC rises with the share of anomalies, and test parts are rich in them: the very same "
        "ranking of the very same scores is worth far less where one sample in a hundred is odd.",
    ),
}


@dataclasses.dataclass(frozen=True)
class Pair:
    """One figure, honest and leaky, of one class of a use case as the anomaly.

    `what` tells apart the figures of one way and class. `honest_by`, `leaky_by`: what each side
    stands for (a detector, a step), where it varies. π is the share of anomalies; `n` counts the
    test samples, which are equally many on both sides.
    """

    use_case: str
    abnormal: str
    what: str
    honest: float
    leaky: float
    honest_base_rate: float
    leaky_base_rate: float
    n: int
    honest_by: str = ""
    leaky_by: str = ""

    @property
    def gain(self) -> float:
        """By how much the leaky figure is too high."""
        return self.leaky - self.honest


@dataclasses.dataclass(frozen=True)
class Leaks:
    """All that was measured, by way; `command` measures it again. `seconds` it took."""

    pairs: Mapping[str, list[Pair]]
    seconds: Mapping[str, float]
    command: str

    @property
    def ways(self) -> list[str]:
        """What was measured, in the usual order."""
        return [name for name in WAYS if name in self.pairs]

    def updated(self, newer: Leaks) -> Leaks:
        """With what was measured anew in place of what was there."""
        pairs, seconds = {**self.pairs, **newer.pairs}, {**self.seconds, **newer.seconds}
        return Leaks(pairs, seconds, newer.command)


def mean_gain(pairs: Sequence[Pair]) -> float:
    """By how much leaky figures are too high on average."""
    return sum(pair.gain for pair in pairs) / len(pairs)


def shipped_path() -> Path:
    """Where the measured leaks ship."""
    return pretrained.SHIPPED / "leaks.safetensors"


def save(found: Leaks, path: Path) -> None:
    """Write atomically."""
    storage.save_record(path, KIND, found)


def load(path: Path) -> Leaks:
    """Undo `save`. Raises `StorageError` with one sentence for anything else."""
    return storage.load_record(path, KIND, Leaks)


def use_cases_of(pairs: Collection[Pair]) -> list[str]:
    """In the order in which they were measured."""
    return list(dict.fromkeys(pair.use_case for pair in pairs))
