"""A table of one's own, opened: CSV, parquet or a NumPy array, told by its first bytes."""

from __future__ import annotations

import functools

from wganad_core.data import DataError
from wganad_core.data.own.containers import MAX_HELD_BYTES, ZIP, unwrapped
from wganad_core.data.own.csv_rows import CsvRows
from wganad_core.data.own.file import HEAD, OwnFile
from wganad_core.data.own.npy_rows import MAGIC, NpyRows, OwnArray
from wganad_core.data.own.parquet_rows import ParquetRows
from wganad_core.data.own.rows import OwnRows
from wganad_core.data.own.several import open_several
from wganad_core.data.own.streams import unpacked


def open_rows(file: OwnFile, keep_closing: bool | None = None) -> OwnRows:
    """Its rows, not read yet, without those that close a table of text, unless they are to be kept.
    Raises `DataError` for what is no table."""
    if file.is_folder or file.first(4) == ZIP:
        return open_several(file, functools.partial(open_rows, keep_closing=keep_closing))
    packed = file
    if (file := unpacked(packed)) is not packed:
        if (inside := unwrapped(file.first(HEAD), lambda: _whole(file))) is not None:
            file = OwnFile(file.name, inside)
        elif file.first(8).startswith((b"PAR1", MAGIC)):  # which are read here and there
            file = OwnFile(file.name, _whole(file))
    start = file.first(8)
    if start.startswith(b"PAR1"):
        return ParquetRows(file)
    if start.startswith(MAGIC):
        return NpyRows(OwnArray(file))
    return CsvRows(file, keep_closing=bool(keep_closing))


def _whole(file: OwnFile) -> bytes:
    data = file.first(MAX_HELD_BYTES + 1)
    if len(data) > MAX_HELD_BYTES:
        raise DataError(
            f"Expected at most {MAX_HELD_BYTES // 10**6:,} MB, unpacked; found more. Unpack it "
            "first."
        )
    return data
