"""Points of one's own: read from a file and checked."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.records import FloatArray

MIN_POINTS, MAX_POINTS = 10, 1_000_000
EXTENT = 1e4


def read_points(source: Path | IO[bytes]) -> FloatArray:
    """Points (n, 2) of a text file with two columns, checked like `own_points`.

    Columns are parted by a comma, a semicolon or blanks, `#` starts a comment, and a first line
    without numbers is a header. Raises `DataError` with one sentence that names the file and,
    where there is one, the line.
    """
    name = source if isinstance(source, Path) else getattr(source, "name", "The file")
    try:
        data = source.read_bytes() if isinstance(source, Path) else source.read()
        text = data.decode("utf-8-sig")
    except OSError as error:
        raise DataError(f"{name} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{name} is not text in UTF-8 (byte {error.start + 1:,}); save it as CSV in UTF-8."
        ) from error
    try:
        return own_points(_numbers(text))
    except DataError as error:
        raise DataError(f"{name}: {error}") from None


def _numbers(text: str) -> NDArray[np.float64]:
    """The two numbers of every line (n, 2), header, comments and empty lines left out."""
    lines = [
        (number, content)
        for number, line in enumerate(text.splitlines(), start=1)
        if (content := line.partition("#")[0].strip())
    ]
    if lines and not any(map(_is_number, _cells(lines[0][1]))):
        del lines[0]
    if len(lines) > MAX_POINTS:  # said before they are read, which takes seconds
        raise _wrong_count(len(lines))
    points = [_point(number, content) for number, content in lines]
    return np.array(points, np.float64).reshape(-1, 2)


def _cells(content: str) -> list[str]:
    mark = re.search("[,;]", content)
    return [cell.strip(' \t"') for cell in content.split(mark[0] if mark else None)]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _point(number: int, content: str) -> tuple[float, float]:
    try:
        x, y = map(float, _cells(content))
    except ValueError:
        raise DataError(f"Line {number} holds {content[:40]!r}; expected two numbers.") from None
    if not (math.isfinite(x) and math.isfinite(y)):
        raise DataError(
            f"Line {number} holds {content[:40]!r}; expected finite numbers. "
            "Remove or fill such lines."
        )
    return x, y


def own_points(points: NDArray[Any]) -> FloatArray:
    """Check points that a person drew or uploaded and return them as (n, 2) float32.

    Raises `DataError` for a wrong shape, fewer than 10 or more than a million points, values that
    are not finite or beyond ±10,000, or points that all coincide.
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


def _wrong_count(n: int) -> DataError:
    return DataError(f"Expected {MIN_POINTS} to {MAX_POINTS:,} points; found {n:,}.")
