"""What columns are taken for, and what labels mean: tables as people publish them."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wganad_core.data import DataError
from wganad_core.data.own.look import look
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.samples import read_samples
from wganad_core.data.own.scores import read_scores

N = 300
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 3)).round(4)
ODD = np.arange(N) % 20 == 0  # 5%


def table(**columns: Any) -> bytes:
    frame = pd.DataFrame(X, columns=["a", "b", "c"]).assign(**columns)
    return frame.to_csv(index=False).encode()


def roles(content: bytes) -> dict[str, str]:
    return {column.name: column.guess for column in look(content).columns}


def read(content: bytes, **asked: Any) -> OwnSamples:
    return read_samples(content, **asked)


@pytest.mark.parametrize(
    "name",
    [
        "Class",
        "isFraud",
        "Machine failure",
        "attack",
        "is_anomaly",
        "Fault",
        "y",
        "status",
        "Label",
    ],
)
def test_a_rare_column_with_a_telling_name_is_the_label(name: str):
    found = read(table(**{name: ODD.astype(int)}))
    assert found.features == ("a", "b", "c")
    assert found.label is not None
    np.testing.assert_array_equal(found.label, ODD)


def test_a_label_of_normal_rows_alone_is_no_feature_either():
    """As in the training file of a pair: the same column must be missing there."""
    assert roles(table(attack=0))["attack"] == "label"
    assert roles(table(status="OK"))["status"] == "label"


def test_second_labels_are_no_features():
    content = table(anomaly=ODD.astype(float), changepoint=np.roll(ODD, 1).astype(float))
    assert roles(content) == {
        **dict.fromkeys("abc", "feature"),
        "anomaly": "label",
        "changepoint": "second label",
    }
    only = look(table(changepoint=ODD.astype(int)))
    assert "'changepoint' marks changes and is no feature" in only.doubts[0]


def test_what_gives_the_answer_away_is_said_and_no_feature():
    """As the failure modes of AI4I: 1 only where the machine failed."""
    mode = ODD & (np.arange(N) % 40 == 0)
    content = table(TWF=mode.astype(int), valve=(np.arange(N) % 2), failure=ODD.astype(int))
    assert roles(content) == {
        **dict.fromkeys("abc", "feature"),
        "TWF": "second label",
        "valve": "feature",
        "failure": "label",
    }
    assert "would give the answer away" in "".join(look(content).doubts)
    assert "TWF" in read(content, features=["a", "TWF"]).features  # but who asks for it gets it


def test_a_rare_flag_without_a_telling_name_is_a_feature_in_doubt():
    content = table(out=ODD.astype(int))
    assert roles(content)["out"] == "feature"
    (doubt,) = look(content).doubts
    assert "Column 'out' holds two values, and '1' in 5% of the first rows only" in doubt
    assert doubt in read(content).remarks
    assert read(content, label="out").features == ("a", "b", "c")


def test_counters_and_times_are_no_features():
    n = np.arange(N)
    minutes = pd.date_range("2024-03-01", periods=N, freq="min")
    content = table(
        nr=n + 17, **{"timestamp_(min)": n.astype(float)}, Datum=minutes.strftime("%d.%m.%Y %H:%M")
    )
    assert roles(content) == {
        **dict.fromkeys("abc", "feature"),
        "nr": "leave out",
        "timestamp_(min)": "time",
        "Datum": "leave out",
    }
    assert "'nr' rises by the same step from row to row" in look(content).doubts[0]
    assert "nr" in read(content, features=["a", "nr"]).features
    hours = np.cumsum(RNG.uniform(0, 1, N)).round(3)
    (doubt,) = look(table(hours=hours)).doubts
    assert "'hours' rises from row to row throughout" in doubt
    assert read(table(hours=hours), leave_out=["hours"]).features == ("a", "b", "c")


def test_machines_are_told_apart_and_are_no_feature():
    for name, values in (
        ("unit_number", np.arange(N) // 50 + 1),
        ("machine", np.array(["press", "mill", "lathe"])[np.arange(N) % 3]),
    ):
        found = read(table(**{name: values}))
        assert found.features == ("a", "b", "c")
        assert found.group is not None
        assert found.group.tolist() == [str(value) for value in values]
        assert f"Column {name!r} serves as the group and is no feature." in found.remarks
    assert read(table(machine="x", fault=ODD), group="").group is None


def test_a_table_without_a_header_has_its_label_at_the_end():
    frame = pd.DataFrame(X).assign(y=np.where(ODD, -1, 1))
    content = frame.to_csv(index=False, header=False).encode()
    found = read(content)
    assert found.features == ("x0", "x1", "x2")
    assert found.label is not None
    np.testing.assert_array_equal(found.label, ODD)
    assert "'1' (285 of the first rows) is taken for normal" in "".join(found.remarks)


# ---------------------------------------------------------------- what labels mean


@pytest.mark.parametrize(
    ("normal", "anomaly", "said"),
    [
        ("1", "-1", True),  # scikit-learn's
        ("-1", "1", True),  # everybody else's
        ("2", "4", True),
        ("in Ordnung", "Lagerschaden", True),
        ("OK", "NOK", False),
        ("no", "yes", False),
        ("BENIGN", "DoS", True),
    ],
)
def test_words_of_any_language(normal: str, anomaly: str, said: bool):
    content = table(label=np.where(ODD, anomaly, normal))
    found = read(content)
    assert found.label is not None
    np.testing.assert_array_equal(found.label, ODD)
    assert any("--normal" in remark for remark in found.remarks) == said
    turned = read(content, normal=anomaly)
    assert turned.label is not None
    np.testing.assert_array_equal(turned.label, ~ODD)
    labels = {value: (n, taken) for value, n, taken in look(content).labels}
    assert labels == {normal: (285, "normal"), anomaly: (15, "anomaly")}


def test_a_column_that_tells_what_is_right():
    found = read(table(healthy=(~ODD).astype(int)))
    assert found.label is not None
    np.testing.assert_array_equal(found.label, ODD)
    assert "1 in 'healthy' is taken for normal" in "".join(found.remarks)


def test_kinds_of_faults_are_kept():
    kinds = np.where(ODD, np.where(np.arange(N) % 40, "bearing", "gear"), "none")
    found = read(table(fault=kinds))
    assert found.label is not None
    assert found.class_ is not None
    np.testing.assert_array_equal(found.label, ODD)
    np.testing.assert_array_equal(found.class_, kinds)
    assert "Kinds of anomalies: 'bearing' (7), 'gear' (8)." in found.remarks
    with pytest.raises(DataError, match=r"of which none is known to mean normal.*--normal"):
        read(table(fault=np.array(["u", "v", "w"])[np.arange(N) % 3]), label="fault")


def test_rows_without_a_label_count_as_neither():
    labels = np.where(ODD, "1", np.where(np.arange(N) % 2, "0", ""))
    found = read(table(label=labels))
    assert found.label is not None
    assert [int((found.label == value).sum()) for value in (0, 1, -1)] == [150, 15, 135]
    assert "135 rows have no label" in "".join(found.remarks)
    marked = read(table(label=np.where(ODD, "1", "")))
    assert marked.label is not None
    np.testing.assert_array_equal(marked.label, ODD)
    assert "or nothing (285 of the first rows), which is taken for normal" in "".join(
        marked.remarks
    )


# ---------------------------------------------------------------- scores


def scores(**columns: Any) -> io.BytesIO:
    return io.BytesIO(pd.DataFrame(columns).to_csv(index=False).encode())


def test_scores_the_wrong_way_round_are_remarked_on_and_turned():
    score = X[:, 0] - 5 * ODD
    found = read_scores(scores(score=score, label=ODD.astype(int)))
    assert "AUROC is 0.0%, below chance" in "".join(found.remarks)
    assert "--lower-is-anomalous (AUROC 100.0%)" in "".join(found.remarks)
    turned = read_scores(scores(score=score, label=ODD.astype(int)), lower_is_anomalous=True)
    assert turned.negated
    np.testing.assert_array_equal(turned.scored.score, -score)
    assert "below chance" not in "".join(turned.remarks)
    right = read_scores(scores(score=-score, label=ODD.astype(int)))
    assert not right.remarks


def test_scores_with_any_labels():
    found = read_scores(scores(score=X[:, 0], label=np.where(ODD, "-1", "1")))
    assert found.scored.label is not None
    np.testing.assert_array_equal(found.scored.label, ODD)
    turned = read_scores(scores(score=X[:, 0], label=np.where(ODD, "-1", "1")), normal="-1")
    assert turned.scored.label is not None
    np.testing.assert_array_equal(turned.scored.label, ~ODD)
    partly = read_scores(
        scores(score=X[:, 0], label=np.where(ODD, "1", np.where(X[:, 0] > 0, "0", "")))
    )
    assert partly.scored.label is not None
    assert len(partly.scored) == len(partly.row) == int((ODD | (X[:, 0] > 0)).sum())
    assert "rows without a label are left out" in "".join(partly.remarks)
    none = read_scores(scores(score=X[:, 0], label=""))
    assert none.scored.label is None


# ---------------------------------------------------------------- the cases themselves

CASES = Path(os.environ.get("WGANAD_CASES", "/work/shared/cases"))


@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not here: published cases")
@pytest.mark.parametrize(
    ("file", "others"),
    [
        ("01-creditcard-class/creditcard.csv", {"Time": "time", "Class": "label"}),
        (
            "05-skab/valve1_0.csv",
            {"datetime": "time", "anomaly": "label", "changepoint": "second label"},
        ),
        ("39-label-as-feature/train.csv", {"time": "time", "attack": "label"}),
        ("39-label-as-feature/test.csv", {"time": "time", "attack": "label"}),
        ("39-label-as-feature/mixed.csv", {"Machine failure": "label"}),
        ("39-label-as-feature/mixed_isFraud.csv", {"isFraud": "label"}),
    ],
)
def test_cases(file: str, others: dict[str, str]):
    found = look(CASES / file)
    assert {c.name: c.guess for c in found.columns if c.guess != "feature"} == others
