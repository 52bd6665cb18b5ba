"""`inspect FILE`: roles with reasons, labels and doubts, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wganad_core.__main__ import main as command

ROWS = "".join(f"{i * i % 97},{i % 7},{int(i % 20 == 0)}\n" for i in range(200))


def test_what_a_table_holds(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "t.csv"
    path.write_text("a,b,isFraud\n" + ROWS)
    assert command(["inspect", str(path)]) == 0
    said = capsys.readouterr().out
    assert "200 rows, 3 columns" in said
    assert "isFraud  label" in said
    assert "label '1': 10 rows, taken for anomaly" in said
    assert command(["inspect", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [column["guess"] for column in found["columns"]] == ["feature", "feature", "label"]
    assert found["labels"] == [["0", 190, "normal"], ["1", 10, "anomaly"]]


def test_doubts_say_how_to_change_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "t.csv"
    path.write_text("a,b,out\n" + ROWS)
    assert command(["inspect", str(path)]) == 0
    assert "doubt: Column 'out' holds two values" in capsys.readouterr().out
    path.write_text("")
    assert command(["inspect", str(path)]) == 1
    assert "This is empty" in capsys.readouterr().err


def test_ranges_of_a_second_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path, ranges = tmp_path / "t.csv", tmp_path / "faults.csv"
    path.write_text("a,b,isFraud\n" + ROWS)
    ranges.write_text("first_row,last_row\n11,20\n150,159\n")
    inspect = ["inspect", str(path)]
    assert command([*inspect, "--label-ranges", str(ranges)]) == 0
    said = capsys.readouterr().out
    assert "label 'in a range': 20 rows, taken for anomaly" in said
    assert "label 'outside the ranges': 180 rows, taken for normal" in said
    assert "remark: The label is 2 ranges of faults.csv: 20 of 200 rows" in said
    assert "isFraud  leave out" in said
    assert command([*inspect, "--label-ranges", str(ranges), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["labels"][1] == ["in a range", 20, "anomaly"]
    assert found["columns"][2]["guess"] == "leave out"
    assert command([*inspect, "--ranges-count", "rows"]) == 1
    assert "are about --label-ranges FILE" in capsys.readouterr().err
    assert command([*inspect, "--time-column", "a"]) == 1
    assert "are about --label-ranges FILE" in capsys.readouterr().err
