"""A recording that ships, so that nobody needs a file of their own: one person, six activities.

UCI's windows overlap by half, so a run of them gives back the recording that they were cut from.
What lay between runs is not in the data set; each run therefore begins a second after the one
before it has ended, and that gap keeps every window within one of them.

Made again from the full data, with it in the data directory, by

    python -c "from wganad_core.data import har_example; har_example.remake()"
"""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core.config import ACTIVITIES
from wganad_core.data import DataError, fetch, har
from wganad_core.data.har import LENGTH, RATE, SAMPLE, SIGNALS, TEST_SUBJECTS, Windows, load_har
from wganad_core.data.recording import Recording, Values
from wganad_core.data.unfinished import Replacement
from wganad_core.records import FloatArray

EXAMPLE = SAMPLE.with_name("har_recording.npz")
SUBJECT = TEST_SUBJECTS[0]  # whom no shipped model was trained on
N_EACH = 11  # windows of each activity: 14 s and more
PAUSE = 1.0  # seconds between runs; more than the longest gap that is bridged
HALF = LENGTH // 2

Index = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Example:
    """A recording of `SIGNALS`, and what the person did in each of its rows (m,)."""

    recording: Recording
    activities: NDArray[np.str_]


def stitched(signals: FloatArray) -> FloatArray:
    """Windows (n, c, 128) that overlap by half, each with the next, as rows (64·(n + 1), c).

    Raises `ValueError` where two that follow each other do not agree on what they share.
    """
    wrong = (signals[:-1, :, HALF:] != signals[1:, :, :HALF]).any(axis=(1, 2))
    if wrong.any():
        raise ValueError(f"Window {int(wrong.argmax()) + 1} does not follow the one before it.")
    halves = [*signals[:, :, :HALF], signals[-1, :, HALF:]]
    return np.concatenate(halves, axis=1).T


def runs(windows: Windows) -> list[Index]:
    """Windows that follow each other half-overlapping, of one person and one activity."""
    same = (windows.subjects[:-1] == windows.subjects[1:]) & (
        windows.activities[:-1] == windows.activities[1:]
    )
    shared = (windows.signals[:-1, :, HALF:] == windows.signals[1:, :, :HALF]).all(axis=(1, 2))
    return np.split(np.arange(len(windows)), np.flatnonzero(~(same & shared)) + 1)


def make_example(windows: Windows, subject: int = SUBJECT, n_each: int = N_EACH) -> Example:
    """The first `n_each` windows of every activity of a subject, in half precision.

    Raises `DataError` for a subject who has fewer.
    """
    own = windows.take(np.flatnonzero(windows.subjects == subject))
    found = runs(own)
    times: list[Values] = []
    rows: list[Values] = []
    labels: list[str] = []
    now = 0.0
    for activity in ACTIVITIES:
        missing = n_each
        for run in found:
            part = run[:missing] if own.activities[run[0]] == activity else run[:0]
            if len(part):
                values = stitched(own.signals[part]).astype(np.float16)
                times.append(now + np.arange(len(values)) / RATE)
                rows.append(values.astype(np.float64))
                labels += [activity] * len(values)
                now = float(times[-1][-1]) + PAUSE
                missing -= len(part)
        if missing:
            raise DataError(
                f"Expected {n_each} windows of subject {subject} {activity}; found "
                f"{n_each - missing}. Choose another subject."
            )
    time = np.asarray(np.round(np.concatenate(times), 2), np.float64)
    recording = Recording(time, SIGNALS, np.concatenate(rows))
    return Example(recording, np.array(labels))


def save_example(example: Example, path: Path = EXAMPLE) -> None:
    """Write it compressed; values in half precision, which is what `make_example` leaves."""
    with Replacement(path) as file:
        np.savez_compressed(
            file,
            time=example.recording.time,
            values=example.recording.values.astype(np.float16),
            labels=np.array([1 + ACTIVITIES.index(name) for name in example.activities], np.uint8),
        )


def load_example(path: Path = EXAMPLE) -> Example:
    """The bundled recording. Raises `DataError` with one sentence if it cannot be read."""
    try:
        with path.open("rb") as file:
            content = np.lib.npyio.NpzFile(file)
            time, values, labels = (content[name] for name in ("time", "values", "labels"))
        activities = np.array(ACTIVITIES)[labels.astype(np.int64) - 1]
        if len(activities) != len(time):
            raise ValueError(f"{len(activities)} labels for {len(time)} rows")
        return Example(Recording(time, SIGNALS, values.astype(np.float64)), activities)
    except Exception as error:  # of a dozen kinds, from zipfile, zlib, tokenize and NumPy
        raise DataError(
            f"{path} cannot be read ({fetch.reason(error)}); restore it from the repository."
        ) from error


def to_csv(recording: Recording) -> bytes:
    """A recording as the CSV file that `read_recording` takes, to five significant digits: half
    precision survives."""
    table = pd.DataFrame(recording.values, columns=list(recording.channels))
    table.insert(0, "time (s)", [f"{time:.10g}" for time in recording.time])
    text = io.StringIO()
    table.to_csv(text, index=False, float_format="%.5g", lineterminator="\n")
    return text.getvalue().encode()


def remake(path: Path = EXAMPLE) -> None:
    """Write the bundled recording from the full data."""
    save_example(make_example(load_har(fetch.dataset_folder(har.PUBLISHED))), path)
