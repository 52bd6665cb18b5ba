"""Rows of a table of one's own as a stream, whatever file they come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.missing import BLANK

Kind = Literal["number", "text", "time", "empty", "other"]
Texts = tuple[list[str], NDArray[np.int64]]
MAX_COLUMNS = 5_000
HEAD_ROWS = 1_000  # by which kinds and roles of columns are told


class OwnRows:
    """A table that is read from its beginning as often as it is asked for.

    `names` are unique; only the first may be empty. `named`: whether the file holds them, or they
    only count its columns. `kinds` are told from `head`, the first 1,000 rows as texts, empty where
    a value is missing. `about` is the number of rows, of text by its lines. `remarks` say how
    values are read, `unnamed` how columns without names are called.
    """

    names: tuple[str, ...]
    named: bool
    kinds: tuple[Kind, ...]
    head: tuple[tuple[str, ...], ...]
    about: int
    remarks: list[str]
    unnamed: str = ""

    def batches(self, numbers: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        """Arrow tables of some rows each: these columns as float64, then those as text or as codes
        of texts (`encoded`).

        Raises `DataError` where a column that should hold numbers does not, with the line.
        """
        raise NotImplementedError

    def place(self, row: int) -> str:
        """Where a row, counted from 0, is found in the file."""
        return f"row {row + 1:,}"

    def numbers(self, at: int) -> NDArray[np.float64]:
        """A whole column of numbers (n,), NaN where one is missing."""
        return np.concatenate([batch.column(0).to_numpy() for batch in self.batches([at], [])])

    def texts(self, at: int) -> Texts:
        """The distinct texts of a whole column, and which of them each row has (n,)."""
        parts = [encoded(batch.column(0)) for batch in self.batches([], [at])]
        return _distinct(pa.chunked_array([chunk for part in parts for chunk in part.chunks]))


WHOLE = 2.0**53  # from here on, float64 skips whole numbers
COARSEST = 1e4  # steps between numbers to a column's standard deviation, or they are remarked on


class WrongCell(DataError):
    """A column of numbers holds something else; `column` is its number."""

    def __init__(self, column: int, sentence: str) -> None:
        super().__init__(sentence)
        self.column = column


def distinct(column: Any) -> Texts:
    """An Arrow column as its distinct texts, without blanks around and "" for what says that
    nothing is there, and their numbers (n,)."""
    return _distinct(encoded(column))


def encoded(column: Any) -> Any:
    """A column of texts, or of codes of texts, as codes of those that are there, without blanks
    around; what is missing is empty. Texts are never written out for each row."""
    if not pa.types.is_dictionary(column.type):
        return pc.fill_null(pc.utf8_trim_whitespace(column), "").dictionary_encode()
    kind = pa.dictionary(pa.int32(), pa.string())
    return pa.chunked_array([_used(chunk) for chunk in column.chunks], kind)


def _used(chunk: Any) -> Any:
    """Of a dictionary only what some row has."""
    code = chunk.indices.fill_null(len(chunk.dictionary)).to_numpy()  # one that stands for none
    used = np.flatnonzero(np.bincount(code))
    place = np.empty(len(chunk.dictionary) + 1, np.int64)
    place[used] = np.arange(len(used))
    texts = chunk.dictionary.take(pa.array(used, mask=used == len(chunk.dictionary)))
    found = pc.fill_null(pc.utf8_trim_whitespace(texts), "").dictionary_encode()
    indices = found.indices.take(pa.array(place[code]))
    return pa.DictionaryArray.from_arrays(indices, found.dictionary)


def _distinct(column: Any) -> Texts:
    one = column.unify_dictionaries().combine_chunks()
    texts = (value.strip().replace("\0", "") for value in one.dictionary.to_pylist())
    number: dict[str, int] = {}
    place = [number.setdefault("" if t in BLANK else t, len(number)) for t in texts]
    code = np.asarray(one.indices.to_numpy(), np.int64)
    return list(number), code if len(number) == len(place) else np.array(place, np.int64)[code]


def number_of(text: str) -> float:
    """A cell as a number, with a point or a comma before its fraction; NaN for what is none.

    Examples
    --------
    >>> from wganad_core.data.own.rows import number_of
    >>> number_of("1,5"), number_of("2e3"), number_of("off")
    (1.5, 2000.0, nan)
    """
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return np.nan


def rebatched(batches: Iterator[Any], rows: int) -> Iterator[Any]:
    """The same rows in tables of exactly `rows`, but for the last, without holding more."""
    parts: list[Any] = []
    n = 0
    for batch in batches:
        while n + len(batch) >= rows:
            parts.append(batch.slice(0, rows - n))
            batch = batch.slice(rows - n)
            yield pa.concat_tables(parts)
            parts, n = [], 0
        if len(batch):
            parts.append(batch)
            n += len(batch)
    if parts:
        yield pa.concat_tables(parts)


def listed_names(names: Sequence[str]) -> str:
    return f"the column{'s' * (len(names) > 1)} {listed(names)}"


def listed(names: Sequence[str], most: int = 20) -> str:
    """Names in quotes for a sentence, the first few of many."""
    return ", ".join(map(repr, names[:most])) + (", …" if len(names) > most else "")


def same_throughout(columns: Mapping[str, float]) -> list[str]:
    """Remarks about columns that have one value, by name; of whole numbers that float64 cannot
    tell apart, why."""
    beyond = [name for name, value in columns.items() if abs(value) >= WHOLE]
    remarks = []
    if same := [name for name in columns if name not in beyond]:
        remarks.append(f"The same value throughout: {listed_names(same)}.")
    if beyond:
        remarks.append(
            f"The same value throughout, as far as 16 digits tell: {listed_names(beyond)}. Whole "
            "numbers beyond 2^53 are rounded; take them as the id, or subtract what they share."
        )
    return remarks


def coarse(x: NDArray[np.float64], names: Sequence[str]) -> list[str]:
    """A remark about columns of x (n, d) whose rounding is more than a ten-thousandth of their
    spread, as that of ids of 19 digits or of nanoseconds since 1970 may be."""
    found = []
    for at in np.flatnonzero(np.abs(x[0]) >= WHOLE).tolist():
        spread = float(np.nanstd(x[:, at]))
        if 0 < spread < COARSEST * float(np.spacing(np.nanmax(np.abs(x[:, at])))):
            found.append(names[at])
    if not found:
        return []
    return [
        f"Numbers beyond 2^53 are rounded, which blurs {listed_names(found)}; take them as the id "
        "or the time, or subtract what they share."
    ]


def check_names(names: Sequence[str]) -> tuple[str, ...]:
    """The names of columns, of which only the first may be empty; others get their number."""
    if len(names) > MAX_COLUMNS:
        raise too_many_columns(f"{len(names):,}")
    doubled = sorted(name for name, n in Counter(names).items() if name and n > 1)
    if doubled:
        raise DataError(f"Several columns have the name {listed(doubled)}; rename or remove one.")
    return tuple(name if name or not at else f"column {at + 1}" for at, name in enumerate(names))


def too_many_columns(found: str) -> DataError:
    return DataError(
        f"Expected at most {MAX_COLUMNS:,} columns; found {found}. Keep those that are needed."
    )


def column_of(names: Sequence[str], wanted: str) -> int:
    """The number of a column, by its name or else by its name in other capitals."""
    plain = [name.casefold() for name in names]
    for given, name in ((list(names), wanted), (plain, wanted.casefold())):
        if name in given:
            return given.index(name)
    raise DataError(f"There is no column {wanted!r}; found {listed_names(names)}.")
