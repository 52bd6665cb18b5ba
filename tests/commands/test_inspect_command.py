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
