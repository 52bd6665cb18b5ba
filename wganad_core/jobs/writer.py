"""Scored rows as CSV or parquet, chunk by chunk; a file appears when it is whole."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUFFIXES = (".csv", ".parquet")


@dataclasses.dataclass(frozen=True)
class ScoredRows:
    """Rows of a file in its order, (n,) each, `row` from 1. A row that could not be scored, as
    it lacks what the detector needs, is not in `scored` and has no score and no flag. A `label` of
    −1 is none; `class_` is the kind of anomaly, where labels tell kinds, and `why` the column that
    a flagged row hangs on."""

    row: NDArray[np.int64]
    score: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    scored: NDArray[np.bool_]
    sample_id: NDArray[np.str_] | None = None
    label: NDArray[np.int64] | None = None
    class_: NDArray[np.str_] | None = None
    why: NDArray[np.object_] | None = None


@contextlib.contextmanager
def writing(path: Path) -> Iterator[Callable[[ScoredRows], None]]:
    """`with writing(path) as write: write(rows)`, as often as there are rows; the first ones decide
    which columns there are.

    Rows go to a temporary file beside `path`, which takes its place at the end. An exception,
    Ctrl-C among them, removes it, and what was at `path` stays. Raises `StorageError` with one
    sentence when writing fails.
    """
    from wganad_core.storage import failing_in_words, written_atomically

    made: list[Any] = []  # Arrow's writer, once the columns are known

    def write(rows: ScoredRows) -> None:
        table = _table(rows, path.suffix.lower() == ".csv")
        with failing_in_words(path):
            if not made:
                made.append(_writer(path, file, table.schema))
            made[0].write_table(table)

    with written_atomically(path) as file:
        try:
            yield write
        except BaseException:
            with contextlib.suppress(OSError):  # of a file that is not kept
                _close(made)
            raise
        with failing_in_words(path):
            _close(made)


def _close(made: list[Any]) -> None:
    """Write what Arrow still holds."""
    for writer in made:
        writer.close()


def _writer(path: Path, file: Any, schema: Any) -> Any:
    import pyarrow.csv
    import pyarrow.parquet

    if path.suffix.lower() == ".parquet":
        return pyarrow.parquet.ParquetWriter(file, schema, compression="zstd")
    return pyarrow.csv.CSVWriter(
        file, schema, write_options=pyarrow.csv.WriteOptions(quoting_style="needed")
    )


def _table(rows: ScoredRows, as_csv: bool) -> Any:
    import pyarrow as pa

    from wganad_core import outside

    columns = {"row": pa.array(rows.row, pa.int64())}
    if rows.sample_id is not None:
        ids = pa.array(rows.sample_id, pa.string(), mask=rows.sample_id == "")
        columns["id"] = outside.cells(ids) if as_csv else ids
    if rows.label is not None:
        columns["label"] = pa.array(rows.label, pa.int8(), mask=rows.label < 0)
    if rows.class_ is not None:
        columns["class"] = pa.array(rows.class_, pa.string(), mask=rows.class_ == "")
    columns["score"] = pa.array(rows.score, pa.float64(), mask=~rows.scored)
    columns["flagged"] = pa.array(rows.flagged, pa.bool_(), mask=~rows.scored)
    if rows.why is not None:
        reasons = pa.array(rows.why, pa.string(), mask=rows.why == "")
        columns["why"] = outside.cells(reasons) if as_csv else reasons
    return pa.table(columns)
