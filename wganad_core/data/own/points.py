"""Points of one's own: read from a file and checked."""

from __future__ import annotations

import re
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.file import OwnFile, named, own_file
from wganad_core.data.own.source import open_rows
from wganad_core.records import FloatArray

MIN_POINTS, MAX_POINTS = 10, 1_000_000
EXTENT = 1e4
MAX_POINTS_BYTES = 200_000_000
REMARK, BLANKS = re.compile(rb"[ \t]*#[^\r\n]*"), re.compile(rb"(?<=[^\s])[ \t]+(?=[^\s])")


def read_points(source: Path | IO[bytes]) -> FloatArray:
    """Points (n, 2) float32 of a table with two columns of numbers, checked like `own_points`.

    In text, blanks may part the columns, too, and `#` starts a comment.

    Raises
    ------
    DataError
        With one sentence that names the file and, where there is one, the line.

    Examples
    --------
    >>> import io
    >>> from wganad_core.data.own.points import read_points
    >>> read_points(io.BytesIO(b"# x y\\n1 5\\n" + b"2 3\\n" * 9)).shape
    (10, 2)
    """
    file = own_file(source)
    with named(file):
        table = open_rows(_plain(file))
        if len(table.names) != 2:
            raise DataError(
                f"Expected two columns of numbers (x, y); found {len(table.names)} in the first "
                f"line, {'; '.join(table.names)[:40]!r}. Keep two."
            )
        if table.about > 2 * MAX_POINTS:  # said before they are read
            raise _wrong_count(table.about)
        return own_points(np.stack([table.numbers(at) for at in (0, 1)], axis=1))


def _plain(file: OwnFile) -> OwnFile:
    """Text without comments, commas for blanks, line by line as it was; other files as they are."""
    data = file.first(MAX_POINTS_BYTES + 1)
    if len(data) > MAX_POINTS_BYTES:
        raise DataError(
            f"Expected at most {MAX_POINTS_BYTES // 10**6} MB, found more; keep fewer points."
        )
    if b"\0" in data:
        return file
    data = REMARK.sub(b"", data)
    return OwnFile(file.name, data if re.search(rb"[,;]", data) else BLANKS.sub(b",", data))


def own_points(points: NDArray[Any]) -> FloatArray:
    """Check points that a person drew or uploaded and return them as (n, 2) float32.

    Raises
    ------
    DataError
        For a wrong shape, fewer than 10 or more than a million points, values that are not finite
        or beyond ±10,000, or points that all coincide.
    """
    found = np.asarray(points)
    if found.ndim != 2 or found.shape[1] != 2:
        raise DataError(f"Expected two columns of numbers (x, y); found shape {found.shape}.")
    if not np.issubdtype(found.dtype, np.number) or np.issubdtype(found.dtype, np.complexfloating):
        raise DataError(f"Expected numbers in both columns; found {found.dtype}.")
    if not MIN_POINTS <= len(found) <= MAX_POINTS:
        raise _wrong_count(len(found))
    bad = ~np.isfinite(found).all(axis=1)
    if bad.any():
        raise DataError(
            f"Expected finite numbers; row {int(np.argmax(bad)) + 1} holds "
            f"{found[np.argmax(bad)].tolist()}. Remove or fill such rows."
        )
    largest = np.abs(found.astype(np.float64)).max()
    if largest > EXTENT:
        raise DataError(
            f"Expected coordinates within ±{EXTENT:g}; found {largest:g}. Rescale the points."
        )
    if np.ptp(found, axis=0).max() == 0:
        raise DataError("Expected points that differ; all of them coincide.")
    return found.astype(np.float32)


UNIT = (0.4, 2.5)  # half widths at which the race's networks and rates are at home


def near_unit(points: FloatArray) -> tuple[FloatArray, str]:
    """Points (n, 2) moved and scaled alike in both directions to about [−1, 1]², and a sentence
    that says so; points that are about there already stay as they are, and nothing is said.

    Examples
    --------
    >>> from wganad_core.data.own.points import near_unit
    >>> near_unit(np.array([[10.0, 20.0], [30.0, 40.0]], np.float32))[0]
    array([[-1., -1.],
           [ 1.,  1.]], dtype=float32)
    """
    low, high = points.min(axis=0), points.max(axis=0)
    middle, half = (low + high) / 2, float((high - low).max()) / 2
    if UNIT[0] <= half <= UNIT[1] and np.abs(middle).max() <= UNIT[1]:
        return points, ""
    told = (
        f"Your points were moved by ({-middle[0]:.4g}, {-middle[1]:.4g}) and divided by "
        f"{half:.4g}, the same in both directions: the race trains on about [−1, 1]². Figures of "
        "distance count in these units."
    )
    return ((points - middle) / half).astype(np.float32), told


def _wrong_count(n: int) -> DataError:
    return DataError(f"Expected {MIN_POINTS} to {MAX_POINTS:,} points; found {n:,}.")
