"""Random clicks on random pages in a browser, for so many seconds.

    python -m tests.soak.clicks 600

Expected: no problem: no red box, no error in the browser's console, no traceback in the server's
log, and every page visited. On *Your data* a small table is uploaded, too. A second number is the
seed, by which a run can be repeated on a machine as fast.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Error, FilePayload, Page, sync_playwright

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
TABLE: FilePayload = {
    "name": "pump.csv",
    "mimeType": "text/csv",
    "buffer": b"flow,power,label\n"
    + b"".join(b"%d.%d,%d,%d\n" % (30 + i % 7, i % 10, 5 + i % 3, i % 29 == 0) for i in range(300)),
}
RED = "[data-testid=stException]"


class Addresses:
    """All pages in a random order, then all of them in another: none is left out by chance."""

    def __init__(self, url: str, rng: random.Random) -> None:
        self.url, self.rng = url, rng
        self.next: list[str] = []
        self.visits = dict.fromkeys(ADDRESSES, 0)

    def go(self, page: Page) -> str:
        self.next = self.next or self.rng.sample(ADDRESSES, len(ADDRESSES))
        name = self.next.pop()
        self.visits[name] += 1
        page.goto(f"{self.url}/{name}", wait_until="domcontentloaded")
        return f"to /{name}"


def step(page: Page, rng: random.Random, addresses: Addresses) -> str:
    """One thing that somebody may do, in words."""
    chance = rng.random()
    if chance < 0.06:
        return addresses.go(page)
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
    if (
        chance < 0.28
        and (files := page.locator("[data-testid=stFileUploaderDropzoneInput]")).count()
    ):
        files.first.set_input_files(TABLE)
        return "upload a table"
    found = page.locator(CLICKED)
    if not (n := found.count()):
        return "nothing to click"
    one = found.nth(rng.randrange(n))
    words = one.inner_text(timeout=1_000).strip()[:40] or one.get_attribute("aria-label") or "?"
    one.click(timeout=1_000)
    return f"click {words!r}"


def clicks(
    page: Page, server: Server, seconds: float, seed: int
) -> tuple[int, dict[str, int], list[str]]:
    """How many were made, how often each page was opened, and what went wrong, with what was done
    before."""
    rng = random.Random(seed)
    addresses, done = Addresses(server.url, rng), ["to /"]
    told: list[str] = []
    problems: list[str] = []
    page.on("console", lambda m: told.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: told.append(f"uncaught: {error}"))
    page.goto(server.url)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            done.append(step(page, rng, addresses))
            page.wait_for_timeout(rng.choice([0, 50, 400, 1_500]))
            red = page.locator(RED)
            if red.count():
                told.append(f"red box: {red.first.inner_text(timeout=1_000)[:800]}")
        except Error as error:  # what was to be clicked has gone, or is covered
            done.append(str(error).splitlines()[0][:60])
        if new := [text for text in told if not any(known in text for known in KNOWN)]:
            problems.append(f"on {page.url} after {done[-6:]}: {new}")
            addresses.go(page)
        told.clear()
    return len(done), addresses.visits, problems


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
        n, visits, problems = clicks(page, server, seconds, seed)
        print("visits:", ", ".join(f"/{name} {times}" for name, times in visits.items()))
        print(f"{n} things done, {len(problems)} problems", *problems, sep="\n  ")
        if "Traceback" in server.log():
            print("The server's log:", server.log()[-6_000:])
        browser.close()


if __name__ == "__main__":
    main()
