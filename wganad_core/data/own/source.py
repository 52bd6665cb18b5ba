"""A table of one's own, opened: CSV, parquet or a NumPy array, told by its first bytes."""

from __future__ import annotations

from wganad_core.data.own.csv_rows import CsvRows
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.npy_rows import MAGIC, NpyRows, OwnArray
from wganad_core.data.own.parquet_rows import ParquetRows
from wganad_core.data.own.rows import OwnRows


def open_rows(file: OwnFile) -> OwnRows:
    """Its rows, not read yet. Raises `DataError` for what is no table."""
    start = file.first(8)
    if start.startswith(b"PAR1"):
        return ParquetRows(file)
    if start.startswith(MAGIC):
        return NpyRows(OwnArray(file))
    return CsvRows(file)
