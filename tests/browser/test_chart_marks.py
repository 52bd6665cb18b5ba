"""The prepared chart in a real browser: its figure travels once, its marks move."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import plotly.graph_objects as go
import pytest
from playwright.sync_api import Page, expect

from pages._ui.chart import Marks, Prepared
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

SHAPE = """(name) => document.querySelector(".js-plotly-plot")._fullLayout.shapes
  .find((shape) => shape.name === name)"""


def picture(number: int) -> Prepared:
    """A line of noise with a threshold to drag and dots that follow it; some 20 kB."""
    noise = np.random.default_rng(number).normal(size=2_000)
    figure = go.Figure(go.Scatter(x=np.linspace(0, 10, 2_000), y=noise, name=f"noise {number}"))
    figure.add_vline(x=5, name="threshold", editable=True)
    pixels = {"xsizemode": "pixel", "ysizemode": "pixel", "xanchor": 5, "yanchor": 0}
    for name in ("dot", "double"):
        figure.add_shape(name=name, type="circle", x0=-6, x1=6, y0=-6, y1=6, **pixels)
    at = np.array([0, 4, 10], np.float32)
    followers = {"dot": {"xanchor": 10 - at}, "double": {"xanchor": 10 - at.astype(np.float64)}}
    follow = {"shape": "threshold", "at": at, "with": followers}
    figure.update_layout(height=300, meta={"follow": follow}, uirevision="same")
    figure.update_xaxes(range=[0, 10])
    return Prepared(figure)


FIGURE = picture(0)


def run(
    page: Page,
    at: float,
    figure: Prepared = FIGURE,
    whole: bool = False,
    seen: int = 0,
    save: int = 0,
) -> None:
    """One run of a page whose threshold is at `at`."""
    dots = {name: {"xanchor": 10 - at} for name in ("dot", "double")}
    shapes = {"threshold": {"x0": at, "x1": at}, **dots}
    marks = Marks(shapes, {"at": f"{at:.4f}", "gone": None}, ("svg", save))
    show(page, "marks", figure, f"at {at:.2f}", seen, marks, whole)


@pytest.fixture
def chart(page: Page, problems: list[str]) -> Iterator[Page]:
    """The chart, drawn with its threshold at 5; nobody may have complained in the end."""
    page.set_viewport_size({"width": 1200, "height": 800})
    open_charts(page, "?gone=1&kept=2")
    run(page, 5, whole=True)
    wait_for_charts(page, 1)
    settle(page)
    yield page
    assert problems == []


def shape(page: Page, name: str) -> dict[str, float]:
    settle(page)
    found: dict[str, float] = page.evaluate(SHAPE, name)
    return found


def test_marks_move_on_the_same_plot(chart: Page) -> None:
    chart.evaluate(f"document.querySelector('{PLOT}').mark = 1")
    for at in (6, 7):
        run(chart, at)
        assert shape(chart, "threshold")["x0"] == shape(chart, "threshold")["x1"] == at
        assert shape(chart, "dot")["xanchor"] == 10 - at
        picture = chart.locator(f"{PLOT} .main-svg").first
        expect(picture).to_have_attribute("aria-label", f"at {at}.00")
    assert chart.evaluate(f"document.querySelector('{PLOT}').mark") == 1


def test_moved_marks_lie_where_plotly_would_draw_them(chart: Page) -> None:
    boxes = f"""[...document.querySelectorAll("{PLOT} .shape-group path")].map((path) => {{
      const {{ x, y, width, height }} = path.getBBox();
      return [x, y, width, height];
    }})"""
    run(chart, 6)
    settle(chart)
    moved = chart.evaluate(boxes)
    chart.evaluate(f"Plotly.redraw(document.querySelector('{PLOT}'))")
    drawn = chart.evaluate(boxes)
    assert len(moved) == len(drawn) == 3
    for mine, plotlys in zip(moved, drawn, strict=True):
        assert mine == pytest.approx(plotlys, abs=0.5)


def test_a_figure_that_came_once_need_not_come_again(chart: Page) -> None:
    trace = f"document.querySelector('{PLOT}').data[0].name"
    other = picture(3)
    for figure, whole in ((other, True), (FIGURE, False), (other, False)):
        run(chart, 5, figure, whole)
        settle(chart)
        assert chart.evaluate(trace) == f"noise {3 if figure is other else 0}"
        assert shape(chart, "threshold")["x0"] == 5  # the marks are the page's, not the figure's
    assert told(chart, "lost") == []


def test_a_figure_that_the_browser_lost_is_asked_for(chart: Page) -> None:
    other = picture(100)
    run(chart, 6, other)
    (lost,) = told(chart, "lost")
    assert lost["hash"] == other.hash
    run(chart, 6, other, whole=True)
    assert shape(chart, "threshold")["x0"] == 6  # with its marks where they were
    assert chart.evaluate(f"document.querySelector('{PLOT}').data[0].name") == "noise 100"


def test_a_dragged_line_takes_its_follower_along(chart: Page) -> None:
    drag(chart, pixel(chart, 0, 5, 0.5), pixel(chart, 0, 8, 0.4))
    # At once: by the table that came with the figure.
    assert shape(chart, "threshold")["x0"] == pytest.approx(8, abs=0.1)
    assert shape(chart, "dot")["xanchor"] == pytest.approx(2, abs=0.1)
    assert shape(chart, "double")["xanchor"] == pytest.approx(2, abs=0.1)
    *_, last = told(chart, "drag")
    assert last["x0"] == pytest.approx(8, abs=0.1)
    assert [move["released"] for move in told(chart, "drag")].count(True) == 1
    # From now on the server decides, also where it puts the line elsewhere.
    run(chart, last["x0"] + 1, seen=last["number"])
    assert shape(chart, "threshold")["x0"] == pytest.approx(last["x0"] + 1)
    assert shape(chart, "dot")["xanchor"] == pytest.approx(9 - last["x0"], abs=1e-3)


def test_the_address_follows_without_history(chart: Page) -> None:
    length = chart.evaluate("history.length")
    for at in (6, 7, 8):
        run(chart, at)
        settle(chart)
    chart.wait_for_url("**at=8.0000*")
    assert "gone" not in chart.url
    assert "kept=2" in chart.url
    assert chart.evaluate("history.length") == length


def test_the_chart_is_saved_once_per_wish(chart: Page) -> None:
    for number in (1, 2):
        with chart.expect_download() as download:
            run(chart, 5, save=number)
        assert download.value.suggested_filename == "chart.svg"
    got: list[object] = []
    chart.on("download", lambda download: got.append(download))
    run(chart, 6, save=2)  # the wish is still in the message
    assert shape(chart, "threshold")["x0"] == 6
    assert got == []
