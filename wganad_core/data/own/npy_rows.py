"""Arrays of one's own in NumPy's file format, streamed and never unpickled."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.rows import (
    HEAD_ROWS,
    MAX_COLUMNS,
    Kind,
    OwnRows,
    check_names,
    too_many_columns,
)

MAGIC = b"\x93NUMPY"
VALUES = 1 << 20  # that are read at a time


class OwnArray:
    """What a .npy file holds: `shape`, `dtype`, and its rows."""

    def __init__(self, file: OwnFile) -> None:
        self._file = file
        with file.open() as opened:
            self.shape, self._fortran, self.dtype = _header(opened)
            self._offset = opened.tell()
        expected = math.prod(self.shape) * self.dtype.itemsize
        if (found := file.size - self._offset) != expected:
            raise DataError(
                f"Expected {expected:,} bytes for an array of shape {self.shape}; found "
                f"{found:,}. The file is cut off or damaged; save it again."
            )
        if not expected:
            raise DataError(f"The array is empty (shape {self.shape}); expected rows of numbers.")

    def rows(self) -> Iterator[NDArray[Any]]:
        """Some rows at a time (n, …), in their own dtype."""
        step = max(1, VALUES // math.prod(self.shape[1:]))
        for start in range(0, self.shape[0], step):
            yield np.array(self._view()[start : start + step])

    def _view(self) -> NDArray[Any]:
        """All of it. What has been read of a file counts as memory until it is opened anew."""
        content = self._file.content
        flat: NDArray[Any]
        if isinstance(content, bytes):
            flat = np.frombuffer(content, self.dtype, offset=self._offset)
        else:
            flat = np.memmap(content, self.dtype, "r", self._offset)
        return flat.reshape(self.shape, order="F" if self._fortran else "C")


class NpyRows(OwnRows):
    """An array (n, d) as a table whose columns are x0, x1, …"""

    def __init__(self, array: OwnArray) -> None:
        if len(array.shape) != 2:
            raise DataError(
                f"Expected an array (rows, columns); found one of shape {array.shape}. Write one "
                "row for each sample."
            )
        n, d = array.shape
        if d > MAX_COLUMNS:
            raise too_many_columns(f"{d:,}")
        self._array = array
        self.remarks: list[str] = []
        self.about = n
        self.names, self.named = check_names([f"x{i}" for i in range(d)]), False
        first = next(array.rows())[:HEAD_ROWS]
        self.head = tuple(tuple("" if v != v else str(v) for v in row) for row in first.tolist())
        self.kinds: tuple[Kind, ...] = tuple("number" for _ in range(d))

    def batches(self, numbers: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        names = [str(at) for at in (*numbers, *texts)]
        for rows in self._array.rows():
            with np.errstate(over="ignore"):
                cells = [pa.array(rows[:, at].astype(np.float64)) for at in numbers]
            cells += [pa.array(rows[:, at].astype(str).tolist(), pa.string()) for at in texts]
            yield pa.table(cells, names=names)


def _header(opened: BinaryIO) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = np.lib.format.read_magic(opened)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version[0]}.{version[1]}")
        read = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, fortran, dtype = read(opened)
    except Exception as error:  # of many kinds: the header is Python, evaluated as a literal
        reason = (str(error).splitlines() or ["unreadable"])[0].rstrip(".")[:120]
        raise DataError(
            f"This NumPy file is damaged or of an unknown kind ({reason}); save it again."
        ) from None
    if dtype.names:
        raise DataError(
            f"Expected an array of numbers; found one with the fields {', '.join(dtype.names)}. "
            "Save it as a table (pandas.DataFrame(array).to_parquet(FILE))."
        )
    if dtype.kind not in "fiub":
        raise DataError(
            f"Expected an array of numbers; found the type {dtype}. Convert it, such as by "
            "astype(float), and save it again."
        )
    if len(shape) < 2 or min(shape) < 0:
        raise DataError(
            f"Expected an array (rows, columns), or images (n, height, width); found the shape "
            f"{shape}. Reshape it, such as by reshape(-1, 1)."
        )
    return shape, fortran, dtype
