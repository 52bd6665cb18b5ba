"""Continuous recordings of one's own: a table with a time and any number of channels."""

from __future__ import annotations

import dataclasses
import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_any_real_numeric_dtype

from wganad_core.data import DataError

MAX_GAP = 0.1  # seconds; why so many, `windows` says
ROUNDING = 1e-6  # seconds by which a gap may exceed the longest: times are sums of rounded steps
MAX_BYTES = 50_000_000  # of a file; nine channels at 50 Hz fill it in three hours
MAX_COLUMNS = 200
TIMES = ("time", "t", "timestamp", "seconds")
SECONDS = {"": 1, "s": 1, "sec": 1, "seconds": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}

Values = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Recording:
    """`time` (m,) in seconds, the names of c `channels`, and `values` (m, c), NaN where missing.

    Raises `DataError` unless there are two rows and a channel, time increases from row to row and
    values fit into float32. Rows are counted from 1, without a header.
    """

    time: Values
    channels: tuple[str, ...]
    values: Values
    max_gap: float = MAX_GAP

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.time), len(self.channels)):
            raise DataError(
                f"Expected values for {len(self.time):,} times and {len(self.channels)} channels; "
                f"found the shape {self.values.shape}."
            )
        if self.values.shape[0] < 2 or not self.channels:
            raise DataError(
                f"Expected a channel and two rows at least; found {len(self.channels)} channels "
                f"and {len(self.time)} rows."
            )
        if not self.max_gap > 0:
            raise DataError(f"The longest gap is more than 0 seconds; found {self.max_gap}.")
        if not np.isfinite(self.time).all():
            raise DataError(f"Row {_first(~np.isfinite(self.time))} has no time; remove it.")
        late = np.diff(self.time) <= 0
        if late.any():
            row = _first(late)
            raise DataError(
                f"Time must increase from row to row; row {row + 1} comes at "
                f"{self.time[row]:g} s after row {row} at {self.time[row - 1]:g} s. "
                "Sort the rows and remove what is double."
            )
        large = np.abs(self.values) > np.finfo(np.float32).max
        if large.any():
            row, channel = np.argwhere(large)[0]
            raise DataError(
                f"Expected numbers; row {row + 1} of {self.channels[channel]!r} holds "
                f"{self.values[row, channel]:g}. Leave the cell empty if it is unknown."
            )

    @property
    def rate(self) -> float:
        """Rows per second, by the median step."""
        return 1 / float(np.median(np.diff(self.time)))

    def select(self, channels: Sequence[str]) -> Recording:
        """Only these channels, in this order."""
        index = [self.channels.index(name) for name in channels]
        return dataclasses.replace(self, channels=tuple(channels), values=self.values[:, index])


def read_recording(
    source: Path | IO[bytes], time_column: str | None = None, max_gap: float = MAX_GAP
) -> Recording:
    """A recording from a CSV file with a header; lines before it may start with `#`.

    The time is the column named so or, by itself, the one called time, t, timestamp or seconds:
    ISO datetimes, or numbers in seconds or in the unit of the header, as in `time (ms)`. Times are
    told from the first. Every other column is a channel. Raises `DataError` with one sentence for
    more than 50 MB, for anything but numbers in a channel, and for what a `Recording` refuses.
    """
    name = source if isinstance(source, Path) else getattr(source, "name", "The file")
    try:
        if isinstance(source, Path):
            with source.open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        else:
            data = source.read(MAX_BYTES + 1)
        return _recording(_table(data), time_column, max_gap)
    except OSError as error:
        raise DataError(f"{name} cannot be read: {error.strerror}.") from error
    except DataError as error:
        raise DataError(f"{name}: {error}") from None


def _table(data: bytes) -> pd.DataFrame:
    """The rows as pandas reads them; commas, semicolons or tabs between, decimal commas too."""
    if len(data) > MAX_BYTES:
        raise DataError(
            f"Expected at most {MAX_BYTES // 10**6} MB, found more; split the recording."
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"This is not text in UTF-8 (byte {error.start + 1:,}); save it as CSV in UTF-8."
        ) from error
    text = re.sub(r"\A(?:[^\S\n]*(?:#[^\n]*)?\n)*", "", text)
    header, _, rest = text.partition("\n")
    separator = max(",;\t", key=header.count)
    if header.count(separator) >= MAX_COLUMNS:
        raise DataError(f"Expected at most {MAX_COLUMNS} columns; found more. Remove some.")
    commas = separator != "," and re.search(r"\d,\d", rest) and not re.search(r"\d\.\d", rest)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                index_col=False,
                skipinitialspace=True,
                decimal="," if commas else ".",
                low_memory=False,
            )
    except pd.errors.EmptyDataError:
        raise DataError("This is empty; expected a header and rows of numbers.") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = re.sub(r"\s+", " ", str(error)).strip().rstrip(".")
        raise DataError(f"This is not a table ({reason}); save it as CSV.") from error
    table.columns = table.columns.str.strip()
    # A separator at the end of every line makes a column without a name or a value.
    unnamed = np.array([str(name).startswith("Unnamed: ") for name in table.columns], bool)
    table = table.loc[:, ~unnamed | table.notna().any().to_numpy(bool)]
    if table.columns.has_duplicates:
        raise DataError(f"Columns have the same name: {', '.join(table.columns[:20])}.")
    return table


def _recording(table: pd.DataFrame, time_column: str | None, max_gap: float) -> Recording:
    if not len(table):
        raise DataError("There is a header and no row; expected rows of numbers.")
    clock = _time_column([str(column) for column in table.columns], time_column)
    for name in table.columns:
        if name != clock and table[name].isna().all():
            raise DataError(f"Column {name!r} is empty; remove it.")
        if name != clock and not is_any_real_numeric_dtype(table[name]):
            text = pd.to_numeric(table[name].astype(str), errors="coerce").isna()
            row = _first((text & table[name].notna()).to_numpy())
            raise DataError(
                f"Column {name!r} holds {str(table[name].iloc[row - 1])[:40]!r} in row {row}; "
                "expected numbers. Remove or recode the column."
            )
    time = _seconds(table[clock])
    values = table.drop(columns=clock)
    recording = Recording(time, tuple(values.columns), values.to_numpy(np.float64), max_gap)
    step = 1 / recording.rate
    if step > max_gap + ROUNDING:
        raise DataError(
            f"The rows are {step:g} s apart and the longest allowed gap is {max_gap:g} s; if the "
            "time is not in seconds, say its unit in the header, as in 'time (ms)'."
        )
    return recording


def _time_column(columns: list[str], wanted: str | None) -> str:
    listed = ", ".join(map(repr, columns[:20]))
    if wanted is not None:
        if wanted not in columns:
            raise DataError(f"There is no column {wanted!r}; found {listed}.")
        return wanted
    found = [column for column in columns if name_and_unit(column)[0] in TIMES]
    if len(found) != 1:
        raise DataError(
            f"Expected one column named {', '.join(TIMES[:-1])} or {TIMES[-1]}; found "
            f"{', '.join(map(repr, found)) if found else listed}. Rename or choose the time column."
        )
    return found[0]


def _seconds(column: pd.Series[Any]) -> Values:
    """Seconds from the first row; NaN where there is no time."""
    if is_any_real_numeric_dtype(column):
        unit = name_and_unit(str(column.name))[1]
        if unit not in SECONDS:
            raise DataError(f"The time is in s, ms, us or ns; found {column.name!r}.")
        raw = column.to_numpy()
        with np.errstate(all="ignore"):  # an infinite time is refused by Recording
            return np.asarray((raw - raw[0]) * SECONDS[unit], np.float64)
    stamps = pd.to_datetime(column.astype(str), format="ISO8601", utc=True, errors="coerce")
    wrong = (stamps.isna() & column.notna()).to_numpy()
    if wrong.any():
        row = _first(wrong)
        raise DataError(
            f"Row {row} has the time {str(column.iloc[row - 1])[:40]!r}; expected seconds or an "
            "ISO datetime such as 2024-05-31T12:00:00.02."
        )
    return np.asarray((stamps - stamps.iloc[0]).dt.total_seconds(), np.float64)


def name_and_unit(column: str) -> tuple[str, str]:
    """'Acc X (m/s²)' → ('accx', 'm/s²'): letters and digits only, the unit out of brackets."""
    match = re.fullmatch(r"(.*?)[(\[]([^()\[\]]*)[)\]]\s*", column.casefold().replace("μ", "µ"))
    name, unit = match.groups() if match else (column.casefold(), "")
    return re.sub(r"[^a-z0-9]", "", name), unit.strip()


def _first(flags: NDArray[np.bool_]) -> int:
    """The first row that is flagged, from 1."""
    return int(np.argmax(flags)) + 1
