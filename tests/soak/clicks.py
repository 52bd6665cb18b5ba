"""Random clicks on random pages in a browser, for so many seconds.

    python -m tests.soak.clicks 600

Expected: no problem: no red box, no error in the browser's console, no traceback in the server's
log; 447 things were done in ten minutes at load 10 to 16. A second number is the seed, by which a
run can be repeated on a machine as fast.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Error, Page, sync_playwright

from pages._ui.site import PAGES
from tests import chromium
from tests.conftest import CHROMIUM_ARGUMENTS, Server, start_server

CLICKED = ", ".join(
    f"{kind}:visible"
    for kind in (
        *("[data-testid=stMain] button", "[data-testid=stPopoverBody] button"),
        *("[data-testid=stMain] label", "[data-testid=stPopoverBody] label"),
        *("[role=tab]", "[role=option]", "[role=slider]", "summary", "canvas", ".main-svg"),
    )
)
ADDRESSES = ["", *(name for name, *_ in PAGES[1:])]
KEYS = ["ArrowLeft", "ArrowRight", "Home", "End", " ", "Escape", "Enter", "Tab"]
# Streamlit tells of two fragments at one moment.
KNOWN = ("Multiple different fragmentIds", "net::ERR_ABORTED")
RED = "[data-testid=stException]"


def step(page: Page, rng: random.Random, url: str) -> str:
    """One thing that somebody may do, in words."""
    chance = rng.random()
    if chance < 0.06:
        name = rng.choice(ADDRESSES)
        page.goto(f"{url}/{name}", wait_until="domcontentloaded")
        return f"to /{name}"
    if chance < 0.08:
        page.reload(wait_until="domcontentloaded")
        return "reload"
    if chance < 0.10:
        page.go_back(wait_until="domcontentloaded")
        return "back"
    if chance < 0.25:
        key = rng.choice(KEYS)
        page.keyboard.press(key)
        return f"key {key!r}"
    found = page.locator(CLICKED)
    if not (n := found.count()):
        return "nothing to click"
    one = found.nth(rng.randrange(n))
    words = one.inner_text(timeout=1_000).strip()[:40] or one.get_attribute("aria-label") or "?"
    one.click(timeout=1_000)
    return f"click {words!r}"


def clicks(page: Page, server: Server, seconds: float, seed: int) -> tuple[int, list[str]]:
    """How many were made, and what went wrong, with what was done before."""
    rng, done = random.Random(seed), ["to /"]
    told: list[str] = []
    problems: list[str] = []
    page.on("console", lambda m: told.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: told.append(f"uncaught: {error}"))
    page.goto(server.url)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            done.append(step(page, rng, server.url))
            page.wait_for_timeout(rng.choice([0, 50, 400, 1_500]))
            red = page.locator(RED)
            if red.count():
                told.append(f"red box: {red.first.inner_text(timeout=1_000)[:800]}")
        except Error as error:  # what was to be clicked has gone, or is covered
            done.append(str(error).splitlines()[0][:60])
        if new := [text for text in told if not any(known in text for known in KNOWN)]:
            problems.append(f"on {page.url} after {done[-6:]}: {new}")
            page.goto(f"{server.url}/{rng.choice(ADDRESSES)}")
        told.clear()
    return len(done), problems


def main() -> None:
    seconds, seed = float(sys.argv[1]), int((*sys.argv, "0")[2])
    with (
        tempfile.TemporaryDirectory() as folder,
        start_server("app.py", (), Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(
            executable_path=chromium.find_installed(), args=CHROMIUM_ARGUMENTS
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        n, problems = clicks(page, server, seconds, seed)
        print(f"{n} things done, {len(problems)} problems", *problems, sep="\n  ")
        if "Traceback" in server.log():
            print("The server's log:", server.log()[-6_000:])
        browser.close()


if __name__ == "__main__":
    main()
