"""The app in a real browser: play, pause, step, scrub, export, detect, leave."""

from __future__ import annotations

import io
import os
import re
import signal
import time

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.browser.charts import pixel
from tests.conftest import Server

PLOT = ".js-plotly-plot .main-svg"


# Streamlit's note that two fragments had news at the same moment, which it sends together, and
# Chromium's that a script which was fetched early has not been needed for some seconds: on a busy
# machine the page is that slow.
HARMLESS = (
    "Multiple different fragmentIds",
    "was preloaded using link preload but not used within",
)


def complaints(problems: list[str]) -> list[str]:
    """What the console said that a page is to be blamed for."""
    return [one for one in problems if not any(words in one for words in HARMLESS)]


def button(page: Page, name: str):
    return page.get_by_role("button", name=re.compile(f"^{name}"))


PLANES = ".lanes-planes[aria-label]"
TABLE = "[data-testid=stDataFrame] canvas"
PICTURE = f"{PLANES}, {PLOT}, .dg-strips, .theory .handle, {TABLE}, .own-strip"


def open_race(page: Page, app: Server, query: str = "") -> None:
    page.goto(f"{app.url}/race{query}")
    page.wait_for_selector(PLANES, timeout=60_000)


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


def above_the_picture(page: Page, picture: str = ".lanes-planes") -> float:
    """Pixels between the menu and the picture."""
    return page.evaluate(
        """(picture) => document.querySelector(picture).getBoundingClientRect().top
          - document.querySelector("[data-testid=stHeader]").getBoundingClientRect().bottom""",
        picture,
    )


def choose(page: Page, button: str, option: str) -> None:
    """Choose from the popover whose button begins with these words; it closes then."""
    page.get_by_role("button", name=re.compile(f"^{button}")).click(timeout=60_000)
    body = page.get_by_test_id("stPopoverBody")
    body.locator("label, button").filter(has_text=re.compile(f"^{re.escape(option)}")).click()
    if body.get_by_test_id("stElementContainer").count() > 1:  # more in it than one list
        page.keyboard.press("Escape")
    expect(body).to_have_count(0)


WATCH = """
window.seen = {page: new Set(), title: new Set(), shift: 0};
new PerformanceObserver((list) => {
  for (const { value } of list.getEntries()) window.seen.shift += value;
}).observe({ type: "layout-shift", buffered: true });
const look = () => {
  const box = (name) => document.querySelector(name)?.getBoundingClientRect();
  const [page, title] = [box(".stMainBlockContainer"), box(".st-key-headline h1")];
  if (page) window.seen.page.add(`${page.left} to ${page.right}`);
  if (title?.height) window.seen.title.add(`${title.left}, ${title.height} high`);
  requestAnimationFrame(look);
};
look();
"""


# How much of the place that is kept for a picture (by `site.css`, `digits.css`) it does not take.
LEFT = """(room) => {
  const kept = parseFloat(getComputedStyle(document.querySelector(room)).minHeight);
  const taken = document.querySelector(room).firstElementChild.getBoundingClientRect().height;
  return kept - taken;
}"""


@pytest.mark.parametrize(
    ("address", "width", "room"),
    [
        ("", 1440, None),
        ("race", 1440, None),
        ("critic", 1440, None),
        ("critic", 390, None),
        ("mnist", 1280, ".st-key-strips"),
        ("mnist", 390, ".st-key-strips"),
        ("har", 390, None),
        ("theory", 390, ".st-key-theory-densities"),
        ("theory?part=plane", 390, ".st-key-theory-clouds"),
        ("own", 1440, None),
        ("own", 1280, None),
        ("own", 390, None),
        ("own?kind=series", 390, None),
    ],
)
def test_nothing_moves_when_a_page_arrives(
    address: str, width: int, room: str | None, browser: Browser, app: Server
) -> None:
    """Streamlit alone begins narrow, with a title five times as high, and has no place for what
    scripts draw."""
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.add_init_script(WATCH)
    page.goto(f"{app.url}/{address}")
    page.wait_for_selector(PICTURE, timeout=60_000)
    page.wait_for_timeout(500)
    assert page.evaluate("[...window.seen.page]") == [f"0 to {width}"]
    assert len(page.evaluate("[...window.seen.title]")) == 1
    assert page.evaluate("window.seen.shift") <= 0.1
    if room is not None:
        assert -12 <= page.evaluate(LEFT, room) <= 1
    page.close()


def test_home_plays_the_race(page: Page, app: Server, problems: list[str]) -> None:
    page.goto(app.url)
    page.wait_for_selector(PLANES, timeout=60_000)
    assert above_the_picture(page) <= 90
    first = page.evaluate("document.querySelector('.lanes').player.at")
    page.wait_for_function(f"document.querySelector('.lanes').player.at !== {first}")
    page.wait_for_selector(PLOT)
    fits_a_phone(page)
    assert not complaints(problems)
    # A card as a whole is a link.
    page.locator(".st-key-picture-collapse").click(position={"x": 20, "y": 60})
    page.wait_for_url(re.compile(r"/race\?.*step="))


def test_the_race(page: Page, app: Server, problems: list[str]) -> None:
    """Play, scrub, train, pause, step, look back, export."""
    open_race(page, app)
    assert above_the_picture(page) <= 90
    button(page, "Pause the recording").click()
    page.wait_for_function("location.search.includes('step=')")
    urls = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert len([url for url in urls if "recordings/" in url]) == 1
    assert [url for url in urls if not url.startswith((app.url, "blob:", "data:"))] == []
    button(page, "Train live").click()
    expect(page.get_by_text(re.compile("^Training"))).to_be_visible(timeout=60_000)
    # Frames arrive on one canvas, which redraws without a run of the page in between.
    page.wait_for_selector(".lanes-live .lanes-planes")
    page.wait_for_function("document.querySelector('.lanes').player.last > 20", timeout=60_000)
    page.evaluate("document.querySelector('.lanes-planes').mark = 1")
    page.locator(".lanes-planes").click()
    page.keyboard.press("Space")
    expect(page.get_by_text("Paused at step")).to_be_visible(timeout=30_000)
    step = shown_step(page)
    step_button = button(page, "Step")
    step_button.focus()
    page.keyboard.press("Space")  # presses Step
    told = page.get_by_text(f"Paused at step {step + 1:,} ")
    expect(told).to_be_visible(timeout=30_000)
    expect(page.locator(".lanes-step")).to_have_text(f"step {step + 1:,}")
    page.get_by_label("Step of the recording").press("Home")
    expect(page.locator(".lanes-step")).to_have_text("step 0")
    assert page.evaluate("document.querySelector('.lanes-planes').mark") == 1
    assert "race=ring" in page.url
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
    with page.expect_download() as download:
        button(page, "Live page").click()
    assert '"This race"' in download.value.path().read_text(encoding="utf-8")
    expect(page.get_by_text("train mixture").first).to_be_visible()
    fits_a_phone(page)
    assert not complaints(problems)


def test_the_critic(page: Page, app: Server, problems: list[str]) -> None:
    """A click scores a point; the verdict stands at it."""
    page.goto(f"{app.url}/critic?rule=density&model=wgan-gp")
    picture = page.locator(PLOT).first
    expect(picture).to_have_attribute("aria-label", re.compile("normal: right"), timeout=60_000)
    page.mouse.click(*pixel(page, 0, 0, 0))  # the middle of the ring
    expect(picture).to_have_attribute("aria-label", re.compile("anomaly: right"), timeout=30_000)
    assert "point=" in page.url
    fits_a_phone(page)
    page.goto(f"{app.url}/critic")  # both models, the most choices
    expect(picture).to_have_attribute("aria-label", re.compile("Vanilla GAN"), timeout=60_000)
    assert above_the_picture(page, ".js-plotly-plot") <= 120
    assert not complaints(problems)


def test_closing_the_tab_ends_its_race_and_keeps_a_checkpoint(
    page: Page, browser: Browser, app: Server
) -> None:
    open_race(page, app, "?race=ring~sharp,width=16,batch_size=16")
    page.get_by_role("button", name=re.compile("Train$")).click()
    expect(page.get_by_text(re.compile("^Training"))).to_be_visible(timeout=30_000)
    key = found(r"run=([0-9a-f]{32})", page.url)
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


def test_a_worker_that_dies_is_told_and_training_is_offered_anew(page: Page, app: Server) -> None:
    open_race(page, app, "?race=ring~sharp,width=16,batch_size=16")
    train = page.get_by_role("button", name=re.compile("Train$"))
    train.click()
    expect(page.get_by_text(re.compile("^Training"))).to_be_visible(timeout=30_000)
    for pid in app.children("wganad_core.live.worker"):
        os.kill(pid, signal.SIGKILL)
    expect(page.get_by_text("This run has ended. Press Train")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("button", name=re.compile("Pause$"))).to_have_count(0)
    expect(train).to_be_enabled()


def test_the_server_had_nothing_to_complain_about(app: Server) -> None:
    """Runs last: the log after all of the above holds the start-up lines only (and what other
    modules' detectors remarked of their data)."""
    noise = ("You can now view", "URL:", "Uvicorn server started", "remark: ")
    lines = [line for line in app.log().splitlines() if line.strip()]
    assert [line for line in lines if not any(word in line for word in noise)] == []
