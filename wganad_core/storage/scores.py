"""Score tables: parquet files, which other tools read too."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import PARTS, ScoreTable
from wganad_core.storage.containers import SCHEMA, check_schema
from wganad_core.storage.files import StorageError, read_bytes, write_atomically

SCORES = "scores"

# A score table's columns in a file: names and Arrow types; whatever is not listed is text.
SCORE_COLUMNS = tuple(field.name.rstrip("_") for field in dataclasses.fields(ScoreTable))
SCORE_NUMBERS = {"seed": "int64", "label": "int8", "score": "float"}
# What a table may cost; ours have 300,000 rows. NumPy keeps every text as wide as the longest.
MOST_ROWS, MOST_BYTES, MOST_TEXT = 10_000_000, 1 << 29, 1 << 30


def save_scores(table: ScoreTable, path: Path) -> None:
    """Write a score table as parquet, atomically. Raises `StorageError` for what `load_scores`
    would refuse. Rows of one detector after the other, samples in one order, make a small file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if wrong := _wrong_scores(table):
        raise StorageError(f"{path} was not written: {wrong}.")
    columns = {}
    for name, field in zip(SCORE_COLUMNS, dataclasses.fields(ScoreTable), strict=True):
        values = getattr(table, field.name)
        if name in SCORE_NUMBERS:
            columns[name] = pa.array(values, SCORE_NUMBERS[name])
        else:
            columns[name] = pa.array(values, pa.string()).dictionary_encode()
    meta = {"wganad": SCORES, "schema": str(SCHEMA)}
    buffer = io.BytesIO()
    pq.write_table(
        pa.table(columns, metadata=meta),
        buffer,
        compression="brotli",  # 3 to 6% below zstd's best here
        compression_level=11,
        use_dictionary=[name for name in SCORE_COLUMNS if name != "score"],
        column_encoding={"score": "BYTE_STREAM_SPLIT"},
        # In one page, the repeated order of the samples is compressed away: a quarter of the file.
        max_rows_per_page=len(table) + 1,
        data_page_size=1 << 30,
        write_statistics=False,
        write_page_checksum=True,
    )
    write_atomically(path, buffer.getvalue())


def load_scores(path: Path) -> ScoreTable:
    """Read what `save_scores` wrote. Raises `StorageError` for anything else, with one sentence."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = read_bytes(path)
    try:
        file = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True)
        _check_score_file(file.schema_arrow, str(path))
        _check_cost(file.metadata)
        found = file.read(use_threads=False)
        if len(found) != file.metadata.num_rows:
            raise ValueError(f"{len(found)} of {file.metadata.num_rows} rows")
        table = ScoreTable(*(_column(found[name], name) for name in SCORE_COLUMNS))
    except StorageError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, IndexError, KeyError) as error:
        reason = (str(error).splitlines() or ["unreadable"])[0].rstrip(".")
        raise StorageError(
            f"{path} is damaged or not a parquet file ({reason}); restore it from where it came "
            "from."
        ) from error
    if wrong := _wrong_scores(table):
        raise StorageError(f"{path} is no usable score table: {wrong}.")
    return table


def _check_score_file(schema: Any, source: str) -> None:
    """Refuse an Arrow schema other than the one of `save_scores`."""
    meta = schema.metadata or {}
    if meta.get(b"wganad") != SCORES.encode():
        raise StorageError(
            f"{source} holds no score table of this project; choose a file that it wrote."
        )
    check_schema(meta.get(b"schema", b"").decode(errors="replace"), source)
    text = "dictionary<values=string, indices=int32, ordered=0>"
    expected = {name: SCORE_NUMBERS.get(name, text) for name in SCORE_COLUMNS}
    found = {name: str(kind) for name, kind in zip(schema.names, schema.types, strict=True)}
    for name in expected | found:
        if expected.get(name) != found.get(name):
            raise StorageError(
                f"{source}: expected the column {name} to be {expected.get(name, 'absent')}; "
                f"found {found.get(name, 'none')}. Choose a file that this project wrote."
            )


def _check_cost(told: Any) -> None:
    """Refuse what a small file unpacks to before it is unpacked. Raises `ValueError`."""
    # Not the sizes of columns: of a damaged footer, Arrow ends the process at their words.
    unpacked = sum(told.row_group(i).total_byte_size for i in range(told.num_row_groups))
    if told.num_rows > MOST_ROWS or unpacked > MOST_BYTES:
        raise ValueError(
            f"expected at most {MOST_ROWS:,} rows and {MOST_BYTES >> 20} MB, unpacked; found "
            f"{told.num_rows:,} and {unpacked >> 20}"
        )


def _column(column: Any, name: str) -> NDArray[Any]:
    """A column of an Arrow table as NumPy, whole numbers as int64; nulls raise `ValueError`."""
    if column.null_count:
        raise ValueError(f"{column.null_count} values of {name} are missing")
    if name in SCORE_NUMBERS:
        values: NDArray[Any] = column.to_numpy()
        return values if name == "score" else values.astype(np.int64)
    one = column.unify_dictionaries().combine_chunks()
    if not len(one):
        return np.empty(0, np.str_)
    index: NDArray[np.int32] = one.indices.to_numpy()
    texts = one.dictionary.to_pylist()
    width = 4 * max(map(len, texts), default=0)
    if width * max(len(texts), len(index)) > MOST_TEXT:
        raise ValueError(f"{len(index):,} values of {name} have up to {width // 4:,} letters")
    return np.asarray(texts, np.str_)[index]


def _wrong_scores(table: ScoreTable) -> str | None:
    """What makes a table unusable, or nothing."""
    if unknown := set(np.unique(table.part).tolist()) - set(PARTS):
        return f"expected the parts {', '.join(PARTS)}; found {min(unknown)!r}"
    if unlabelled := set(np.unique(table.label).tolist()) - {0, 1}:
        return f"expected the labels 0 and 1; found {min(unlabelled)}"
    if n := int(np.isnan(table.score).sum()):
        return f"expected scores that are numbers; found {n} NaN"
    return None
