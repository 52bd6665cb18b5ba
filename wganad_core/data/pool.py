"""A data set as models and detectors see it: numbered samples, divided, as rows for networks."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import fetch, har, mnist
from wganad_core.data.fetch import Progress
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
class DigitPool(Pool):
    """MNIST."""

    digits: mnist.Digits

    def split(self, abnormal: str, protocol: str) -> Split:
        return mnist.split_mnist(self.digits, abnormal, protocol)

    def view(self, kind: str, index: Index) -> None:
        return None

    def rows(self, index: Index, view: View | None) -> FloatArray:
        return mnist.vectors(self.digits.images[index])

    def ids(self, index: Index) -> NDArray[np.str_]:
        return mnist.sample_ids(self.digits.images[index])

    def subjects(self, index: Index) -> NDArray[np.str_]:
        return np.full(len(index), "")


@dataclasses.dataclass(frozen=True)
class WindowPool(Pool):
    """UCI HAR."""

    windows: har.Windows

    def split(self, abnormal: str, protocol: str) -> Split:
        return har.split_har(self.windows, abnormal, protocol)

    def view(self, kind: str, index: Index) -> View:
        return View.fitted(kind, self.windows.signals[index])

    def rows(self, index: Index, view: View | None) -> FloatArray:
        if view is None:
            raise ValueError("Windows need a view to become rows; found a model without one.")
        return view.rows(self.windows.signals[index])

    def ids(self, index: Index) -> NDArray[np.str_]:
        return har.sample_ids(self.windows.signals[index])

    def subjects(self, index: Index) -> NDArray[np.str_]:
        return self.windows.subjects[index].astype(np.str_)


def load_pool(use_case: str, download: bool = False, progress: Progress | None = None) -> Pool:
    """The full data set, verified; downloaded first if it is missing and `download` is set.

    Raises `DataError` with one sentence for a set that is not there or not as published.
    """
    if use_case == "har":
        return WindowPool(har.load_har(fetch.dataset_folder(har.PUBLISHED, download, progress)))
    return DigitPool(mnist.load_mnist(fetch.dataset_folder(mnist.PUBLISHED, download, progress)))
