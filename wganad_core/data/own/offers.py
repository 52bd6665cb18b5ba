"""What there is to choose from in a file of scores, before it is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from wganad_core.data.own.detectors import detectors_of
from wganad_core.data.own.file import named, own_file
from wganad_core.data.own.labels import MAX_KINDS
from wganad_core.data.own.rows import OwnRows
from wganad_core.data.own.score_columns import column_for
from wganad_core.data.own.scores import score_table


@dataclasses.dataclass(frozen=True)
class Offered:
    """What can be asked of `read_scores` of a file: `columns`, by name, those that hold `numbers`,
    the `detectors` of a score table of this project, with what to `choose` for each, and the values
    of the label, the most frequent first, of which one means normal; none without a column of
    labels, and of one that has too many to choose from."""

    columns: tuple[str, ...]
    detectors: tuple[Mapping[str, str], ...]
    numbers: tuple[str, ...] = ()
    label_values: tuple[str, ...] = ()


def offered(source: Path | IO[bytes], label: str | None = None) -> Offered:
    """What there is to choose from in a file of scores. `label`: the column of labels, by default
    the one that is called so.

    Raises `DataError` with one sentence for a file that is no table, and for a column that is not
    there.

    Examples
    --------
    >>> import io
    >>> from wganad_core.data.own.offers import offered
    >>> offered(io.BytesIO(b"score,label\\n1,good\\n2,good\\n9,scratch\\n")).label_values
    ('good', 'scratch')
    """
    file = own_file(source)
    with named(file):
        table = score_table(file)
        names = table.names if table.named else ()
        numbers = [n for n, kind in zip(names, table.kinds, strict=False) if n and kind == "number"]
        values = _label_values(table, label)
        return Offered(tuple(filter(None, names)), detectors_of(table), tuple(numbers), values)


def _label_values(table: OwnRows, label: str | None) -> tuple[str, ...]:
    at = column_for(table, "label", label)
    if at is None:
        return ()
    values, code = table.texts(at)
    n = np.bincount(code, minlength=len(values))
    found = [values[i] for i in np.argsort(-n, kind="stable") if values[i] and n[i]]
    return tuple(found) if len(found) <= MAX_KINDS else ()
