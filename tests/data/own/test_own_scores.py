"""Scores of one's own: what is read from CSV and parquet, and what is refused in a sentence."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from tests.test_scores import table
from wganad_core import storage
from wganad_core.data import DataError
from wganad_core.data.missing import BLANK
from wganad_core.data.own import scores as own_scores
from wganad_core.data.own.offers import Offered, offered
from wganad_core.data.own.scores import OwnScores, read_scores
from wganad_core.records import ScoreTable

INF = np.inf


def read(content: bytes | str, **columns: Any) -> OwnScores:
    return read_scores(
        io.BytesIO(content.encode() if isinstance(content, str) else content), **columns
    )


def parquet(**columns: Any) -> bytes:
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_parquet(buffer, index=False)
    return buffer.getvalue()


# ---------------------------------------------------------------- what is read

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
SCORES = st.floats(allow_nan=False)
ROWS = st.lists(st.tuples(SCORES, st.booleans(), WORDS), min_size=1, max_size=30)


@settings(max_examples=150, deadline=None)
@given(rows=ROWS, mark=st.sampled_from(",;\t"), form=st.sampled_from(["csv", "parquet"]))
def test_whatever_is_written_comes_back(rows: list[tuple], mark: str, form: str):
    score, label, words = (list(column) for column in zip(*rows, strict=True))
    frame = pd.DataFrame({"ID": words, "label": label, "Score": score})
    buffer = io.BytesIO()
    if form == "csv":
        # pandas quotes no lone carriage return unless all text is quoted
        frame.to_csv(buffer, index=False, sep=mark, quoting=csv.QUOTE_NONNUMERIC)
    else:
        frame.to_parquet(buffer, index=False)
    found = read(buffer.getvalue())
    np.testing.assert_array_equal(found.scored.score, score)
    np.testing.assert_array_equal(found.scored.label, np.array(label, int))
    plain = ["" if word.strip() in BLANK else word.strip() for word in words]
    if any(plain):
        assert found.scored.sample_id is not None
        assert found.scored.sample_id.tolist() == plain
    else:
        assert found.scored.sample_id is None
    assert found.row.tolist() == list(range(1, len(rows) + 1))
    assert found.columns == {"score": "Score", "label": "label", "id": "ID"}


@pytest.mark.parametrize(
    ("content", "score"),
    [
        ("1\n2.5\n-3e-2", [1, 2.5, -0.03]),
        ("0.5\r\n\r\n0.7\r\n", [0.5, 0.7]),
        ("score\r1\r2\r", [1, 2]),
        ("# made by hand\n\n score \n1\n\n2\n\n\n", [1, 2]),
        ("\ufeffscore,label\n1,0\n2,1\n", [1, 2]),
        ("score;x\n0,5;a\n0,75;b\n", [0.5, 0.75]),
        ("score\n0,5\n0,75\n", [0.5, 0.75]),
        ('"anomaly_score","name"\n"1.5","a,b"\n2,"c ""d"""\n', [1.5, 2]),
        ("score,label,\n1,0,\n2,1,\n", [1, 2]),
        (" SCORES , y \n 1.5 , 0 \n +2 , 1 \n", [1.5, 2]),
        ("score\ninf\n-Infinity\n1e400\n", [INF, -INF, INF]),
        ("id,value,label\n7,1.5,0\n8,2,1\n", [1.5, 2]),
        (",score\n0,1\n1,2\n", [1, 2]),
        ("text\tvalue\na\t1\nb\t2\n", [1, 2]),
        ("note,score,x\nhi,1,2\nho,2,3\n", [1, 2]),
    ],
)
def test_forms_of_csv(content: str, score: list[float]):
    assert read(content).scored.score.tolist() == score


@pytest.mark.parametrize(
    "values",
    [
        [0, 1, 1],
        ["0.0", "1.0", 1],
        ["normal", "Anomaly", " anomaly "],
        [False, True, True],
        ["FALSE", "true", "True"],
        [0.0, 1.0, 1.0],
    ],
)
@pytest.mark.parametrize("name", ["label", "Labels", "Y", "is_anomaly", "target", "anomaly"])
def test_labels(name: str, values: list):
    rows = "\n".join(f"1,{value}" for value in values)
    assert read(f"score,{name}\n{rows}\n").scored.label.tolist() == [0, 1, 1]  # type: ignore[union-attr]
    if len({type(v) for v in values}) == 1:
        found = read(parquet(score=[1, 2, 3], **{name: values}))
        assert found.scored.label.tolist() == [0, 1, 1]  # type: ignore[union-attr]


def test_other_columns():
    found = read("Index,score,Category,person,extra\n7,1,walk,p1,x\n8,2,,p2,y\n")
    assert found.columns == {
        "score": "score",
        "id": "Index",
        "class": "Category",
        "subject": "person",
    }
    scored = found.scored
    assert scored.label is None
    for column, values in (
        (scored.sample_id, ["7", "8"]),
        (scored.class_, ["walk", ""]),
        (scored.subject, ["p1", "p2"]),
    ):
        assert column is not None
        assert column.tolist() == values
    assert found.remarks == ()
    assert found.calibration is None


def test_columns_that_are_named():
    content = "a,b,c,score\n1,0,x,9\n2,1,y,9\n"
    found = read(content, score="a", label="B", sample_id="c")
    assert found.columns == {"score": "a", "label": "b", "id": "c"}
    assert found.scored.score.tolist() == [1, 2]
    assert found.scored.label is not None
    assert read(content).scored.score.tolist() == [9, 9]


@pytest.mark.parametrize(
    ("content", "columns", "reason"),
    [
        (
            "score,label\n1,0\n",
            {"score": "label"},
            "'label' cannot be both the score and the label",
        ),
        ("a,b\n1,0\n", {"score": "a", "label": "A"}, "'a' cannot be both the score and the label"),
        ("score,id\n1,0\n", {"label": "id"}, "'id' cannot be both the label and the id; choose"),
        ("score,class\n1,x\n", {"sample_id": "class"}, "'class' cannot be both the id and the cla"),
    ],
)
def test_a_column_has_one_role(content: str, columns: dict[str, str], reason: str):
    with pytest.raises(DataError, match=reason):
        read(content, **columns)


@pytest.mark.parametrize(
    ("subjects", "wise"), [("aabb", True), ("abcd", False), ("aaaa", False), ("aabc", True)]
)
def test_several_scores_of_several_subjects(subjects: str, wise: bool):
    rows = "".join(f"{i},{who}\n" for i, who in enumerate(subjects))
    assert read(f"score,subject\n{rows}").subject_wise == wise
    assert not read("score\n1\n2\n").subject_wise


def test_what_a_file_offers(tmp_path: Path):
    file = io.BytesIO(b"a,b,,c\n1,2,3,4\n")
    every = ("a", "b", "column 3", "c")
    assert offered(file) == Offered(every, (), every)
    with pytest.raises(DataError, match="The file: This is empty"):
        offered(io.BytesIO(b""))
    with pytest.raises(DataError, match="cannot be read: No such file"):
        offered(tmp_path / "none.csv")
    path = tmp_path / "several.parquet"
    columns = {"model": ["none", "gan", "gan"], "detector": ["knn", "critic", "critic"]}
    storage.save_scores(table([1, 2, 3], **columns, seed=[0, 1, 1]), path)
    both = offered(path).detectors
    assert [(d["detector"], d["model"], d["seed"]) for d in both] == [
        ("knn", "none", "0"),
        ("critic", "gan", "1"),
    ]
    assert [read_scores(path, choose=one).scored.score.tolist() for one in both] == [[1], [2, 3]]


def test_which_value_is_normal_can_be_chosen_from_all_there_are():
    rows = "".join(f"{i},{kind}\n" for i, kind in enumerate(("nut", "bolt", "nut", "", "screw")))
    file = io.BytesIO(f"s,kind,score\n{rows.replace(chr(10), ',1' + chr(10))}".encode())
    assert offered(file).label_values == ()  # no column is called like a label
    assert offered(file, "kind").label_values == ("nut", "bolt", "screw")
    many = "".join(f"{i},{i}\n" for i in range(60))
    assert offered(io.BytesIO(f"score,label\n{many}".encode())).label_values == ()


def test_of_several_columns_of_scores_the_first_is_read_and_the_others_are_named():
    found = read("temperature,knn_score,IForestScore,label\n20,1,5,0\n21,2,4,1\n")
    assert found.columns["score"] == "knn_score"
    assert found.scored.score.tolist() == [1, 2]
    (remark,) = found.remarks
    assert remark == (
        "Column 'knn_score' is the score; the column 'IForestScore' could be, too (--score-column)."
    )


def test_columns_of_a_list_have_no_name():
    assert read("1\n2\n").columns == {}
    assert read("1\n2\n").remarks == ()


def test_rows_without_a_score_are_left_out_and_keep_their_places():
    found = read("id,score,label\na,1,0\nb,,1\nc,nan,0\nd,4,1\n")
    assert found.scored.score.tolist() == [1, 4]
    assert found.scored.label is not None
    assert found.scored.label.tolist() == [0, 1]
    assert found.row.tolist() == [1, 4]
    assert found.remarks == ("2 scores are missing or NaN, first in line 3; left out.",)
    assert read(parquet(score=[1.0, None, 3.0])).row.tolist() == [1, 3]


@pytest.mark.parametrize(
    ("content", "remark"),
    [
        ("score\ninf\n1\n", "1 score is infinite; only the order counts."),
        ("a,b\nx,1\ny,2\n", "Column 'b', the only one of numbers, is the score."),
        ("score;x\n0,5;a\n", "Commas in numbers are read as decimal points."),
        ("score,label\n1,0\n", "Every sample is labelled normal: there is nothing to tell apart."),
        ("score,part\n1,wheel\n", "Column 'part' is ignored: it has neither calibration nor test"),
        ("score,part\n1,calibration\n", "There is no part test, so the calibration rows"),
        ("score,part\n1,test\n2,fit\n", "1 rows of other parts than calibration and test are left"),
    ],
)
def test_remarks(content: str, remark: str):
    (found,) = read(content).remarks
    assert found.startswith(remark)


def test_parts():
    found = read("score,part,label\n1,calibration,0\n2,Test,0\n9,fit,0\n3,test,1\n8,validation,0\n")
    assert found.scored.score.tolist() == [2, 3]
    assert found.row.tolist() == [2, 4]
    assert found.calibration is not None
    assert found.calibration.score.tolist() == [1]
    assert read("score,part\n1,test\n").calibration is None


def test_a_score_table_of_this_project(tmp_path: Path):
    path = tmp_path / "4.parquet"
    one = table(
        [5.0, 0.1, 1.0, 2.0], part=["fit", "calibration", "test", "test"], label=[0, 0, 0, 1]
    )
    storage.save_scores(one, path)
    found = read_scores(path)
    assert found.name == str(path)
    assert found.scored.score.tolist() == [1, 2]
    assert found.scored.class_ is not None
    assert found.scored.subject is None  # as images have none
    assert found.scored.sample_id is not None
    assert found.scored.sample_id.tolist() == one.sample_id[2:].tolist()
    assert found.calibration is not None
    assert found.calibration.score.tolist() == [np.float64(np.float32(0.1))]
    storage.save_scores(ScoreTable.stack([one, table([1.0], detector=["knn"])]), path)
    with pytest.raises(DataError, match=r"holds 2 values of 'detector' \(ours, knn\); keep the"):
        read_scores(path)


# ---------------------------------------------------------------- what is refused

GOOD = parquet(score=np.arange(50.0), id=[f"a{i}" for i in range(50)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "This is empty;"),
        (b" \n\n", "This is empty;"),
        (b"# a\n# b\n", "This holds comments only;"),
        (b"score,label\n", "There is a header and no row;"),
        (b"score", "There is a header and no row;"),
        (
            b"a,b\n1,2\n",
            "Expected a column named score, anomaly_score or scores; found the columns "
            "'a', 'b', with 2 columns of numbers.",
        ),
        (b"a,label\nx,1\n", "with no other column of numbers."),
        (b"a\nx\n", "found the column 'a', with no other column"),
        (b"score\n1\n2\nabc\n", "Column 'score' holds 'abc' in line 4; expected numbers."),
        (b"\n# x\nscore\n\n1\n\nabc\n", "holds 'abc' in line 7;"),
        (b'score,id\n1,"a\nb"\nx,c\n', "holds 'x' in line 4;"),
        (b"score\n" + b"1\n" * 60_000 + b"x\n", "holds 'x' in line 60,002;"),
        (b"id,a\n" + b"b,1\n" * 60_000 + b"b,x\n", "Column 'a' holds 'x' in line 60,002;"),
        (b"score\n1\n  \n", "Column 'score' holds '' in line 3;"),
        (b"score\n1_000\n", "holds '1_000' in line 2;"),
        (b"score;x\n0,5;0\n0.7;1\n", "expected numbers, all with a point or all with a comma."),
        (b"score\nnan\nNaN\n", "Every score is missing or NaN;"),
        (b"score,label\n,0\n,1\n", "Every score is missing or NaN;"),
        (b"score,label\n1,0\n2,1\n3,2\n", "Column 'label' holds '0', '1', '2', of which none is"),
        (b"score,label\n1,0\n2,1\n3,x\n", "Column 'label' holds '0', '1', 'x', of which none is"),
        (b"score,label\n1,-1\n", "holds '-1', of which none is known to mean normal"),
        (b"score,score\n1,2\n", "Several columns have the name 'score';"),
        (b"1,2\n3,4\n", "Expected a first line that names the columns; found '1,2'."),
        (
            b"score,label\n1,0\n2\n",
            "Expected 2 columns in every row, as in the first line; line 3 ",
        ),
        (b"score,label\n1,0\n\n2,1,5\n", "as in the first line; line 4 holds 3."),
        (b'score,id\n1,"a\n2,b\n', "A quotation mark is opened and never closed;"),
        (b"c," * 6000 + b"c\n1\n", "Expected at most 5,000 columns; found 6,001."),
        (b"score\n1\n\0\n", "nor text in UTF-8 (byte 9);"),
        (
            np.random.default_rng(0).bytes(999),
            "none of CSV, parquet, npy and images, nor text in U",
        ),
        (b"PK\x03\x04....", "This zip is damaged or cut off"),
        (b'{"score": 1, "b": [1]}', "Expected records of JSON in a list"),
        (b"score,id\n1," + b"x" * 201, "Column 'id' holds 201 characters in line 2;"),
        (b"score,part\n1,test\n2,foo\n", "Column 'part' holds 'foo' in line 3;"),
        (b"score,part,label\n1,calibration,1\n2,test,0\n", "Expected normals in the part calib"),
        (GOOD[:-9], "This parquet file is damaged or cut off"),
        (GOOD[:30], "This parquet file is damaged or cut off"),
        (b"PAR1", "This parquet file is damaged or cut off"),
        (GOOD[:60] + b"\xff\xff" + GOOD[62:], "This parquet file is damaged or cut off"),
        (parquet(score=["a"]), "Column 'score' holds large_string; expected numbers."),
        (parquet(a=[1.0], b=[2.0]), "found the columns 'a', 'b', with 2 columns of numbers"),
        (parquet(score=[np.nan, np.nan]), "Every score is missing or NaN;"),
        (parquet(score=[1.0], label=[[1]]), "Column 'label' holds list<element: int64>;"),
        (parquet(score=np.zeros(0)), "There are columns and no row;"),
    ],
)
def test_what_is_refused(content: bytes, reason: str):
    with pytest.raises(DataError) as refusal:
        read(content)
    said = str(refusal.value)
    assert said.startswith("The file: ")
    assert reason in said
    assert said.endswith(".")
    assert "\n" not in said


@pytest.mark.parametrize("role", ["score", "label", "sample_id"])
def test_a_column_that_is_not_there(role: str):
    with pytest.raises(DataError, match="There is no column 'z'; found the columns 'score', 'b'"):
        read("score,b\n1,2\n", **{role: "z"})


def test_too_much(monkeypatch):
    monkeypatch.setattr(own_scores, "MAX_ROWS", 10)
    for content in ("score\n" + "1\n" * 12, parquet(score=np.arange(11.0))):
        with pytest.raises(DataError, match="Expected at most 10 rows"):
            read(content)
    assert len(read("score\n" + "1\n" * 10).scored) == 10
    assert len(read(parquet(score=np.arange(10.0))).scored) == 10
    monkeypatch.setattr(own_scores, "MAX_SCORES_BYTES", 1000)
    with pytest.raises(DataError, match="Expected at most 0 MB, found more"):
        read("1\n" * 501)


def test_files_that_cannot_be_read(tmp_path: Path):
    none = tmp_path / "none.csv"
    for path, reason in (
        (tmp_path, f"{tmp_path}: It holds no table that can be read"),
        (none, f"{none} cannot be read: No such file"),
    ):
        with pytest.raises(DataError, match=reason):
            read_scores(path)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=80)
    | st.text("score,;\t\n\r\"'#0.15ax-", max_size=60).map(str.encode)
    | st.binary(max_size=60).map(lambda junk: b"score,label\n1,0\n" + junk)
    | st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)).map(
        lambda change: GOOD[: change[0]] + bytes([change[1]]) + GOOD[change[0] + 1 :]
    )
)
def test_junk_is_read_or_refused(content: bytes):
    try:
        found = read(content)
    except DataError:
        return
    assert len(found.scored) == len(found.row) > 0
    assert not np.isnan(found.scored.score).any()


def test_a_million_scores_take_seconds():
    """0.1 s here on a machine that does nothing else."""
    x = np.random.default_rng(0).normal(size=1_000_000)
    buffer = io.BytesIO()
    np.savetxt(buffer, x, "%.17g", header="score", comments="")
    start = time.perf_counter()
    found = read(buffer.getvalue())
    assert time.perf_counter() - start < 3
    np.testing.assert_array_equal(found.scored.score, x)
