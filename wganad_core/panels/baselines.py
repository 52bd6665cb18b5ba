"""What any method for windows should beat (design.md §5): neighbours and main axes of raw signals.

Samples are rows (n, 9·128) of the view `raw`, in g and rad/s. None of these has a network.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wganad_core.data.pool import Pool
from wganad_core.data.views import View
from wganad_core.records import FloatArray, Judgement, Split

Rows = NDArray[np.floating]
Detector = Callable[[Rows], Judgement]
N_COMPONENTS = 20
RAW = View("raw", (1.0, 1.0, 1.0))  # in g and rad/s


def whole(rows: Rows) -> FloatArray:
    """All nine signals as they are (n, 9·128)."""
    return np.asarray(rows, np.float32)


def total(rows: Rows) -> FloatArray:
    """The three signals of total acceleration (n, 3·128)."""
    return np.asarray(rows[:, 2 * rows.shape[1] // 3 :], np.float32)


def spectra(rows: Rows) -> FloatArray:
    """Amplitudes of the Fourier transform of each signal (n, 9·65)."""
    signals = np.asarray(rows, np.float32).reshape(len(rows), 9, -1)
    return np.asarray(np.abs(np.fft.rfft(signals, axis=2)).reshape(len(rows), -1), np.float32)


def nearest_detector(fit: Rows, place: Callable[[Rows], FloatArray]) -> Detector:
    """Distance to the nearest of the fit part's rows, by scikit-learn; a row of the fit part is
    not its own neighbour."""
    from sklearn.neighbors import NearestNeighbors

    references = place(fit)
    index = NearestNeighbors(n_neighbors=2, algorithm="brute").fit(references)

    def judge(rows: Rows) -> Judgement:
        queries = place(rows)
        numbers = index.kneighbors(queries, return_distance=False)
        # Exact again: scikit-learn's rounded distance of a row to itself is not always nothing.
        first, second = (np.linalg.norm(queries - references[some], axis=1) for some in numbers.T)
        return Judgement(np.where(first > 0, first, second).astype(np.float32))

    return judge


def components_detector(fit: Rows, place: Callable[[Rows], FloatArray]) -> Detector:
    """Mean squared error of the reconstruction from the first principal components."""
    from sklearn.decomposition import PCA

    model = PCA(N_COMPONENTS, svd_solver="covariance_eigh").fit(place(fit))

    def judge(rows: Rows) -> Judgement:
        x = place(rows)
        left = x - model.inverse_transform(model.transform(x))
        return Judgement(np.square(left).mean(axis=1).astype(np.float32))

    return judge


def window_baselines(fit: Rows) -> dict[str, Detector]:
    """The four of design.md §5, fitted on the fit part."""
    return {
        "knn": nearest_detector(fit, whole),
        "knn-total": nearest_detector(fit, total),
        "knn-spectra": nearest_detector(fit, spectra),
        "pca-total": components_detector(fit, total),
    }


class Baselines:
    """Detectors of windows that need no training worth shipping, fitted when they are asked for;
    scored like a panel."""

    def __init__(self, pool: Pool, split: Split) -> None:
        self.seed = 0
        self.view: View | None = RAW
        self.detectors = window_baselines(pool.rows(split.parts["fit"], self.view))

    def judge(self, x: FloatArray) -> dict[str, Judgement]:
        return {name: detector(x) for name, detector in self.detectors.items()}

    def model_of(self, detector: str) -> str:
        return "none"
