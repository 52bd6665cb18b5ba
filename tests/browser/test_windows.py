"""The page of sensor windows in a real browser: what is clicked on one side shows on the other."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.charts import drag
from tests.browser.test_app import above_the_picture, choose, complaints
from tests.conftest import Server
from tests.pages.test_windows_page import activity as activity

PLOT = ".js-plotly-plot .main-svg"
NODE = "document.querySelector('.st-key-chart-{} .js-plotly-plot')"
# Where a point given in data coordinates lies on the page.
PIXEL = """([key, x, y, across, up]) => {
  const node = document.querySelector(`.st-key-chart-${key} .js-plotly-plot`);
  const { [across]: xa, [up]: ya } = node._fullLayout;
  const box = node.getBoundingClientRect();
  return [box.left + xa._offset + xa.d2p(x), box.top + ya._offset + ya.d2p(y)];
}"""


def open_page(page: Page, app: Server, query: str) -> None:
    page.goto(f"{app.url}/har?{query}")
    expect(page.get_by_text("Who is to blame").first).to_be_attached(timeout=90_000)
    page.wait_for_selector(".st-key-chart-place .main-svg")


def pixel(
    page: Page, key: str, x: float, y: float, across: str = "xaxis", up: str = "yaxis"
) -> tuple[float, float]:
    left, top = page.evaluate(PIXEL, [key, x, y, across, up])
    return left, top


def shapes(page: Page, key: str) -> list[dict]:
    found: list[dict] = page.evaluate(f"{NODE.format(key)}.layout.shapes")
    return found


def test_a_visit(page: Page, app: Server, activity: str, problems: list[str]) -> None:
    """One load of the page: clicks on one side show on the other, choices stay in the address."""
    page.set_viewport_size({"width": 1440, "height": 900})
    open_page(page, app, f"activity={activity}")
    assert above_the_picture(page, ".st-key-chart-strip") <= 90
    for chart in ("signals", "recurrence"):  # on one screen with the gallery
        box = page.locator(f".st-key-chart-{chart}").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900
    page.set_viewport_size({"width": 1440, "height": 1600})
    _a_click_on_the_image_marks_both_times(page)
    _a_brushed_stretch_lights_up_in_the_image(page)
    _a_click_on_a_tile_takes_that_window_apart(page)
    _what_the_model_made_is_dashed_and_choices_stay_in_the_address(page)
    assert not complaints(problems)


def _a_click_on_the_image_marks_both_times(page: Page) -> None:
    for at, (i, j) in (((1.0, 0.4), (20, 50)), ((2.0, 1.5), (75, 100))):
        page.mouse.click(*pixel(page, "recurrence", *at))
        expect(page).to_have_url(re.compile(f"cell={i}-{j}"), timeout=20_000)
        expect(page.get_by_text(f"i = {i / 50:.2f} s with j = {j / 50:.2f} s")).to_be_visible()
        for chart, end in (("signals", "x0"), ("recurrence", "y0")):
            page.wait_for_function(
                f"(at) => Math.abs({NODE.format(chart)}.layout.shapes[0].{end} - at) < 1e-6",
                arg=i / 50,
            )
        first, second = (shape["x0"] for shape in shapes(page, "signals"))
        assert (first, second) == pytest.approx((i / 50, j / 50))
        row, column, *_ = shapes(page, "recurrence")
        assert (row["y0"], column["x0"]) == pytest.approx((i / 50, j / 50))


def _a_brushed_stretch_lights_up_in_the_image(page: Page) -> None:
    n = len(shapes(page, "recurrence"))
    middle = page.evaluate(f"{NODE.format('signals')}._fullLayout.yaxis2.range")
    level = sum(middle) / 2
    start = pixel(page, "signals", 0.5, level, up="yaxis2")
    drag(page, start, pixel(page, "signals", 0.9, level, up="yaxis2"))
    page.wait_for_function(f"(n) => {NODE.format('recurrence')}.layout.shapes.length > n", arg=n)
    columns, rows, *_ = shapes(page, "recurrence")
    assert (columns["x0"], columns["x1"]) == pytest.approx((0.5, 0.9), abs=0.02)
    assert (rows["y0"], rows["y1"]) == pytest.approx((0.5, 0.9), abs=0.02)
    page.mouse.dblclick(*pixel(page, "signals", 2.2, level, up="yaxis2"))
    page.wait_for_function(f"(n) => {NODE.format('recurrence')}.layout.shapes.length === n", arg=n)


def _a_click_on_a_tile_takes_that_window_apart(page: Page) -> None:
    before = page.locator("h3").first.inner_text()
    page.mouse.click(*pixel(page, "strip", 2.5, 0.5, "xaxis2", "yaxis2"))
    expect(page.locator("h3").first).not_to_have_text(before, timeout=20_000)
    expect(page).to_have_url(re.compile(r"window=\d+"))
    chosen = page.locator("h3").first.inner_text()
    page.goto(page.url)
    expect(page.locator("h3").first).to_have_text(chosen, timeout=60_000)
    page.wait_for_selector(".st-key-chart-place .main-svg")


def _what_the_model_made_is_dashed_and_choices_stay_in_the_address(page: Page) -> None:
    dashed = f"{NODE.format('signals')}.data.filter((t) => t.line?.dash).map((t) => t.name)"
    page.wait_for_function(f"{dashed}.length === 9", timeout=30_000)
    choose(page, "Model", "Dense")
    expect(page).to_have_url(re.compile("model=dense"))
    page.wait_for_function(f"{dashed}.length === 3", timeout=30_000)
    assert all(name.startswith("total_acc") for name in page.evaluate(dashed))
    choose(page, "Model", "All its windows")
    expect(page).to_have_url(re.compile("protocol=test"))
    page.reload()
    expect(page.get_by_role("button", name="Model Dense")).to_be_visible(timeout=60_000)
    # Another model and back: the detector that was looked at is looked at again.
    choose(page, "Model", "1-D convolutions")
    expect(page.get_by_role("button", name="Detector Ours")).to_be_visible(timeout=60_000)
    assert "detector=" not in page.url


def test_it_fits_a_phone(page: Page, app: Server, activity: str, problems: list[str]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_page(page, app, f"activity={activity}&classical=1")
    page.wait_for_timeout(2_000)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert above_the_picture(page, ".st-key-chart-strip") <= 120
    page.get_by_role("button", name="Unseen activity").click()
    pictures = page.locator(".st-key-activity img")
    expect(pictures).to_have_count(6)
    for k in range(6):
        box = pictures.nth(k).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert not complaints(problems)


def test_a_page_is_left_for_the_cockpit_and_found_again(page: Page, app: Server) -> None:
    page.goto(f"{app.url}/har?activity=walking&detector=encoder&model=dense")
    page.get_by_role("link", name="Tune this detector's threshold").click(timeout=90_000)
    expect(page).to_have_url(re.compile(r"/cockpit\?.*class=walking"), timeout=60_000)
    expect(page.get_by_role("button", name="walking unseen")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Movements").first.click()
    expect(page).to_have_url(re.compile(r"/har\?.*activity=walking"), timeout=60_000)
    expect(page.get_by_role("heading", name="never seen anybody walking")).to_be_visible(
        timeout=60_000
    )
