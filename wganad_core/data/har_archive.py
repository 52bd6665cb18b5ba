"""Reading UCI HAR: the zip, the published archive around it, or the folder that was in it.

UCI published no hash of it, and copies were packed anew. So its content is judged: every file of
the raw signals there, as many windows of each activity and the same subjects in each part as were
published, every number finite and as large as such a sensor gives. The features that UCI made of
the windows (`X_*.txt`) are not read.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import os
import textwrap
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import FloatArray

SIGNALS = tuple(
    f"{quantity}_{axis}" for quantity in ("body_acc", "body_gyro", "total_acc") for axis in "xyz"
)
LENGTH = 128
NAME = "UCI HAR Dataset"
PUBLISHED = "human+activity+recognition+using+smartphones.zip"  # the archive around its zip
LABELS = "activity_labels.txt"
NAMES = ("WALKING", "WALKING_UPSTAIRS", "WALKING_DOWNSTAIRS", "SITTING", "STANDING", "LAYING")
LIMITS = {"body_acc": 4.0, "body_gyro": 20.0, "total_acc": 4.0}  # g, rad/s: about three times …
GRAVITY = (0.9, 1.1)  # … what was recorded; and the median length of total acceleration in g
NUMBER_BYTES = 24  # a number and the space before it take 16 as published
ZIP_BYTES = 150_000_000  # at most, of the zip in the published archive, which it fills


class Flaw(Exception):
    """Why something is not UCI HAR, in a few words."""

    def __init__(self, words: str) -> None:
        super().__init__(textwrap.shorten(words, 300, placeholder=" …"))


@dataclasses.dataclass(frozen=True)
class Layout:
    """What an archive must hold: by part (`train`, `test`), its subjects, and how many windows it
    has of each of the six activities."""

    subjects: Mapping[str, tuple[int, ...]]
    counts: Mapping[str, tuple[int, ...]]

    def rows(self, part: str) -> int:
        return sum(self.counts[part])

    @property
    def files(self) -> tuple[str, ...]:
        """Every file that is read, below the archive's root."""
        return (LABELS, *(file for part in self.counts for file in _files(part)))


OFFICIAL = Layout(
    {
        "train": (1, 3, 5, 6, 7, 8, 11, 14, 15, 16, 17, 19, 21, 22, 23, 25, 26, 27, 28, 29, 30),
        "test": (2, 4, 9, 10, 12, 13, 18, 20, 24),
    },
    {"train": (1226, 1073, 986, 1286, 1374, 1407), "test": (496, 471, 420, 491, 532, 537)},
)


@dataclasses.dataclass(frozen=True)
class Raw:
    """`signals` (n, 9, 128) in the order of `SIGNALS`, `labels` (n,) 1–6, `subjects` (n,)."""

    signals: FloatArray
    labels: NDArray[np.int64]
    subjects: NDArray[np.int64]


def find(folder: Path) -> Path | None:
    """Where in `folder` UCI HAR lies: a zip, the archive around it, or an extracted folder."""
    for path in (folder / f"{NAME}.zip", folder / PUBLISHED, folder / NAME):
        if os.path.exists(path):
            return path
    return folder if os.path.exists(folder / LABELS) else None


def digest(path: Path, layout: Layout = OFFICIAL) -> str:
    """A hash of all that `read` reads at `path`. Raises `Flaw`."""
    found = hashlib.sha256()
    names = layout.files if path.is_dir() else ("",)
    for name in names:
        try:
            with (path / name).open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise Flaw(f"{name or path.name}: {error.strerror}") from error
        found.update(f"{name}\n{content}\n".encode())
    return found.hexdigest()


def read(path: Path, layout: Layout = OFFICIAL) -> Raw:
    """All windows of what `find` found, those of `train` first, in file order.

    Raises `Flaw` for anything but what `layout` expects.
    """
    with _opened(path) as read_file:
        _check_names(read_file(LABELS, 10_000))
        parts = [_part(read_file, part, layout) for part in layout.counts]
    return Raw(
        np.concatenate([part.signals for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.subjects for part in parts]),
    )


# Files, wherever they are. Takes a name below the root and how many bytes it may have.

ReadFile = Callable[[str, int], bytes]


def _files(part: str) -> list[str]:
    signals = [f"{part}/Inertial Signals/{name}_{part}.txt" for name in SIGNALS]
    return [f"{part}/y_{part}.txt", f"{part}/subject_{part}.txt", *signals]


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[ReadFile]:
    if path.is_dir():
        yield lambda name, most: _from_folder(path, name, most)
        return
    with contextlib.ExitStack() as stack:
        archive = stack.enter_context(_zip(path))
        inner = next((n for n in archive.namelist() if _last(n) == f"{NAME}.zip"), None)
        if _root(archive) is None and inner is not None:
            content = io.BytesIO(_from_zip(archive, inner, ZIP_BYTES))
            archive = stack.enter_context(_zip(content))
        root = _root(archive)
        if root is None:
            some = ", ".join(archive.namelist()[:3]) or "nothing"
            raise Flaw(f"expected {LABELS} or {NAME}.zip in it, found {some}")
        yield lambda name, most: _from_zip(archive, root + name, most)


def _zip(file: Path | io.BytesIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except Exception as error:  # of half a dozen kinds, from zipfile and struct
        raise Flaw(f"not a whole zip archive ({error})") from error


def _last(name: str) -> str:
    return name.rpartition("/")[2]


def _root(archive: zipfile.ZipFile) -> str | None:
    """What stands before the names of the data set's files in an archive that has them."""
    found = (name for name in archive.namelist() if _last(name) == LABELS)
    return next((name.removesuffix(LABELS) for name in found), None)


def _from_folder(folder: Path, name: str, most: int) -> bytes:
    try:
        with (folder / name).open("rb") as file:
            return _short_enough(file.read(most + 1), name, most)
    except OSError as error:
        raise Flaw(f"{name}: {error.strerror}") from error


def _from_zip(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A member's content. A small archive may promise, or hold, terabytes: neither is unpacked."""
    try:
        with archive.open(name) as file:
            return _short_enough(file.read(most + 1), name, most)
    except Flaw:
        raise
    except KeyError as error:
        raise Flaw(f"{name} is missing") from error
    except Exception as error:  # of a dozen kinds, from zipfile and its decompressors
        raise Flaw(f"{name} cannot be unpacked ({error or type(error).__name__})") from error


def _short_enough(content: bytes, name: str, most: int) -> bytes:
    if len(content) > most:
        raise Flaw(f"{name}: expected at most {most:,} bytes, found more")
    return content


# What is in them


def _check_names(content: bytes) -> None:
    found = content.decode("latin-1").split()
    expected = [word for i, name in enumerate(NAMES, 1) for word in (str(i), name)]
    if found != expected:
        shown = " ".join(found)[:80] or "nothing"
        raise Flaw(f"{LABELS}: expected {' '.join(expected[:4])} …, found {shown}")


def _part(read_file: ReadFile, part: str, layout: Layout) -> Raw:
    rows = layout.rows(part)
    label_file, subject_file, *signal_files = _files(part)
    labels = _whole(_numbers(read_file, label_file, rows, 1), label_file, range(1, 7))
    counts = tuple(np.bincount(labels, minlength=7)[1:].tolist())
    if counts != layout.counts[part]:
        raise Flaw(
            f"{label_file}: expected {layout.counts[part]} windows of the six activities, "
            f"found {counts}"
        )
    subjects = _whole(_numbers(read_file, subject_file, rows, 1), subject_file, range(1, 31))
    found = tuple(np.unique(subjects).tolist())
    if found != layout.subjects[part]:
        raise Flaw(f"{subject_file}: expected the subjects {layout.subjects[part]}, found {found}")
    signals = np.empty((rows, len(SIGNALS), LENGTH), np.float32)
    for channel, (name, file) in enumerate(zip(SIGNALS, signal_files, strict=True)):
        values = _numbers(read_file, file, rows, LENGTH)
        limit = LIMITS[name[:-2]]
        if not (largest := float(np.abs(values).max())) <= limit:
            raise Flaw(f"{file}: expected numbers within ±{limit:g}, found {largest:g}")
        signals[:, channel] = values
    length = float(np.median(np.linalg.norm(signals[:, -3:], axis=1)))
    if not GRAVITY[0] <= length <= GRAVITY[1]:
        raise Flaw(
            f"{part}: expected a total acceleration of about 1 g (gravity), found {length:.3g}"
        )
    return Raw(signals, labels, subjects)


def _numbers(read_file: ReadFile, name: str, rows: int, columns: int) -> NDArray[np.float64]:
    """A text file of numbers (rows, columns).

    `np.loadtxt` takes 0.22 s for a file of 7,352 × 128, pandas 0.1 s; but pandas fills what is
    missing in a row with NaN, where this says which row it is.
    """
    content = read_file(name, rows * columns * NUMBER_BYTES + 1000)
    if not content.strip():
        raise Flaw(f"{name}: expected numbers, found nothing")
    try:
        found = np.loadtxt(io.BytesIO(content), comments=None, ndmin=2, encoding="latin-1")
    except ValueError as error:
        raise Flaw(f"{name}: {str(error).partition(';')[0].rstrip('.')}") from error
    if found.shape != (rows, columns):
        shape = f"{found.shape[0]:,} × {found.shape[1]:,}"
        raise Flaw(f"{name}: expected {rows:,} × {columns:,} numbers, found {shape}")
    if not np.isfinite(found).all():
        row = 1 + int(np.argmin(np.isfinite(found).all(axis=1)))
        raise Flaw(f"{name}: expected finite numbers, found others in line {row:,}")
    return found


def _whole(numbers: NDArray[np.float64], name: str, allowed: range) -> NDArray[np.int64]:
    """A column of numbers as integers out of `allowed`."""
    column = numbers[:, 0]
    wrong = ~np.isin(column, allowed)
    if wrong.any():
        raise Flaw(
            f"{name}: expected whole numbers from {allowed[0]} to {allowed[-1]}, found "
            f"{column[np.argmax(wrong)]:g} in line {1 + int(np.argmax(wrong)):,}"
        )
    return column.astype(np.int64)
