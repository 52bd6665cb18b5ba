"""Scored rows as CSV or parquet, chunk by chunk; a file appears when it is whole."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUFFIXES = (".csv", ".parquet")


@dataclasses.dataclass(frozen=True)
class ScoredRows:
    """Rows of a file in its order, (n,) each, `row` from 1. A row that could not be scored, as a
    feature is missing, is not in `scored` and has no score and no flag."""

    row: NDArray[np.int64]
    score: NDArray[np.float64]
    flagged: NDArray[np.bool_]
    scored: NDArray[np.bool_]
    sample_id: NDArray[np.str_] | None = None
    label: NDArray[np.int64] | None = None


class ScoreWriter:
    """`with ScoreWriter(path) as writer: writer.write(rows)`, as often as there are rows.

    Rows go to a temporary file beside `path`, which takes its place at the end. An exception,
    Ctrl-C among them, removes it, and what was at `path` stays. Raises `StorageError` with one
    sentence when writing fails.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stack = contextlib.ExitStack()
        self._file: IO[bytes] | None = None
        self._rows: Any = None  # Arrow's writer, once the columns are known

    def __enter__(self) -> ScoreWriter:
        from wganad_core.storage import written_atomically

        self._file = self._stack.enter_context(written_atomically(self.path))
        self._stack.push(self._end)
        return self

    def write(self, rows: ScoredRows) -> None:
        """Append rows; the first ones decide which columns there are."""
        table = _table(rows)
        with self._failing_in_words():
            if self._rows is None:
                self._rows = self._writer(table.schema)
            self._rows.write_table(table)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def _end(self, kind: type[BaseException] | None, *_: object) -> None:
        """Write what Arrow still holds; of a file that is not kept, as far as that goes."""
        if self._rows is not None:
            with contextlib.suppress(OSError) if kind else self._failing_in_words():
                self._rows.close()

    def _writer(self, schema: Any) -> Any:
        import pyarrow.csv
        import pyarrow.parquet

        if self.path.suffix.lower() == ".parquet":
            return pyarrow.parquet.ParquetWriter(self._file, schema, compression="zstd")
        return pyarrow.csv.CSVWriter(
            self._file, schema, write_options=pyarrow.csv.WriteOptions(quoting_style="needed")
        )

    def _failing_in_words(self) -> contextlib.AbstractContextManager[None]:
        from wganad_core.storage import failing_in_words

        return failing_in_words(self.path)


def _table(rows: ScoredRows) -> Any:
    import pyarrow as pa

    columns = {"row": pa.array(rows.row, pa.int64())}
    if rows.sample_id is not None:
        columns["id"] = pa.array(rows.sample_id, pa.string(), mask=rows.sample_id == "")
    if rows.label is not None:
        columns["label"] = pa.array(rows.label, pa.int8())
    columns["score"] = pa.array(rows.score, pa.float64(), mask=~rows.scored)
    columns["flagged"] = pa.array(rows.flagged, pa.bool_(), mask=~rows.scored)
    return pa.table(columns)
