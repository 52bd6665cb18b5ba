"""The digits page in a real browser: what a visitor sees first, picks and uploads."""

from __future__ import annotations

import io
import re

from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from tests.browser.test_app import above_the_picture, choose, complaints
from tests.conftest import Server
from tests.pages.test_digits_page import digit as digit

PLOT = ".js-plotly-plot .main-svg"
FILM = "document.querySelector('.lanes')?.player"


def open_page(page: Page, app: Server, query: str) -> None:
    page.goto(f"{app.url}/mnist?{query}")
    expect(page.get_by_text("What each score is made of")).to_be_attached(timeout=90_000)
    page.wait_for_selector(PLOT)


def test_a_visit(page: Page, app: Server, digit: str, problems: list[str]) -> None:
    """One load of the page: its first screen, a search, choices, and a link to them."""
    open_page(page, app, f"digit={digit}")
    _the_first_screen_shows_what_comes_back(page, digit)
    _a_search_streams_and_plays(page)
    _choices_are_kept_in_the_address(page)
    assert not complaints(problems)


def _the_first_screen_shows_what_comes_back(page: Page, digit: str) -> None:
    seen = page.locator(".dg-strips img")
    assert seen.count() == 3 * (7 + 9)
    assert above_the_picture(page, ".dg-strips") <= 90
    last = page.get_by_text("odder than").first.bounding_box()
    assert last is not None
    assert last["y"] < 500
    assert page.evaluate(
        "[...document.querySelectorAll('.dg-strips img')].every((i) => i.naturalWidth === 28)"
    )
    expect(page.get_by_role("button", name=f"Unseen digit {digit}")).to_be_visible()


CANCEL = f"""() => {{
  const buttons = [...document.querySelectorAll("button")];
  const cancel = buttons.find((button) => button.innerText.includes("Cancel"));
  const said = /Step \\d+ of 500, \\d+ to go/.test(document.body.innerText);
  if (!cancel || !said || !({FILM}?.recording.clock.length > 2)) return false;
  cancel.click();
  return true;
}}"""


def _a_search_streams_and_plays(page: Page) -> None:
    """Frames come while it searches; cancelled, they stay; at its end it plays, and rests there."""
    for label, key, presses in (("Steps", "End", 1), ("Restarts", "End", 1)):
        slider = page.get_by_role("slider", name=label)
        for _ in range(presses):
            slider.press(key)
    start = page.get_by_role("button", name="Start the search")
    start.click()
    # At once, in the page: on a quick machine a search is over before a pointer gets there.
    page.wait_for_function(CANCEL, timeout=60_000)
    expect(page.get_by_text(re.compile(r"Loss after \d+ steps"))).to_be_visible(timeout=30_000)
    assert page.evaluate(f"{FILM}.recording.clock.length") < 40
    page.get_by_role("slider", name="Restarts").press("Home")
    start.click()
    expect(page.get_by_text("Time for this one query")).to_be_visible(timeout=60_000)
    page.wait_for_function(f"{FILM}?.playing && {FILM}.at < 400")  # from the start
    page.wait_for_function(f"{FILM}?.playing === false && {FILM}.at === 500", timeout=30_000)
    page.evaluate(f"{FILM}.goTo(250)")
    expect(page.locator(".lanes-step")).to_have_text(re.compile("step 2[45]"))


def _choices_are_kept_in_the_address(page: Page) -> None:
    choose(page, "Detector", "Encoder")
    expect(page).to_have_url(re.compile("detector=encoder"))
    choose(page, "Showing", "Worst misses")
    expect(page).to_have_url(re.compile("order=misses"))
    page.wait_for_selector("[data-test-script-state=notRunning]")
    page.wait_for_timeout(1_000)  # the grid of the new order replaces the old one
    # An image of the second row; the grid is a canvas, so by position.
    grid = page.get_by_test_id("stDataFrame").first
    grid.click(position={"x": 170, "y": 36 + 62 + 31})
    expect(page).to_have_url(re.compile(r"image=\d+"), timeout=20_000)
    address = page.url
    picked = page.get_by_text(re.compile("^Autopsy of")).inner_text()
    page.goto(address)
    expect(page.get_by_text(picked)).to_be_visible(timeout=60_000)
    expect(page.get_by_role("button", name="Showing worst misses")).to_be_visible()


def test_an_uploaded_digit_is_taken_apart(
    page: Page, app: Server, digit: str, problems: list[str]
) -> None:
    picture = Image.new("L", (300, 400), 240)
    pen = ImageDraw.Draw(picture)
    pen.line([(60, 60), (60, 200), (220, 200)], fill=20, width=18)
    pen.line([(200, 50), (200, 350)], fill=20, width=18)
    file = io.BytesIO()
    picture.save(file, "PNG")
    page.goto(f"{app.url}/mnist?digit={digit}&view=own")
    upload = page.locator("input[type=file]")
    upload.wait_for(state="attached", timeout=60_000)
    upload.set_input_files({"name": "four.png", "mimeType": "image/png", "buffer": file.getvalue()})
    expect(page.get_by_text("of normal test images")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("the ink was darker than the background")).to_be_visible()
    upload.set_input_files({"name": "bad.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.get_by_test_id("stAlert")).to_contain_text("bad.png", timeout=20_000)
    assert not complaints(problems)


def test_every_view_fits_a_phone(page: Page, app: Server, digit: str, problems: list[str]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{app.url}/mnist?digit={digit}&view=own")
    for name in ("Your digit", "Gallery", "By class", "Table 1", "Generated"):
        view = page.get_by_role("radio", name=name, exact=True)
        view.click(timeout=90_000)
        expect(view).to_be_checked()
        expect(page.locator("h1")).to_be_visible(timeout=90_000)
        if name == "Gallery":
            page.wait_for_selector(".dg-strips", timeout=90_000)
            assert above_the_picture(page, ".dg-strips") <= 120
        page.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
        page.wait_for_timeout(1_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Unseen digit").click()
    thumbnails = page.locator(".st-key-digit img")
    expect(thumbnails).to_have_count(10, timeout=30_000)
    last = thumbnails.last.bounding_box()
    assert last is not None
    assert last["x"] + last["width"] <= 390
    assert not complaints(problems)


def test_a_drawn_digit_is_taken_apart(
    page: Page, app: Server, digit: str, problems: list[str]
) -> None:
    page.goto(f"{app.url}/mnist?digit={digit}&view=own")
    pad = page.get_by_role("img", name="Draw a digit here")
    pad.wait_for(timeout=60_000)
    box = pad.bounding_box()
    assert box is not None
    for stroke in ([(0.3, 0.2), (0.3, 0.55), (0.75, 0.55)], [(0.65, 0.2), (0.65, 0.9)]):
        for i, (x, y) in enumerate(stroke):
            page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
            if not i:
                page.mouse.down()
        page.mouse.up()
    expect(page.get_by_text("of normal test images")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Wipe").click()
    expect(page.get_by_text("of normal test images")).to_be_hidden(timeout=60_000)
    assert not complaints(problems)
