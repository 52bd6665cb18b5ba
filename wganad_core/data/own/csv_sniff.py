"""What lines of CSV are like: what parts columns, which decimal point, what columns hold."""

from __future__ import annotations

import codecs
import csv
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from wganad_core.data import DataError
from wganad_core.data.missing import MISSING
from wganad_core.data.own.csv_numbers import NUMBER, count_numbers, digits_of
from wganad_core.data.own.csv_survey import HEAD
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.rows import Kind
from wganad_core.data.own.streams import by_tabs, without_comments

LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
FOR_EXCEL = re.compile(
    rb"(\"?)sep=.\1", re.IGNORECASE
)  # a first line that tells it what parts columns
LOOKED_AT = 20  # rows by which the separator is told
BELOW_UNITS = 5  # rows, at least, by which a line of words is told to be one of units
TIME = re.compile(r"\d{4}-\d\d?-\d\d?([T ]\d.*)?|\d{4}/\d\d?/\d\d?( .*)?|\d\d?:\d\d(:\d\d.*)?")
DAY_FIRST = re.compile(r"\d\d?[./]\d\d?[./]\d{2}(\d\d)?([T ,]+\d.*)?")
MONTH = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*"
IN_WORDS = re.compile(  # 1-Mar-2024 10:00, 1 March 2024, Mar 1, 2024, Mar 2024
    rf"(\d\d?[ -])?{MONTH}[ -](\d\d?, )?\d{{4}}( \d\d?:\d\d.*)?", re.IGNORECASE
)
BY_POINTS = re.compile(r"\d{1,3}(\.\d{3})+,\d+")  # thousands before a decimal comma
BY_COMMAS = re.compile(r"\d{1,3}(,\d{3})+\.\d*")
QUOTED_NAMES = re.compile(r'"[^"]*"( "[^"]*")+')


def decimal_point(head: tuple[tuple[str, ...], ...]) -> str:
    """Point or comma, whichever more numbers of the first rows have."""
    points = commas = 0
    for value in (digits_of(value) for cells in head for value in cells):
        if BY_POINTS.fullmatch(value):
            commas += 1
        elif BY_COMMAS.fullmatch(value):
            points += 1
        elif "," in value:
            commas += bool(NUMBER.fullmatch(value.replace(",", ".", 1)))
        elif "." in value:
            points += bool(NUMBER.fullmatch(value))
    return "," if commas > points else "."


def kind_of(cells: Sequence[str], point: str) -> Kind:
    """What at least half of a column's first values are."""
    values = [value for value in cells if value]
    known = [value for value in values if value not in MISSING]
    if not values or (not known and "none" not in map(str.casefold, values)):
        return "empty"
    if known and 2 * count_numbers(known, point) >= len(known):
        return "number"
    times = sum(any(form.fullmatch(v) for form in (TIME, DAY_FIRST, IN_WORDS)) for v in known)
    return "time" if 2 * times > len(values) else "text"


def holds_units(head: tuple[tuple[str, ...], ...], point: str) -> bool:
    """Whether the first row of several has words only, above numbers for the most part."""
    first, *rest = head
    if len(rest) < BELOW_UNITS or any(
        kind_of([cell], point) not in ("text", "empty") for cell in first
    ):
        return False
    below = [kind_of(cells, point) for cells in zip(*rest, strict=True)]
    named = sum(bool(cell) for cell, kind in zip(first, below, strict=True) if kind == "number")
    return named > 0 and 2 * sum(kind in ("number", "time") for kind in below) > len(below)


def day_first(columns: Sequence[Sequence[str]], kinds: Sequence[Kind]) -> bool:
    """With points; with slashes, the clock tells which comes first by the order of the rows."""
    return any(
        kind == "time" and any("." in c[:3] and DAY_FIRST.fullmatch(c) for c in cells)
        for kind, cells in zip(kinds, columns, strict=True)
    )


# Lines and cells


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
    """Tab, semicolon, comma or bar: the one that parts most of the first rows as it parts the
    header, else the one that is most often in the header, whose names may hold the others; a blank
    between names that are all in quotes, as R writes them."""
    if QUOTED_NAMES.fullmatch(header):
        return " "

    def fitting(separator: str) -> tuple[int, int]:
        n = header.count(separator)
        return (_as_long(header, rows, separator) if n else 0), n

    return max("\t;,|", key=fitting)


def _as_long(header: str, rows: Sequence[str], separator: str) -> int:
    """How many rows have as many cells as the header."""
    try:
        n, *others = (len(cells) for cells, _ in split_cells([header, *rows], separator))
    except DataError:  # for whoever reads it to tell
        return 0
    return sum(other == n for other in others)


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
    lengths = {len(row) for row in rows}
    named = lengths == {n + 1} and are_names([row[0] for row in rows])
    if any(mark in line for mark in "\t;,|") and "\t" not in line.strip(" "):
        return file
    if n < 2 or not rows or (lengths != {n} and not named):
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


def is_a_row(cells: Sequence[str], rows: Sequence[str], separator: str) -> bool:
    """Whether a first line of words and numbers is no line of names: a cell is there twice, or a
    fraction (but for those that rise or fall, as wavelengths do), or a word that comes again."""
    numbers = [cell for cell in cells if NUMBER.fullmatch(cell.replace(",", "."))]
    if not numbers:
        return False
    filled = [cell for cell in cells if cell]
    values = [float(cell.replace(",", ".")) for cell in numbers]
    along = {b > a for a, b in itertools.pairwise(values)} if len(set(values)) > 2 else set()
    if len(set(filled)) < len(filled) or (len(along) != 1 and not all(map(str.isdigit, numbers))):
        return True
    try:
        below = [row for row, _ in split_cells(rows, separator) if len(row) == len(cells)]
    except DataError:  # for whoever reads it to tell
        return False
    words = {at: cell for at, cell in enumerate(cells) if cell and cell not in numbers}
    return any(row[at].strip() == word for row in below for at, word in words.items())


def names_above(before: bytes, separator: str, n: int) -> list[str]:
    """The names of `n` columns in a comment straight above the rows; none where there are none."""
    lines = before.decode(errors="replace").rstrip().splitlines()
    if not lines or not lines[-1].startswith("#"):
        return []
    cells = next(split_cells([lines[-1].lstrip("#").strip()], separator), ([], 0))[0]
    names = [cell.strip() for cell in cells]
    fits = len(names) == n > 1 and all(names) and not any(map(NUMBER.fullmatch, names))
    return names if fits else []


def are_names(cells: Sequence[str]) -> bool:
    """Whether first cells of three rows or more may be the names of these: words or 1, 2, 3, …,
    none twice."""
    counted = [str(at) for at in range(1, len(cells) + 1)]
    words = len(set(cells)) == len(cells) and not any(map(NUMBER.fullmatch, cells))
    return len(cells) > 2 and (words or cells == counted)


def after_comments(head: bytes) -> tuple[int, int]:
    """Where the first line begins that is neither blank nor a comment, and how many come before."""
    start, lines = len(codecs.BOM_UTF8) * head.startswith(codecs.BOM_UTF8), 0
    while start < len(head):
        end = LINE.match(head, start).end()  # type: ignore[union-attr]  # it matches anything
        content = head[start:end].strip()
        if content and not content.startswith(b"#") and (lines or not FOR_EXCEL.fullmatch(content)):
            return start, lines
        start, lines = end, lines + 1
    raise DataError("This holds comments only; expected a header and rows.")
