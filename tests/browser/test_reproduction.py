"""The reproduction page in a real browser: a cell is clicked, choices are made, leaks are seen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.charts import pixel
from tests.browser.test_app import complaints
from tests.conftest import Server
from wganad_core import leaks, pretrained
from wganad_core.use_cases import MNIST

PLOT = ".js-plotly-plot .main-svg"
ABOVE = "document.querySelector('.js-plotly-plot').getBoundingClientRect().top - " + (
    "document.querySelector('.stMainBlockContainer h1').getBoundingClientRect().top"
)


@pytest.fixture(autouse=True)
def _shipped() -> None:
    paths = [pretrained.scores_path(MNIST.name, name) for name in MNIST.classes]
    if not all(path.exists() for path in (*paths, leaks.shipped_path())):
        pytest.skip("The score tables or the measured leaks are not here.")


def test_a_visit(page: Page, app: Server, problems: list[str]) -> None:
    """One load of the page: from the picture to a command, another order, and the leaks."""
    page.goto(f"{app.url}/reproduction")
    page.wait_for_selector(PLOT, timeout=90_000)
    assert page.evaluate(ABOVE) <= 90
    _a_click_on_a_cell_says_how_it_came_about(page)
    _the_board_is_sorted_by_a_class(page)
    _leaks_are_a_choice_away(page)
    assert not complaints(problems)


def _a_click_on_a_cell_says_how_it_came_about(page: Page) -> None:
    page.mouse.click(*pixel(page, 0, 1, 2))  # the first detector below both reference rows
    expect(page).to_have_url(re.compile(r"cell=.*~1$"), timeout=20_000)
    expect(page.get_by_text("--abnormal 1").first).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("See it on the page"))).to_be_visible()


def _the_board_is_sorted_by_a_class(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Sorted by")).click()
    page.get_by_role("radiogroup").get_by_text("9", exact=True).click()
    expect(page).to_have_url(re.compile("sort=9"), timeout=20_000)
    expect(page.locator("h1")).to_contain_text("AUPRC on 9")
    page.keyboard.press("Escape")


def _leaks_are_a_choice_away(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Look at")).click()
    page.get_by_role("radiogroup").get_by_text("leaks", exact=True).click()
    expect(page.get_by_text("Why it is wrong.")).to_be_visible(timeout=20_000)
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Base rate").click()
    expect(page).to_have_url(re.compile("leak=rates"))
    expect(page.locator("h1")).to_contain_text("points on average")


def test_it_fits_a_phone(page: Page, app: Server, problems: list[str]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for query in ("", "?view=leaks"):
        page.goto(f"{app.url}/reproduction{query}")
        page.wait_for_selector(PLOT, timeout=90_000)
        page.wait_for_function("document.documentElement.scrollWidth <= 390")
        assert page.evaluate(ABOVE) <= 120
    assert not complaints(problems)
