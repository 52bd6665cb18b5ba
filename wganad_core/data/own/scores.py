"""Scores of one's own detector: read from CSV or parquet and checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.clock import seconds_of
from wganad_core.data.own import LabelRanges
from wganad_core.data.own.detectors import one_detector
from wganad_core.data.own.file import OwnFile, named, own_file
from wganad_core.data.own.labels import (
    NAMES,
    UNLABELLED,
    words_of,
)
from wganad_core.data.own.labels_beside import clock_of, table_labels
from wganad_core.data.own.rows import OwnRows, column_of
from wganad_core.data.own.score_cells import (
    about_order,
    labels_of_rows,
    parted,
    parts_of,
    scored_rows,
)
from wganad_core.data.own.score_columns import column_for, groups, refuse_two_roles, score_column
from wganad_core.data.own.source import open_rows
from wganad_core.records import Scored

MAX_ROWS, MAX_SCORES_BYTES = 5_000_000, 200_000_000
WHY = "why"  # a column of `score --why`


@dataclasses.dataclass(frozen=True)
class OwnScores:
    """Scores of a file.

    `scored`: the samples to judge, that is all, or the rows of the part `test`; `row` (n,): their
    numbers in the file, from 1, without the header. `calibration`: the rows of the part
    `calibration`, normals used for nothing else. `columns`: which column served as score, label,
    id, class, subject and part; a file without a header has none. `remarks`: sentences on what
    was read otherwise than one might expect. `origin`: of a score table of this project, the
    detector's value of each of `detectors.KEYS`. `negated`: whether the file's scores are minus
    these. `why` (n,): the column that a flagged row hangs on, as `score --why` writes it.
    `seconds` (n,): when each was, since the first row, where a column of times was named or ranges
    asked for one.
    """

    name: str
    scored: Scored
    row: NDArray[np.int64]
    calibration: Scored | None
    columns: Mapping[str, str]
    remarks: tuple[str, ...]
    origin: Mapping[str, str] = dataclasses.field(default_factory=dict)
    negated: bool = False
    why: NDArray[np.object_] | None = None
    seconds: NDArray[np.float64] | None = None

    @property
    def subject_wise(self) -> bool:
        """Whether several subjects have several scores each, which then resemble each other."""
        subject = self.scored.subject
        return subject is not None and 1 < len(np.unique(subject)) < len(subject)


def read_scores(
    source: Path | IO[bytes],
    *,
    score: str | None = None,
    label: str | None = None,
    sample_id: str | None = None,
    choose: Mapping[str, str] | None = None,
    normal: str | None = None,
    lower_is_anomalous: bool = False,
    ranges: LabelRanges | None = None,
    time: str | None = None,
    group: str | None = None,
) -> OwnScores:
    """Scores (higher = more anomalous) from CSV with a header, parquet, or a plain list of numbers.

    The columns are those named here, else the ones called as in `NAMES`, else, for the score, the
    only numeric column. Labels are 0/1, true/false, normal/anomaly, or any values of which one
    means normal; rows without one are left out where others have one. In a column `part`, the
    words `calibration` and `test` tell which rows serve for what; other parts are left out.

    Parameters
    ----------
    source : a path or an open file
    score, label, sample_id : names of columns
    choose : one detector of a score table of this project, see `one_detector`
    normal : the value of the label that means normal
    lower_is_anomalous : whether lower scores mean more anomalous; they are negated then
    ranges : a second file, which has the labels
    time : the name of the column of times; for ranges, by default the one that is called so
    group : the name of the column that tells machines, people or recordings apart

    Raises
    ------
    DataError
        With one sentence, for a file or a column that cannot be used, more than 5 million rows or
        200 MB, and a score table with more than one detector, unless one is chosen.

    Examples
    --------
    >>> import io
    >>> from wganad_core.data.own.scores import read_scores
    >>> found = read_scores(io.BytesIO(b"score,label\\n0.5,0\\n2.5,1\\n"))
    >>> found.scored.score.tolist(), found.scored.label.tolist()
    ([0.5, 2.5], [0, 1])
    """
    file = own_file(source)
    with named(file):
        columns = {"score": score, "label": label, "id": sample_id, "subject": group}
        table = score_table(file)
        clock = column_of(table.names, time) if time else clock_of(table) if ranges else None
        ranged = None
        if ranges is not None:
            if label:
                raise DataError(
                    f"The label is either a column or the ranges of {ranges.file.name}; choose one."
                )
            by = column_for(table, "subject", group)
            by = groups(table, {}) if by is None else by
            ranged = table_labels(table, file.name, ranges, clock, by)
        found = _own_scores(file.name, table, columns, choose, normal, lower_is_anomalous, ranged)
        return found if clock is None else _timed(found, table, clock)


def _timed(found: OwnScores, table: OwnRows, clock: int) -> OwnScores:
    """The scores with their times, and which column told them."""
    name = table.names[clock]
    texts = words_of(table.texts(clock), name, table.place)
    seconds, remark = seconds_of(pd.Series(texts, dtype=str), name)
    told = f"Column {name!r} tells the time.", *filter(None, [remark])
    remarks = tuple(dict.fromkeys((*found.remarks, *told)))
    return dataclasses.replace(found, seconds=seconds[found.row - 1], remarks=remarks)


def score_table(file: OwnFile) -> OwnRows:
    """A table with names, or a list of numbers. Raises `DataError` for what is neither, and for
    more rows or bytes than can be read."""
    if not file.is_folder and file.size > MAX_SCORES_BYTES:
        raise DataError(
            f"Expected at most {MAX_SCORES_BYTES // 10**6} MB, found more; keep fewer rows."
        )
    table = open_rows(file)
    if table.about > MAX_ROWS:
        raise DataError(f"Expected at most {MAX_ROWS:,} rows, found more; keep fewer.")
    if not table.named and len(table.names) > 1:
        raise DataError(
            "Expected a first line that names the columns; found "
            f"{','.join(table.head[0])[:40]!r}. Decimal commas need semicolons or tabs between "
            "columns."
        )
    return table


def _columns(
    table: OwnRows, wanted: Mapping[str, str | None], ranged: bool, remarks: list[str]
) -> tuple[dict[str, int | None], int]:
    """Which column plays which role, and that of the score; `ranged`: labels are elsewhere."""
    columns = {role: column_for(table, role, wanted.get(role)) for role in NAMES}
    if ranged:
        columns["label"] = None
    if columns["subject"] is None and (at := groups(table, columns)) is not None:
        columns["subject"] = at
        remarks.append(f"Column {table.names[at]!r} tells groups apart.")
    refuse_two_roles(table, columns)
    if (score := columns["score"]) is None:
        score = score_column(table, {c for c in columns.values() if c is not None}, remarks)
    return {**columns, "score": score}, score


def _own_scores(
    name: str,
    table: OwnRows,
    wanted: Mapping[str, str | None],
    choose: Mapping[str, str] | None,
    normal: str | None,
    lower: bool,
    ranged: tuple[NDArray[np.int64], str] | None,
) -> OwnScores:
    remarks = [] if ranged is None else [ranged[1]]
    columns, at = _columns(table, wanted, ranged is not None, remarks)
    every = table.numbers(at)
    chosen, origin = one_detector(table, choose, remarks)
    rows = scored_rows(every, np.arange(len(every))[chosen], table, remarks)
    score, row = every[rows], rows + 1
    if n := int(np.isinf(score).sum()):
        remarks.append(f"{n:,} score{'s are' if n > 1 else ' is'} infinite; only the order counts.")

    def cells(role: str, read: Any, *more: Any) -> Any:
        at = columns[role]
        return (
            at if at is None else read(table.texts(at), table.names[at], table.place, *more)[rows]
        )

    words = (cells(role, words_of) for role in ("id", "class", "subject"))
    words = (None if each is None or not (each != "").any() else each for each in words)
    label = (
        ranged[0][rows]
        if ranged
        else labels_of_rows(table, columns["label"], rows, normal, remarks)
    )
    whole = Scored(-score if lower else score, label, *words)
    parts = None if columns["part"] is None else parts_of(table, columns["part"], remarks)
    if label is not None and (unknown := label == UNLABELLED).any():
        remarks.append(f"{int(unknown.sum()):,} rows without a label are left out.")
        whole, row, rows = whole.take(~unknown), row[~unknown], rows[~unknown]
    if parts is None:
        columns["part"] = None
        scored, calibration = whole, None
    else:
        test, calibration = parted(whole, parts[rows], remarks)
        scored, row = whole.take(test), row[test]
    remarks += about_order(scored, lower)
    used = {role: table.names[at] for role, at in columns.items() if at is not None}
    used = used if table.named else {}
    told = (*table.remarks, *remarks)
    why = next((at for at, column in enumerate(table.names) if column == WHY), None)
    reasons = None if why is None else words_of(table.texts(why), WHY, table.place)[row - 1]
    return OwnScores(name, scored, row, calibration, used, told, origin, lower, reasons)
