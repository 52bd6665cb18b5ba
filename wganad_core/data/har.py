"""UCI HAR: windows of a waist-worn phone's sensors, the bundled sample, the protocols of design §4.

The pool is all 10,299 windows, the 7,352 of the 21 train subjects first, in file order, so that a
window has one number whatever the protocol. Windows overlap by half and those of one person are
alike, so parts are divided by subject, never by window. Which part a subject falls into depends on
`SEED` alone, never on the abnormal activity:

    fit: subjects 3, 5, 7, 8, 11, 14–17, 19, 21–23, 25, 26, 28, 29
    validation: 1, 6
    calibration: 27, 30
    test: 2, 4, 9, 10, 12, 13, 18, 20, 24 (UCI's choice)
"""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.config import ACTIVITIES, HAR_PROTOCOLS
from wganad_core.data import DataError, har_archive, har_cache
from wganad_core.data.fetch import Archive, Dataset, OnBytes, dataset_folder
from wganad_core.data.har_archive import OFFICIAL, Flaw
from wganad_core.data.pool import Pool, Samples
from wganad_core.data.samples import FOLDER, content_ids, need_full_pool, opened_sample
from wganad_core.data.unfinished import Replacement
from wganad_core.data.views import View
from wganad_core.records import FloatArray, Split

SIGNALS = har_archive.SIGNALS  # acceleration in g, angular velocity (gyro) in rad/s
LENGTH = har_archive.LENGTH
RATE = 50.0  # Hz
TRAIN_SUBJECTS, TEST_SUBJECTS = OFFICIAL.subjects["train"], OFFICIAL.subjects["test"]
N_TRAIN, N_TEST = OFFICIAL.rows("train"), OFFICIAL.rows("test")
SEED = 2018
N_VALIDATION = N_CALIBRATION = 2  # of the 21 train subjects; the other 17 are for fitting
SAMPLE = FOLDER / "har.npz"
SAMPLE_SHARE = 11  # windows of each test subject and activity in the bundled sample
PUBLISHED = Dataset(
    "uci_har",
    "UCI HAR",
    (
        Archive(  # It has 61,005,872 bytes. UCI tells no hash; a dozen public projects agree on it.
            har_archive.PUBLISHED,
            har_archive.ZIP_BYTES,
            "c00b803081a5c797cd5e4b83700a9810b38d53d9d84e01917e090e1fdbc81031",
            har_archive.find,
            har_cache.flaw,
        ),
    ),
    ("https://archive.ics.uci.edu/static/public/240/",),
    "its structure, counts and ranges as published",
)

Index = NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Windows:
    """Signals (n, 9, 128) in the order of `SIGNALS`, `activities` (n,) out of `ACTIVITIES`,
    `subjects` (n,) 1–30 and `position` (n,), the windows' numbers in the pool."""

    signals: FloatArray
    activities: NDArray[np.str_]
    subjects: Index
    position: Index

    def __len__(self) -> int:
        return len(self.position)

    def take(self, index: NDArray[Any]) -> Windows:
        """Those windows, in that order; `index` as for any array."""
        return Windows(
            self.signals[index], self.activities[index], self.subjects[index], self.position[index]
        )


def load_har(folder: Path) -> Windows:
    """The pool of 10,299 from what lies in `folder`: UCI's zip, the published archive that nests
    it, or an extracted folder. Parsed once per content, then taken from `har_cache`.

    Raises `DataError` with one sentence for anything else.
    """
    path = har_archive.find(folder)
    if path is None:
        raise DataError(
            f"UCI HAR is not in {folder} (expected {har_archive.NAME}.zip, {har_archive.PUBLISHED} "
            f"or an extracted folder); fetch it with `python -m wganad_core data fetch uci_har`."
        )
    try:
        raw = har_cache.parsed(path)
    except Flaw as flaw:
        raise DataError(f"{path} is not UCI HAR as published ({flaw}); fetch it again.") from flaw
    return Windows(
        raw.signals, np.array(ACTIVITIES)[raw.labels - 1], raw.subjects, np.arange(len(raw.labels))
    )


# The protocols


def split_har(windows: Windows, abnormal: str, protocol: str = "test") -> Split:
    """One activity as the anomaly, on the full pool.

    Fit, validation and calibration are the normal windows of 17, 2 and 2 train subjects. `test`:
    all windows of the nine test subjects; `test+all` adds every window of the abnormal activity
    of the train subjects, whose normal windows were trained on.
    """
    if abnormal not in ACTIVITIES:
        raise DataError(
            f"The abnormal activity is one of {', '.join(ACTIVITIES)}; found {abnormal!r}."
        )
    if protocol not in HAR_PROTOCOLS:
        raise DataError(f"The protocol is {' or '.join(HAR_PROTOCOLS)}; found {protocol!r}.")
    need_full_pool(windows.position, N_TRAIN + N_TEST, "windows", "load_har")
    anomaly = windows.activities == abnormal
    parts = {
        name: np.flatnonzero(np.isin(windows.subjects, subjects) & ~anomaly)
        for name, subjects in part_subjects().items()
    }
    test = np.isin(windows.subjects, TEST_SUBJECTS)
    parts["test"] = np.flatnonzero(test | anomaly if protocol == "test+all" else test)
    return Split("har", abnormal, protocol, windows.activities, parts)


def part_subjects() -> dict[str, tuple[int, ...]]:
    """Which train subjects are for fit, validation and calibration, each in rising order."""
    shuffled = np.random.default_rng(SEED).permutation(np.array(TRAIN_SUBJECTS)).tolist()
    first = len(shuffled) - N_VALIDATION - N_CALIBRATION
    return {
        "fit": tuple(sorted(shuffled[:first])),
        "validation": tuple(sorted(shuffled[first : first + N_VALIDATION])),
        "calibration": tuple(sorted(shuffled[first + N_VALIDATION :])),
    }


# The sample


def load_sample(path: Path = SAMPLE) -> Windows:
    """The bundled windows of the nine test subjects: 99 of each activity, in half precision."""
    names = ("signals", "labels", "subjects", "position")
    with opened_sample(path) as content:
        signals, labels, subjects, position = (content[name] for name in names)
        if signals.dtype != np.float16:
            raise ValueError(f"signals in {signals.dtype}; expected half precision")
        if signals.shape != (len(labels), len(SIGNALS), LENGTH):
            raise ValueError(f"signals of shape {signals.shape} for {len(labels):,} labels")
        if not np.isfinite(signals).all():
            raise ValueError("signals that are not finite")
        if labels.shape != position.shape or not np.isin(labels, np.arange(1, 7)).all():
            raise ValueError("labels other than 1–6, one for each position")
        if subjects.shape != position.shape or not np.isin(subjects, TEST_SUBJECTS).all():
            raise ValueError("subjects other than the nine for testing, one for each position")
        if (np.diff(position, prepend=N_TRAIN - 1, append=N_TRAIN + N_TEST) < 1).any():
            raise ValueError(f"positions that do not rise within {N_TRAIN:,}–{N_TRAIN + N_TEST:,}")
    return Windows(
        signals.astype(np.float32),
        np.array(ACTIVITIES)[labels.astype(np.int64) - 1],
        subjects.astype(np.int64),
        position.astype(np.int64),
    )


def save_sample(windows: Windows, path: Path = SAMPLE) -> None:
    """Write the sample of the full pool, compressed: of each test subject and activity as many
    windows, spread evenly over all there are."""
    need_full_pool(windows.position, N_TRAIN + N_TEST, "windows", "load_har")
    chosen = []
    for subject, activity in itertools.product(TEST_SUBJECTS, ACTIVITIES):
        members = np.flatnonzero((windows.subjects == subject) & (windows.activities == activity))
        evenly = np.linspace(0, len(members) - 1, SAMPLE_SHARE).round().astype(np.int64)
        chosen.append(members[evenly])
    index = np.sort(np.concatenate(chosen))
    labels = np.array([1 + ACTIVITIES.index(activity) for activity in windows.activities[index]])
    with Replacement(path) as file:
        np.savez_compressed(
            file,
            signals=windows.signals[index].astype(np.float16),
            labels=labels.astype(np.uint8),
            subjects=windows.subjects[index].astype(np.uint8),
            position=index.astype(np.int64),
        )


def sample_ids(signals: NDArray[Any]) -> NDArray[np.str_]:
    """A content hash (16 hex digits) of each window (n, 9, 128) in half precision, so that scores
    join with data in any order, and those of the full data with the bundled sample."""
    return content_ids(np.asarray(signals, np.float16))


# As models and pages see it


@dataclasses.dataclass(frozen=True)
class WindowPool(Pool):
    windows: Windows

    def split(self, abnormal: str, protocol: str) -> Split:
        return split_har(self.windows, abnormal, protocol)

    def view(self, kind: str, index: Index) -> View:
        return View.fitted(kind, self.windows.signals[index])

    def rows(self, index: Index, view: View | None) -> FloatArray:
        if view is None:
            raise ValueError("Windows need a view to become rows; found a model without one.")
        return view.rows(self.windows.signals[index])

    def ids(self, index: Index) -> NDArray[np.str_]:
        return sample_ids(self.windows.signals[index])

    def subjects(self, index: Index) -> NDArray[np.str_]:
        return self.windows.subjects[index].astype(np.str_)


def load_pool(download: bool = False, progress: OnBytes | None = None) -> WindowPool:
    """All 10,299, verified; downloaded first if they are missing and `download` is set.

    Raises `DataError` with one sentence for a set that is not there or not as published.
    """
    return WindowPool(load_har(dataset_folder(PUBLISHED, download, progress)))


def samples() -> Samples:
    """The nine test subjects' sample for pages."""
    windows = load_sample()
    return Samples(
        classes=windows.activities,
        ids=sample_ids(windows.signals),
        subjects=windows.subjects.astype(np.str_),
        position=windows.position,
        take=lambda index: windows.signals[index],
    )
