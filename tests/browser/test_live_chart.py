"""The live chart in a real browser: one node, kept zoom, and what it reports."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go
import pytest
from playwright.sync_api import Page, expect
from plotly.subplots import make_subplots

from tests.browser.charts import (
    PLOT,
    drag,
    open_charts,
    pixel,
    settle,
    show,
    told,
    wait_for_charts,
)


def picture(step: int) -> go.Figure:
    """Two heatmaps and a cloud of points, about 50 kB on the wire, different at every step."""
    axis = np.linspace(-2, 2, 64, dtype=np.float32)
    wave = np.sin(2 * axis[None, :] + step / 5) * np.cos(2 * axis[:, None])
    figure = make_subplots(rows=1, cols=3)
    for column, surface in ((1, wave), (2, -wave)):
        heat = {"x": axis, "y": axis, "z": surface.astype(np.float32), "showscale": False}
        figure.add_heatmap(**heat, name=f"wave {column}", row=1, col=column)
    cloud = np.random.default_rng(step).normal(size=(2, 500)).astype(np.float32)
    figure.add_scatter(x=cloud[0], y=cloud[1], mode="markers", name="cloud", row=1, col=3)
    rows = {"yaxis": [0.72, 1], "yaxis2": [0.36, 0.64], "yaxis3": [0, 0.28]}
    columns = {"xaxis": [0, 1], "xaxis2": [0, 1], "xaxis3": [0, 1]}
    narrow = {name: {"domain": domain} for name, domain in (rows | columns).items()}
    figure.update_layout(height=320, showlegend=False, meta={"narrow": {"height": 700, **narrow}})
    figure.update_xaxes(range=[-4, 4], col=3)
    figure.update_yaxes(range=[-4, 4], col=3)
    return figure


def threshold_picture(threshold: float) -> go.Figure:
    """A line with an upright threshold that can be dragged."""
    figure = go.Figure(go.Scatter(x=[0, 10], y=[0, 1], mode="lines", name="curve"))
    figure.add_vline(x=threshold, name="threshold", editable=True)
    figure.update_layout(height=240, dragmode="select")
    figure.update_xaxes(range=[0, 10])
    return figure


def run(page: Page, step: int, threshold: float = 5.0, seen: int = 0) -> None:
    """One run of a page with both charts."""
    show(page, "plane", picture(step), "Two waves and a cloud", seen)
    show(page, "threshold", threshold_picture(threshold), "A threshold", seen)


@pytest.fixture
def chart(page: Page, problems: list[str]) -> Iterator[Page]:
    """Both charts, drawn; nobody may have complained in the end."""
    page.set_viewport_size({"width": 1400, "height": 1000})
    asked = open_charts(page)
    run(page, 0)
    wait_for_charts(page, 2)
    yield page
    assert problems == []
    assert len([url for url in asked if "plotly" in url]) == 1


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
    settle(chart)
    zoom = "document.querySelector('.js-plotly-plot')._fullLayout.xaxis.range"
    zoomed = chart.evaluate(zoom)
    assert zoomed == pytest.approx([-1, 1], abs=0.1)
    for step in range(1, 13):
        run(chart, step)
        chart.wait_for_function(f"window.redraws[0] >= {step}")
    marks = f"[...document.querySelectorAll('{PLOT}')].map((node) => node.mark)"
    assert chart.evaluate(marks) == [0, 1]
    _, constant = chart.evaluate("window.redraws")
    assert constant <= 1  # the same figure again is not drawn again
    assert chart.evaluate("window.blank") == 0
    assert chart.evaluate(zoom) == zoomed


def test_click_on_empty_area_reports_the_coordinates(chart: Page) -> None:
    chart.mouse.click(*pixel(chart, 0, 3.5, -3.5, "3"))
    (click,) = told(chart, "click")
    assert (click["x"], click["y"]) == pytest.approx((3.5, -3.5), abs=0.05)
    assert click["subplot"] == "x3y3"
    assert click["curve"] is None
    chart.mouse.click(*pixel(chart, 0, 1, -1, "2"))
    _, on_heatmap = told(chart, "click")
    assert (on_heatmap["x"], on_heatmap["y"]) == pytest.approx((1, -1), abs=0.05)
    assert on_heatmap["subplot"] == "x2y2"
    assert on_heatmap["curve"] == "wave 2"


def test_dragged_line_reports_and_stays(chart: Page) -> None:
    drag(chart, pixel(chart, 1, 5, 0.05), pixel(chart, 1, 8, 0.4))
    moves = told(chart, "drag")
    assert moves[-1]["name"] == "threshold"
    ends = {name: moves[-1][name] for name in ("index", "x0", "x1", "y0", "y1", "released")}
    at_8 = {"index": 0, "x0": 8, "x1": 8, "y0": 0, "y1": 1, "released": True}
    assert ends == pytest.approx(at_8, abs=0.05)
    assert [move["released"] for move in moves].count(True) == 1
    shape = f"document.querySelectorAll('{PLOT}')[1]._fullLayout.shapes[0].x0"
    run(chart, 1, threshold=5)  # a run that does not know of it yet
    settle(chart)
    assert chart.evaluate(shape) == pytest.approx(8, abs=0.05)
    run(chart, 2, threshold=6, seen=moves[-1]["number"])  # from then on the figure decides
    settle(chart)
    assert chart.evaluate(shape) == 6
    assert not told(chart, "click") + told(chart, "brush")


def test_box_selection_is_reported_once_and_cleared(chart: Page) -> None:
    drag(chart, pixel(chart, 1, 1, 0.2), pixel(chart, 1, 3, 0.6))
    run(chart, 1)
    (brush,) = told(chart, "brush")
    assert sorted(brush["x"]) == pytest.approx([1, 3], abs=0.05)
    assert sorted(brush["y"]) == pytest.approx([0.2, 0.6], abs=0.02)
    chart.mouse.dblclick(*pixel(chart, 1, 8, 0.2))
    _, *cleared = told(chart, "brush")
    places = [{name: brush[name] for name in ("x", "y", "subplot")} for brush in cleared]
    assert places == [{"x": None, "y": None, "subplot": None}]


def test_narrow_layout_and_theme(chart: Page) -> None:
    colour = "document.querySelector('.js-plotly-plot').layout.template.layout.font.color"
    light = chart.evaluate(colour)
    chart.emulate_media(color_scheme="dark")
    run(chart, 0)  # as Streamlit does when the theme changes
    chart.wait_for_function(f"(light) => {colour} !== light", arg=light)
    assert chart.evaluate("getComputedStyle(document.querySelector('.xtick text')).fill") != light
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
