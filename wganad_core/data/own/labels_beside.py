"""Samples and scores of one's own whose label is a second file of ranges."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.clock import is_clock
from wganad_core.data.own import LabelRanges, Roles
from wganad_core.data.own.labels import UNLABELLED, words_of
from wganad_core.data.own.look import Look, Taken, look
from wganad_core.data.own.range_labels import RowsToLabel, labels_by_ranges
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.rows import OwnRows
from wganad_core.data.own.samples import chunks


def roles_beside(roles: Roles, ranges: LabelRanges | None) -> Roles:
    """How to read the rows that `ranges` label: no column of theirs is the label. Raises
    `DataError` where one was asked for."""
    if ranges is None:
        return roles
    if roles.label or roles.normal:
        raise DataError(
            f"The label is either a column or the ranges of {ranges.file.name}; choose one."
        )
    return dataclasses.replace(roles, label="")


def with_ranges(samples: OwnSamples, ranges: LabelRanges | None) -> OwnSamples:
    """The samples with labels by a file of ranges, and one more remark, on how it was read.

    Parameters
    ----------
    samples : of a table or a recording, read without a label (`label=""`)
    ranges : the file; None leaves the samples as they are

    Raises
    ------
    DataError
        With one sentence, for a file that holds no ranges, or none within these rows, and for
        samples that have labels already or are pictures.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from wganad_core.data.own import LabelRanges
    >>> from wganad_core.data.own.labels_beside import with_ranges
    >>> from wganad_core.data.own.samples import read_samples
    >>> path = Path(tempfile.mkdtemp(), "faults.csv")
    >>> _ = path.write_text("first_row,last_row\\n2,3\\n")
    >>> samples = read_samples(b"heat\\n1\\n2\\n9\\n1\\n", "pump.csv")
    >>> with_ranges(samples, LabelRanges(path)).label.tolist()
    [0, 1, 1, 0]
    """
    if ranges is None:
        return samples
    return _labelled(samples, *labels_by_ranges(ranges, _rows_of(samples)))


def chunks_with_ranges(
    opened: Callable[[], Iterator[OwnSamples]], ranges: LabelRanges | None
) -> Iterator[OwnSamples]:
    """The same for a file in chunks, which is read twice: of all rows, only what ranges need to
    know is held."""
    if ranges is None:
        yield from opened()
        return
    parts = [_rows_of(chunk) for chunk in opened()]
    label, said = labels_by_ranges(ranges, _every(parts))
    start = 0
    for chunk in opened():
        stop = start + len(chunk.row)
        yield _labelled(chunk, label[start:stop], said)
        start = stop


def table_labels(
    table: OwnRows, name: str, ranges: LabelRanges, clock: int | None, group: int | None
) -> tuple[NDArray[np.int64], str]:
    """Labels (n,) of all rows of a table of scores, and how the ranges were read. `clock` and
    `group` are numbers of columns."""
    plain = [column.casefold() for column in table.names]
    row, how = np.arange(1.0, 1 + sum(len(part) for part in table.batches([], [0]))), ""
    if "row" in plain and table.kinds[at := plain.index("row")] == "number":
        row, how = table.numbers(at), f" They are those of column {table.names[at]!r}."
    time_name = "" if clock is None else table.names[clock]

    def texts(at: int | None) -> Any:
        return None if at is None else words_of(table.texts(at), table.names[at], table.place)

    rows = RowsToLabel(Path(name).name, row, texts(clock), time_name, texts(group))
    label, said = labels_by_ranges(ranges, rows)
    return label, said + how * (" rows, counted" in said)


def clock_of(table: OwnRows) -> int | None:
    """The first column of dates, or of rising numbers that is called like a time."""
    for at, (name, kind) in enumerate(zip(table.names, table.kinds, strict=True)):
        if kind == "time" or (kind == "number" and is_clock(name, [row[at] for row in table.head])):
            return at
    return None


def look_beside(
    path: Path, ranges: LabelRanges, time: str | None = None, group: str | None = None
) -> Look:
    """What a file holds (`look.look`), and how many of its rows a file of ranges labels. `time` and
    `group` name columns that are not told by their names.

    Raises `DataError` for either file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from wganad_core.data.own import LabelRanges
    >>> from wganad_core.data.own.labels_beside import look_beside
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "pump.csv").write_text("heat\\n1\\n2\\n9\\n1\\n")
    >>> _ = (folder / "faults.csv").write_text("first_row,last_row\\n2,3\\n")
    >>> look_beside(folder / "pump.csv", LabelRanges(folder / "faults.csv")).labels
    (('outside the ranges', 2, 'normal'), ('in a range', 2, 'anomaly'))
    """
    found = look(path)
    roles = roles_beside(Roles(time=time, group=group), ranges)
    n = np.zeros(2, np.int64)
    said = ""
    for chunk in chunks_with_ranges(lambda: chunks(path, roles), ranges):
        assert chunk.label is not None
        n += np.bincount(chunk.label, minlength=2)
        said = chunk.remarks[-1]
    why = f"{ranges.file.name} has the labels"
    columns = tuple(
        dataclasses.replace(c, guess="leave out", reason=why) if c.guess == "label" else c
        for c in found.columns
    )
    labels: tuple[tuple[str, int, Taken], ...] = (
        ("outside the ranges", int(n[0]), "normal"),
        ("in a range", int(n[1]), "anomaly"),
    )
    remarks = (*found.remarks, said)
    return dataclasses.replace(found, columns=columns, labels=labels, remarks=remarks)


def _rows_of(samples: OwnSamples) -> RowsToLabel:
    name = Path(samples.name).name
    if samples.image_shape is not None:
        raise DataError(f"{name} holds pictures; ranges are of rows or times.")
    if samples.label is not None:
        raise DataError(f"{name} has a label already; read it without one (label='').")
    missing = samples.missing, samples.missing_group
    return RowsToLabel(name, samples.row, samples.time, samples.time_name, samples.group, *missing)


def _every(parts: Sequence[RowsToLabel]) -> RowsToLabel:
    def whole(name: str) -> Any:
        values = [v for part in parts if (v := getattr(part, name)) is not None]
        return np.concatenate(values) if values else None

    columns = ("row", "time", "group", "missing", "missing_group")
    return dataclasses.replace(parts[0], **{name: whole(name) for name in columns})


def _labelled(samples: OwnSamples, label: NDArray[np.int64], said: str) -> OwnSamples:
    """Of rows that lack everything nobody knows."""
    unknown = np.full(len(samples.missing), UNLABELLED)
    remarks = (*samples.remarks, said)
    return dataclasses.replace(samples, label=label, missing_label=unknown, remarks=remarks)
