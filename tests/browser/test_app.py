"""The app in a real browser: play, pause, step, scrub, export, detect, leave."""

from __future__ import annotations

import io
import re
import time

from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.charts import pixel
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


def fits_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    page.wait_for_function(
        "(({clientWidth: w}) => 250 < w && w <= 390)(document.querySelector('.js-plotly-plot'))"
    )


def test_home(page: Page, app: Server, problems: list[str]) -> None:
    page.goto(app.url)
    page.wait_for_selector(PLOT)
    fits_a_phone(page)
    assert not complaints(problems)


def test_the_race(page: Page, app: Server, problems: list[str]) -> None:
    """Play, pause, step, scrub, export."""
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
    # Plotly comes once, from our own server.
    urls = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert len([url for url in urls if "plotly.min.js" in url]) == 1
    assert [url for url in urls if not url.startswith((app.url, "blob:", "data:"))] == []
    # What is exported is what it says.
    page.get_by_text("Export", exact=True).click()
    with page.expect_download() as download:
        button(page, "Animation").click()
    animation = Image.open(io.BytesIO(download.value.path().read_bytes()))
    assert animation.format == "GIF"
    assert getattr(animation, "n_frames", 1) > 1
    with page.expect_download() as download:
        button(page, "Interactive page").click()
    text = download.value.path().read_text(encoding="utf-8")
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert "http://" not in re.sub(r"http://www\.w3\.org\S*", "", text[:2000])
    expect(page.get_by_text("train mixture").first).to_be_visible()
    fits_a_phone(page)
    assert not complaints(problems)


def test_the_critic(page: Page, app: Server, problems: list[str]) -> None:
    """A click scores a point."""
    page.goto(f"{app.url}/critic?rule=density")
    page.wait_for_selector(PLOT)
    verdict = page.get_by_test_id("stMetric").filter(has_text="Verdict")
    expect(verdict).to_contain_text("anomaly")
    page.mouse.click(*pixel(page, 0, 0, 1))  # the top mode
    expect(verdict).to_contain_text("normal")
    fits_a_phone(page)
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
