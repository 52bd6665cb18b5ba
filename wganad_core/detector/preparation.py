"""Rows of a table as numbers that networks take: missing cells filled, categories in one-hot form.

What is not there, or was never there, is evidence too. Where the fit rows had missing cells, a
feature of its own tells so; a cell that is missing where none was, or a category that was never
seen, adds `surprise` to the row's score.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wganad_core.detector.scaler import Rows, Scaler
from wganad_core.records import FloatArray

Words = tuple[str, ...]
MISSING = -1  # the code of a missing category
RAREST = 1 / 3  # the least spread of what tells of missing cells: three units apart at most


@dataclasses.dataclass(frozen=True)
class Preparation:
    """Rows (n, d) in features (n, D): numbers with missing cells filled, a feature for each of the
    `indicated` columns that tells whether its cell was missing, one for each known category.

    `filled` (d,): what a missing number counts as, the median of the fit rows. `words` (d of them):
    the categories of a column, whose cells are their numbers; none of numbers. `known` (k, 2): the
    column and the category, −1 for a missing one, of each feature that is one; those that the fit
    rows had. `surprise`: what each cell adds to a score that is as no cell of its column was.
    """

    filled: Rows
    indicated: NDArray[np.int64]
    words: tuple[Words, ...]
    known: NDArray[np.int64]
    surprise: float = 0.0

    @classmethod
    def fitted(cls, rows: Rows, words: Sequence[Words] | None = None) -> Preparation:
        """For rows (n, d), NaN where a cell is missing; `words`: the categories of each column."""
        from sklearn.impute import SimpleImputer
        from sklearn.preprocessing import OneHotEncoder

        d = rows.shape[1]
        given = tuple(words) if words else ((),) * d
        numbers, texts = _split(given)
        filled, indicated = np.zeros(d), np.empty(0, np.int64)
        if len(numbers):
            imputer = SimpleImputer(
                strategy="median", add_indicator=True, keep_empty_features=True
            ).fit(rows[:, numbers])
            filled[numbers] = imputer.statistics_
            indicated = numbers[imputer.indicator_.features_]
        known = np.empty((0, 2), np.int64)
        if len(texts):
            seen = OneHotEncoder().fit(_codes(rows[:, texts])).categories_
            pairs = [(at, code) for at, codes in zip(texts, seen, strict=True) for code in codes]
            known = np.array(pairs, np.int64).reshape(-1, 2)
        return cls(filled, np.asarray(indicated, np.int64), given, known)

    @property
    def n_features(self) -> int:
        return len(self.column)

    @property
    def n_columns(self) -> int:
        return len(self.filled)

    @property
    def column(self) -> NDArray[np.int64]:
        """Which column each feature is of (D,)."""
        return np.concatenate([self._numbers, self.indicated, self.known[:, 0]])

    @property
    def _numbers(self) -> NDArray[np.int64]:
        return _split(self.words)[0]

    def __call__(self, rows: Rows) -> Rows:
        """The features (n, D) of rows (n, d)."""
        missing = np.isnan(rows)
        numbers = self._numbers
        some = bool(missing.any())
        values = np.where(missing, self.filled, rows) if some else rows
        if len(self.column) == rows.shape[1] == len(numbers):
            return values
        codes = _codes(rows[:, self.known[:, 0]])
        parts = [values[:, numbers], missing[:, self.indicated], codes == self.known[:, 1]]
        return np.concatenate(parts, axis=1, dtype=np.float64)

    def never_seen(self, rows: Rows) -> NDArray[np.bool_]:
        """Which cells (n, d) are missing where none was, or of a category that never was."""
        found = np.isnan(rows)
        found[:, self.indicated] = False
        for at in np.unique(self.known[:, 0]):
            codes = self.known[self.known[:, 0] == at, 1]
            found[:, at] = ~np.isin(_codes(rows[:, at]), codes)
        return found

    def surprised(self, score: FloatArray, rows: Rows) -> FloatArray:
        """The scores (n,) of rows (n, d) with what their surprises add."""
        n = self.never_seen(rows).sum(axis=1)
        return score + (n * self.surprise).astype(score.dtype) if n.any() else score

    def scaled(self, scaler: Scaler, features: Rows) -> Scaler:
        """`scaler`, with features of this class in its own units: those of a column of categories
        have a variance of one together, as a number has."""
        n = len(self._numbers)
        if not len(features) or n == len(self.column):
            return scaler
        mean, scale = features.mean(axis=0), np.array(scaler.scale)
        spread = features.std(axis=0)
        told = slice(n, n + len(self.indicated))
        scale[told] = np.maximum(spread[told], RAREST)
        for at in np.unique(self.known[:, 0]):
            mine = np.flatnonzero(self.column == at)
            whole = float(np.sqrt(np.square(spread[mine]).sum()))
            scale[mine] = max(whole, RAREST)
        location, tolerance = np.array(scaler.location), np.array(scaler.tolerance)
        location[n:] = mean[n:]
        if len(tolerance):
            tolerance[n:] = 0
        return Scaler(location, scale, tolerance)

    def back(self, features: Rows) -> Rows:
        """Rows (n, d) of features (n, D): of categories, the number of the likeliest."""
        numbers = self._numbers
        rows = np.full((len(features), self.n_columns), np.nan)
        rows[:, numbers] = features[:, : len(numbers)]
        first = len(numbers) + len(self.indicated)
        for at in np.unique(self.known[:, 0]):
            mine = np.flatnonzero(self.known[:, 0] == at)
            code = self.known[mine[features[:, first + mine].argmax(axis=1)], 1]
            rows[:, at] = np.where(code == MISSING, np.nan, code)
        return rows

    def by_column(self, values: Rows) -> Rows:
        """The sums (n, d) of what features (n, D) have, by column."""
        return np.asarray(values @ (self.column[:, None] == np.arange(self.n_columns)))


def _split(words: Sequence[Words]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The columns of numbers, and those of categories."""
    text = np.array([bool(found) for found in words], np.bool_)
    return np.flatnonzero(~text), np.flatnonzero(text)


def _codes(cells: Rows) -> NDArray[np.int64]:
    return np.where(np.isnan(cells), MISSING, cells).astype(np.int64)
