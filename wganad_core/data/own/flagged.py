"""What a threshold flags, as a file: the page and the shell write the same bytes."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import outside
from wganad_core.records import Scored


def flagged_csv(
    scored: Scored, row: NDArray[np.int64], threshold: float, *, negated: bool = False
) -> bytes:
    """The flagged samples, the highest score first and of equal scores the one that comes first.

    `row` (n,): the samples' numbers in their file, from 1, without a header. `negated`: whether the
    file's own scores, which are written, are minus these.
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


def _cells(values: NDArray[Any]) -> list[Any]:
    """Numbers, or texts that no spreadsheet runs."""
    found: list[Any] = (values if values.dtype.kind in "iufb" else outside.cells(values)).tolist()
    return found
