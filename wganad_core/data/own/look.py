"""What a file of one's own holds, before anything is done with it."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wganad_core.data import DataError
from wganad_core.data.missing import NOTHING
from wganad_core.data.own.column import Proposal, Role
from wganad_core.data.own.file import OwnFile, Source, named, own_file
from wganad_core.data.own.images import open_images
from wganad_core.data.own.labels import MAX_KINDS, UNLABELLED, meaning_of, plain, told_by
from wganad_core.data.own.proposals import SEEN, propose, recognised
from wganad_core.data.own.record import LARGEST
from wganad_core.data.own.rows import (
    Kind,
    OwnRows,
    WrongCell,
    distinct,
    encoded,
    listed,
    listed_names,
    number_of,
    same_throughout,
)
from wganad_core.data.own.source import open_rows

SHOWN = 10  # rows and names that are shown
COUNTED = 1_000  # distinct values are counted so far
MOST_WRONG = 20  # columns of numbers that turn out to hold something else


Taken = Literal["normal", "anomaly", "unknown"]


@dataclasses.dataclass(frozen=True)
class Column:
    """`n_missing`: empty, and of features infinite, too. `distinct`: values, up to 1,000; `values`
    are those of the first rows, where they are few enough to be kinds, and `normal` the one that
    would mean normal if the column were the label."""

    name: str
    kind: Kind
    n_missing: int
    constant: bool
    distinct: int
    example: str
    guess: Role
    reason: str = ""
    values: tuple[str, ...] = ()
    normal: str = ""


@dataclasses.dataclass(frozen=True)
class Look:
    """`head`: the first ten rows as texts, a cell for each column; of pictures, their names.

    Pictures have no columns but an `image_shape`. `remarks` are sentences, and so are `doubts`:
    what may well be meant otherwise. `labels`: the values of the label, the most frequent first,
    how often each is there, and what it is taken for.
    """

    columns: tuple[Column, ...]
    n_rows: int
    head: tuple[tuple[str, ...], ...]
    remarks: tuple[str, ...]
    image_shape: tuple[int, ...] | None = None
    doubts: tuple[str, ...] = ()
    labels: tuple[tuple[str, int, Taken], ...] = ()


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
            size, remark = pictures.proposed()
            next(pictures.images(size))  # what is wrong with the first is said at once
            names = pictures.names or ("the picture",) * min(pictures.n, SHOWN)
            return Look(
                (),
                pictures.n,
                tuple((each,) for each in names[:SHOWN]),
                tuple(sorted({*pictures.remarks, *filter(None, [remark])})),
                size.shape,
            )
        return _look(file)


def _look(file: OwnFile) -> Look:
    rows = open_rows(file)
    proposed = list(propose(rows))
    remarks = [rows.unnamed] * bool(rows.unnamed) + rows.remarks + recognised(rows)
    wrong: set[int] = set()
    while True:
        try:
            tallies, n = _tallies(rows, [proposal.role for proposal in proposed])
            break
        except WrongCell as error:
            if len(wrong) == MOST_WRONG:
                raise
            remarks.append(str(error))
            wrong.add(error.column)
            proposed[error.column] = Proposal("leave out", "it holds something else than numbers")
    doubts = [proposal.doubt for proposal in proposed if proposal.doubt]
    labels = _labels(rows, proposed, tallies, doubts)
    columns = tuple(
        tally.column(rows, at, "text" if at in wrong else rows.kinds[at], proposed[at])
        for at, tally in enumerate(tallies)
    )
    remarks += _remarks(columns, n)
    return Look(columns, n, rows.head[:SHOWN], tuple(remarks), None, tuple(doubts), labels)


def _labels(
    rows: OwnRows, proposed: list[Proposal], tallies: Sequence[_Tally], doubts: list[str]
) -> tuple[tuple[str, int, Taken], ...]:
    """What each value of the label is taken for; a column of too many is no label after all."""
    at = next((i for i, proposal in enumerate(proposed) if proposal.role == "label"), None)
    if at is None:
        return ()
    meaning = meaning_of(rows.names[at], [cells[at] for cells in rows.head])
    counts = tallies[at].counts
    told = {value: MEANS.get(told_by(meaning, value)) for value in counts} if meaning else {}
    if len(counts) > MAX_KINDS or None in told.values() or not told:
        proposed[at] = Proposal("leave out", "its name tells of a label")
        doubts.append(f"Column {rows.names[at]!r} is no label: it holds {_some(counts)}.")
        return ()
    if meaning is not None and meaning.remark:
        doubts.append(meaning.remark)
    every = [(value, n, told[value]) for value, n in counts.most_common()]
    return tuple((value, n, taken) for value, n, taken in every if taken is not None)


MEANS: Mapping[int, Taken] = {0: "normal", 1: "anomaly", UNLABELLED: "unknown"}


def _some(counts: Mapping[str, int]) -> str:
    return "no value" if not counts else f"{len(counts):,} values, {listed(list(counts), 5)}"


def _tallies(rows: OwnRows, roles: Sequence[Role]) -> tuple[list[_Tally], int]:
    """Count all rows; features are read as numbers, all else as text."""
    tallies = [_Tally() for _ in rows.names]
    readable = [at for at, kind in enumerate(rows.kinds) if kind != "other"]
    if not readable:
        raise DataError(
            f"Expected columns of numbers or text; {listed_names(rows.names)} holds lists or "
            "structures. Write each part into a column of its own (pandas.json_normalize)."
        )
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
        self.counts: Counter[str] = Counter()  # of texts, as far as there are few

    def add(self, cells: Any) -> None:
        if pa.types.is_floating(cells.type):
            known = cells.filter(pc.less_equal(pc.abs(cells), LARGEST))
            self.n_missing += len(cells) - len(known)
            if len(self.values) < COUNTED:
                self.values.update(pc.unique(known)[:COUNTED].to_pylist())
            return
        coded = encoded(cells)
        for chunk in coded.chunks:
            blank = pc.is_in(chunk.dictionary, pa.array(NOTHING))
            self.n_missing += pc.sum(pc.take(blank, chunk.indices)).as_py() or 0
            if len(self.values) < COUNTED:
                self.values.update(chunk.dictionary.filter(pc.invert(blank))[:COUNTED].to_pylist())
        if len(self.counts) <= MAX_KINDS:
            values, code = distinct(coded)
            n = np.bincount(code, minlength=len(values))
            self.counts.update({values[i]: int(n[i]) for i in n.argsort()[::-1][:COUNTED] if n[i]})

    def column(self, rows: OwnRows, at: int, kind: Kind, proposal: Proposal) -> Column:
        example = next((cells[at] for cells in rows.head if cells[at]), "")
        n = min(len(self.values), COUNTED)
        first = [cells[at] for cells in rows.head]
        values = _few(first)
        meaning = meaning_of(rows.names[at], first) if len(values) > 1 else None
        return Column(
            rows.names[at],
            kind,
            self.n_missing,
            n == 1,
            n,
            example,
            proposal.role,
            proposal.reason,
            values,
            next((v for v in values if meaning and plain(v) in meaning.normal), ""),
        )


def _few(values: Iterable[str]) -> tuple[str, ...]:
    """The distinct values, the most frequent first; none where they are too many to be kinds."""
    counts = Counter(filter(None, values))
    return () if len(counts) > MAX_KINDS else tuple(value for value, _ in counts.most_common())


def _remarks(columns: Sequence[Column], n: int) -> list[str]:
    features = [column for column in columns if column.guess in SEEN]
    constant = {c.name: number_of(c.example) for c in features if c.constant and c.kind == "number"}
    missing = [column for column in features if column.n_missing]
    remarks = same_throughout(constant)
    if missing:
        remarks.append(
            f"Missing or infinite values are in {listed_names([c.name for c in missing])}; a table "
            "counts them as the median of their column and learns which were missing, a recording "
            "bridges a few rows."
        )
    if n == 1:
        remarks.append("There is one row, which can be scored but not fitted.")
    return remarks
