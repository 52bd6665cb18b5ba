"""Points of one's own are drawn with the pointer, trained on, and travel in a link."""

from __future__ import annotations

import math
import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.test_app import button, complaints, fits_a_phone, open_race
from tests.conftest import Server

PAD = ".points canvas"


def drag(page: Page, *places: tuple[float, float]) -> None:
    """With the mouse, through places of the pad from (0, 0) to (1, 1)."""
    box = page.locator(PAD).bounding_box()
    assert box is not None
    across = [(box["x"] + u * box["width"], box["y"] + v * box["height"]) for u, v in places]
    page.mouse.move(*across[0])
    page.mouse.down()
    for place in across[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


def test_a_ring_is_drawn_undone_drawn_again_and_raced_on(
    page: Page, browser: Browser, app: Server, problems: list[str]
) -> None:
    open_race(page, app)
    button(page, "Race").click()
    page.get_by_text("Your own points", exact=True).click()
    said = page.locator(".points output")
    expect(said).to_have_text("0 of 300 points", timeout=30_000)
    expect(button(page, "Train on these")).to_be_disabled()
    angles = [2 * math.pi * i / 16 for i in range(17)]
    drag(page, *((0.5 + 0.3 * math.cos(a), 0.5 + 0.3 * math.sin(a)) for a in angles))
    # A ring of radius 0.9, a point every 0.06.
    expect(said).to_have_text(re.compile("^9[0-9] of 300 points"))
    drag(page, (0.1, 0.1), (0.9, 0.1))
    expect(said).to_have_text(re.compile("^1[34][0-9] of 300 points"))
    button(page, "Undo").click()
    expect(said).to_have_text(re.compile("^9[0-9] of 300 points"))
    for _ in range(20):  # the ink runs out, and says so
        drag(page, (0.05, 0.95), (0.95, 0.95))
    expect(said).to_have_text("All 300 points are drawn")
    button(page, "Clear").click()
    expect(said).to_have_text("0 of 300 points")
    drag(page, (0.2, 0.2), (0.2, 0.8), (0.8, 0.8))
    drawing = said.inner_text()
    button(page, "Train on these").click()
    expect(page.get_by_text(re.compile("^Training"))).to_be_visible(timeout=60_000)
    expect(page.locator(PAD)).to_have_count(0, timeout=60_000)
    page.wait_for_url(re.compile("points=[A-Za-z0-9_-]+"))
    link = re.sub(r"run=[0-9a-f]+&?", "", page.url)
    button(page, "Pause").click()
    other = browser.new_page()
    other.goto(link)
    other.wait_for_selector(".lanes-planes[aria-label]", timeout=60_000)
    shown = "[...document.querySelector('.lanes').player.recording.data]"
    assert other.evaluate(shown) == page.evaluate(shown)
    button(other, "Race").click()
    other.get_by_text("Your own points", exact=True).click()
    expect(other.locator(".points output")).to_have_text(drawing, timeout=30_000)
    fits_a_phone(other)
    other.close()
    assert not complaints(problems)
