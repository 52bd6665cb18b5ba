"""Every lesson, played to its end in a real browser: predictions made, tasks done, answers read."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from pages._ui.lessons.lesson import lessons
from tests.browser.charts import PIXEL, drag
from tests.browser.test_app import complaints
from tests.conftest import Server

PLOT = ".js-plotly-plot .main-svg"
SLOW = 75_000  # milliseconds: a machine that does much else

THRESHOLD = ".st-key-chart-cockpit .js-plotly-plot"
# Half way up the first picture, at a score.
LINE = """([plot, x]) => {
  const node = document.querySelector(plot), { xaxis, yaxis } = node._fullLayout;
  const box = node.getBoundingClientRect();
  return [box.left + xaxis._offset + xaxis.d2p(x), box.top + yaxis._offset + yaxis._length / 2];
}"""


def click_at(x: float, y: float) -> Callable[[Page], None]:
    """A click into the last picture of the critic's page."""

    def click(page: Page) -> None:
        page.wait_for_selector(PLOT, timeout=SLOW)
        page.mouse.click(*page.evaluate(PIXEL, [0, x, y, "2"]))

    return click


def to_the_end(page: Page) -> None:
    page.wait_for_selector(".lanes-planes[aria-label]", timeout=SLOW)
    page.get_by_label("Step of the recording").press("End")


def penalise(page: Page) -> None:
    page.get_by_role("radio", name="penalty: slope = 1").click()


def by_the_generator(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Rule")).click()
    page.locator(".st-key-rule label", has_text="Distance to the generator").click()


def unseen_one(page: Page) -> None:
    page.wait_for_selector(PLOT, timeout=SLOW)
    page.get_by_role("button", name="Unseen digit").click()
    page.get_by_role("radio", name="1", exact=True).first.click()


def fewer_alarms(page: Page) -> None:
    page.wait_for_selector(f"{THRESHOLD} .main-svg", timeout=SLOW)
    drag(page, *(page.evaluate(LINE, [THRESHOLD, at]) for at in (0.02, 0.045)))


def dear_misses(page: Page) -> None:
    page.wait_for_selector(PLOT, timeout=SLOW)
    page.get_by_role("button", name=re.compile("^World")).click()
    page.locator(".st-key-cost").get_by_role("slider").press("End")


# What a learner does at a step that asks for something to be done.
TASKS = {
    ("normal", 1): click_at(0, 1),
    ("collapse", 1): to_the_end,
    ("collapse", 3): click_at(0, 1),
    ("clip", 3): penalise,
    ("critic", 1): click_at(0.2, 0.3),
    ("critic", 3): by_the_generator,
    ("encoder", 3): unseen_one,
    ("rare", 2): fewer_alarms,
    ("rare", 3): dear_misses,
}


@pytest.mark.parametrize("name", lessons())
def test_a_lesson_is_played_to_its_end(
    page: Page, app: Server, problems: list[str], name: str
) -> None:
    lesson = lessons()[name]
    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto(f"{app.url}/{lesson.address(1)}")
    for number, step in enumerate(lesson.steps, start=1):
        panel = page.locator(".lesson")
        expect(panel).to_contain_text(f"{number} / {len(lesson.steps)}", timeout=SLOW)
        task = panel.locator(".lesson-task")
        if step.ask is not None:
            expect(panel.locator(".lesson-because")).to_have_count(0)  # not before the prediction
            panel.get_by_role("button", name=step.ask.options[step.ask.right], exact=True).click()
            expect(panel.locator(".lesson-because").first).to_contain_text("Right.", timeout=SLOW)
            for parameter, value in step.ask.shows.items():
                # A page takes what is usual out of its address.
                assert f"{parameter}={value}" in page.url or f"{parameter}=" not in page.url
        if step.watch is not None:
            expect(task).not_to_have_class(re.compile("done"))
            TASKS[name, number](page)
            expect(task).to_have_class(re.compile("done"), timeout=SLOW)
        panel.locator(".lesson-go").click()
    page.wait_for_url(re.compile(r"/lessons$"))
    assert not complaints(problems)


def test_a_lecturer_hides_answers_and_goes_on_by_a_key(page: Page, app: Server) -> None:
    page.goto(f"{app.url}/{lessons()['clip'].address(1)}")
    panel = page.locator(".lesson")
    panel.get_by_label("Hide answers").check(timeout=SLOW)
    panel.get_by_label("Projector").check()
    panel.locator(".lesson-option").nth(0).click()
    expect(panel.locator(".lesson-because")).to_contain_text("hidden", timeout=SLOW)
    expect(panel.locator(".right, .wrong")).to_have_count(0)
    panel.get_by_label("Hide answers").uncheck()
    expect(panel.locator(".lesson-because")).to_contain_text("Not quite.")
    size = panel.evaluate("(node) => parseFloat(getComputedStyle(node).fontSize)")
    assert size >= 20
    page.keyboard.press("n")
    expect(panel).to_contain_text("2 / 4", timeout=SLOW)
    term = panel.locator(".lesson-term").first
    term.hover()
    assert "steepest" in (term.get_attribute("data-tip") or "")
    # The menu leads away, and the panel back.
    page.get_by_role("link", name="Race").first.click()
    panel.get_by_text("Back to the lesson").click(timeout=SLOW)
    expect(panel).to_contain_text("2 / 4", timeout=SLOW)
    # Elsewhere its key leaves nothing, and it can be ended for good.
    page.get_by_role("link", name="Race").first.click()
    expect(panel.get_by_text("Back to the lesson")).to_be_visible(timeout=SLOW)
    page.keyboard.press("n")
    panel.get_by_role("button", name="End the lesson").click()
    expect(panel).to_have_count(0, timeout=SLOW)
    assert "/race" in page.url
    # Also where it was: the page comes back without it.
    page.get_by_role("link", name="Theory").first.click()
    page.wait_for_url(re.compile("/theory"), timeout=SLOW)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=SLOW)
    expect(panel).to_have_count(0)


def test_a_projector_is_one_switch_of_all_pages(page: Page, app: Server) -> None:
    """Its key has one effect also where a race plays, which listens to it as well."""
    large = "document.documentElement.classList.contains('projector')"
    scale = "document.querySelector('.lanes').player.scale"
    for address in ("", "race"):
        page.goto(f"{app.url}/{address}")
        page.wait_for_function("document.querySelector('.lanes')?.player", timeout=SLOW)
        for key, on in (("P", True), ("p", False)):
            page.keyboard.press(key)
            assert page.evaluate(f"[{large}, {scale} > 1]") == [on, on]
    page.keyboard.press("p")
    page.goto(f"{app.url}/{lessons()['clip'].address(1)}")
    switch = page.locator(".lesson").get_by_label("Projector")
    expect(switch).to_be_checked(timeout=SLOW)
    page.keyboard.press("p")
    expect(switch).not_to_be_checked()


def test_a_phone_has_the_lesson_above_the_page(page: Page, app: Server) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/{lessons()['clip'].address(1)}")
    expect(page.locator(".lesson")).to_contain_text("1 / 4", timeout=SLOW)
    page.wait_for_selector(".theory svg", timeout=SLOW)
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    tops = page.evaluate(
        """[".lesson", ".theory"].map(
          (at) => document.querySelector(at).getBoundingClientRect().top)"""
    )
    assert tops[0] < tops[1]
