"""The app in a real browser: play, pause, step, scrub, export, detect, leave."""

from __future__ import annotations

import io
import re
import time

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Server

PLOT = ".js-plotly-plot .main-svg"


def complaints(problems: list[str]) -> list[str]:
    """What the console said, without Streamlit's own search for its base path: on a page below
    the root it first asks for `/race/_stcore/health`, and the browser logs the 404."""
    return [problem for problem in problems if "status of 404" not in problem]


def button(page: Page, name: str):
    return page.get_by_role("button", name=re.compile(f"^{name}"))


def open_race(page: Page, app: Server, query: str = "") -> None:
    page.goto(f"{app.url}/race{query}")
    page.wait_for_selector(PLOT)


def shown_step(page: Page) -> int:
    words = page.get_by_text("Paused at step").inner_text()
    return int(found(r"step ([\d,]+)", words).replace(",", ""))


def found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    assert match is not None, f"{pattern} is not in {text}"
    return match.group(1)


def test_play_pause_step_scrub(page: Page, app: Server, problems: list[str]) -> None:
    open_race(page, app)
    expect(page.get_by_text("ships with the app")).to_be_visible()
    button(page, "Play").click()
    expect(page.get_by_text(re.compile("^Training"))).to_be_visible(timeout=30_000)
    page.evaluate("document.querySelector('.js-plotly-plot').mark = 1")
    newest = re.compile(r"step ([2-9]\d|\d{3,}) ·")
    expect(page.locator(PLOT).first).to_have_attribute("aria-label", newest, timeout=30_000)
    button(page, "Pause").click()
    expect(page.get_by_text("Paused at step")).to_be_visible()
    step = shown_step(page)
    button(page, "Step").click()
    expect(page.get_by_text(f"Paused at step {step + 1:,}")).to_be_visible()
    # The scrubber goes back, by keyboard; the chart's headline follows.
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    expect(page.locator(PLOT).first).to_have_attribute("aria-label", re.compile("step 0 ·"))
    assert page.evaluate("document.querySelector('.js-plotly-plot').mark") == 1
    assert "race=ring" in page.url
    assert not complaints(problems)


def test_exports_are_what_they_say(page: Page, app: Server, problems: list[str]) -> None:
    open_race(page, app, "?race=ring~gan,width=16,batch_size=16")
    button(page, "Step").click()
    expect(page.get_by_text("Paused at step 1")).to_be_visible()
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        button(page, "Animation").click()
    animation = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert animation.format == "GIF"
    assert getattr(animation, "n_frames", 1) == 2
    with page.expect_download() as download:
        button(page, "Interactive page").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "http://" not in re.sub(r"http://www\.w3\.org\S*", "", text[:2000])
    expect(page.get_by_text("--width 16")).to_be_visible()
    assert not complaints(problems)


def test_a_click_scores_a_point(page: Page, app: Server, problems: list[str]) -> None:
    page.goto(f"{app.url}/critic?rule=density")
    page.wait_for_selector(PLOT)
    verdict = page.get_by_test_id("stMetric").filter(has_text="Verdict")
    expect(verdict).to_contain_text("anomaly")
    # The top mode (0, 1): find its pixel through Plotly's own axes.
    at = page.evaluate(
        """() => {
          const node = document.querySelector('.js-plotly-plot');
          const {xaxis, yaxis} = node._fullLayout, box = node.getBoundingClientRect();
          return [box.left + xaxis._offset + xaxis.d2p(0), box.top + yaxis._offset + yaxis.d2p(1)];
        }"""
    )
    page.mouse.click(*at)
    expect(verdict).to_contain_text("normal")
    assert not complaints(problems)


def test_every_page_fits_a_phone(page: Page, app: Server, problems: list[str]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("", "race", "critic"):
        page.goto(f"{app.url}/{path}")
        page.wait_for_selector(PLOT)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        width = page.evaluate("document.querySelector('.js-plotly-plot').clientWidth")
        assert 250 < width <= 390
    assert not complaints(problems)


def test_closing_the_tab_ends_its_race_and_keeps_a_checkpoint(
    page: Page, browser: Browser, app: Server
) -> None:
    open_race(page, app, "?race=ring~sharp,width=16,batch_size=16")
    button(page, "Play").click()
    expect(page.get_by_text(re.compile("^Training"))).to_be_visible(timeout=30_000)
    key = found(r"run=([0-9a-f]{8})", page.url)
    checkpoint = app.log_file.parent / "data" / "live" / f"{key}.safetensors"
    assert not checkpoint.exists()
    other = browser.new_page()
    page.goto("about:blank")
    deadline = time.monotonic() + 20  # measured in tests/benchmarks; here only that it ends
    while not checkpoint.exists():
        assert time.monotonic() < deadline, "the closed tab's race is still there"
        time.sleep(0.1)
    # Whoever opens the address again may go on where it was.
    other.goto(f"{app.url}/race?race=ring~sharp,width=16,batch_size=16&run={key}")
    other.get_by_role("button", name="Resume it").click()
    expect(other.get_by_text(re.compile(r"Paused at step [1-9]"))).to_be_visible()
    other.close()


def test_the_server_had_nothing_to_complain_about(app: Server) -> None:
    """Runs last: the log after all of the above holds the start-up lines only (and what other
    modules' detectors remarked of their data)."""
    noise = ("You can now view", "URL:", "Uvicorn server started", "remark: ")
    lines = [line for line in app.log().splitlines() if line.strip()]
    assert [line for line in lines if not any(word in line for word in noise)] == []
