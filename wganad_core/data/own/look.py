"""What a file of one's own holds, before anything is done with it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from wganad_core.data import DataError
from wganad_core.data.own.file import OwnFile, Source, named, own_file
from wganad_core.data.own.images import open_images
from wganad_core.data.own.labels import is_label
from wganad_core.data.own.roles import Role, guess_roles
from wganad_core.data.own.rows import Kind, OwnRows, WrongCell, listed_names, same_throughout
from wganad_core.data.own.samples import LARGEST
from wganad_core.data.own.source import open_rows

SHOWN = 10  # rows and names that are shown
COUNTED = 1_000  # distinct values are counted so far
MOST_WRONG = 20  # columns of numbers that turn out to hold something else


@dataclasses.dataclass(frozen=True)
class Column:
    """`n_missing`: empty, and of features infinite, too. `distinct`: values, up to 1,000."""

    name: str
    kind: Kind
    n_missing: int
    constant: bool
    distinct: int
    example: str
    guess: Role


@dataclasses.dataclass(frozen=True)
class Look:
    """`head`: the first ten rows as texts, a cell for each column; of pictures, their names.

    Pictures have no columns but an `image_shape`. `remarks` are sentences.
    """

    columns: tuple[Column, ...]
    n_rows: int
    head: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...]
    image_shape: tuple[int, int] | None = None


def look(source: Source, name: str | None = None) -> Look:
    """Columns and rows of a table or an array, or how many pictures, from the whole file.

    A column of numbers with something else in it is guessed as one to leave out, and a remark
    says where.

    Parameters
    ----------
    source : a path, bytes or an open file
    name : what messages call it; by default its own name

    Raises
    ------
    DataError
        For a file that cannot be read as either.

    Examples
    --------
    >>> from wganad_core.data.own.look import look
    >>> found = look(b"heat,flow,label\\n1,2,0\\n3,4,1\\n", "pump.csv")
    >>> [(column.name, column.guess) for column in found.columns], found.n_rows
    ([('heat', 'feature'), ('flow', 'feature'), ('label', 'label')], 2)
    """
    file = own_file(source, name)
    with named(file):
        if pictures := open_images(file):
            first = next(pictures.images())
            names = pictures.names or ("the picture",) * min(pictures.n, SHOWN)
            return Look(
                (),
                pictures.n,
                tuple((each,) for each in names[:SHOWN]),
                tuple(sorted(pictures.remarks)),
                (first.shape[0], first.shape[1]),
            )
        return _look(file)


def _look(file: OwnFile) -> Look:
    rows = open_rows(file)
    roles = list(guess_roles(rows))
    remarks = [rows.unnamed] * bool(rows.unnamed) + rows.remarks
    wrong: set[int] = set()
    while True:
        try:
            tallies, n = _tallies(rows, roles)
            break
        except WrongCell as error:
            if len(wrong) == MOST_WRONG:
                raise
            remarks.append(str(error))
            wrong.add(error.column)
            roles[error.column] = "leave out"
    for at, tally in enumerate(tallies):
        if roles[at] == "label" and any(not is_label(value) for value in tally.values):
            roles[at] = "leave out"
            remarks.append(f"Column {rows.names[at]!r} is no label: it holds more than two values.")
    columns = tuple(
        tally.column(rows, at, "text" if at in wrong else rows.kinds[at], roles[at])
        for at, tally in enumerate(tallies)
    )
    remarks += _remarks(columns, n)
    return Look(columns, n, rows.head[:SHOWN], tuple(remarks))


def _tallies(rows: OwnRows, roles: Sequence[Role]) -> tuple[list[_Tally], int]:
    """Count all rows; features are read as numbers, all else as text."""
    tallies = [_Tally() for _ in rows.names]
    readable = [at for at, kind in enumerate(rows.kinds) if kind != "other"]
    numbers = [at for at in readable if roles[at] == "feature"]
    texts = [at for at in readable if roles[at] != "feature"]
    n = 0
    for batch in rows.batches(numbers, texts):
        n += len(batch)
        for at in (*numbers, *texts):
            tallies[at].add(batch.column(str(at)))
    if not n:
        raise DataError("There is a header and no row; expected one row for each sample.")
    return tallies, n


class _Tally:
    """What a column holds so far."""

    def __init__(self) -> None:
        self.n_missing = 0
        self.values: set[Any] = set()

    def add(self, cells: Any) -> None:
        if pa.types.is_floating(cells.type):
            known = cells.filter(pc.less_equal(pc.abs(cells), LARGEST))
        else:
            known = cells.filter(pc.not_equal(pc.utf8_trim_whitespace(cells), ""))
        self.n_missing += len(cells) - len(known)
        if len(self.values) < COUNTED:
            self.values.update(pc.unique(known)[:COUNTED].to_pylist())

    def column(self, rows: OwnRows, at: int, kind: Kind, role: Role) -> Column:
        example = next((cells[at] for cells in rows.head if cells[at]), "")
        n = min(len(self.values), COUNTED)
        return Column(rows.names[at], kind, self.n_missing, n == 1, n, example, role)


def _remarks(columns: Sequence[Column], n: int) -> list[str]:
    features = [column for column in columns if column.guess == "feature"]
    constant = {c.name: _number(c.example) for c in features if c.constant}
    missing = [column for column in features if column.n_missing]
    remarks = same_throughout(constant)
    if missing:
        remarks.append(
            f"Missing or infinite values are in {listed_names([c.name for c in missing])}; such "
            "rows are left out."
        )
    if n == 1:
        remarks.append("There is one row, which can be scored but not fitted.")
    return remarks


def _number(text: str) -> float:
    """As the reader sees it, or 0."""
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return 0.0
