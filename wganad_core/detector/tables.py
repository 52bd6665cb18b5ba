"""Tables of pandas as numbers: columns of text in the numbers of their categories."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from wganad_core.detector.preparation import Words

MOST_WORDS = 1_000  # of a column, in all; more are no categories


def coded(X: Any, known: Sequence[Words] | None = None) -> tuple[Any, tuple[Words, ...] | None]:
    """A table of pandas in numbers, NaN where a cell is missing, and the categories of its columns
    of text, one tuple a column, () of numbers; None where there are none. Anything else, and a
    table of numbers, as it is.

    `known`: the categories that were fitted, one tuple a column; others have numbers beyond those.
    A column of pandas' own type for categories keeps its numbers. Raises `ValueError` for a column
    of too many, for one of neither numbers nor text, and for two columns of one name.
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
        if fitted or (known is None and _is_text(column)):
            found[name] = _words(column, fitted or ())
            number = {word: float(at) for at, word in enumerate(found[name])}
            cells = column.astype(object).map(lambda v, n=number: n[_word(v)], "ignore")
            made[name] = cells.where(column.notna(), None).astype(float)
        elif not pd.api.types.is_numeric_dtype(column.dtype):
            made[name] = _numbers(column)
    whole = X.copy(deep=False)
    for name, cells in made.items():  # no assign, which takes names of text alone
        whole[name] = cells
    return whole, tuple(found.get(name, ()) for name in names) if found else None


def _words(column: Any, fitted: Words) -> Words:
    """The categories of a column: those that were fitted, then what else there is."""
    import pandas as pd

    if not fitted and isinstance(column.dtype, pd.CategoricalDtype):
        words = tuple(map(_word, column.cat.categories))
    else:
        there = {_word(value) for value in pd.unique(column.dropna())}
        words = (*fitted, *sorted(there - set(fitted)))
    if not fitted and len(words) > MOST_WORDS:
        raise ValueError(
            f"Column {column.name!r} holds {len(words):,} different texts; expected at most "
            f"{MOST_WORDS:,} categories. Leave it out."
        )
    return words


def _is_text(column: Any) -> bool:
    import pandas as pd

    if isinstance(column.dtype, pd.CategoricalDtype):
        return True
    if pd.api.types.is_numeric_dtype(column.dtype):  # true and false, too
        return False
    return any(isinstance(value, str) for value in column) and bool(
        pd.to_numeric(column, errors="coerce")[column.notna()].isna().any()
    )


def _numbers(column: Any) -> Any:
    """A column that pandas holds as objects, text or categories, in numbers."""
    import pandas as pd

    there = column.notna()
    found = pd.to_numeric(column.astype(object).where(there, None), errors="coerce").astype(float)
    if (odd := found.isna() & there).any():
        raise ValueError(
            f"Column {column.name!r} holds {str(column[odd].iloc[0])!r:.60}, which is no number; "
            "make numbers of it, or leave it out."
        )
    return found


def _word(value: Any) -> str:
    """A category as text; whole numbers without a point, as whatever a missing cell makes them."""
    whole = isinstance(value, float | np.floating) and float(value).is_integer()
    return str(int(value)) if whole else str(value)
