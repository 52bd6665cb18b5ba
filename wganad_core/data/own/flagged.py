"""What a threshold flags, as a file: the page and the shell write the same bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from wganad_core import outside
from wganad_core.data.own.record import OwnSamples
from wganad_core.records import Scored


def flagged_csv(
    scored: Scored,
    row: NDArray[np.int64],
    threshold: float | NDArray[np.float64],
    *,
    negated: bool = False,
) -> bytes:
    """The flagged samples, the highest score first and of equal scores the one that comes first.

    `threshold`: one, or one for each sample. `row` (n,): the samples' numbers in their file, from
    1, without a header. `negated`: whether the file's own scores, which are written, are minus
    these.
    """
    order = np.flatnonzero(scored.score > threshold)
    order = order[np.argsort(-scored.score[order], kind="stable")]
    columns = {
        "row": row,
        "id": scored.sample_id,
        "class": scored.class_,
        "subject": scored.subject,
        "label": scored.label,
        "score": -scored.score if negated else scored.score,
    }
    there = {name: _cells(values[order]) for name, values in columns.items() if values is not None}
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(there)
    writer.writerows(zip(*there.values(), strict=True))
    return text.getvalue().encode()


def scored_csv(
    samples: OwnSamples,
    at: NDArray[np.int64],
    score: NDArray[np.float64],
    threshold: float,
) -> bytes:
    """Rows as they were read, with their score and flag, the highest score first.

    `at` (k,): where the scored rows stand in `samples`. Names that the file has keep theirs, and
    what is added gets another one.
    """
    order = np.argsort(-score, kind="stable")
    some = samples.take(at[order])
    given = {"id": some.sample_id, some.time_name or "time": some.time, "group": some.group}
    label = None if some.label is None else np.where(some.label < 0, "", some.label.astype(str))
    columns = {"row": some.row, **given, "label": label}
    front = pd.DataFrame({name: v for name, v in columns.items() if v is not None})
    front["score"], front["flagged"] = score[order], score[order] > threshold
    table = some.table()
    front.columns = [unused(name, table.columns) for name in front.columns]
    whole = pd.concat([front, table.reset_index(drop=True)], axis=1)
    for name in whole.select_dtypes(exclude=["number", "bool"]):
        whole[name] = outside.cells(whole[name].astype(object).fillna("").tolist())
    text: str = whole.to_csv(index=False)
    return text.encode()


def unused(name: str, taken: Iterable[str]) -> str:
    """A column's name that the file's own do not have."""
    there = set(taken)
    while name in there:
        name += " "
    return name


def _cells(values: NDArray[Any]) -> list[Any]:
    """Numbers, or texts that no spreadsheet runs."""
    found: list[Any] = (values if values.dtype.kind in "iufb" else outside.cells(values)).tolist()
    return found
