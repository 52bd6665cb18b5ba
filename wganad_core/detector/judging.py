"""What a fitted detector says of rows: scores, flags, and what it would expect instead."""

from __future__ import annotations

import dataclasses
import math
from abc import abstractmethod
from collections.abc import Generator
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, OutlierMixin
from sklearn.utils.validation import check_is_fitted

from wganad_core.config import AnyNetworkConfig, ImageConfig
from wganad_core.detector.model import FittedModel
from wganad_core.detector.preparation import Preparation
from wganad_core.methods import Score, score_methods
from wganad_core.records import FloatArray, Judgement
from wganad_core.run import one_thread
from wganad_core.thresholds import Advice

Rows = NDArray[np.float64]
BLOCK_ROWS = 4096  # rows that are scored at a time


def block_rows(network: AnyNetworkConfig) -> int:
    """The same, of large images as many as have four million values: a power of two."""
    if not isinstance(network, ImageConfig):
        return BLOCK_ROWS
    return min(BLOCK_ROWS, 1 << ((1 << 22) // network.n_features).bit_length() - 1)


class Judging(OutlierMixin, BaseEstimator):
    """Scores and flags rows by what a fit left behind; the one flip of the sign is here."""

    model_: FittedModel
    advice_: Advice
    calibration_score_: Rows
    offset_: float
    _score: Score

    @abstractmethod
    def _rows(self, X: Any, *, fitting: bool) -> Rows:
        """X checked, as rows (n, d)."""

    def set_threshold(self, value: float) -> Self:
        """Flag rows whose anomaly score exceeds `value` from now on; `advice_` says it was given.

        Parameters
        ----------
        value : in units of `anomaly_score`; inf flags nothing, −inf everything

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            For NaN.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).fit(x)
        >>> bool((detector.set_threshold(np.inf).predict(x) == 1).all())
        True
        """
        check_is_fitted(self)
        threshold = float(value)
        if math.isnan(threshold):
            raise ValueError("Expected a threshold that is a number, inf or -inf; found NaN.")
        above, n = int((self.calibration_score_ > threshold).sum()), len(self.calibration_score_)
        self.advice_ = Advice(
            "given",
            "given threshold",
            threshold,
            f"It was given and rests on no rule; {above:,} of the {n:,} scores of normals that "
            "the fit chose its own by exceed it.",
        )
        self.offset_ = -threshold
        return self

    def _judgements(self, rows: Rows) -> Generator[Judgement, None, None]:
        """One per block of `BLOCK_ROWS` rows, or fewer of large images."""
        n, preparation = block_rows(self.model_.network), self.model_.preparation
        for start in range(0, len(rows), n):
            block = rows[start : start + n]
            z = self.model_.scaler(block if preparation is None else preparation(block))
            with one_thread():
                found = self._score.judge(z)
            if preparation is not None:
                found = dataclasses.replace(found, score=preparation.surprised(found.score, block))
            yield found

    def _scores(self, rows: Rows) -> Rows:
        # In single precision, which hides the rows beside it: a score may be the threshold.
        scores = [found.score for found in self._judgements(rows)]
        return np.concatenate([np.empty(0, np.float32), *scores]).astype(np.float64)

    def anomaly_score(self, X: ArrayLike) -> Rows:
        """How anomalous each row is: higher = more anomalous.

        Rows are scored in blocks of `BLOCK_ROWS`: chunks of multiples of that give the same bits
        as all at once. Any other division changes a score by rounding only (below 1e-6), which the
        searches of `inversion` and `anogan` may amplify.

        Parameters
        ----------
        X : (n, d), in the units of the rows that were fitted

        Returns
        -------
        (n,) float64, without a unit; what it measures is the `score_method`'s.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            For infinite values, or another number of columns than in `fit`. A table may lack some
            cells of a row (NaN), images and recordings none.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).fit(x)
        >>> scores = detector.anomaly_score([[0, 0, 0], [9, 9, 9]])
        >>> scores.shape, bool(scores[1] > scores[0])
        ((2,), True)
        """
        check_is_fitted(self)
        return self._scores(self._rows(X, fitting=False))

    def score_samples(self, X: ArrayLike) -> Rows:
        """−`anomaly_score`, as scikit-learn has it: lower = more anomalous.

        X, result (n,) and errors are those of `anomaly_score`. The sign flips nowhere else.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).fit(x)
        >>> bool(np.all(detector.score_samples(x) == -detector.anomaly_score(x)))
        True
        """
        return -self.anomaly_score(X)

    def decision_function(self, X: ArrayLike) -> Rows:
        """`score_samples` − `offset_`, (n,): negative = flagged. Errors as `anomaly_score`.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).fit(x)
        >>> bool(detector.decision_function([[9, 9, 9]])[0] < 0)
        True
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """−1 for rows whose anomaly score exceeds `threshold_`, +1 for all others; (n,) int64.

        Errors as `anomaly_score`.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).fit(x)
        >>> detector.predict([[0, 0, 0], [9, 9, 9]])
        array([ 1, -1])
        """
        return np.where(self.decision_function(X) >= 0, 1, -1)

    @property
    def threshold_(self) -> float:
        """A row is flagged when its anomaly score exceeds this. `NotFittedError` before `fit`."""
        check_is_fitted(self)
        return -float(self.offset_)

    def reconstruct(self, X: ArrayLike) -> Rows:
        """What the generator makes of each row (n, d), in X's units: G(E(x)), or what was searched.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            As `anomaly_score`, and for the score methods that rebuild nothing, such as
            `critic`, `critic-interval`, `neighbours` and `isolation-forest`.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).fit(x)
        >>> detector.reconstruct(x[:2]).shape
        (2, 3)
        """
        check_is_fitted(self)
        scaler, preparation = self.model_.scaler, self.model_.preparation
        features = scaler.back(self._rebuilt(self._rows(X, fitting=False)))
        return features if preparation is None else preparation.back(features)

    def explain(self, X: ArrayLike) -> Rows:
        """How far each column is from its reconstruction: (n, d), squared, in standardised units.

        A row's mean is its squared error, where columns are features; what tells of missing cells
        and of categories counts for its column. Raises what `reconstruct` raises.

        Examples
        --------
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = np.random.default_rng(0).normal(size=(60, 3))
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).fit(x)
        >>> detector.explain([[0, 0, 9]]).argmax(axis=1)
        array([2])
        """
        check_is_fitted(self)
        rows = self._rows(X, fitting=False)
        preparation: Preparation | None = self.model_.preparation
        features = rows if preparation is None else preparation(rows)
        z = np.asarray(self.model_.scaler(features), np.float64)
        apart: Rows = np.square(z - self._rebuilt(rows))
        return apart if preparation is None else preparation.by_column(apart)

    def never_seen(self, X: ArrayLike) -> NDArray[np.bool_]:
        """Which cells (n, d) are missing where none was in the fit, or hold a category that was not
        there; each adds to its row's score. Errors as `anomaly_score`.

        Examples
        --------
        >>> import pandas as pd
        >>> from wganad_core import WGANAnomalyDetector
        >>> x = pd.DataFrame({"a": np.arange(60) % 7, "kind": ["new", "old", "old"] * 20})
        >>> detector = WGANAnomalyDetector(steps=2, random_state=0).fit(x)
        >>> detector.never_seen(pd.DataFrame({"a": [1, None], "kind": ["odd", "new"]})).tolist()
        [[False, True], [True, False]]
        """
        check_is_fitted(self)
        rows = self._rows(X, fitting=False)
        preparation: Preparation | None = self.model_.preparation
        if preparation is None:
            return np.zeros(rows.shape, np.bool_)
        return preparation.never_seen(rows)

    def _rebuilt(self, rows: Rows) -> FloatArray:
        parts = []
        for found in self._judgements(rows):
            if found.reconstruction is None:
                *others, last = (m for m, found in score_methods().items() if found.rebuilds)
                raise ValueError(
                    f"score_method={self.model_.score_method!r} rebuilds nothing; fit with "
                    f"{', '.join(others)} or {last}."
                )
            parts.append(found.reconstruction)
        return np.concatenate(parts)
