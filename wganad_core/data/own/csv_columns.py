"""CSV of one's own, read column by column."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.own.columns import Texts, distinct, listed_names
from wganad_core.data.own.text import CONTAINERS, LINE, LOOKED_AT, separator_of, split_cells

HEAD = 1 << 16  # bytes in which a column is recognised as numeric
MISSING = ["", "na", "n/a", "nan", "null", "none", "NA", "N/A", "NaN", "NAN", "NULL", "None"]
MAX_COLUMNS, MAX_HEADER = 200, 100_000  # columns, and bytes of the line that names them
# What Arrow takes for a number; Python also knows 1_000.
NUMBER = re.compile(
    r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII
)


class CsvTable:
    """Text with one row a line; lines before the header may start with `#`."""

    def __init__(self, data: bytes, max_rows: int) -> None:
        _check_text(data)
        data = data.removeprefix(codecs.BOM_UTF8)
        self.remarks: list[str] = []
        start, self._before = _after_comments(data)
        end = _end_of_line(data, start)
        line = data[start:end].decode().rstrip("\r\n")
        following = itertools.islice(_decoded(memoryview(data)[end:]), LOOKED_AT)
        self._separator = separator_of(line, list(following))
        if len(line) > MAX_HEADER or line.count(self._separator) >= MAX_COLUMNS:
            raise DataError(
                f"Expected at most {MAX_COLUMNS} columns with short names; the first line holds "
                f"more. Keep the columns that are needed."
            )
        cells = [cell.strip() for cell in next(split_cells([line], self._separator))[0]]
        if _is_number(line):
            self.names: tuple[str, ...] = ("",)
            self._body = memoryview(data)[start:]
        elif cells and all(map(_is_number, cells)):
            raise DataError(
                f"Expected a first line that names the columns; found {line[:40]!r}. Decimal "
                "commas need semicolons or tabs between columns."
            )
        else:
            self.names = tuple(cells)
            self._body = memoryview(data)[end:]
            self._before += 1
        self._quoted = data.count(b'"')
        if self._quoted % 2:
            raise DataError("A quotation mark is opened and never closed; remove it.")
        if max(data.count(b"\n", start), data.count(b"\r", start)) > max_rows + 1:
            raise DataError(f"Expected at most {max_rows:,} rows, found more; keep fewer.")
        if not bytes(self._body[:HEAD]).strip() and not bytes(self._body).strip():
            raise DataError("There is a header and no row; expected one row for each sample.")

    @property
    def listed(self) -> str:
        return listed_names(self.names)

    def numeric(self) -> list[int]:
        head = bytes(self._body[:HEAD])
        if len(self._body) > HEAD:
            head = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1] or head
        found = []
        for at in range(len(self.names)):
            for point in self._points:
                try:
                    values = self._read(at, pa.float64(), point, memoryview(head))
                except pa.ArrowInvalid:
                    continue
                if values.null_count < len(values):
                    found.append(at)
                    break
        return found

    def numbers(self, at: int) -> NDArray[np.float64]:
        for point in self._points:
            try:
                values = self._read(at, pa.float64(), point, self._body)
            except pa.ArrowInvalid:
                continue
            if point == ",":
                self.remarks.append("Commas in numbers are read as decimal points.")
            return np.asarray(values.to_numpy(), np.float64)
        values, code = self.texts(at)
        wrong = np.array([not (NUMBER.fullmatch(v) or v in MISSING[1:]) for v in values])[code]
        row = int(np.argmax(wrong))
        value = values[code[row]]
        kind = "numbers, all with a point or all with a comma" if "," in value else "numbers"
        raise DataError(
            f"Column {self.names[at]!r} holds {value[:40]!r} in {self.place(row)}; expected "
            f"{kind}. Remove or recode such rows, or choose another column."
        )

    def texts(self, at: int) -> Texts:
        try:
            return distinct(self._read(at, pa.string(), ".", self._body))
        except pa.ArrowInvalid as error:
            raise self._not_a_table(error) from None

    def place(self, row: int) -> str:
        """Quotes may span lines, and empty lines are no rows."""
        begins = 1
        for cells, ends in split_cells(_decoded(self._body), self._separator):
            if cells and not row:
                return f"line {begins + self._before:,}"
            row -= bool(cells)
            begins = ends + 1
        raise IndexError("There are fewer rows.")

    @property
    def _points(self) -> tuple[str, ...]:
        return (".",) if self._separator == "," and len(self.names) > 1 else (".", ",")

    def _read(self, at: int, kind: Any, point: str, body: memoryview) -> Any:
        names = [str(i) for i in range(len(self.names))]
        table = pyarrow.csv.read_csv(
            pa.BufferReader(body),
            pyarrow.csv.ReadOptions(use_threads=False, block_size=1 << 24, column_names=names),
            # A single column has no separator: a decimal comma belongs to its number.
            pyarrow.csv.ParseOptions(
                delimiter=self._separator if len(names) > 1 else "\t",
                newlines_in_values=self._quoted > 0,
            ),
            pyarrow.csv.ConvertOptions(
                column_types={names[at]: kind},
                include_columns=[names[at]],
                null_values=MISSING,
                strings_can_be_null=False,
                decimal_point=point,
                check_utf8=False,
            ),
        )
        return table.column(0)

    def _not_a_table(self, error: Exception) -> DataError:
        """For a row with more or fewer cells than the header; Arrow numbers rows from 1."""
        found = re.search(r"Row #(\d+): Expected \d+ columns, got (\d+)", str(error))
        if found is None:
            reason = re.sub(r"\s+", " ", str(error)).strip().rstrip(".")[:120]
            return DataError(f"This is not a table ({reason}); save it as CSV.")
        place = self.place(int(found[1]) - 1)
        return DataError(
            f"The first line names {len(self.names)} columns, but {place} holds {found[2]}; write "
            "every row with the same columns."
        )


def _check_text(data: bytes) -> None:
    """Refuse what is no text in UTF-8."""
    for mark, what in CONTAINERS.items():
        if data.startswith(mark):
            raise DataError(f"This is {what}; save the scores as CSV or parquet.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError("This is text in UTF-16; save it as CSV in UTF-8.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), 1 << 20):
            end = start + (1 << 20)
            decoder.decode(data[start:end], final=end >= len(data))
    except UnicodeDecodeError as error:
        at = start + error.start + 1
        raise DataError(
            f"This is neither parquet nor text in UTF-8 (byte {at:,}); save it as CSV in UTF-8."
        ) from None
    if (at := data.find(b"\0")) >= 0:
        raise DataError(
            f"This is neither parquet nor text (byte {at + 1:,} is 0); save it as CSV in UTF-8."
        )


def _after_comments(data: bytes) -> tuple[int, int]:
    """Where the first line begins that is neither blank nor a comment, and how many come before."""
    start = lines = 0
    while start < len(data):
        end = _end_of_line(data, start)
        content = data[start:end].strip()
        if content and not content.startswith(b"#"):
            return start, lines
        start, lines = end, lines + 1
    raise DataError("This holds comments only; expected a header and rows.")


def _end_of_line(data: bytes | memoryview, start: int) -> int:
    """Where the next line begins."""
    return LINE.match(data, start).end()  # type: ignore[union-attr]  # it matches anything


def _decoded(data: memoryview) -> Iterator[str]:
    start = 0
    while start < len(data):
        end = _end_of_line(data, start)
        yield bytes(data[start:end]).decode()
        start = end


def _is_number(cell: str) -> bool:
    try:
        float(cell.strip(' "'))
    except ValueError:
        return False
    return True
