"""Score tables on disk: the same again, or refused in a sentence; small and quick."""

from __future__ import annotations

import contextlib
import dataclasses
import re
import time
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from wganad_core import storage
from wganad_core.records import PARTS, ScoreTable
from wganad_core.storage import StorageError

NAMES = [
    "use_case",
    "model",
    "detector",
    "abnormal",
    "protocol",
    "seed",
    "part",
    "sample_id",
    "subject",
    "class",
    "label",
    "score",
]


def table(score: list[float], **columns: Any) -> ScoreTable:
    """A table of test rows of one detector on digit 4, whatever `columns` do not say otherwise."""
    n = len(score)
    same = {
        "use_case": "mnist",
        "model": "wgan-gp",
        "detector": "ours",
        "abnormal": "4",
        "protocol": "80/20",
        "part": "test",
        "subject": "",
        "class_": "4",
    }
    values: dict[str, Any] = {name: np.full(n, value) for name, value in same.items()}
    values |= {"seed": np.zeros(n, np.int64), "label": np.zeros(n, np.int64)}
    values |= {"sample_id": np.array([f"{i:016x}" for i in range(n)], np.str_)}
    values |= {"score": np.array(score, np.float32)}
    values |= {name: np.asarray(column) for name, column in columns.items()}
    return ScoreTable(**values)


def assert_same(found: ScoreTable, expected: ScoreTable) -> None:
    for field in dataclasses.fields(ScoreTable):
        one, other = getattr(found, field.name), getattr(expected, field.name)
        assert one.dtype.kind == other.dtype.kind, field.name
        np.testing.assert_array_equal(one, other, err_msg=field.name)


SMALL = table(
    [0.5, -3e38, np.inf], part=["fit", "calibration", "test"], label=[0, 0, 1], seed=[0, 7, 2**40]
)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
ROWS = st.lists(
    st.tuples(
        TEXT,
        TEXT,
        st.integers(0, 2**62),
        st.sampled_from(PARTS),
        st.integers(0, 1),
        st.floats(width=32, allow_nan=False),
    ),
    max_size=8,
)


@settings(max_examples=50)
@given(rows=ROWS)
def test_whatever_is_saved_comes_back(rows: list[tuple], tmp_path_factory):
    path = tmp_path_factory.mktemp("scores") / "new folder" / "4.parquet"
    detector, subject, seed, part, label, score = zip(*rows, strict=True) if rows else ([],) * 6
    expected = table(
        list(score),
        detector=np.array(detector, np.str_),
        subject=np.array(subject, np.str_),
        seed=np.array(seed, np.int64),
        part=np.array(part, np.str_),
        label=np.array(label, np.int64),
    )
    storage.save_scores(expected, path)
    assert_same(storage.load_scores(path), expected)
    assert list(path.parent.iterdir()) == [path]


def test_the_types_are_those_of_the_record(tmp_path):
    storage.save_scores(SMALL, tmp_path / "x")
    found = storage.load_scores(tmp_path / "x")
    assert found.seed.dtype == found.label.dtype == np.int64
    assert found.score.dtype == np.float32


def test_other_tools_read_the_columns_by_their_names(tmp_path):
    storage.save_scores(SMALL, tmp_path / "x")
    foreign = pq.read_table(tmp_path / "x").to_pydict()
    assert list(foreign) == NAMES
    assert foreign["class"] == ["4", "4", "4"]
    assert foreign["part"] == ["fit", "calibration", "test"]
    assert foreign["score"] == [0.5, pytest.approx(-3e38), np.inf]


def test_a_digit_of_eleven_detectors_is_small_and_quick(tmp_path):
    rng, n = np.random.default_rng(0), 22_000
    ids = np.array([rng.bytes(8).hex() for _ in range(n)])
    part = np.where(np.arange(n) < 2_500, "calibration", "test")
    tables = [
        table(
            rng.gamma(3, size=n).tolist(),
            detector=np.full(n, f"detector-{i}"),
            sample_id=ids,
            part=part,
        )
        for i in range(11)
    ]
    path = tmp_path / "4.parquet"
    storage.save_scores(ScoreTable.stack(tables), path)
    assert path.stat().st_size < 1_300_000
    start = time.process_time()
    found = storage.load_scores(path)
    assert time.process_time() - start < 0.5  # 0.08 s on an idle machine
    assert_same(found, ScoreTable.stack(tables))


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (
            {"score": np.array([np.nan, 1], np.float32)},
            "expected scores that are numbers; found 1 NaN",
        ),
        ({"label": [0, 2]}, "expected the labels 0 and 1; found 2"),
        (
            {"part": ["test", "train"]},
            "expected the parts fit, validation, calibration, test; found 'train'",
        ),
    ],
)
def test_an_unusable_table_is_neither_written_nor_read(wrong, sentence, tmp_path, monkeypatch):
    path = tmp_path / "x"
    bad = dataclasses.replace(table([0, 1]), **{k: np.asarray(v) for k, v in wrong.items()})
    with pytest.raises(StorageError, match=rf"was not written: {re.escape(sentence)}\.$"):
        storage.save_scores(bad, path)
    assert not path.exists()
    with monkeypatch.context() as patch:
        patch.setattr(storage.scores, "_wrong_scores", lambda _: None)
        storage.save_scores(bad, path)
    with pytest.raises(StorageError, match=rf"no usable score table: {re.escape(sentence)}\.$"):
        storage.load_scores(path)


def rewritten(path: Path, change: Any) -> None:
    """Change a written file's Arrow table."""
    storage.save_scores(SMALL, path)
    pq.write_table(change(pq.read_table(path)), path)


def replaced(name: str, values: Any) -> Any:
    return lambda arrow: arrow.set_column(NAMES.index(name), name, values)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda arrow: arrow.replace_schema_metadata(None), "holds no score table"),
        (
            lambda arrow: arrow.replace_schema_metadata({"wganad": "scores", "schema": "2"}),
            "has schema 2; this version reads up to 1",
        ),
        (
            lambda arrow: arrow.replace_schema_metadata({"wganad": "scores"}),
            "has schema none; this version reads up to 1",
        ),
        (lambda arrow: arrow.drop_columns("seed"), "column seed to be int64; found none"),
        (
            lambda arrow: arrow.append_column("extra", pa.array([1, 2, 3])),
            "column extra to be absent; found int64",
        ),
        (
            replaced("score", pa.array([1.0, 2.0, 3.0], pa.float64())),
            "column score to be float; found double",
        ),
        (replaced("detector", pa.array([1, 2, 3])), "column detector to be dictionary<values=str"),
        (
            replaced("score", pa.array([1.0, None, 3.0], pa.float32())),
            "1 values of score are missing",
        ),
        (
            replaced("part", pa.array(["fit", None, "test"]).dictionary_encode()),
            "1 values of part are missing",
        ),
    ],
)
def test_another_table_is_refused(change, sentence: str, tmp_path):
    path = tmp_path / "4.parquet"
    rewritten(path, change)
    with pytest.raises(StorageError, match=re.escape(sentence)) as refused:
        storage.load_scores(path)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)


def test_no_file_and_no_parquet_are_refused(tmp_path):
    with pytest.raises(StorageError, match="cannot be read: No such file"):
        storage.load_scores(tmp_path / "none")
    storage.save(tmp_path / "run", "run", {"x": np.zeros(3)}, {})
    (tmp_path / "empty").touch()
    for name in ("run", "empty"):
        with pytest.raises(StorageError, match=r"is damaged or not a parquet file \(.*\); restore"):
            storage.load_scores(tmp_path / name)


def test_a_damaged_file_is_refused_or_harmless(tmp_path):
    path = tmp_path / "4.parquet"
    storage.save_scores(SMALL, path)
    data = path.read_bytes()
    rng = np.random.default_rng(0)
    for length in rng.integers(0, len(data), 50):
        path.write_bytes(data[:length])
        with pytest.raises(StorageError):
            storage.load_scores(path)
    for at in rng.integers(0, len(data), 300):
        path.write_bytes(data[:at] + bytes([data[at] ^ (1 << rng.integers(8))]) + data[at + 1 :])
        with contextlib.suppress(StorageError):
            assert_same(storage.load_scores(path), SMALL)
