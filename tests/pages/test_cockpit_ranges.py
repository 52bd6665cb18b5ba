"""Scores over time and by machine, whose labels are a second file of ranges."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.cockpit import counts, own, words
from wganad_core.__main__ import main

pytestmark = pytest.mark.usefixtures("page_workers")

N = 80
STAMP = pd.date_range("2024-03-01", periods=N, freq="min")


def plant() -> bytes:
    """Two machines, of which b is louder; each is odd for ten minutes."""
    rng = np.random.default_rng(0)
    score = {name: loud + rng.normal(size=N) for name, loud in (("a", 0), ("b", 50))}
    score["a"][20:30] += 10
    score["b"][50:60] += 10
    tables = [pd.DataFrame({"at": STAMP, "plant": k, "odd": v}) for k, v in score.items()]
    table: str = pd.concat(tables).to_csv(index=False)
    return table.encode()


def minutes(first: int, last: int) -> list[str]:
    return [str(STAMP[first]), str(STAMP[last])]


def look_at(test: AppTest, view: str) -> None:
    next(group for group in test.button_group if group.key == "below").set_value(view).run()
    assert not test.exception


def test_labels_by_machine_and_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_bytes(plant())
    ranges = json.dumps({"a": [minutes(20, 29)], "b": [minutes(50, 59)]}).encode()
    (tmp_path / "faults.json").write_bytes(ranges)

    test = own(plant())
    assert set(counts(test)) == {"flagged"}  # nobody has said what is odd
    test.selectbox(key="own-column-Group").set_value("plant").run()
    place = next(each for each in test.file_uploader if str(each.key).startswith("own-ranges-"))
    place.upload("faults.json", ranges, "").run()
    assert not test.exception
    assert not test.error
    assert "Labels: **faults.json**" in [each.proto.popover.label for each in test.get("popover")]
    found = counts(test)
    assert (sum(found.values()), found["tp"] + found["fn"]) == (2 * N, 20)
    said = words(test)
    assert "The label is 2 ranges of faults.json: 20 of 160 rows" in said
    assert "Column 'at' tells the time" in said
    look_at(test, "events")
    assert "of 2 labelled stretches" in words(test)
    look_at(test, "groups")
    assert "a threshold for each" in words(test)
    look_at(test, "export")
    (code,) = [code.value for code in test.code if "wganad_core" in code.value]
    line = shlex.split(code)[3:]
    assert {"--group-column=plant", "--label-ranges=faults.json"} <= set(line)
    assert main([*line, "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["flagged"] == found["tp"] + found["fp"]
    assert facts["recall"] == found["tp"] / 20


def test_a_bad_file_of_ranges_is_one_sentence(tmp_path: Path) -> None:
    test = own(plant())
    place = next(each for each in test.file_uploader if str(each.key).startswith("own-ranges-"))
    place.upload("faults.json", b'[["2031-01-01", "2031-01-02"]]', "").run()
    assert not test.exception
    (error,) = test.error
    assert "faults.json: None of the 1 ranges lies within mine.csv" in error.value
