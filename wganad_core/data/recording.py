"""Continuous recordings of one's own: a table with a time and any number of channels."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.csv_rows import MISSING
from wganad_core.data.own.file import named, own_file
from wganad_core.data.own.rows import OwnRows, listed
from wganad_core.data.own.source import open_rows

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
    """A recording from a table with a header; lines of text before it may start with `#`.

    The time is the column named so or, by itself, the one called time, t, timestamp or seconds:
    ISO datetimes, or numbers in seconds or in the unit of the header, as in `time (ms)`. Times are
    told from the first. Every other column is a channel. Raises `DataError` with one sentence for
    more than 50 MB, for anything but numbers in a channel, and for what a `Recording` refuses.
    """
    file = own_file(source)
    with named(file):
        if not file.is_folder and file.size > MAX_BYTES:
            raise DataError(
                f"Expected at most {MAX_BYTES // 10**6} MB, found more; split the recording."
            )
        return _recording(open_rows(file), time_column, max_gap)


def _recording(table: OwnRows, time_column: str | None, max_gap: float) -> Recording:
    if len(table.names) > MAX_COLUMNS:
        raise DataError(f"Expected at most {MAX_COLUMNS} columns; found more. Remove some.")
    clock = _time_column(table.names, time_column)
    numbers = [at for at in range(len(table.names)) if at != clock]
    rows = pa.concat_tables(table.batches(numbers, [clock])).to_pandas()
    time = _seconds(rows.pop(str(clock)).fillna("").str.strip(), table.names[clock])
    rows.columns = [table.names[at] for at in numbers]
    empty = rows.columns[rows.isna().all()]
    # A separator at the end of every line makes a column without a name or a value.
    rows = rows.drop(columns=[name for name in empty if name == f"column {len(table.names)}"])
    if left := [name for name in empty if name in rows]:
        raise DataError(f"Column {left[0]!r} is empty; remove it.")
    recording = Recording(time, tuple(rows.columns), rows.to_numpy(np.float64), max_gap)
    step = 1 / recording.rate
    if step > max_gap + ROUNDING:
        raise DataError(
            f"The rows are {step:g} s apart and the longest allowed gap is {max_gap:g} s; if the "
            "time is not in seconds, say its unit in the header, as in 'time (ms)'."
        )
    return recording


def _time_column(names: Sequence[str], wanted: str | None) -> int:
    if wanted is not None:
        if wanted not in names:
            raise DataError(f"There is no column {wanted!r}; found {listed(names)}.")
        return names.index(wanted)
    found = [name for name in names if name_and_unit(name)[0] in TIMES]
    if len(found) != 1:
        raise DataError(
            f"Expected one column named {', '.join(TIMES[:-1])} or {TIMES[-1]}; found "
            f"{listed(found or names)}. Rename or choose the time column."
        )
    return names.index(found[0])


def _seconds(texts: pd.Series[str], name: str) -> Values:
    """Seconds from the first row; NaN where there is no time."""
    known = ~texts.isin(MISSING)
    raw = pd.to_numeric(texts.where(known).str.replace(",", "."), errors="coerce")
    if raw[known].notna().all():
        unit = name_and_unit(name)[1]
        if unit not in SECONDS:
            raise DataError(f"The time is in s, ms, us or ns; found {name!r}.")
        whole = raw.to_numpy()
        whole = whole.astype(np.float64) if whole.dtype == np.uint64 else whole
        with np.errstate(all="ignore"):  # an infinite time is refused by Recording
            return np.asarray((whole - whole[0]) * SECONDS[unit], np.float64)
    stamps = pd.to_datetime(texts.where(known), format="ISO8601", utc=True, errors="coerce")
    wrong = (stamps.isna() & known).to_numpy()
    if wrong.any():
        row = _first(wrong)
        raise DataError(
            f"Row {row} has the time {texts.iloc[row - 1][:40]!r}; expected seconds or an ISO "
            "datetime such as 2024-05-31T12:00:00.02."
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
