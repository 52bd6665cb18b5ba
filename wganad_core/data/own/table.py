"""Tables of one's own, CSV or parquet, as columns that are read when they are asked for."""

from __future__ import annotations

from wganad_core.data import DataError
from wganad_core.data.own.columns import OwnTable
from wganad_core.data.own.csv_columns import CsvTable
from wganad_core.data.own.parquet_columns import ParquetTable


def read_table(data: bytes, max_rows: int) -> OwnTable:
    """CSV (comma, semicolon or tab) or parquet, told apart by content.

    A single column of numbers needs no header; its name is then empty. Raises `DataError`.
    """
    if not data.strip():
        raise DataError("This is empty; expected a header and rows, or one number a line.")
    table = ParquetTable(data, max_rows) if data[:4] == b"PAR1" else CsvTable(data, max_rows)
    doubled = {name for name in table.names if name and table.names.count(name) > 1}
    if doubled:
        names = ", ".join(map(repr, sorted(doubled)[:20]))
        raise DataError(f"Several columns have the name {names}; rename or remove one.")
    return table
