"""Parquet of one's own, streamed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from wganad_core.data import DataError
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.rows import (
    HEAD_ROWS,
    Kind,
    OwnRows,
    WrongCell,
    check_names,
    distinct,
    too_many_columns,
)

ROWS = 1 << 16  # of a batch, fewer where there are many columns
CELLS = 1 << 20
FEW_ROWS = 1 << 10  # of texts that Arrow writes out for each row
MAX_FOOTER = 30_000_000  # bytes that describe the columns; 10⁶ columns take more
BUFFER = 1 << 20  # bytes of a column that are read ahead


class ParquetRows(OwnRows):
    """A parquet file, page by page: a row group may be larger than memory."""

    def __init__(self, file: OwnFile) -> None:
        self._file = file
        self.remarks: list[str] = []
        self._coded: list[str] = []
        _check_footer(file)
        try:
            with self._open() as opened:
                schema, self.about = opened.schema_arrow, opened.metadata.num_rows
                pairs = zip(schema.names, schema.types, strict=True)
                self._coded = [name for name, kind in pairs if _text(kind)]
        except MemoryError:
            raise
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _damaged(error) from None
        self.names, self.named = check_names([str(name).strip() for name in schema.names]), True
        self._columns, self._types = list(schema.names), list(schema.types)
        if not self.about or not self.names:
            raise DataError("There are columns and no row; expected one row for each sample.")
        readable = [at for at, kind in enumerate(self._types) if _can_be_text(kind)]
        first = next(self._tables([], readable, HEAD_ROWS)).slice(0, HEAD_ROWS)
        texts = {at: _listed(first.column(i)) for i, at in enumerate(readable)}
        blank = [""] * len(first)
        self.head = tuple(
            zip(*(texts.get(at, blank) for at in range(len(self.names))), strict=True)
        )
        self.kinds = tuple(
            _kind(kind, any(texts.get(at, ["?"]))) for at, kind in enumerate(self._types)
        )

    def batches(self, numbers: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        for at in numbers:
            if not holds_numbers(self._types[at]) and self._types[at] != pa.null():
                raise WrongCell(
                    at,
                    f"Column {self.names[at]!r} holds {self._types[at]}; expected numbers. Recode "
                    "it, or leave it out.",
                )
        rows = max(1, min(ROWS, CELLS // max(1, len(numbers) + len(texts))))
        yield from self._tables(numbers, texts, rows)

    def _open(self) -> Any:
        """Texts come as the codes that a file keeps them in: written out for each row, some
        kilobytes would fill the memory."""
        content = self._file.content
        return pyarrow.parquet.ParquetFile(
            pa.BufferReader(content) if isinstance(content, bytes) else content,
            page_checksum_verification=True,
            buffer_size=BUFFER,
            pre_buffer=False,
            read_dictionary=self._coded,
        )

    def _batches(self, columns: Sequence[str], rows: int) -> Iterator[Any]:
        """Arrow reads most ways to store texts as codes, but not all (DELTA_BYTE_ARRAY)."""
        read = 0
        try:
            with self._open() as opened:
                for batch in opened.iter_batches(rows, columns=columns, use_threads=False):
                    read += len(batch)
                    yield batch
        except (pa.ArrowException, OSError) as error:
            if not self._coded or "Not yet implemented" not in str(error):
                raise
            self._coded = []
            for batch in self._batches(columns, min(rows, FEW_ROWS)):
                if read < len(batch):
                    yield batch.slice(read)
                read = max(0, read - len(batch))

    def _tables(self, numbers: Sequence[int], texts: Sequence[int], rows: int) -> Iterator[Any]:
        columns = [self._columns[at] for at in (*numbers, *texts)]
        kinds = [pa.float64()] * len(numbers) + [pa.string()] * len(texts)
        names = [str(at) for at in (*numbers, *texts)]
        read = 0
        try:
            for batch in self._batches(columns, rows):
                cells = [
                    _cast(batch.column(name), kind, name)
                    for name, kind in zip(columns, kinds, strict=True)
                ]
                read += len(batch)
                yield pa.table(cells, names=names)
            if read != self.about:
                raise ValueError(f"{read:,} of {self.about:,} rows")
        except MemoryError:  # Arrow's own is both
            raise
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            raise _damaged(error) from None
        except ValueError as error:
            raise (error if isinstance(error, DataError) else _damaged(error)) from None


def _listed(column: Any) -> list[str]:
    """The texts of a column; rows of one text share it."""
    values, code = distinct(column)
    return [values[i] for i in code.tolist()]


def _cast(column: Any, kind: Any, name: str) -> Any:
    if kind == pa.string() and pa.types.is_dictionary(column.type):
        values = _cast(column.dictionary, kind, name)
        return pa.DictionaryArray.from_arrays(column.indices.cast(pa.int32()), values)
    try:
        cells = pc.cast(column, kind, safe=False)
        if kind == pa.string():
            cells.validate(full=True)  # UTF-8, which Arrow takes on trust
        return cells
    except (pa.ArrowNotImplementedError, pa.ArrowTypeError):
        raise DataError(
            f"Column {name!r} holds {column.type}; expected numbers or text. Recode it."
        ) from None


def holds_numbers(kind: Any) -> bool:
    checks = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
    return any(check(kind) for check in checks)


def _text(kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _can_be_text(kind: Any) -> bool:
    """Whether Arrow knows how to write it out; lists and structures stay unread."""
    if pa.types.is_dictionary(kind):
        return _can_be_text(kind.value_type)
    checks = (
        _text,
        pa.types.is_boolean,
        pa.types.is_null,
        pa.types.is_temporal,
        holds_numbers,
    )
    return any(check(kind) for check in checks) and not pa.types.is_interval(kind)


def _kind(kind: Any, filled: bool) -> Kind:
    if not _can_be_text(kind):
        return "other"
    if not filled:
        return "empty"
    if holds_numbers(kind):
        return "number"
    return "time" if pa.types.is_temporal(kind) else "text"


def _check_footer(file: OwnFile) -> None:
    """Refuse a description of columns that takes minutes and gigabytes to unpack."""
    with file.open() as opened:
        opened.seek(max(0, file.size - 8))
        end = opened.read(8)
    if len(end) == 8 and end[4:] == b"PAR1" and int.from_bytes(end[:4], "little") > MAX_FOOTER:
        raise too_many_columns(f"a description of columns of more than {MAX_FOOTER // 10**6} MB")


def _damaged(error: Exception) -> DataError:
    reason = (str(error).splitlines() or ["unreadable"])[0].rstrip(".")[:160]
    return DataError(f"This parquet file is damaged or cut off ({reason}); save it again.")
