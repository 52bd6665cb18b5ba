"""Text of one's own as a whole, before it is read as CSV: its encoding, and whether it is text at
all."""

from __future__ import annotations

import codecs
import re

from wganad_core.data import DataError
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.foreign import CONTROLS
from wganad_core.data.own.streams import recoded

HEAD = 1 << 21  # bytes in which the header and the first rows are looked for
CONTAINERS = {
    b"PK\x03\x04": "an Excel or ZIP file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"LASF": "a LAS file of points, not a table",
}
WELL = re.compile(rb"\s*(#[^\n]*\n\s*)*~v", re.I)  # how a LAS file of a well begins
# Not of a header as `<5 µm,flow`.
MARKUP = re.compile(rb"\s*<(!doctype|!--|\?xml|/?[a-z][\w:-]*(\s[^,;\t\n]*)?>[^,;\t\n]*\n)", re.I)
ASSIGNED = re.compile(rb"[A-Za-z_][\w.]*=[^\s=]")  # temp=20.1, as logs write


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


def _mostly_pairs(line: bytes) -> bool:
    """Not a row with a cell such as <img src=x>."""
    words = re.split(rb"[ ,;\t]+", line.strip())
    n = sum(ASSIGNED.match(word) is not None for word in words)
    return n > 1 and 2 * n >= len(words)


def survey(file: OwnFile) -> tuple[bool, int, bool]:
    """Read all once: whether there are quotes, the lines, and whether a row may be longer than
    2 MB. Refuses what is no text in UTF-8."""
    start = file.first(4)
    for mark, what in CONTAINERS.items():
        if start.startswith(mark):
            raise DataError(f"This is {what}; save the table as CSV or parquet.")
    if WELL.match(file.first(1 << 12)):
        raise DataError(
            "This is a LAS file of a well; save its curves as CSV, with empty cells for its NULL "
            'value (in Python: lasio.read(FILE).df().to_csv("well.csv")).'
        )
    if MARKUP.match(file.first(1 << 12) + b"\n"):
        raise DataError("This is HTML or XML; save the table as CSV or parquet.")
    first = [line for line in file.first(1 << 12).splitlines() if line.strip()][:2]
    if len(first) > 1 and all(map(_mostly_pairs, first)):
        raise DataError(
            "Its lines hold pairs such as name=value, as logs and InfluxDB's line protocol do, and "
            "no columns; save it as CSV with one column for each name."
        )
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
