"""What stands above the rows of a table: lines about a device, and names in two lines."""

from __future__ import annotations

import io
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from wganad_core.data import DataError
from wganad_core.data.own.csv_numbers import LOOSE
from wganad_core.data.own.csv_sniff import (
    DAY_FIRST,
    IN_WORDS,
    LINE,
    TIME,
    after_comments,
    split_cells,
)
from wganad_core.data.own.csv_survey import HEAD
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.streams import changed, whole_lines

LINES = 200  # that are looked at
BELOW = 3  # rows, at least, by which it is told what stands above them
FIT = 0.9  # of the rows below names have as many cells
COMMENT = "comment"  # a last column of LabVIEW, of which rows have no cell

Row = tuple[list[str], int]  # cells, and how many lines come before


class _Found(NamedTuple):
    """Whether the table has names, how many columns, and how many lines stand above it."""

    named: bool
    n: int
    lines: int


def below_device(file: OwnFile, remarks: list[str]) -> OwnFile:
    """The file with empty lines for those about a device, a report or a title above the table, so
    that lines keep their numbers; a remark says which. Other files as they are."""
    head = file.first(HEAD)
    start, before = after_comments(head)
    text = io.StringIO(head[start:].decode(errors="replace"), newline="")
    lines = list(itertools.islice(text, LINES))
    n = _lines_above(lines[: -1 if len(head) == HEAD else None])
    if not n:
        return file
    said = [line.strip()[:30] for line in lines[:n] if line.strip()]
    remarks.append(
        f"Left out above the table: {', '.join(map(repr, said[:3]))}{', …' * (len(said) > 3)}."
    )
    return _without_first(file, before + n)


def _without_first(file: OwnFile, n: int) -> OwnFile:
    def change(pieces: Iterator[bytes]) -> Iterator[bytes]:
        left = n
        for some in whole_lines(pieces):
            at = 0
            while left and at < len(some):
                at, left = LINE.match(some, at).end(), left - 1  # type: ignore[union-attr]
                yield b"\n"
            yield some[at:]

    return changed(file, change)


def _lines_above(lines: Sequence[str]) -> int:
    """The separator that gives the table the most columns tells."""
    found = [one for mark in "\t;,|" if (one := _table_below(_rows(lines, mark)))]
    if found:
        return max(found).lines
    if any(mark in line for line in lines[-BELOW:] for mark in "\t;,|"):
        return 0
    blanks = [(line.split(), at) for at, line in enumerate(lines) if line.strip()]
    one = _table_below(blanks)
    even = one and all(2 * _n_values(row) > len(row) for row, at in blanks[-BELOW:])
    return one.lines if one and even else 0


def _rows(lines: Sequence[str], separator: str) -> list[Row]:
    try:
        read = list(split_cells(lines, separator))
    except DataError:  # for whoever reads it to tell
        return []
    begins = [0, *(ends for _, ends in read)]
    return [(cells, at) for (cells, _), at in zip(read, begins, strict=False) if any(cells)]


def _table_below(rows: Sequence[Row]) -> _Found | None:
    """None where no table of two columns or more is seen."""
    widths = Counter(len(cells) for cells, _ in rows[len(rows) // 2 :])
    n = widths.most_common(1)[0][0] if len(rows) > BELOW else 0
    if n < 2:
        return None
    for at, (cells, _) in enumerate(rows[:-BELOW]):
        below = [cells for cells, _ in rows[at + 1 :]]
        fitting = sum(len(each) == n for each in below) >= FIT * len(below)
        if fitting and _are_names(cells, n) and any(_n_values(each) for each in below[:2]):
            return _Found(True, n, _above(rows, at, n))
    return _unnamed(rows, n)


def _above(rows: Sequence[Row], at: int, n: int) -> int:
    """How many lines stand above names; none where they may be rows, or names, too."""
    above = [cells for cells, _ in rows[:at]]
    if not above or any(len(each) == n and _n_values(each) > n / 2 for each in above):
        return 0
    if any(len(each) == n and sum(map(bool, each)) > n / 2 for each in above[:1]):
        return 0
    if is_over(above[-1], rows[at][0]):
        at -= 1
    return rows[at][1]


def _unnamed(rows: Sequence[Row], n: int) -> _Found | None:
    """Below two lines or more of another kind, rows without names."""
    at = next((i for i, (cells, _) in enumerate(rows) if len(cells) == n), 0)
    same = all(len(cells) == n and 2 * _n_values(cells) >= n for cells, _ in rows[at:])
    if at < 2 or not same or len(rows) - at < BELOW or 2 < n == len(rows[at - 1][0]) + 1:
        return None
    return _Found(False, n, rows[at][1])


def _are_names(cells: Sequence[str], n: int) -> bool:
    """Words in `n` cells, of which the first may be empty; LabVIEW has one more, for comments."""
    extra = len(cells) == n + 1 and cells[-1].strip().casefold() == COMMENT
    return (len(cells) == n or extra) and all(c.strip() for c in cells[1:]) and not _n_values(cells)


def _n_values(cells: Sequence[str]) -> int:
    """How many are numbers or times."""
    return sum(
        LOOSE.match(cell) is not None
        or any(form.fullmatch(cell) for form in (TIME, DAY_FIRST, IN_WORDS))
        for cell in map(str.strip, cells)
    )


def is_over(upper: Sequence[str], lower: Sequence[str]) -> bool:
    """Whether a line of names has another of names below it, for parts of what it names: some come
    twice or stand over several columns, and with those below each is another."""
    if len(upper) != len(lower) or _n_values(lower) or not all(c.strip() for c in lower[1:]):
        return False
    names = [cell.strip() for cell in upper]
    known = [name for name in names if name]
    last = max((at for at, name in enumerate(names) if name), default=0)
    apart = any(not name for name in names[1:last])
    both = names_of_two(upper, lower)
    return (apart or len(set(known)) < len(known)) and len(set(both)) == len(both)


def names_of_two(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """Names of a line and of the one below it, joined; an empty cell belongs to what stands left.

    Examples
    --------
    >>> from wganad_core.data.own.csv_above import names_of_two
    >>> names_of_two(["pump", "", "motor"], ["heat", "flow", "heat"])
    ['pump heat', 'pump flow', 'motor heat']
    """
    found, over = [], ""
    for high, low in zip(map(str.strip, upper), map(str.strip, lower), strict=True):
        over = high or over
        found.append(f"{over} {low}".strip())
    return found
