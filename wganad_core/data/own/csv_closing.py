"""Rows under a table that are none of it: totals, means and the like, and rows without a cell."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.labels import words_in
from wganad_core.data.own.streams import changed

TAIL = 1 << 16  # bytes, from the end, in which they are looked for
CLOSED = "Left out under the table: "  # so begins the remark on them
WORDS = words_in(
    "total totals sum mean average avg median min minimum max maximum std stdev count summe gesamt "
    "gesamtsumme mittelwert durchschnitt somme moyenne totale media suma promedio"
) | {"grand total", "std dev", "total général"}


class Closing(NamedTuple):
    """At which byte the table ends, and what is left out there, in a sentence; "" for nothing."""

    end: int
    remark: str


def closing_of(
    file: OwnFile, start: int, separator: str, n: int, head: Sequence[Sequence[str]], all_seen: bool
) -> Closing:
    """What is under the rows of `n` cells that begin at `start`; `head` are the first of them or,
    with `all_seen`, all. A word that the rows above hold, too, closes nothing."""
    data, size = _tail(file)
    lines = data.splitlines(keepends=True)[len(data) < size :]
    end, empty, said = size, 0, list[str]()
    for line in reversed(lines):
        if end - len(line) <= start:
            return Closing(size, "")  # all of it would be
        cells = _cells(line, separator)
        if any(cells) and not (len(cells) == n and _closes(cells, head, all_seen)):
            break
        if any(cells):
            said.insert(0, next(filter(None, cells)))
        end, empty = end - len(line), empty + (not any(cells) and len(cells) == n > 1)
    found = [", ".join(map(repr, said))] * bool(said)
    found += [f"{empty:,} row{'s' * (empty > 1)} without a cell"] * bool(empty)
    if not found:
        return Closing(size, "")
    return Closing(end, f"{CLOSED}{' and '.join(found)} (--keep-closing).")


def _closes(cells: Sequence[str], head: Sequence[Sequence[str]], all_seen: bool) -> bool:
    """Whether the first cell that holds something is a word for a total that stands nowhere above,
    before a number."""
    at = next(i for i, cell in enumerate(cells) if cell)
    word = _word(cells[at])
    above = sum(_word(row[at]) == word for row in head) - all_seen
    return word in WORDS and above < 1 and any(re.search(r"\d", c) for c in cells[at + 1 :])


def _word(cell: str) -> str:
    return cell.strip(" :.=").casefold()


def _cells(line: bytes, separator: str) -> list[str]:
    text = line.decode(errors="replace").strip("\r\n")
    return [cell.strip() for cell in next(csv.reader([text], delimiter=separator), [""])]


def _tail(file: OwnFile) -> tuple[bytes, int]:
    """The last bytes, and how many there are in all."""
    with file.open() as opened:
        if opened.seekable():
            size = opened.seek(0, 2)
            opened.seek(max(0, size - TAIL))
            return opened.read(), size
        last, size = b"", 0
        while piece := opened.read(1 << 20):
            last, size = (last + piece)[-TAIL:], size + len(piece)
    return last, size


def up_to(file: OwnFile, end: int) -> OwnFile:
    """The first `end` bytes."""
    if isinstance(file.content, bytes) and type(file) is OwnFile:
        return OwnFile(file.name, file.content[:end])

    def change(pieces: Iterator[bytes]) -> Iterator[bytes]:
        left = end
        for piece in pieces:
            yield piece[:left]
            left -= len(piece[:left])
            if not left:
                return

    return changed(file, change)
