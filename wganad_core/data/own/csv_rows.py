"""CSV of one's own, streamed."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv

from wganad_core.data import DataError
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.rows import (
    HEAD_ROWS,
    MAX_COLUMNS,
    Kind,
    OwnRows,
    WrongCell,
    check_names,
    too_many_columns,
)
from wganad_core.data.own.text import (
    LINE,
    LOOKED_AT,
    after_comments,
    separator_of,
    split_cells,
    survey,
)

HEAD = 1 << 21  # bytes in which the header and the first rows are looked for
# Bytes that Arrow reads at a time, up to 32 times ahead; a row fits into one. The latter where rows
# may be that long.
BLOCK, LONG_BLOCK = 1 << 21, 1 << 23
MISSING = ["", "na", "n/a", "nan", "null", "none", "NA", "N/A", "NaN", "NAN", "NULL", "None"]
# What Arrow takes for a number; Python also knows 1_000.
NUMBER = re.compile(
    r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII
)
TIME = re.compile(r"\d{4}-\d\d?-\d\d?([T ]\d.*)?|\d{4}/\d\d?/\d\d?( .*)?|\d\d?:\d\d(:\d\d.*)?")
WRONG_CELL = re.compile(r"In CSV column #(\d+): Row #(\d+): .*invalid value '(.*)'", re.DOTALL)
WRONG_COUNT = re.compile(r"Row #(\d+): Expected \d+ columns, got (\d+)")


class CsvRows(OwnRows):
    """Text with one row a line; lines before the header may start with `#`.

    Without a header, where the first line holds numbers only, columns are called x0, x1, …
    """

    def __init__(self, file: OwnFile) -> None:
        self._file = file
        self.remarks: list[str] = []
        head = file.first(HEAD)
        self._quoted, n_lines, long = survey(file)
        self._block = LONG_BLOCK if long else BLOCK
        start, before = after_comments(head)
        end = LINE.match(head, start).end()  # type: ignore[union-attr]  # it matches anything
        if end == HEAD:
            raise too_many_columns("a first line of more than 2 MB")
        line = head[start:end].decode().rstrip("\r\n")
        self._n = 0
        following = io.StringIO(head[end:].decode(errors="replace"), newline="")
        self._separator = separator_of(line, list(itertools.islice(following, LOOKED_AT)))
        cells = self._first_line(line)
        self.named = bool(cells)
        self._start, self._before = (end, before + 1) if cells else (start, before)
        self.about = max(1, n_lines - self._before)
        self.names = check_names(cells or [f"x{i}" for i in range(self._n)])
        if self._n == 1:  # no separator: a decimal comma belongs to its number
            self._separator = "\t"
        self.head = self._head_rows(head[self._start :], cut=len(head) == HEAD)
        if not self.head:
            raise DataError("There is a header and no row; expected one row for each sample.")
        self._point = _decimal_point(self.head) if self._separator != "," else "."
        if self._point == ",":
            self.remarks.append("Commas in numbers are read as decimal points.")
        self.kinds = tuple(_kind(cells, self._point) for cells in zip(*self.head, strict=True))

    def batches(self, numbers: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        with self._file.open() as file:
            file.seek(self._start)
            try:
                reader = self._reader(file, numbers, texts)
                for batch in reader:
                    yield pa.Table.from_batches([batch])
            except pa.ArrowInvalid as error:
                raise self._sentence(str(error)) from None

    def place(self, row: int) -> str:
        """Quotes may span lines, and empty lines are no rows."""
        with self._file.open() as file:
            file.seek(self._start)
            text = io.TextIOWrapper(file, "utf-8", errors="replace", newline="")
            begins = 1
            for cells, ends in split_cells(text, self._separator):
                if cells and row <= 0:
                    return f"line {begins + self._before:,}"
                row -= bool(cells)
                begins = ends + 1
        raise IndexError("There are fewer rows.")

    def _first_line(self, line: str) -> list[str]:
        """The names that it holds, none if it is a row already."""
        if not line.count(self._separator) and all(map(NUMBER.fullmatch, line.split(" "))):
            self._separator = " "
        if line.count(self._separator) >= 2 * MAX_COLUMNS:
            raise too_many_columns(f"{line.count(self._separator) + 1:,}")
        cells = [cell.strip() for cell in next(split_cells([line], self._separator))[0]]
        self._n = len(cells)
        counted = [str(i) for i in range(self._n)]  # what pandas writes for an array
        if cells in (counted, ["", *counted[:-1]]) and self._n > 1:
            return cells
        numbers = [NUMBER.fullmatch(cell.replace(",", ".")) for cell in cells]
        if any(numbers) and all(n or c in MISSING for n, c in zip(numbers, cells, strict=True)):
            self.unnamed = (
                f"The first line holds numbers, no names; columns are called x0 to x{self._n - 1}."
                if self._n > 1
                else "The first line holds a number, no name; the column is called x0."
            )
            return []
        return cells

    def _head_rows(self, data: bytes, cut: bool) -> tuple[tuple[str, ...], ...]:
        text = io.StringIO(data.decode(errors="replace"), newline="")
        rows = []
        for cells, _ in split_cells(text, self._separator):
            if len(cells) == self._n:  # others are refused when they are read
                rows.append(tuple("" if (c := v.strip()) in MISSING else c for v in cells))
            elif cells and not cut:
                rows.append(("",) * self._n)
            if len(rows) > HEAD_ROWS:
                break
        else:
            rows = rows[:-1] if cut and len(rows) > 1 else rows
        return tuple(rows[:HEAD_ROWS])

    def _reader(self, file: Any, numbers: Sequence[int], texts: Sequence[int]) -> Any:
        names = [str(i) for i in range(self._n)]
        wanted = {names[at]: pa.float64() for at in numbers}
        wanted |= {names[at]: pa.string() for at in texts}
        return pyarrow.csv.open_csv(
            pa.PythonFile(file, mode="r"),
            # Rows are numbered in messages only when one thread reads them.
            pyarrow.csv.ReadOptions(use_threads=False, block_size=self._block, column_names=names),
            pyarrow.csv.ParseOptions(delimiter=self._separator, newlines_in_values=self._quoted),
            pyarrow.csv.ConvertOptions(
                column_types=wanted,
                include_columns=list(wanted),
                null_values=MISSING,
                strings_can_be_null=False,
                decimal_point=self._point,
            ),
        )

    def _sentence(self, message: str) -> DataError:
        """Arrow's message in our words; it counts rows from 1, with or without a header."""
        if found := WRONG_CELL.search(message):
            at, row, value = int(found[1]), int(found[2]) - 1, found[3].strip()
            kind = "numbers"
            if "," in value and NUMBER.fullmatch(value.replace(",", ".")):
                kind = "numbers, all with a point or all with a comma"
            return WrongCell(
                at,
                f"Column {self.names[at]!r} holds {value[:40]!r} in {self.place(row)}; expected "
                f"{kind}. Remove or recode such rows, or leave the column out.",
            )
        if found := WRONG_COUNT.search(message):
            return DataError(
                f"Expected {self._n} column{'s' * (self._n > 1)} in every row, as in the first "
                f"line; {self.place(int(found[1]) - 1)} holds {found[2]}. Write every row with "
                "the same columns."
            )
        if "straddling" in message:
            return DataError(
                f"A line is longer than {LONG_BLOCK >> 20} MB, or a quotation mark is misplaced; "
                "save it as CSV with one row a line."
            )
        reason = re.sub(r"\s+", " ", message).strip().rstrip(".")[:120]
        return DataError(f"This is not a table ({reason}); save it as CSV.")


def _decimal_point(head: tuple[tuple[str, ...], ...]) -> str:
    """Point or comma, whichever more numbers of the first rows have."""
    points = commas = 0
    for value in (value for cells in head for value in cells):
        if "," in value:
            commas += bool(NUMBER.fullmatch(value.replace(",", ".", 1)))
        elif "." in value:
            points += bool(NUMBER.fullmatch(value))
    return "," if commas > points else "."


def _kind(cells: Sequence[str], point: str) -> Kind:
    """What at least half of a column's first values are."""
    values = [value for value in cells if value]
    if not values:
        return "empty"
    numbers = sum(bool(NUMBER.fullmatch(v.replace(point, ".", 1))) for v in values)
    if 2 * numbers >= len(values):
        return "number"
    return "time" if 2 * sum(map(bool, map(TIME.fullmatch, values))) > len(values) else "text"
