"""What a table of one's own offers, whatever file it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Texts = tuple[list[str], NDArray[np.int64]]


class OwnTable(Protocol):
    """Columns by number. `names` are unique but for the empty one; `remarks` are for people."""

    names: tuple[str, ...]
    remarks: list[str]

    @property
    def listed(self) -> str:
        """The names for a sentence."""

    def numeric(self) -> list[int]:
        """The columns that hold numbers, so far as is seen at a glance."""

    def numbers(self, at: int) -> NDArray[np.float64]:
        """A column of numbers (n,), NaN where one is missing; `DataError` for anything else."""

    def texts(self, at: int) -> Texts:
        """The distinct values of a column as text, and which of them each row has (n,)."""

    def place(self, row: int) -> str:
        """Where a row, counted from 0, is found in the file."""


def listed_names(names: Sequence[str]) -> str:
    some = ", ".join(map(repr, names[:20])) + (", …" if len(names) > 20 else "")
    return f"the column{'s' * (len(names) > 1)} {some}"


def distinct(column: Any) -> Texts:
    """An Arrow column as its distinct texts, without blanks around, and their numbers."""
    text = pc.fill_null(pc.utf8_trim_whitespace(column), "")
    one = pa.chunked_array(text).combine_chunks().dictionary_encode()
    values = [value.replace("\0", "") for value in one.dictionary.to_pylist()]
    return values, np.asarray(one.indices.to_numpy(), np.int64)
