"""Small archives in the form of UCI HAR, and ways to pack them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from wganad_core.data.har_archive import NAMES, PUBLISHED, SIGNALS, Layout

TINY = Layout(
    {"train": (1, 3), "test": (2,)}, {"train": (2, 1, 1, 1, 1, 2), "test": (1, 1, 1, 1, 1, 1)}
)
ZIP = "UCI HAR Dataset.zip"
TRAIN_LABELS, TEST_LABELS = [6, 1, 2, 6, 3, 4, 5, 1], [2, 1, 3, 4, 6, 5]
TRAIN_SUBJECTS, TEST_SUBJECTS = [1, 1, 1, 1, 3, 3, 3, 3], [2] * 6
Files = Mapping[str, bytes]


def signals() -> np.ndarray:
    """(14, 9, 128), to the seven digits that files have: gravity along the third axis."""
    rng = np.random.default_rng(7)
    values = rng.normal(0, 0.1, (14, 9, 128))
    values[:, 8] += 1
    return np.array([f"{value:.6e}" for value in values.ravel()], np.float64).reshape(values.shape)


def files() -> dict[str, bytes]:
    """Every file of a good data set by its name below the root, formatted as UCI's."""
    found = {"activity_labels.txt": "".join(f"{i} {n}\n" for i, n in enumerate(NAMES, 1)).encode()}
    values = signals()
    for part, labels, subjects, rows in (
        ("train", TRAIN_LABELS, TRAIN_SUBJECTS, values[:8]),
        ("test", TEST_LABELS, TEST_SUBJECTS, values[8:]),
    ):
        found[f"{part}/y_{part}.txt"] = column(labels)
        found[f"{part}/subject_{part}.txt"] = column(subjects)
        for channel, name in enumerate(SIGNALS):
            table = rows[:, channel]
            found[f"{part}/Inertial Signals/{name}_{part}.txt"] = text(table)
    return found


def column(numbers: list) -> bytes:
    return "".join(f"{number}\n" for number in numbers).encode()


def text(table: np.ndarray) -> bytes:
    return "".join(" " + " ".join(f"{v: .6e}" for v in row) + "\n" for row in table).encode()


def packed(content: Files, root: str = "UCI HAR Dataset/") -> bytes:
    """A zip as UCI's inner one, with what a Mac leaves there."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"__MACOSX/{root}._activity_labels.txt", b"\x00\x05\x16\x07")
        for name, data in content.items():
            archive.writestr(root + name, data)
    return buffer.getvalue()


def nested(content: Files) -> bytes:
    """The zip inside another one, as it is published."""
    return packed({"UCI HAR Dataset.names": b"...", "UCI HAR Dataset.zip": packed(content)}, "")


def extract(content: Files, folder: Path) -> Path:
    """What is in the zip, as files."""
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


# The forms in which people have it, each written below a folder.
FORMS: dict[str, Callable[[Path], Any]] = {
    "zip": lambda folder: (folder / ZIP).write_bytes(packed(files())),
    "zip without a root": lambda folder: (folder / ZIP).write_bytes(packed(files(), "")),
    "nested": lambda folder: (folder / PUBLISHED).write_bytes(nested(files())),
    "nested, renamed": lambda folder: (folder / ZIP).write_bytes(nested(files())),
    "extracted": lambda folder: extract(files(), folder / "UCI HAR Dataset"),
    "the folder itself": lambda folder: extract(files(), folder),
}
