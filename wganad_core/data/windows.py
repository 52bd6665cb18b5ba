"""Continuous recordings of one's own: read, put on a regular grid, filtered like UCI's, cut.

One rule for everything that is missing: from one value of a channel to its next, `max_gap` seconds
may pass, whether the rows between are absent or hold NaN. Up to that, values between are linearly
interpolated. Beyond it, and where a channel has not begun or has ended, the recording breaks into
stretches. No interpolation, filter or window reaches across a break, and a stretch that is shorter
than a window gives none.

The default, 0.1 s, bridges four rows lost at 50 Hz: a fifth of a step at two steps a second. A
straight line over more would flatten the impacts that tell activities apart.
"""

from __future__ import annotations

import dataclasses
import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage, signal

from wganad_core.data import DataError
from wganad_core.data.har import LENGTH, RATE, SIGNALS
from wganad_core.records import FloatArray

MAX_GAP = 0.1  # seconds
MAX_BYTES = 50_000_000  # of a file; nine channels at 50 Hz fill it in three hours
MAX_COLUMNS = 200
MAX_NUMBERS = 100_000_000  # in all windows, or on the grid of `resample`
TIMES = ("time", "t", "timestamp", "seconds")
SECONDS = {"": 1, "s": 1, "sec": 1, "seconds": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
ROUNDING = 1e-6  # seconds by which a gap may exceed the longest: times are sums of rounded steps
FASTER = 1.2  # times UCI's rate and more: filtered before it is brought down to it
EXACT = 1e-9  # seconds; what binary fractions may be off
ON_GRID = 0.1  # of a step; rows as near as this to a regular grid are left as they are
MEDIAN, NOISE = 3, (20.0, 10)  # UCI's pipeline; low-passes as (Hz, order)
GRAVITY, DRIFT = (0.3, 3), (0.1, 2)
G = 9.80665  # m/s²
ACC_UNITS = {"g": 1.0, "mg": 1e-3, "m/s²": 1 / G, "m/s^2": 1 / G, "m/s2": 1 / G}
GYRO_UNITS = {"rad/s": 1.0, "°/s": math.pi / 180, "deg/s": math.pi / 180, "dps": math.pi / 180}
ACC, GYRO = ("acc_x", "acc_y", "acc_z"), ("gyro_x", "gyro_y", "gyro_z")
PLAUSIBLE_G = 0.5, 2.0  # the median length of the total acceleration
PLAUSIBLE_GYRO = 40.0  # rad/s; sensors end at 35

Values = NDArray[np.float64]
Filter = Callable[[Values], Values]


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


@dataclasses.dataclass(frozen=True)
class Cut:
    """`windows` (n, c, length), `start` (n,) in seconds, and `row` (n,), the first, from 0."""

    windows: FloatArray
    start: Values
    row: NDArray[np.int64]


# Reading


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
                io.StringIO(text), sep=separator, index_col=False, skipinitialspace=True,
                decimal="," if commas else ".", low_memory=False,
            )  # fmt: skip
    except pd.errors.EmptyDataError:
        raise DataError("This is empty; expected a header and rows of numbers.") from None
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        reason = re.sub(r"\s+", " ", str(error)).strip().rstrip(".")
        raise DataError(f"This is not a table ({reason}); save it as CSV.") from error
    table.columns = [str(column).strip() for column in table.columns]
    # A separator at the end of every line makes a column without a name or a value.
    ghosts = [c.startswith("Unnamed: ") and table.iloc[:, i].isna().all()
              for i, c in enumerate(table.columns)]  # fmt: skip
    table = table.loc[:, ~np.array(ghosts, bool)]
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
        if name != clock and not _numeric(table[name]):
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


def _numeric(column: pd.Series[Any]) -> bool:
    return bool(
        pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype)
    )


def _time_column(columns: list[str], wanted: str | None) -> str:
    listed = ", ".join(map(repr, columns[:20]))
    if wanted is not None:
        if wanted not in columns:
            raise DataError(f"There is no column {wanted!r}; found {listed}.")
        return wanted
    found = [column for column in columns if _name_and_unit(column)[0] in TIMES]
    if len(found) != 1:
        raise DataError(
            f"Expected one column named {', '.join(TIMES[:-1])} or {TIMES[-1]}; found "
            f"{', '.join(map(repr, found)) if found else listed}. Rename or choose the time column."
        )
    return found[0]


def _seconds(column: pd.Series[Any]) -> Values:
    """Seconds from the first row; NaN where there is no time."""
    if _numeric(column):
        unit = _name_and_unit(str(column.name))[1]
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


def _name_and_unit(column: str) -> tuple[str, str]:
    """'Acc X (m/s²)' → ('accx', 'm/s²'): letters and digits only, the unit out of brackets."""
    match = re.fullmatch(r"(.*?)[(\[]([^()\[\]]*)[)\]]\s*", column.casefold().replace("μ", "µ"))
    name, unit = match.groups() if match else (column.casefold(), "")
    return re.sub(r"[^a-z0-9]", "", name), unit.strip()


def _first(flags: NDArray[np.bool_]) -> int:
    """The first row that is flagged, from 1."""
    return int(np.argmax(flags)) + 1


# Stretches, grid and windows


def stretches(recording: Recording) -> tuple[Values, list[tuple[int, int]]]:
    """The values with short runs of NaN interpolated, and (first row, row after the last) of every
    stretch by the rule of this module."""
    time, values = recording.time, recording.values.copy()
    longest = recording.max_gap + ROUNDING
    for column in values.T:
        known, missing = (np.flatnonzero(np.isnan(column) == flag) for flag in (False, True))
        after = np.searchsorted(known, missing)
        inside = (after > 0) & (after < len(known))
        missing, after = missing[inside], after[inside]
        missing = missing[time[known[after]] - time[known[after - 1]] <= longest]
        if len(missing):
            column[missing] = np.interp(time[missing], time[known], column[known])
    usable = np.asarray(np.isfinite(values).all(axis=1))
    joined = usable[1:] & usable[:-1] & (np.diff(time) <= longest)
    first = np.flatnonzero(usable & ~np.append(False, joined))
    last = np.flatnonzero(usable & ~np.append(joined, False))
    return values, list(zip(first.tolist(), (last + 1).tolist(), strict=True))


def resample(recording: Recording, rate: float = RATE) -> Recording:
    """Rows at `rate` Hz in every stretch of two or more, linearly interpolated, without NaN.

    A stretch whose times are within a tenth of a step of that grid keeps its rows. A line between
    rows is no filter: `smooth` a much faster recording first, or what is above half the new rate
    folds back. Raises `DataError` for steps longer than `max_gap` and where no stretch remains.
    """
    if not rate * (recording.max_gap + ROUNDING) >= 1:
        raise DataError(
            f"A rate of {rate:g} Hz has longer steps than the longest gap, "
            f"{recording.max_gap:g} s; allow longer gaps."
        )
    seconds = float(np.ptp(recording.time))
    if seconds * rate * len(recording.channels) > MAX_NUMBERS:
        raise DataError(
            f"{seconds:g} s at {rate:g} Hz are more than {MAX_NUMBERS:,} "
            "numbers; split the recording or check its times."
        )
    values, found = stretches(recording)
    times, rows = [], []
    for first, stop in found:
        time = recording.time[first:stop]
        grid = time[0] + np.arange(math.floor(np.ptp(time) * rate + ON_GRID) + 1) / rate
        if len(grid) == len(time) and np.abs(grid - time).max() <= ON_GRID / rate:
            grid, part = time, values[first:stop]
        else:  # never beyond the last row, or a break could shrink to a gap that is allowed
            grid = np.minimum(grid[grid < time[-1] + EXACT], time[-1])
            part = np.stack([np.interp(grid, time, c) for c in values[first:stop].T], axis=1)
        if len(grid) > 1:
            times.append(grid)
            rows.append(part)
    if not times:
        raise DataError(f"No stretch of two rows has all channels.{_scarcest(recording)}")
    return dataclasses.replace(recording, time=np.concatenate(times), values=np.concatenate(rows))


def cut(recording: Recording, length: int = LENGTH, stride: int = LENGTH // 2) -> Cut:
    """Windows of `length` rows, one every `stride` rows of a stretch from its first row on.

    Rows are taken as they come, so `resample` first. What is left at the end of a stretch is
    dropped. Raises `DataError` if no window fits, or if they would hold a hundred million numbers.
    """
    if length < 1 or stride < 1:
        raise DataError(f"Windows have 1 row or more; found length {length}, stride {stride}.")
    values, found = stretches(recording)
    longest = max((stop - first for first, stop in found), default=0)
    if longest < length:
        rate = recording.rate
        raise DataError(
            f"No window fits: it needs {length / rate:.2f} s ({length} rows), and the longest "
            f"stretch without a gap of more than {recording.max_gap:g} s is {longest / rate:.2f} s "
            f"({longest} rows); record longer.{_scarcest(recording)}"
        )
    row = np.concatenate([np.arange(first, stop - length + 1, stride) for first, stop in found])
    if len(row) * length * values.shape[1] > MAX_NUMBERS:
        raise DataError(
            f"{len(row):,} windows are too many to hold; take a longer stride or cut less."
        )
    view = np.lib.stride_tricks.sliding_window_view(values.astype(np.float32), length, axis=0)
    return Cut(np.ascontiguousarray(view[row]), recording.time[row], row)


def stitched(windows: NDArray[Any], overlap: int = LENGTH // 2) -> Values:
    """Windows (n, c, L) of one stretch back as rows (m, c): what `cut` took them from.

    Raises `DataError` where two neighbours differ in the `overlap` steps that they should share.
    """
    length = windows.shape[-1]
    shared = windows[:-1, :, length - overlap :] == windows[1:, :, :overlap]
    if not shared.all():
        raise DataError(
            f"Windows {_first(~shared.all(axis=(1, 2)))} and the next do not share {overlap} steps."
        )
    parts = [windows[0], *windows[1:, :, overlap:]]
    return np.concatenate(parts, axis=1).T.astype(np.float64)


def _scarcest(recording: Recording) -> str:
    """A sentence on the channel with the fewest values, if any lacks some."""
    counts = np.isfinite(recording.values).sum(axis=0)
    least = int(np.argmin(counts))
    if counts[least] == len(recording.time):
        return ""
    name, n = recording.channels[least], len(recording.time)
    return f" Channel {name!r} has {counts[least]:,} values in {n:,} rows."


# Filters


def low_pass(values: Values, cutoff: float, order: int, rate: float) -> Values:
    """A causal Butterworth low-pass over rows (m, c), as if the first row had always been there."""
    if not 0 < cutoff < rate / 2:
        raise DataError(f"Expected a cutoff between 0 and {rate / 2:g} Hz; found {cutoff:g} Hz.")
    sections = signal.butter(order, cutoff, fs=rate, output="sos")
    state = signal.sosfilt_zi(sections)[:, :, None] * values[0]
    return np.asarray(signal.sosfilt(sections, values, axis=0, zi=state)[0], np.float64)


def smooth(
    recording: Recording, median: int = MEDIAN, cutoff: float = NOISE[0], order: int = NOISE[1]
) -> Recording:
    """A median filter of `median` rows, then a causal Butterworth low-pass, in every stretch.

    The recording is first put on the regular grid of its own rate. Raises `DataError` for an even
    median and for a cutoff beyond half the rate.
    """
    if median < 1 or median % 2 == 0:
        raise DataError(f"A median filter has an odd number of rows; found {median}.")
    rate = recording.rate
    return _by_stretch(
        resample(recording, rate),
        recording.channels,
        lambda values: low_pass(_median(values, median), cutoff, order, rate),
    )


def _median(values: Values, size: int = MEDIAN) -> Values:
    return np.asarray(ndimage.median_filter(values, (size, 1), mode="nearest"), np.float64)


def _by_stretch(recording: Recording, channels: tuple[str, ...], apply: Filter) -> Recording:
    values, found = stretches(recording)
    parts = [apply(values[first:stop]) for first, stop in found]
    return dataclasses.replace(recording, channels=channels, values=np.concatenate(parts))


# UCI's pipeline


def uci_preset(
    recording: Recording, acceleration_unit: str | None = None, gyro_unit: str | None = None
) -> Recording:
    """UCI HAR's signals at 50 Hz, in the order of `SIGNALS`, without NaN; `channels` tells which.

    Columns with the names of all nine `SIGNALS` are taken as they are. Else acc_x, acc_y, acc_z
    (gravity included) give total and body acceleration, gyro_x, gyro_y, gyro_z the body gyroscope
    if they are there: median of 3; causal Butterworth low-pass of order 10 at 20 Hz; body
    acceleration = total − low-pass of order 3 at 0.3 Hz; body gyroscope = signal − low-pass of
    order 2 at 0.1 Hz. After each break gravity is first taken from one row, which may be tenths of
    a g off; on UCI's own recordings that has faded to 0.002 g after five seconds. Without those
    columns, groups of three `SIGNALS` are taken as they are.

    Faster recordings are filtered before they are brought to 50 Hz. Names match whatever their
    case and punctuation. Units are g and rad/s, those in the header as in 'acc_x (m/s²)', or those
    given here. Raises `DataError` for missing columns and for values that belie their unit.
    """
    found = _signals(recording.channels)
    if not all(name in found for name in SIGNALS) and _whole(found, ACC):
        names = ACC + (GYRO if _whole(found, GYRO) else ())
        return _pipeline(_in_units(recording, found, names, acceleration_unit, gyro_unit))
    groups = [SIGNALS[i : i + 3] for i in range(0, len(SIGNALS), 3)]
    names = tuple(name for group in groups if _whole(found, group) for name in group)
    if not names:
        raise DataError(
            f"Expected columns {', '.join(ACC)} (in g) and perhaps {', '.join(GYRO)} (in rad/s), "
            f"or UCI's {SIGNALS[0]} and so on; found {', '.join(recording.channels[:20])}."
        )
    return resample(_in_units(recording, found, names, acceleration_unit, gyro_unit))


def _pipeline(recording: Recording) -> Recording:
    rate = recording.rate if recording.rate > FASTER * RATE else RATE
    with_gyro = len(recording.channels) == 6

    def signals(values: Values) -> Values:
        quiet = low_pass(_median(values), *NOISE, rate)
        acc, gyro = quiet[:, :3], quiet[:, 3:]
        body = [acc - low_pass(acc, *GRAVITY, rate)]
        if with_gyro:
            body.append(gyro - low_pass(gyro, *DRIFT, rate))
        return np.concatenate([*body, acc], axis=1)

    channels = SIGNALS if with_gyro else SIGNALS[:3] + SIGNALS[6:]
    return resample(_by_stretch(resample(recording, rate), channels, signals))


def _signals(channels: Sequence[str]) -> dict[str, str]:
    """Which column is which signal, by its name: {'acc_x': 'Acceleration X (m/s²)'}."""
    plain = {name.replace("_", ""): name for name in (*SIGNALS, *ACC, *GYRO)}
    found: dict[str, str] = {}
    for column in channels:
        word = _name_and_unit(column)[0]
        word = re.sub(r"\A(accel|acceleration|accelerometer)(?=[xyz]\Z)", "acc", word)
        word = re.sub(r"\A(gyr|gyroscope)(?=[xyz]\Z)", "gyro", word)
        name = plain.get(word)
        if name in found:
            raise DataError(f"Both {found[name]!r} and {column!r} may be {name}; remove one.")
        if name is not None:
            found[name] = column
    return found


def _whole(found: dict[str, str], names: Sequence[str]) -> bool:
    """Whether all of these are there; `DataError` if only some are."""
    there = [name for name in names if name in found]
    if there and len(there) < len(names):
        raise DataError(f"Expected {', '.join(names)} together; found only {', '.join(there)}.")
    return bool(there)


def _in_units(
    recording: Recording, found: dict[str, str], names: tuple[str, ...],
    acceleration_unit: str | None, gyro_unit: str | None,
) -> Recording:  # fmt: skip
    """These signals under their own names, in g and rad/s."""
    values = recording.select([found[name] for name in names]).values.copy()
    for name, column in zip(names, values.T, strict=True):
        rotation = "gyro" in name
        units = GYRO_UNITS if rotation else ACC_UNITS
        unit = (gyro_unit if rotation else acceleration_unit) or _name_and_unit(found[name])[1]
        if (unit or next(iter(units))) not in units:
            raise DataError(f"{found[name]!r} is in one of {', '.join(units)}; found {unit!r}.")
        column *= units[unit] if unit else 1.0
    total = [i for i, name in enumerate(names) if name in ACC + SIGNALS[6:]]
    _plausible(values[:, total], values[:, ["gyro" in name for name in names]])
    return dataclasses.replace(recording, channels=names, values=values)


def _plausible(total: Values, rotation: Values) -> None:
    lengths = np.linalg.norm(total, axis=1)
    lengths = lengths[np.isfinite(lengths)]
    usual = float(np.median(lengths)) if total.size and len(lengths) else 1.0
    if not PLAUSIBLE_G[0] <= usual <= PLAUSIBLE_G[1]:
        raise DataError(
            f"Expected accelerations that include gravity, with a median length near 1 g; found "
            f"{usual:.3g}. If they are in m/s², say so in the header, as in 'acc_x (m/s²)', or "
            "choose the unit."
        )
    largest = float(np.nanmax(np.abs(rotation), initial=0.0))
    if largest > PLAUSIBLE_GYRO:
        raise DataError(
            f"Expected angular velocities in rad/s, at most {PLAUSIBLE_GYRO:g}; found "
            f"{largest:.3g}. If they are in °/s, say so in the header, as in 'gyro_x (°/s)', or "
            "choose the unit."
        )
