"""The prepared chart in a real browser: its figure travels once, its marks move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.testing.v1 import AppTest

from tests.browser.test_live_chart import PLOT, drag, pixel
from tests.conftest import Server

DEMO = str(Path(__file__).with_name("marks_demo.py"))
SHAPE = """(name) => document.querySelector(".js-plotly-plot")._fullLayout.shapes
  .find((shape) => shape.name === name)"""


class Traffic:
    """What the server sends over the page's websocket."""

    def __init__(self, page: Page) -> None:
        self.frames: list[bytes] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._take))

    def _take(self, payload: str | bytes) -> None:
        self.frames.append(payload.encode() if isinstance(payload, str) else payload)

    @property
    def figures(self) -> int:
        """How many frames carry a whole figure."""
        return sum(b'"figure":' in frame for frame in self.frames)

    def clear(self) -> None:
        self.frames.clear()


@pytest.fixture(scope="module")
def page(browser: Browser, serve: Callable[..., Server]) -> Iterator[Page]:
    """One page for the whole module; nobody may have complained in the end."""
    demo = serve(DEMO)
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda m: problems.extend([m.text] * (m.type in ("error", "warning"))))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{demo.url}?gone=1&kept=2")
    yield page
    context.close()
    assert problems == []
    assert not [word for word in ("Traceback", "WARN", "deprecat") if word in demo.log()]


@pytest.fixture
def traffic(page: Page) -> Iterator[Traffic]:
    """Of a fresh session."""
    found = Traffic(page)
    page.reload()
    expect(page.locator(f"{PLOT} .main-svg[role=img]")).to_have_count(1, timeout=30_000)
    settle(page)
    yield found
    page.wait_for_timeout(100)


def settle(page: Page) -> None:
    page.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
    page.wait_for_timeout(300)


def shape(page: Page, name: str) -> dict[str, float]:
    found: dict[str, float] = page.evaluate(SHAPE, name)
    return found


def wait_for(page: Page, at: float) -> None:
    page.wait_for_function(f"Math.abs(({SHAPE})('threshold').x0 - {at}) < 1e-6", timeout=20_000)


def test_the_figure_travels_once_and_its_marks_move(page: Page, traffic: Traffic) -> None:
    assert traffic.figures == 1
    page.evaluate(f"document.querySelector('{PLOT}').mark = 1")
    for at in (6, 7):
        traffic.clear()
        page.get_by_role("button", name="Right").click()
        wait_for(page, at)
        assert shape(page, "threshold")["x1"] == at
        assert shape(page, "dot")["xanchor"] == 10 - at
        settle(page)
        assert traffic.figures == 0
        assert sum(map(len, traffic.frames)) < 6_000
        expect(page.locator(f"{PLOT} .main-svg").first).to_have_attribute(
            "aria-label", f"at {at}.00"
        )
    assert page.evaluate(f"document.querySelector('{PLOT}').mark") == 1  # the same plot


def test_moved_marks_lie_where_plotly_would_draw_them(page: Page, traffic: Traffic) -> None:
    boxes = f"""[...document.querySelectorAll("{PLOT} .shape-group path")].map((path) => {{
      const {{ x, y, width, height }} = path.getBBox();
      return [x, y, width, height];
    }})"""
    page.get_by_role("button", name="Right").click()
    wait_for(page, 6)
    settle(page)
    moved = page.evaluate(boxes)
    page.evaluate(f"Plotly.redraw(document.querySelector('{PLOT}'))")
    drawn = page.evaluate(boxes)
    assert len(moved) == len(drawn) == 3
    for mine, plotlys in zip(moved, drawn, strict=True):
        assert mine == pytest.approx(plotlys, abs=0.5)


def test_another_figure_travels_and_the_one_before_comes_back(page: Page, traffic: Traffic) -> None:
    trace = f"document.querySelector('{PLOT}').data[0].name"
    traffic.clear()
    for number in ("3", "0", "3"):
        page.get_by_role("spinbutton").fill(number)
        page.get_by_role("spinbutton").press("Enter")
        page.wait_for_function(f"{trace} === 'noise {number}'")
    settle(page)
    assert traffic.figures <= 3  # Streamlit itself does not send what the browser has kept
    wait_for(page, 5)  # the marks are the page's, not the figure's


def test_a_figure_that_the_browser_lost_is_sent_again(page: Page, traffic: Traffic) -> None:
    page.get_by_role("button", name="Right").click()
    wait_for(page, 6)
    traffic.clear()
    page.get_by_role("button", name="Lose").click()
    page.wait_for_function(f"document.querySelector('{PLOT}').data[0].name === 'noise 100'")
    settle(page)
    assert traffic.figures == 1
    wait_for(page, 6)  # with its marks where they were
    page.get_by_role("button", name="Right").click()
    wait_for(page, 7)
    assert traffic.figures == 1


def test_a_dragged_line_takes_its_follower_along(page: Page, traffic: Traffic) -> None:
    traffic.clear()
    drag(page, pixel(page, 0, 5, 0.5), pixel(page, 0, 8, 0.4))
    # At once: by the table that came with the figure.
    assert shape(page, "threshold")["x0"] == pytest.approx(8, abs=0.1)
    assert shape(page, "dot")["xanchor"] == pytest.approx(2, abs=0.1)
    assert shape(page, "double")["xanchor"] == pytest.approx(2, abs=0.1)
    settle(page)
    at, _, log = page.get_by_test_id("stCode").inner_text().partition(" ")
    assert float(at) == pytest.approx(8, abs=0.1)
    assert log.count("True") == 1  # each report reaches the page once
    assert traffic.figures == 0
    # From now on the server decides, also where it puts the line elsewhere.
    page.get_by_role("button", name="Right").click()
    wait_for(page, float(at) + 1)
    assert shape(page, "dot")["xanchor"] == pytest.approx(9 - float(at), abs=1e-3)


def test_the_address_follows_without_a_run_or_history(page: Page, traffic: Traffic) -> None:
    length = page.evaluate("history.length")
    for _ in range(3):
        page.get_by_role("button", name="Right").click()
        settle(page)
    page.wait_for_url("**at=8.0000*")
    assert "gone" not in page.url
    assert "kept=2" in page.url
    assert page.evaluate("history.length") == length


def test_the_chart_is_saved_once_per_wish(page: Page, traffic: Traffic) -> None:
    for _ in range(2):
        with page.expect_download() as download:
            page.get_by_role("button", name="Save").click()
        assert download.value.suggested_filename == "chart.svg"
    got: list[object] = []
    page.on("download", lambda download: got.append(download))
    page.get_by_role("button", name="Right").click()  # the wish is still in the message
    wait_for(page, 6)
    settle(page)
    assert got == []


def test_runs_without_a_browser() -> None:
    app = AppTest.from_file(DEMO, default_timeout=20).run().run()
    assert not app.exception
