"""Parquet of one's own, read column by column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.columns import Texts, distinct, listed_names
from wganad_core.data.own.parquet_rows import holds_numbers

MAX_CELLS = 1 << 30  # bytes that a file may unpack to


class ParquetTable:
    """A parquet file in memory."""

    def __init__(self, data: bytes, max_rows: int) -> None:
        self.remarks: list[str] = []
        try:
            self._file = pyarrow.parquet.ParquetFile(
                pa.BufferReader(data), page_checksum_verification=True
            )
            meta = self._file.metadata
            self.names: tuple[str, ...] = tuple(self._file.schema_arrow.names)
            size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(error) from None
        if meta.num_rows > max_rows or size > MAX_CELLS:
            raise DataError(
                f"Expected at most {max_rows:,} rows that unpack to at most {MAX_CELLS >> 30} GB; "
                f"found {meta.num_rows:,}. Keep fewer."
            )
        if not meta.num_rows:
            raise DataError("There are columns and no row; expected one row for each sample.")

    @property
    def listed(self) -> str:
        return listed_names(self.names)

    def numeric(self) -> list[int]:
        return [at for at, kind in enumerate(self._file.schema_arrow.types) if holds_numbers(kind)]

    def numbers(self, at: int) -> NDArray[np.float64]:
        kind = self._file.schema_arrow.types[at]
        if not holds_numbers(kind):
            raise DataError(
                f"Column {self.names[at]!r} holds {kind}; expected numbers. Recode it, or choose "
                "another column."
            )
        column = self._cast(at, pa.float64())
        return np.asarray(column.to_numpy(zero_copy_only=False), np.float64)

    def texts(self, at: int) -> Texts:
        try:
            return distinct(self._cast(at, pa.string()))
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise _damaged(error) from None

    def place(self, row: int) -> str:
        return f"row {row + 1:,}"

    def _cast(self, at: int, kind: Any) -> Any:
        name = self.names[at]
        try:
            column = self._file.read([name], use_threads=False).column(0)
            if len(column) != self._file.metadata.num_rows:
                raise ValueError(f"{len(column)} of {self._file.metadata.num_rows} rows")
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(error) from None
        try:
            return pc.cast(column, kind, safe=False)
        except pa.ArrowException:
            raise DataError(
                f"Column {name!r} holds {column.type}; expected numbers or text. Recode it."
            ) from None


def _damaged(error: Exception) -> DataError:
    reason = (str(error).splitlines() or ["unreadable"])[0].rstrip(".")
    return DataError(f"This parquet file is damaged or cut off ({reason}); save it again.")
