"""A data set as models and detectors see it: numbered samples, divided, as rows for networks."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.views import View
from wganad_core.records import FloatArray, Split

Index = NDArray[np.int64]


class Pool(ABC):
    """All samples of a published data set, by their numbers."""

    @abstractmethod
    def split(self, abnormal: str, protocol: str) -> Split:
        """Which samples serve for what. Raises `DataError`."""

    @abstractmethod
    def view(self, kind: str, index: Index) -> View | None:
        """What networks see, with the scales of these samples; None where rows need none."""

    @abstractmethod
    def rows(self, index: Index, view: View | None) -> FloatArray:
        """Samples (n, n_features), which is what every network takes."""

    @abstractmethod
    def ids(self, index: Index) -> NDArray[np.str_]:
        """Content hashes."""

    @abstractmethod
    def subjects(self, index: Index) -> NDArray[np.str_]:
        """Whose samples they are; empty texts where nobody knows."""


@dataclasses.dataclass(frozen=True)
class Samples:
    """The samples of a data set that ship, for pages to show.

    `classes`, `ids` (content hashes) and `subjects` (n,), empty texts where nobody knows;
    `position` (n,), their numbers in the pool. `take` gives some by their numbers here: images as
    rows (k, 784) in [0, 1], windows (k, 9, 128) in g and rad/s, points (k, 2).
    """

    classes: NDArray[np.str_]
    ids: NDArray[np.str_]
    subjects: NDArray[np.str_]
    position: Index
    take: Callable[[Index], FloatArray]

    def first(self, class_: str) -> int:
        """The number of the first sample of a class."""
        return int(np.argmax(self.classes == class_))
