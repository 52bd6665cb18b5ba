"""Filters for recordings, and the pipeline by which UCI made its nine signals from raw ones."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

import numpy as np
import scipy  # which loads its parts when they are used: they take half a second

from wganad_core.data import DataError
from wganad_core.data.clock import name_and_unit
from wganad_core.data.har import RATE, SIGNALS
from wganad_core.data.recording import Recording, Values
from wganad_core.data.windows import resample, stretches

FASTER = 1.2  # times UCI's rate and more: filtered before it is brought down to it
MEDIAN, NOISE = 3, (20.0, 10)  # low-passes as (Hz, order)
GRAVITY, DRIFT = (0.3, 3), (0.1, 2)
G, DEGREE = 1 / scipy.constants.g, scipy.constants.degree
ACC_UNITS = {"g": 1.0, "mg": 1e-3, "m/s²": G, "m/s^2": G, "m/s2": G}
GYRO_UNITS = {"rad/s": 1.0, "°/s": DEGREE, "deg/s": DEGREE, "dps": DEGREE}
ACC, GYRO = ("acc_x", "acc_y", "acc_z"), ("gyro_x", "gyro_y", "gyro_z")
PLAUSIBLE_G = 0.5, 2.0  # the median length of the total acceleration
PLAUSIBLE_GYRO = 40.0  # rad/s; sensors end at 35

Filter = Callable[[Values], Values]


# Filters


def low_pass(values: Values, cutoff: float, order: int, rate: float) -> Values:
    """A causal Butterworth low-pass over rows (m, c), as if the first row had always been there."""
    if not 0 < cutoff < rate / 2:
        raise DataError(f"Expected a cutoff between 0 and {rate / 2:g} Hz; found {cutoff:g} Hz.")
    sections = scipy.signal.butter(order, cutoff, fs=rate, output="sos")
    state = scipy.signal.sosfilt_zi(sections)[:, :, None] * values[0]
    return np.asarray(scipy.signal.sosfilt(sections, values, axis=0, zi=state)[0], np.float64)


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
    return np.asarray(scipy.ndimage.median_filter(values, (size, 1), mode="nearest"), np.float64)


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
        word = name_and_unit(column)[0]
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
    recording: Recording,
    found: dict[str, str],
    names: tuple[str, ...],
    acceleration_unit: str | None,
    gyro_unit: str | None,
) -> Recording:
    """These signals under their own names, in g and rad/s."""
    values = recording.select([found[name] for name in names]).values.copy()
    for name, column in zip(names, values.T, strict=True):
        rotation = "gyro" in name
        units = GYRO_UNITS if rotation else ACC_UNITS
        unit = (gyro_unit if rotation else acceleration_unit) or name_and_unit(found[name])[1]
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
