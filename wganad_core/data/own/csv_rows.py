"""CSV of one's own, streamed."""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from wganad_core.data import DataError
from wganad_core.data.missing import MISSING, NOTHING
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.rows import (
    HEAD_ROWS,
    MAX_COLUMNS,
    Kind,
    OwnRows,
    WrongCell,
    check_names,
    listed_names,
    too_many_columns,
)
from wganad_core.data.own.streams import by_tabs, recoded, without_comments

CONTAINERS = {
    b"PK\x03\x04": "an Excel or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"{": "JSON",
}
# Not of a header as `<5 µm,flow`.
MARKUP = re.compile(rb"\s*<(!doctype|!--|\?xml|/?[a-z][\w:-]*(\s[^,;\t\n]*)?>[^,;\t\n]*\n)", re.I)
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
LOOKED_AT = 20  # rows by which the separator is told
HEAD = 1 << 21  # bytes in which the header and the first rows are looked for
# Bytes that Arrow reads at a time, up to 32 times ahead; a row fits into one. The latter where rows
# may be that long.
BLOCK, LONG_BLOCK = 1 << 21, 1 << 23
# What Arrow takes for a number; Python also knows 1_000.
NUMBER = re.compile(
    r"[-+]?(?:(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|inf|infinity|nan)", re.IGNORECASE | re.ASCII
)
TIME = re.compile(r"\d{4}-\d\d?-\d\d?([T ]\d.*)?|\d{4}/\d\d?/\d\d?( .*)?|\d\d?:\d\d(:\d\d.*)?")
DAY_FIRST = re.compile(r"\d\d?[./]\d\d?[./]\d{2}(\d\d)?([T ,]+\d.*)?")
# Numbers whose thousands are parted, by the decimal point that goes with it.
THOUSANDS = {
    ".": re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?"),
    ",": re.compile(r"[-+]?\d{1,3}(\.\d{3})+(,\d+)"),
}
PARTS = {".": ",", ",": "."}  # what parts thousands beside a decimal point
CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
WRONG_CELL = re.compile(r"In CSV column #(\d+): Row #(\d+): .*invalid value '(.*)'", re.DOTALL)
WRONG_COUNT = re.compile(r"Row #(\d+): Expected \d+ columns, got (\d+)")


class CsvRows(OwnRows):
    """Text with one row a line; lines before the header may start with `#`.

    Without a header, where the first line holds numbers only, columns are called x0, x1, …
    """

    def __init__(self, file: OwnFile) -> None:
        self.remarks: list[str] = []
        file, (self._quoted, n_lines, long) = readable(file, self.remarks)
        file = self._file = plain_lines(file, self._quoted, self.remarks)
        head = file.first(HEAD)
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
        columns = list(zip(*self.head, strict=True))
        self.kinds = tuple(_kind(cells, self._point) for cells in columns)
        self._parted = frozenset(
            at
            for at, cells in enumerate(columns)
            if self.kinds[at] == "number" and any(map(THOUSANDS[self._point].fullmatch, cells))
        )
        if self._parted:
            names = listed_names([self.names[at] for at in sorted(self._parted)])
            self.remarks.append(
                f"In {names}, {PARTS[self._point]!r} is read as what parts thousands."
            )
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
        wanted = {names[at]: pa.float64() for at in numbers if at not in self._parted}
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
        """Columns whose thousands are parted, which Arrow does not know, as numbers."""
        for at in self._parted.intersection(numbers):
            cells = pc.utf8_trim_whitespace(table.column(str(at)))
            cells = pc.if_else(pc.is_in(cells, pa.array(MISSING)), None, cells)
            plain = pc.replace_substring(cells, PARTS[self._point], "")
            try:
                values = pc.cast(pc.replace_substring(plain, ",", "."), pa.float64())
            except pa.ArrowInvalid:
                for row, value in enumerate(plain.to_pylist()):
                    if value and not NUMBER.fullmatch(value.replace(",", ".", 1)):
                        raise self._wrong(at, before + row, value) from None
                raise
            table = table.set_column(table.column_names.index(str(at)), str(at), values)
        return table

    def _wrong(self, at: int, row: int, value: str) -> WrongCell:
        kind = "numbers"
        if "," in value and NUMBER.fullmatch(value.replace(",", ".")):
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


def _decimal_point(head: tuple[tuple[str, ...], ...]) -> str:
    """Point or comma, whichever more numbers of the first rows have."""
    points = commas = 0
    for value in (value for cells in head for value in cells):
        if THOUSANDS[","].fullmatch(value):
            commas += 1
        elif "," in value:
            commas += bool(NUMBER.fullmatch(value.replace(",", ".", 1)))
        elif "." in value:
            points += bool(NUMBER.fullmatch(value))
    return "," if commas > points else "."


def _kind(cells: Sequence[str], point: str) -> Kind:
    """What at least half of a column's first values are."""
    values = [value for value in cells if value]
    known = [value for value in values if value not in MISSING]
    if not values or (not known and "none" not in map(str.casefold, values)):
        return "empty"
    parted = THOUSANDS[point]
    numbers = sum(
        bool(NUMBER.fullmatch(v.replace(point, ".", 1)) or parted.fullmatch(v)) for v in known
    )
    if known and 2 * numbers >= len(known):
        return "number"
    times = sum(bool(TIME.fullmatch(value) or DAY_FIRST.fullmatch(value)) for value in known)
    return "time" if 2 * times > len(values) else "text"


def day_first(columns: Sequence[Sequence[str]], kinds: Sequence[Kind]) -> bool:
    return any(
        kind == "time" and any(map(DAY_FIRST.fullmatch, cells))
        for kind, cells in zip(kinds, columns, strict=True)
    )


# Text as a whole, its lines and cells


def split_cells(lines: Iterable[str], separator: str) -> Iterator[tuple[list[str], int]]:
    """The cells of each row, and the line, from 1, on which it ends."""
    reader = csv.reader(lines, delimiter=separator)
    try:
        for cells in reader:
            yield cells, reader.line_num
    except csv.Error as error:
        raise DataError(
            f"A line cannot be read ({error}); save it as CSV with one row a line."
        ) from None


def separator_of(header: str, rows: Sequence[str]) -> str:
    """Tab, semicolon or comma: the one that parts most of the first rows as it parts the header,
    else the one that is most often in the header, whose names may hold the others."""

    def fitting(separator: str) -> tuple[int, int]:
        n = header.count(separator)
        return (_as_long(header, rows, separator) if n else 0), n

    return max("\t;,", key=fitting)


def _as_long(header: str, rows: Sequence[str], separator: str) -> int:
    """How many rows have as many cells as the header."""
    try:
        n, *others = (len(cells) for cells, _ in split_cells([header, *rows], separator))
    except DataError:  # for whoever reads it to tell
        return 0
    return sum(other == n for other in others)


def readable(file: OwnFile, remarks: list[str]) -> tuple[OwnFile, tuple[bool, int, bool]]:
    """The file in UTF-8, with a remark if it is not, and what `survey` found."""
    if file.first(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        remarks.append("The file is read as text in UTF-16.")
        file = recoded(file, "utf-16")
        return file, survey(file)
    try:
        return file, survey(file)
    except NotUtf8:
        start = file.first(HEAD)
        if CONTROLS.search(start):
            raise
    undefined = any(byte in start for byte in b"\x81\x8d\x8f\x90\x9d")
    encoding = "latin-1" if undefined else "cp1252"
    remarks.append(
        "The file is no text in UTF-8 and is read as Latin-1 (Windows-1252); if letters such as "
        "ä, é or ° come out wrong, save it in UTF-8."
    )
    file = recoded(file, encoding)
    return file, survey(file)


def plain_lines(file: OwnFile, quoted: bool, remarks: list[str]) -> OwnFile:
    """Without comments between rows, and with tabs where any number of blanks parts columns."""
    if quoted:  # what is in quotes may look like either
        return file
    head = file.first(HEAD)
    start, _ = after_comments(head)
    lines = head[start:].decode(errors="replace").splitlines()
    comments = [line for line in lines if line.lstrip().startswith("#")]
    mark = separator_of(lines[0], lines[1 : LOOKED_AT + 1])
    n_marks = lines[0].count(mark)
    if comments and not (n_marks and any(line.count(mark) == n_marks for line in comments)):
        remarks.append("Lines that begin with # are left out.")
        file = without_comments(file)
        head = file.first(HEAD)
        start, _ = after_comments(head)
    line, *following = head[start:].decode(errors="replace").split("\n")[: LOOKED_AT + 1]
    rows = [row.split() for row in following if row.strip()]
    if len(head) == HEAD:
        rows = rows[:-1]
    n = len(line.split())
    if any(mark in line for mark in "\t;,") and "\t" not in line.strip(" "):
        return file
    if n < 2 or not rows or any(len(row) != n for row in rows):
        return file
    cells = [len(row.split("\t")) for row in (line, *following) if row.strip()]
    if "\t" in line and len(set(cells)) == 1 and cells[0] == n:
        return file  # one tab each
    if not all(map(NUMBER.fullmatch, line.split())) and not any(
        NUMBER.fullmatch(cell.replace(",", ".", 1)) for row in rows for cell in row
    ):
        return file  # words, which may be one text
    remarks.append("Blanks part the columns, any number of them.")
    return by_tabs(file)


def survey(file: OwnFile) -> tuple[bool, int, bool]:
    """Read all once: whether there are quotes, the lines, and whether a row may be longer than
    2 MB. Refuses what is no text in UTF-8."""
    start = file.first(4)
    for mark, what in CONTAINERS.items():
        if start.startswith(mark):
            raise DataError(f"This is {what}; save the table as CSV or parquet.")
    if MARKUP.match(file.first(1 << 12) + b"\n"):
        raise DataError("This is HTML or XML; save the table as CSV or parquet.")
    decoder = codecs.getincrementaldecoder("utf-8")()
    quotes = lines = at = 0
    last = b"\n"
    blank, long = True, False
    with file.open() as opened:
        while block := opened.read(1 << 20):
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(block)
            except UnicodeDecodeError as error:
                raise NotUtf8(str(_no_text(at - waiting + error.start + 1))) from None
            if (zero := block.find(b"\0")) >= 0:
                raise _no_text(at + zero + 1)
            lines += block.count(b"\n") or block.count(b"\r")
            long = long or (len(block) == 1 << 20 and not _ends_a_row(block, quotes % 2 == 1))
            quotes += block.count(b'"')
            at, last = at + len(block), block[-1:]
            blank = blank and not block.strip()
    if blank:
        raise DataError("This is empty; expected a header and rows of numbers.")
    if decoder.getstate()[0]:
        raise _no_text(at)
    if quotes % 2:
        raise DataError("A quotation mark is opened and never closed; remove it.")
    return quotes > 0, lines + (last not in b"\r\n"), long


class NotUtf8(DataError):
    """Bytes that mean nothing in UTF-8."""


def _ends_a_row(block: bytes, quoted: bool) -> bool:
    """Whether a line ends outside of quotes; `quoted`: whether the block begins inside."""
    mark = b"\n" if b"\n" in block else b"\r"
    at = 0
    while (end := block.find(mark, at)) >= 0:
        quoted ^= block.count(b'"', at, end) % 2 == 1
        if not quoted:
            return True
        at = end + 1
    return False


def _no_text(byte: int) -> DataError:
    return DataError(
        f"This is none of CSV, parquet, npy and images, nor text in UTF-8 (byte {byte:,}); save a "
        "table as CSV in UTF-8."
    )


def after_comments(head: bytes) -> tuple[int, int]:
    """Where the first line begins that is neither blank nor a comment, and how many come before."""
    start, lines = len(codecs.BOM_UTF8) * head.startswith(codecs.BOM_UTF8), 0
    while start < len(head):
        end = LINE.match(head, start).end()  # type: ignore[union-attr]  # it matches anything
        content = head[start:end].strip()
        if content and not content.startswith(b"#"):
            return start, lines
        start, lines = end, lines + 1
    raise DataError("This holds comments only; expected a header and rows.")
