"""Decisions: noted down, in the report, and back from it."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from wganad_core.data import DataError
from wganad_core.thresholds import Decision, merged, read_decisions

ONE = Decision("2024-05-31T12:00:00Z", 2.5, "best F1", "audit", "ours", "s.csv", 3, 100)


def page() -> None:
    import numpy as np
    import streamlit as st

    from pages._ui.cockpit import decisions as cockpit_decisions
    from pages._ui.cockpit import export as cockpit_export
    from pages._ui.cockpit.data import Loaded
    from pages._ui.cockpit.scores import DetectorScores
    from pages._ui.cockpit.state import position
    from wganad_core.records import Scored

    loaded = Loaded(Scored(np.arange(100.0)), title="scores.csv")
    scores = DetectorScores("decisions", "It", "", None, loaded, np.ones(100, bool))
    place = position(scores.place, 90.0, "best F1", None)
    cockpit_decisions.show(scores, place)
    st.code(cockpit_export._json(cockpit_export.report(scores, place, None, None, 10)).decode())


def test_what_is_noted_is_in_the_report_and_comes_back_with_it() -> None:
    test = AppTest.from_function(page, default_timeout=60).run()
    assert "decisions" not in json.loads(test.code[0].value)
    test.text_input(key="cockpit-why").set_value("two alarms a day").run()
    test.button(key="note-decision").click().run()
    assert not test.exception
    assert test.text_input(key="cockpit-why").value == ""
    report = test.code[0].value
    (one,) = read_decisions(report.encode())
    assert (one.threshold, one.rule, one.why) == (90, "best F1", "two alarms a day")
    assert (one.flagged, one.n, one.scores) == (9, 100, "scores.csv")
    assert test.dataframe[0].value["why"].tolist() == ["two alarms a day"]

    other = AppTest.from_function(page, default_timeout=60).run()
    other.file_uploader(key="cockpit-report").upload("threshold.json", report.encode(), "").run()
    assert other.dataframe[0].value["why"].tolist() == ["two alarms a day"]
    assert json.loads(other.code[0].value)["decisions"] == json.loads(report)["decisions"]


def test_a_threshold_can_be_gone_back_to() -> None:
    test = AppTest.from_function(page, default_timeout=60).run()
    text = json.dumps({"decisions": [ONE.facts()]}).encode()
    test.file_uploader(key="cockpit-report").upload("threshold.json", text, "").run()
    test.button(key="last-decision").click().run()
    assert json.loads(test.code[0].value)["threshold"] == 2.5


@pytest.mark.parametrize(
    "report",
    [
        b"",
        b"{}",
        b"[1]",
        b"\xff",
        b"[" * 100_000,
        json.dumps({"decisions": 3}).encode(),
        json.dumps({"decisions": [{**ONE.facts(), "why": 3}]}).encode(),
        json.dumps({"decisions": [{**ONE.facts(), "threshold_text": "nan"}]}).encode(),
        json.dumps({"decisions": [{**ONE.facts(), "why": "x" * 600}]}).encode(),
        json.dumps({"decisions": [{**ONE.facts(), "n": -1}]}).encode(),
    ],
)
def test_what_is_no_report_is_one_sentence(report: bytes) -> None:
    with pytest.raises(DataError, match="This is no report of the cockpit"):
        read_decisions(report)


def test_infinity_survives_and_none_is_there_twice() -> None:
    never = Decision("2024-06-01T00:00:00Z", float("inf"), "by hand", "", "ours", "s.csv", 0, 100)
    text = json.dumps({"decisions": [never.facts()]}, allow_nan=False).encode()
    assert read_decisions(text) == (never,)
    assert merged((never, ONE), (ONE,)) == (ONE, never)
