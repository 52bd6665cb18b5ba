"""The live chart in a real browser: one node, kept zoom, and every event exactly once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from streamlit.testing.v1 import AppTest

from tests.conftest import Server

DEMO = str(Path(__file__).with_name("chart_demo.py"))
PLOT = ".js-plotly-plot"
# Where a point given in data coordinates lies on the page.
PIXEL = """([plot, x, y, subplot]) => {
  const node = document.querySelectorAll(".js-plotly-plot")[plot];
  const { [`xaxis${subplot}`]: xa, [`yaxis${subplot}`]: ya } = node._fullLayout;
  const box = node.getBoundingClientRect();
  return [box.left + xa._offset + xa.d2p(x), box.top + ya._offset + ya.d2p(y)];
}"""


@pytest.fixture(scope="module")
def demo(serve: Callable[[str], Server]) -> Server:
    """The demo, served once for all tests."""
    return serve(DEMO)


@pytest.fixture
def chart(demo: Server, page: Page, problems: list[str]) -> Iterator[Page]:
    """Open the demo and wait for both charts; nobody may have complained in the end."""
    page.set_viewport_size({"width": 1400, "height": 1000})
    page.goto(demo.url)
    expect(page.locator(f"{PLOT} .main-svg[role=img]")).to_have_count(2, timeout=30_000)
    yield page
    assert problems == []
    assert not [word for word in ("Traceback", "WARN", "deprecat") if word in demo.log()]


def pixel(page: Page, plot: int, x: float, y: float, subplot: str = "") -> tuple[float, float]:
    """The page position of a data point."""
    left, top = page.evaluate(PIXEL, [plot, x, y, subplot])
    return left, top


def events(page: Page) -> list[dict[str, Any]]:
    """What the demo has been told so far, oldest first."""
    log: list[dict[str, Any]] = json.loads(page.get_by_test_id("stCode").inner_text())
    return log


def wait_for_events(page: Page, kind: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait until ``count`` events with the entry ``kind`` have come, then for a few more runs."""
    for _ in range(100):
        if len([event for event in events(page) if kind in event]) >= count:
            break
        page.wait_for_timeout(100)
    page.wait_for_timeout(1000)
    return [event for event in events(page) if kind in event]


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Move with the button held down."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def test_one_node_is_redrawn_and_keeps_its_zoom(chart: Page) -> None:
    chart.evaluate(
        """() => {
          window.redraws = [0, 0];
          window.blank = 0;
          document.querySelectorAll(".js-plotly-plot").forEach((node, index) => {
            node.mark = index;
            node.on("plotly_afterplot", () => { window.redraws[index] += 1; });
          });
          const watch = () => {
            window.blank += document.querySelectorAll(".heatmaplayer image").length !== 2;
            requestAnimationFrame(watch);
          };
          watch();
        }"""
    )
    drag(chart, pixel(chart, 0, -1, -1), pixel(chart, 0, 1, 1))
    chart.wait_for_timeout(500)
    zoom = "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range"
    zoomed = chart.evaluate(zoom)
    assert zoomed == pytest.approx([-1, 1], abs=0.1)
    chart.wait_for_function("window.redraws[0] > 10", timeout=60_000)
    marks = f"[...document.querySelectorAll('{PLOT}')].map((node) => node.mark)"
    assert chart.evaluate(marks) == [0, 1]
    _, constant = chart.evaluate("window.redraws")
    assert constant <= 1  # the same figure again is not drawn again
    assert chart.evaluate("window.blank") == 0
    assert chart.evaluate(zoom) == zoomed


def test_click_on_empty_area_reports_the_coordinates(chart: Page) -> None:
    chart.mouse.click(*pixel(chart, 0, 3.5, -3.5, "3"))
    (click,) = wait_for_events(chart, "point_x")
    assert (click["x"], click["y"]) == pytest.approx((3.5, -3.5), abs=0.05)
    assert click["subplot"] == "x3y3"
    assert click["curve"] is None
    chart.mouse.click(*pixel(chart, 0, 1, -1, "2"))
    _, on_heatmap = wait_for_events(chart, "point_x", 2)
    assert (on_heatmap["x"], on_heatmap["y"]) == pytest.approx((1, -1), abs=0.05)
    assert on_heatmap["subplot"] == "x2y2"
    assert on_heatmap["curve_number"] == 1


def test_dragged_line_reports_and_stays(chart: Page) -> None:
    drag(chart, pixel(chart, 1, 5, 0.05), pixel(chart, 1, 8, 0.4))
    moves = wait_for_events(chart, "released", 2)
    assert moves[-1] == pytest.approx(
        {"index": 0, "name": "threshold", "x0": 8, "x1": 8, "y0": 0, "y1": 1, "released": True},
        abs=0.05,
    )
    assert [move["released"] for move in moves].count(True) == 1
    shape = f"document.querySelectorAll('{PLOT}')[1]._fullLayout.shapes[0].x0"
    assert chart.evaluate(shape) == pytest.approx(8, abs=0.05)
    assert not [event for event in events(chart) if "released" not in event]


def test_box_selection_is_reported_once_and_cleared(chart: Page) -> None:
    start, end = pixel(chart, 1, 1, 0.2), pixel(chart, 1, 3, 0.6)
    drag(chart, start, end)
    (brush,) = [e for e in wait_for_events(chart, "subplot") if "point_x" not in e]
    assert sorted(brush["x"]) == pytest.approx([1, 3], abs=0.05)
    assert sorted(brush["y"]) == pytest.approx([0.2, 0.6], abs=0.02)
    chart.mouse.dblclick(*pixel(chart, 1, 8, 0.2))
    brushes = [e for e in wait_for_events(chart, "subplot", 4) if "point_x" not in e]
    assert brushes[1:] == [{"x": None, "y": None, "subplot": None}]


def test_narrow_layout_and_theme(chart: Page) -> None:
    colour = (
        "getComputedStyle(document.querySelector('.xtick text')).fill + "
        "document.querySelector('.js-plotly-plot').layout.template.layout.font.color"
    )
    light = chart.evaluate(colour)
    chart.emulate_media(color_scheme="dark")
    chart.wait_for_function(f"(light) => {colour} !== light", arg=light)
    wide = chart.locator(PLOT).first.bounding_box()
    chart.set_viewport_size({"width": 390, "height": 800})
    chart.wait_for_function(f"document.querySelector('{PLOT}')._fullLayout.height === 700")
    narrow = chart.locator(PLOT).first.bounding_box()
    assert wide is not None
    assert narrow is not None
    assert (wide["height"], narrow["height"]) == (320, 700)
    assert narrow["width"] < 390
    chart.set_viewport_size({"width": 1400, "height": 1000})
    chart.wait_for_function(f"document.querySelector('{PLOT}')._fullLayout.height === 320")


@pytest.mark.parametrize("form", ["png", "svg"])
def test_download(chart: Page, form: str) -> None:
    chart.locator(PLOT).first.hover()
    with chart.expect_download() as download:
        chart.locator(f"{PLOT} [data-title='Download as {form.upper()}']").first.click()
    assert download.value.suggested_filename == f"chart.{form}"
    expect(chart.locator("[data-title*='loud'], .modebar-btn--logo")).to_have_count(0)


def test_plotly_comes_once_from_our_own_server(chart: Page) -> None:
    chart.reload()
    expect(chart.locator(f"{PLOT} .main-svg[role=img]")).to_have_count(2, timeout=30_000)
    urls = chart.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    origin = chart.evaluate("location.origin")
    assert len([url for url in urls if "plotly.min.js" in url]) == 1
    assert [url for url in urls if not url.startswith((origin, "blob:", "data:"))] == []


def test_runs_without_a_browser() -> None:
    app = AppTest.from_file(DEMO, default_timeout=20).run().run()
    assert not app.exception
