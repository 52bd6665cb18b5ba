"""Text of one's own that may be CSV: checked as a whole, its lines and cells."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Sequence

from wganad_core.data import DataError
from wganad_core.data.own.file import OwnFile

CONTAINERS = {
    b"PK\x03\x04": "an Excel or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"\x1f\x8b": "a gzip file",
    b"{": "JSON",
    b"<": "HTML or XML",
}
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|\Z)")
LOOKED_AT = 20  # rows by which the separator is told


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


def survey(file: OwnFile) -> tuple[bool, int, bool]:
    """Read all once: whether there are quotes, the lines, and whether a row may be longer than
    2 MB. Refuses what is no text in UTF-8."""
    start = file.first(4)
    for mark, what in CONTAINERS.items():
        if start.startswith(mark):
            raise DataError(f"This is {what}; save the table as CSV or parquet.")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise DataError("This is text in UTF-16; save it as CSV in UTF-8.")
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
                raise _no_text(at - waiting + error.start + 1) from None
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
