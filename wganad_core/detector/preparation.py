"""Rows of a table as numbers that networks take: missing cells filled, categories in one-hot form.

What is not there, or was never there, is evidence too. Where the fit rows had missing cells, a
feature of its own tells so; a cell that is missing where none was, or a category that was never
seen, adds `surprise` to the row's score.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.detector.scaler import Rows, Scaler
from wganad_core.records import FloatArray

Words = tuple[str, ...]
MISSING = -1  # the code of a missing category
MOST_WORDS = 1_000  # of a column, in all; more are no categories
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


# Tables with columns of text


def coded(X: Any, known: Sequence[Words] | None = None) -> tuple[Any, tuple[Words, ...] | None]:
    """A table of pandas with its columns of text in numbers, and their categories, one tuple a
    column, () of numbers; anything else as it is, and None.

    `known`: the categories that were fitted, one tuple a column; others have numbers beyond those.
    A column of pandas' own type for categories keeps its numbers. Raises `ValueError` for a column
    of too many, and for two columns of one name.
    """
    if not hasattr(X, "columns") or not hasattr(X, "dtypes"):
        return X, None
    import pandas as pd

    names = pd.Index(X.columns)
    if not names.is_unique:
        name = names[names.duplicated()][0]
        raise ValueError(f"Two columns are called {name!r}; expected a name of its own for each.")
    made: dict[Any, Any] = {}
    found: dict[Any, Words] = {}
    for name, fitted in itertools.zip_longest(names, (known or ())[: len(names)]):
        column = X[name]
        if known is not None and not fitted:
            continue
        if fitted is None and not _is_text(column):
            continue
        values = column
        if fitted is None and isinstance(values.dtype, pd.CategoricalDtype):
            words = tuple(map(_word, values.cat.categories))
        else:
            there = [_word(value) for value in pd.unique(values.dropna())]
            first = fitted or ()
            words = (*first, *sorted(set(there) - set(first)))
        if fitted is None and len(words) > MOST_WORDS:
            raise ValueError(
                f"Column {name!r} holds {len(words):,} different texts; expected at most "
                f"{MOST_WORDS:,} categories. Leave it out."
            )
        number = {word: float(at) for at, word in enumerate(words)}
        made[name] = values.astype(object).map(lambda v, n=number: n[_word(v)], "ignore")
        found[name] = words
    if not made:
        return X, None
    whole = X.copy(deep=False)
    for name, cells in made.items():  # no assign, which takes names of text alone
        whole[name] = cells.astype(float)
    return whole, tuple(found.get(name, ()) for name in names)


def _is_text(column: Any) -> bool:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_numeric_dtype(column.dtype):  # true and false, too
        return False
    return any(isinstance(value, str) for value in column) and bool(
        pd.to_numeric(column, errors="coerce")[column.notna()].isna().any()
    )


def _word(value: Any) -> str:
    """A category as text; whole numbers without a point, as whatever a missing cell makes them."""
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value)) if whole else str(value)
