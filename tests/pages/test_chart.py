"""What a page sends to its charts and hears from them, without a browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import streamlit as st

from pages._ui import chart
from pages._ui.chart import ChartEvents, Marks, Prepared, live_chart, waiting

FIGURE = Prepared(go.Figure(go.Scatter(x=np.arange(2000.0), y=np.arange(2000.0))))
DRAG = {"index": 0, "name": "threshold", "x0": 8, "x1": 8, "y0": 0, "y1": 1, "released": True}


class Browser:
    """The other side of the component: what it got, and what it reports."""

    def __init__(self, state: dict[str, Any]) -> None:
        self.state, self.got = state, b""
        self.handlers: dict[str, Any] = {}

    def __call__(self, key: str, data: bytes, **handlers: Any) -> Mapping[str, Any]:
        self.key, self.got, self.handlers = key, data, handlers
        return self.state.get(key) or {}

    def report(self, number: int, **reports: dict[str, Any]) -> None:
        told = {kind: {**report, "number": number} for kind, report in reports.items()}
        self.state[self.key] = {**(self.state.get(self.key) or {}), **told}


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browser:
    state: dict[str, Any] = {}
    browser = Browser(state)
    monkeypatch.setattr(st, "session_state", state)
    monkeypatch.setattr(chart, "_component", lambda: browser)
    return browser


def test_a_figure_travels_without_its_template_and_arrays_as_bytes(browser: Browser) -> None:
    figure = go.Figure(go.Scatter(x=np.arange(3), y=np.zeros(3, np.float32)))
    live_chart(figure, key="a", alt="three dots")
    sent = json.loads(browser.got)
    assert sent["alt"] == "three dots"
    assert "template" not in sent["layout"]
    assert sent["data"][0]["y"] == {"dtype": "f4", "bdata": "AAAAAAAAAAAAAAAA"}
    assert sent["data"][0]["x"]["dtype"] in ("i1", "i4")


def test_each_event_is_returned_by_exactly_one_run(browser: Browser) -> None:
    figure = go.Figure()
    live_chart(figure, key="a", alt="")
    browser.report(1, drag=DRAG)
    assert live_chart(figure, key="a", alt="").drag == DRAG
    assert live_chart(figure, key="a", alt="") == ChartEvents()
    browser.report(2, click={"x": 1, "y": 2, "subplot": "xy", "curve": None})
    events = live_chart(figure, key="a", alt="")
    assert events.drag is None
    assert events.click == {"x": 1, "y": 2, "subplot": "xy", "curve": None}
    assert json.loads(browser.got)["seen"] == 1  # what was read before this run


def test_a_browser_that_reconnects_reports_nothing_new(browser: Browser) -> None:
    browser.key = "chart-a"
    browser.report(7, drag=DRAG)
    assert live_chart(go.Figure(), key="a", alt="") == ChartEvents()


def test_a_prepared_figure_travels_once(browser: Browser) -> None:
    live_chart(FIGURE, key="a", alt="")
    assert b'"figure":' in browser.got
    live_chart(FIGURE, key="a", alt="", marks=Marks({"threshold": {"x0": 6.0}}, {"at": "6"}))
    sent = json.loads(browser.got)
    assert "figure" not in sent
    assert len(browser.got) < 6_000
    assert sent["hash"] == FIGURE.hash
    assert sent["marks"] == {"threshold": {"x0": 6.0}}
    assert sent["address"] == {"at": "6"}
    live_chart(Prepared(go.Figure()), key="a", alt="")
    assert b'"figure":' in browser.got


def test_a_figure_that_the_browser_lost_is_sent_again(browser: Browser) -> None:
    live_chart(FIGURE, key="a", alt="")
    live_chart(FIGURE, key="a", alt="")
    assert b'"figure":' not in browser.got
    browser.handlers["on_lost_change"]()
    live_chart(FIGURE, key="a", alt="")
    assert b'"figure":' in browser.got
    live_chart(FIGURE, key="a", alt="")
    assert b'"figure":' not in browser.got


def test_waiting_tells_what_this_run_will_return_and_marks_are_placed_by_it(
    browser: Browser,
) -> None:
    live_chart(FIGURE, key="a", alt="")
    browser.report(3, drag=DRAG)
    assert waiting("a").drag == DRAG
    assert live_chart(FIGURE, key="a", alt="").drag == DRAG
    assert json.loads(browser.got)["seen"] == 3
    assert waiting("a") == ChartEvents()
