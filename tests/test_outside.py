"""Words from outside mean nothing to Markdown, HTML, Plotly or a spreadsheet."""

from __future__ import annotations

import csv
import html
import io
import re
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wganad_core.data.own.flagged import flagged_csv
from wganad_core.data.own.record import OwnSamples
from wganad_core.data.own.stretches import stretch_csv
from wganad_core.jobs.writer import ScoredRows, writing
from wganad_core.outside import JOINER, TURNS, cells, shown
from wganad_core.records import Scored

SIGNS = st.text(st.sampled_from("![]()<>*_`~$&#|\\:/@.-+=1aw \n\t\"'{%}"), max_size=40)


@given(SIGNS | st.text(max_size=40))
def test_it_reads_as_it_was_and_holds_no_sign(text: str) -> None:
    made = shown(text)
    read = html.unescape(made).replace(JOINER, "")
    assert read == " ".join(TURNS.sub("", text).replace(JOINER, "").split())
    bare = re.sub(r"&#\d+;", "", made)
    assert not set(bare) & set('\\`*{}[]<>&#|~$"\n\t')
    assert not re.search(r"://|www\.\w|@\w|:(?!\d+:)[\w+/-]+:", html.unescape(made))
    assert not re.match(r"[-+=]|\d+[.)](\s|$)", made)


@pytest.mark.parametrize("text", ["", "pump_2", "10.5 °C", "Größe (m/s²)", "12:30:45", "a, b; c?"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert shown(text) == text


FORMULAS = ["=HYPERLINK(1)", "+1+1", "-1+1|x", "@SUM(1)", "\t=1", "\r=1", "\n=1", "＝1", "＠x"]
NO_FORMULAS = ["-5", "+1e3", "-.5", "4.2", "pump", "a=b", "", "'=1"]


def test_formulas_get_an_apostrophe_and_numbers_stay() -> None:
    assert cells(FORMULAS).to_pylist() == [f"'{each}" for each in FORMULAS]
    assert cells([*NO_FORMULAS, None]).to_pylist() == [*NO_FORMULAS, None]


def read(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def test_no_csv_that_is_written_runs_in_a_spreadsheet(tmp_path: Path) -> None:
    n = len(FORMULAS)
    ids, score = np.array(FORMULAS), -np.arange(1.0, n + 1)
    scored = Scored(score, np.ones(n, int), ids, ids, ids)
    flagged = read(flagged_csv(scored, np.arange(n), -np.inf))
    quoted = [f"'{each}" for each in FORMULAS]
    for name in ("id", "class", "subject"):
        assert [row[name] for row in flagged] == quoted
    assert [float(row["score"]) for row in flagged] == score.tolist()

    own = OwnSamples("t.csv", score[:, None], ("=x",), np.arange(n))
    assert stretch_csv(own, slice(0, 2)) == b"'=x\n-1.0\n-2.0\n"

    every = np.ones(n, bool)
    rows = ScoredRows(np.arange(n), score, every, every, ids)
    for suffix in (".csv", ".parquet"):
        with writing(tmp_path / f"scores{suffix}") as write:
            write(rows)
    found = read((tmp_path / "scores.csv").read_bytes())
    assert [row["id"] for row in found] == quoted
    assert [float(row["score"]) for row in found] == score.tolist()
    kept = pyarrow.parquet.read_table(tmp_path / "scores.parquet")["id"].to_pylist()
    assert kept == FORMULAS
