"""Continuous recordings of one's own: a table with a time and any number of channels."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.clock import clock_name, seconds_of
from wganad_core.data.disorder import in_order
from wganad_core.data.own.file import named, own_file
from wganad_core.data.own.rows import OwnRows, listed
from wganad_core.data.own.source import open_rows

MAX_GAP = 0.1  # seconds; why so many, `windows` says
ROUNDING = 1e-6  # seconds by which a gap may exceed the longest: times are sums of rounded steps
MAX_RECORDING_BYTES = 50_000_000  # of a file; nine channels at 50 Hz fill it in three hours
MAX_COLUMNS = 200

Values = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Recording:
    """`time` (m,) in seconds, the names of c `channels`, and `values` (m, c), NaN where missing.
    `remarks` say what was read otherwise than one might expect.

    Raises `DataError` unless there are two rows and a channel, time increases from row to row and
    values fit into float32. Rows are counted from 1, without a header.
    """

    time: Values
    channels: tuple[str, ...]
    values: Values
    max_gap: float = MAX_GAP
    remarks: tuple[str, ...] = ()

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

    The time is the column named so or, by itself, the first that is called like a clock (`clock`);
    further ones are no channels. Times are told from the earliest, and rows put in their order by
    the rules of `disorder`. Every other column is a channel. Raises `DataError` with one sentence
    for more than 50 MB, for anything but numbers in a channel, and for what a `Recording` refuses.
    """
    file = own_file(source)
    with named(file):
        if not file.is_folder and file.size > MAX_RECORDING_BYTES:
            raise DataError(
                f"Expected at most {MAX_RECORDING_BYTES // 10**6} MB, found more; split the "
                "recording."
            )
        return _recording(open_rows(file), time_column, max_gap)


def _recording(table: OwnRows, time_column: str | None, max_gap: float) -> Recording:
    if len(table.names) > MAX_COLUMNS:
        raise DataError(f"Expected at most {MAX_COLUMNS} columns; found more. Remove some.")
    clock, others = _time_columns(table.names, time_column)
    numbers = [at for at in range(len(table.names)) if at != clock and at not in others]
    rows = pa.concat_tables(table.batches(numbers, [clock])).to_pandas()
    time, read_as = seconds_of(rows.pop(str(clock)).astype(object).fillna(""), table.names[clock])
    rows.columns = [table.names[at] for at in numbers]
    empty = rows.columns[rows.isna().all()]
    # A separator at the end of every line makes a column without a name or a value.
    rows = rows.drop(columns=[name for name in empty if name == f"column {len(table.names)}"])
    if left := [name for name in empty if name in rows]:
        raise DataError(f"Column {left[0]!r} is empty; remove it.")
    recording = _in_order(time, read_as, rows, max_gap)
    step = 1 / recording.rate
    if step > max_gap + ROUNDING:
        raise DataError(
            f"The rows are {step:g} s apart and the longest allowed gap is {max_gap:g} s; if the "
            "time is not in seconds, say its unit in the header, as in 'time (ms)'."
        )
    return recording


def _in_order(time: Values, read_as: str, rows: Any, max_gap: float) -> Recording:
    """Of what the clock parts, each begins where no window can cross from the one before."""
    values = rows.to_numpy(np.float64)
    found = in_order(time, values)
    index = [part for part, _ in found.parts]
    times: list[Values] = []
    for _, seconds in found.parts:
        last = times[-1][-1] + 2 * max_gap if times else 0.0
        times.append(seconds - seconds[0] + last)
    return Recording(
        np.concatenate(times),
        tuple(rows.columns),
        values[np.concatenate(index)],
        max_gap,
        tuple(filter(None, (read_as, *found.remarks))),
    )


def _time_columns(names: Sequence[str], wanted: str | None) -> tuple[int, list[int]]:
    """The clock, and others that tell the same time."""
    found = [at for at, name in enumerate(names) if clock_name(name)]
    if wanted is not None:
        if wanted not in names:
            raise DataError(f"There is no column {wanted!r}; found {listed(names)}.")
        at = names.index(wanted)
        return at, []
    if not found:
        raise DataError(
            "Expected a column that tells the time, called time, timestamp, t or seconds; found "
            f"{listed(names)}. Rename or choose the time column."
        )
    return found[0], found[1:]


def _first(flags: NDArray[np.bool_]) -> int:
    """The first row that is flagged, from 1."""
    return int(np.argmax(flags)) + 1
