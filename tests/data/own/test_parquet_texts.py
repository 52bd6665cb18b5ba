"""Texts of parquet files: as codes, however they are stored, and never written out for each row."""

import io
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wganad_core.data import DataError
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import read_samples
from wganad_core.data.own.scores import read_scores

N = 3_000
WORDS = [None if i % 7 == 0 else f" name {i % 50} " if i % 11 else "" for i in range(N)]
PLAIN = [(word or "").strip() for word in WORDS]
NUMBERS = {"heat": np.arange(N) * 1.5, "flow": np.sqrt(np.arange(N))}


def parquet(columns: dict, **how) -> bytes:
    kept = io.BytesIO()
    pq.write_table(pa.table(columns), kept, **how)
    return kept.getvalue()


@pytest.mark.parametrize("encoding", [None, "PLAIN", "DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"])
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_texts_are_the_same_however_they_are_stored(encoding: str | None, kind: pa.DataType):
    texts = {"who": pa.array(WORDS, kind), "a.b": pa.array(WORDS, kind)}
    encodings = None if encoding is None else dict.fromkeys(texts, encoding)
    data = parquet(
        NUMBERS | texts,
        use_dictionary=encoding is None,
        column_encoding=encodings,
        row_group_size=1_300,
    )
    check(data)


@pytest.mark.parametrize("indices", [pa.int8(), pa.uint16(), pa.int64()], ids=str)
def test_categories_of_pandas(indices: pa.DataType):
    texts = pa.array(WORDS).dictionary_encode().cast(pa.dictionary(indices, pa.large_string()))
    check(parquet(NUMBERS | {"who": texts, "a.b": texts}, row_group_size=1_300))


def check(data: bytes) -> None:
    found = read_samples(data, "x", features=list(NUMBERS), sample_id="who", group="a.b")
    assert found.sample_id is not None
    assert found.group is not None
    assert found.sample_id.tolist() == found.group.tolist() == PLAIN
    column = look(data, "x").columns[2]
    assert (column.n_missing, column.distinct) == (PLAIN.count(""), 50)


@contextmanager
def peak() -> Iterator[list[int]]:
    """Bytes that Arrow and Python took at most."""
    pool, found = pa.proxy_memory_pool(pa.default_memory_pool()), [0]
    before = pa.default_memory_pool()
    pa.set_memory_pool(pool)
    tracemalloc.start()
    try:
        yield found
    finally:
        found[0] = pool.max_memory() + tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        pa.set_memory_pool(before)


@pytest.mark.parametrize("categories", [True, False])
def test_a_few_kilobytes_of_long_texts_take_megabytes(categories: bool):
    code = pa.array(np.arange(60_000) % 2, pa.int32())
    texts = pa.DictionaryArray.from_arrays(code, pa.array(["x" * 20_000, "y" * 20_000]))
    columns = {"score": np.arange(60_000) % 3 * 1.0, "id": texts, "class": texts, "note": texts}
    data = parquet(columns, compression="zstd", store_schema=categories)
    assert len(data) < 50_000
    with peak() as found:
        seen = look(data, "x")
        for read in (read_samples, lambda source: read_scores(io.BytesIO(source))):
            with pytest.raises(DataError, match=r"holds 20,000 characters in row 1; expected"):
                read(data)
    assert [column.distinct for column in seen.columns] == [3, 2, 2, 2]
    assert found[0] < 60_000_000  # written out, one column takes 1.2 GB


def test_categories_that_no_row_has_are_none():
    kinds = pa.DictionaryArray.from_arrays(
        pa.array([0, 1] * 10, pa.int8()), pa.array(["0", "1", *map(str, range(2, 90))])
    )
    data = parquet({"heat": np.sqrt(np.arange(20.0)), "label": kinds})
    assert set(look(data, "x").labels) == {("0", 10, "normal"), ("1", 10, "anomaly")}
    found = read_samples(data, "x")
    assert found.label is not None
    assert found.label.tolist() == [0, 1] * 10
