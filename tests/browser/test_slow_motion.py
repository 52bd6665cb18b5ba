"""Slow motion in a real browser: no equation is cut off on a phone, and it walks by itself."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.test_app import button, complaints, open_race
from tests.conftest import Server

CUT = """() => {
  const room = document.querySelector('.st-key-equations').getBoundingClientRect();
  return [...document.querySelectorAll('.st-key-equations .katex-html .base')]
    .map((node) => [node.getBoundingClientRect(), node.textContent])
    .filter(([box]) => box.left < room.left - 1 || box.right > Math.min(390, room.right) + 1)
    .map(([box, words]) => [box.left, box.right, words]);
}"""


def test_equations_fit_a_phone_and_stages_pass(
    page: Page, app: Server, problems: list[str]
) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    open_race(page, app)
    page.get_by_text("Slow motion: walk through one step").click()
    shown = page.locator(".st-key-equations .katex-display")
    expect(shown).to_have_count(6, timeout=30_000)
    expect(page.locator("svg.flow .lit")).to_have_count(1)
    for lane in ("Clipped WGAN", "WGAN-GP", "Vanilla GAN"):
        page.get_by_role("combobox", name="Lane").click()
        page.get_by_role("option", name=lane).click()
        for stage in (4, 1):  # a frame is wider
            page.get_by_role("radio", name=f"{stage} ·").click()
            expect(page.locator("svg.flow .lit")).to_have_count(3 if stage == 4 else 1)
            expect(shown).to_have_count(6)
            assert page.evaluate(CUT) == []
    button(page, "Walk by itself").click()
    expect(page.locator("svg.flow .lit")).to_have_count(5, timeout=30_000)
    button(page, "Hold").click()
    assert not complaints(problems)
