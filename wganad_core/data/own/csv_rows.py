"""CSV of one's own, streamed."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from wganad_core.data import DataError
from wganad_core.data.missing import MISSING, NOTHING
from wganad_core.data.own import csv_numbers
from wganad_core.data.own.csv_above import COMMENT, below_device, is_over, names_of_two
from wganad_core.data.own.csv_closing import closing_of, up_to
from wganad_core.data.own.csv_drawn import undrawn
from wganad_core.data.own.csv_numbers import NUMBER
from wganad_core.data.own.csv_sniff import (
    LINE,
    LOOKED_AT,
    after_comments,
    are_names,
    day_first,
    decimal_point,
    holds_units,
    is_a_row,
    kind_of,
    names_above,
    plain_lines,
    separator_of,
    split_cells,
)
from wganad_core.data.own.csv_survey import HEAD, readable
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.rows import (
    HEAD_ROWS,
    MAX_COLUMNS,
    OwnRows,
    WrongCell,
    check_names,
    listed_names,
    too_many_columns,
)

# Bytes that Arrow reads at a time, up to 32 times ahead; a row fits into one. The latter where rows
# may be that long.
BLOCK, LONG_BLOCK = 1 << 21, 1 << 23
WRONG_CELL = re.compile(r"In CSV column #(\d+): Row #(\d+): .*invalid value '(.*)'", re.DOTALL)
WRONG_COUNT = re.compile(r"Row #(\d+): Expected \d+ columns, got (\d+)")


class CsvRows(OwnRows):
    """Text with one row a line; lines before the header may start with `#`.

    Without a header, where the first line holds numbers only, columns are called x0, x1, …
    """

    def __init__(self, file: OwnFile, keep_closing: bool = False) -> None:
        self.remarks: list[str] = []
        file, (self._quoted, n_lines, long) = readable(file, self.remarks)
        file = below_device(undrawn(file, self.remarks), self.remarks)
        file = self._file = plain_lines(file, self._quoted, self.remarks)
        head = file.first(HEAD)
        self._block = LONG_BLOCK if long else BLOCK
        start, before = after_comments(head)
        end, n_names = self._end_of_names(head, start)
        if end == HEAD:
            raise too_many_columns("a first line of more than 2 MB")
        line = head[start:end].decode().rstrip("\r\n")
        self._n = 0
        following = io.StringIO(head[end:].decode(errors="replace"), newline="")
        rows = list(itertools.islice(following, LOOKED_AT))
        self._separator = separator_of(line, rows)
        cells = self._with_row_names(self._first_line(line, rows), rows)
        if both := self._names_of_two_lines(cells, rows[:1]):
            cells, end, n_names = both, LINE.match(head, end).end(), n_names + 1  # type: ignore[union-attr]
        self._start, self._before = (end, before + n_names) if cells else (start, before)
        if not cells and (cells := names_above(head[:start], self._separator, self._n)):
            self.unnamed = ""
            self.remarks.append("Names are those of the line above the rows that begins with #.")
        self.named = bool(cells)
        self.about = max(1, n_lines - self._before)
        self.names = check_names(cells or [f"x{i}" for i in range(self._n)])
        if self._n == 1:  # no separator: a decimal comma belongs to its number
            self._separator = "\t"
        self.head = self._head_rows(head[self._start :], cut=len(head) == HEAD)
        if not keep_closing:
            head = self._leave_out_closing(head)
        if not self.head:
            raise DataError("There is a header and no row; expected one row for each sample.")
        self._point = decimal_point(self.head) if self._separator != "," else "."
        self._pass_over_units(head)
        if self._point == ",":
            self.remarks.append("Commas in numbers are read as decimal points.")
        columns = list(zip(*self.head, strict=True))
        self.kinds = tuple(kind_of(cells, self._point) for cells in columns)
        self._odd = self._odd_numbers(columns)
        if day_first(columns, self.kinds):
            self.remarks.append("Dates such as 01.03.2024 are read with the day first.")

    def batches(self, numbers: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        with self._file.native() as file:
            file.seek(self._start)
            n = 0
            try:
                reader = self._reader(file, numbers, texts)
                for batch in reader:
                    yield self._with_numbers(pa.Table.from_batches([batch]), numbers, n)
                    n += len(batch)
            except pa.ArrowInvalid as error:
                raise self._sentence(str(error)) from None

    def place(self, row: int) -> str:
        """Quotes may span lines, and empty lines are no rows."""
        with self._file.open() as file:
            file.read(self._start)
            text = io.TextIOWrapper(file, "utf-8", errors="replace", newline="")
            begins = 1
            for cells, ends in split_cells(text, self._separator):
                if cells and row <= 0:
                    return f"line {begins + self._before:,}"
                row -= bool(cells)
                begins = ends + 1
        raise IndexError("There are fewer rows.")

    def _odd_numbers(self, columns: Sequence[Sequence[str]]) -> dict[int, str]:
        """The columns of numbers that Arrow does not know, each with its currency or unit, and a
        remark on how they are read."""
        found: dict[int, str] = {}
        said: dict[str, list[str]] = {}
        for at, cells in enumerate(columns):
            known = [cell for cell in cells if cell not in MISSING]
            if self.kinds[at] == "number" and csv_numbers.odd(known, self._point):
                found[at] = csv_numbers.sign_among(known, self._point)
                for how in csv_numbers.remarks_on(known, self._point):
                    said.setdefault(how, []).append(self.names[at])
        self.remarks += [f"In {listed_names(names)}, {how}" for how, names in said.items()]
        return found

    def _leave_out_closing(self, head: bytes) -> bytes:
        """End before totals and empty rows under the table; gives back what is left of `head`."""
        all_seen = len(head) < HEAD and len(self.head) < HEAD_ROWS
        closing = closing_of(self._file, self._start, self._separator, self._n, self.head, all_seen)
        if not closing.remark:
            return head
        self.remarks.append(closing.remark)
        self._file, head = up_to(self._file, closing.end), head[: closing.end]
        self.head = self._head_rows(head[self._start :], cut=len(head) == HEAD)
        return head

    def _pass_over_units(self, head: bytes) -> None:
        """A second line of units is no row; a clock's name gets its own, which it counts in."""
        if not self.named or not holds_units(self.head, self._point):
            return
        from wganad_core.data.clock import clock_name  # here: it takes pandas

        units, *rows = self.head
        self._start = LINE.match(head, self._start).end()  # type: ignore[union-attr]
        self._before, self.about, self.head = self._before + 1, max(1, self.about - 1), tuple(rows)
        self.names = tuple(
            f"{name} ({unit.strip('[]()')})" if unit and clock_name(name) else name
            for name, unit in zip(self.names, units, strict=True)
        )
        listed = ", ".join(filter(None, units))
        self.remarks.append(f"The second line holds units, not a row: {listed:.60}.")

    def _end_of_names(self, head: bytes, start: int) -> tuple[int, int]:
        """Where the first line ends, and how many it is: names in quotes may span some."""
        end, n = LINE.match(head, start).end(), 1  # type: ignore[union-attr]  # it matches anything
        while self._quoted and head.count(b'"', start, end) % 2 and end < len(head):
            end, n = LINE.match(head, end).end(), n + 1  # type: ignore[union-attr]
        return end, n

    def _names_of_two_lines(self, upper: Sequence[str], second: Sequence[str]) -> list[str]:
        """Names of which some come twice or stand over several columns, with those below them."""
        lower = next(split_cells(second, self._separator), ([], 0))[0]
        if not upper or not is_over(upper, lower):
            return []
        found = names_of_two(upper, lower)
        self.remarks.append(f"Names are those of two lines together, such as {found[-1]!r}.")
        return found

    def _first_line(self, line: str, rows: Sequence[str]) -> list[str]:
        """The names that it holds, none if it is a row already."""
        if not line.count(self._separator) and all(map(NUMBER.fullmatch, line.split(" "))):
            self._separator = " "
        if line.count(self._separator) >= 2 * MAX_COLUMNS:
            raise too_many_columns(f"{line.count(self._separator) + 1:,}")
        cells = next(split_cells([line], self._separator))[0]
        cells = [" ".join(cell.split()) for cell in cells]
        self._n = len(cells)
        counted = [str(i) for i in range(self._n)]  # what pandas writes for an array
        if cells in (counted, ["", *counted[:-1]]) and self._n > 1:
            return cells
        numbers = [NUMBER.fullmatch(cell.replace(",", ".")) for cell in cells]
        plain = any(numbers) and all(n or c in MISSING for n, c in zip(numbers, cells, strict=True))
        if not plain and is_a_row(cells, rows, self._separator):
            self.unnamed = (
                "The first line holds numbers and is taken for a row, not for names; columns are "
                f"called x0 to x{self._n - 1}."
            )
            return []
        if plain:
            self.unnamed = (
                f"The first line holds numbers, no names; columns are called x0 to x{self._n - 1}."
                if self._n > 1
                else "The first line holds a number, no name; the column is called x0."
            )
            return []
        return cells

    def _with_row_names(self, cells: list[str], rows: Sequence[str]) -> list[str]:
        """The names of columns, with one more, which is empty, where R has written the names of
        rows before them."""
        rows = [row for row in rows[:-1] if row.strip()]
        try:
            split = [row for row, _ in split_cells(rows, self._separator) if row]
        except DataError:  # for whoever reads it to tell
            return cells
        lengths = {len(row) for row in split}
        if lengths == {len(cells) - 1} and cells[-1].casefold() == COMMENT:
            self._n -= 1
            return cells[:-1]
        if not cells or lengths != {len(cells) + 1}:
            return cells
        quoted = all(row.startswith('"') for row in rows)
        if not any(row[-1].strip() for row in split):
            self._n += 1
            self.remarks.append("Rows end with a mark that parts nothing, which the names do not.")
            return [*cells, ""]
        if not quoted and not are_names([row[0] for row in split]):
            return cells
        self._n += 1
        self.remarks.append(
            "Rows have a cell more than the first line has names, as R writes them: their first "
            "cells are taken for the names of rows."
        )
        return ["", *cells]

    def _head_rows(self, data: bytes, cut: bool) -> tuple[tuple[str, ...], ...]:
        text = io.StringIO(data.decode(errors="replace"), newline="")
        rows, fitting, others = [], 0, [0]
        for cells, _ in split_cells(text, self._separator):
            if len(cells) == self._n:  # others are refused when they are read
                rows.append(tuple("" if (c := v.strip()) in NOTHING else c for v in cells))
                fitting += 1
            elif cells and not cut:
                rows.append(("",) * self._n)
                others.append(len(cells))
            if len(rows) > HEAD_ROWS:
                break
        else:
            rows = rows[:-1] if cut and len(rows) > 1 else rows
        if rows and not fitting:
            raise self._wrong_count(0, str(others[1]))
        return tuple(rows[:HEAD_ROWS])

    def _reader(self, file: Any, numbers: Sequence[int], texts: Sequence[int]) -> Any:
        names = [str(i) for i in range(self._n)]
        wanted = {names[at]: pa.float64() for at in numbers if at not in self._odd}
        wanted = {names[at]: wanted.get(names[at], pa.string()) for at in numbers}
        wanted |= {names[at]: pa.string() for at in texts}
        return pyarrow.csv.open_csv(
            file,
            # Rows are numbered in messages only when one thread reads them.
            pyarrow.csv.ReadOptions(use_threads=False, block_size=self._block, column_names=names),
            pyarrow.csv.ParseOptions(delimiter=self._separator, newlines_in_values=self._quoted),
            pyarrow.csv.ConvertOptions(
                column_types=wanted,
                include_columns=list(wanted),
                null_values=list(MISSING),
                strings_can_be_null=False,
                decimal_point=self._point,
            ),
        )

    def _with_numbers(self, table: Any, numbers: Sequence[int], before: int) -> Any:
        """Columns whose numbers Arrow does not know, as numbers."""
        for at in self._odd.keys() & set(numbers):
            cells = pc.utf8_trim_whitespace(table.column(str(at)))
            cells = pc.if_else(pc.is_in(cells, pa.array(MISSING)), None, cells)
            values, wrong = csv_numbers.as_numbers(cells, self._point, self._odd[at])
            if (row := pc.index(wrong, True).as_py()) >= 0:
                raise self._wrong(at, before + row, cells[row].as_py())
            table = table.set_column(table.column_names.index(str(at)), str(at), values)
        return table

    def _wrong(self, at: int, row: int, value: str) -> WrongCell:
        kind = f"numbers in {unit}" if (unit := self._odd.get(at)) else "numbers"
        bare, other = csv_numbers.digits_of(value), "," if self._point == "." else "."
        if other in bare and NUMBER.fullmatch(bare.replace(other, ".")):
            kind = "numbers, all with a point or all with a comma"
        return WrongCell(
            at,
            f"Column {self.names[at]!r} holds {value[:40]!r} in {self.place(row)}; expected "
            f"{kind}. Remove or recode such rows, or leave the column out.",
        )

    def _sentence(self, message: str) -> DataError:
        """Arrow's message in our words; it counts rows from 1, with or without a header."""
        if found := WRONG_CELL.search(message):
            return self._wrong(int(found[1]), int(found[2]) - 1, found[3].strip())
        if found := WRONG_COUNT.search(message):
            return self._wrong_count(int(found[1]) - 1, found[2])
        if "straddling" in message:
            return DataError(
                f"A line is longer than {LONG_BLOCK >> 20} MB, or a quotation mark is misplaced; "
                "save it as CSV with one row a line."
            )
        reason = re.sub(r"\s+", " ", message).strip().rstrip(".")[:120]
        return DataError(f"This is not a table ({reason}); save it as CSV.")

    def _wrong_count(self, row: int, found: str) -> DataError:
        return DataError(
            f"Expected {self._n} column{'s' * (self._n > 1)} in every row, as in the first line; "
            f"{self.place(row)} holds {found}. Write every row with the same columns."
        )
