"""Words that say that a cell is empty, and numbers that mean something: labels and recordings."""

from __future__ import annotations

import numpy as np
import pytest

from wganad_core.data.own.labels import plain
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import read_samples

ROWS = 40


def table(name: str, words: list[str]) -> bytes:
    rows = (f"{np.sin(i):.3f},{words[i % len(words)]}\n" for i in range(ROWS))
    return f"heat,{name}\n{''.join(rows)}".encode()


@pytest.mark.parametrize(
    ("words", "normal", "expected"),
    [
        (["good", "good", "scratch", "NA"], None, [0, 0, 1, -1]),
        (["normal", "anomaly", "N/A", "null"], None, [0, 1, -1, -1]),
        (["0", "1", "NA", "?"], None, [0, 1, -1, -1]),
        (["ok", "broken", "-", "#N/A"], None, [0, 1, -1, -1]),
        (["ok", "broken", "Null", "nA"], None, [0, 1, -1, -1]),
        (["none", "leak", "none", "leak"], None, [0, 1, 0, 1]),  # the fault that there is not
        (["leak", "-", "-", "-"], "-", [1, 0, 0, 0]),
        (["2000000", "2000001"], "2000000", [0, 1]),
        (["1234567890123456788", "1234567890123456789"], "1234567890123456788", [0, 1]),
        (["0.1234567", "0.1234568"], "0.1234568", [1, 0]),
        (["0.0", "1.0"], None, [0, 1]),
    ],
)
def test_what_labels_mean(words, normal, expected):
    content = table("label", words)
    samples = read_samples(content, "x.csv", label="label", normal=normal)
    assert samples.label is not None
    assert samples.label.tolist() == expected * (ROWS // len(expected))
    if normal is None:
        kinds = {0: "normal", 1: "anomaly", -1: "unknown"}
        told = {plain(value): taken for value, _, taken in look(content, "x.csv").labels}
        assert told == {plain(w): kinds[e] for w, e in zip(words, expected, strict=True)}


def test_numbers_are_one_label_however_they_are_written():
    assert len(set(map(plain, ["2", "2.0", " 2.00", "+2", "2e0"]))) == 1
    assert plain("inf") == plain("NaN") == plain("9" * 400) == ""
    assert plain("0" * 400 + "1") == "1"


def test_rows_of_no_machine_are_told():
    samples = read_samples(table("machine", ["pump", "pump", "fan", "NA"]), "x.csv")
    assert samples.group is not None
    assert samples.group.tolist() == ["pump", "pump", "fan", ""] * (ROWS // 4)
    assert any(f"In {ROWS // 4} rows" in remark for remark in samples.remarks)
