"""From a key on the threshold's slider to every view redrawn, in a real browser:
`python -m tests.benchmarks.cockpit [--moves 60] [--json]`.

Uploads made scores (20,000 and 1,000,000) to the cockpit and gives the 20,000 to a naive page too;
the pages take turns, so that a busy machine is busy for all. A move counts as done when the last
of its views has changed in the document; bytes are those of the websocket.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Page, sync_playwright

from tests import chromium
from tests.conftest import CHROMIUM_ARGUMENTS, start_server

SIZES = {"cockpit": 20_000, "cockpit_million": 1_000_000}
# The last change of a view after a key, and which views changed; Streamlit's own running sign and
# fading do not count.
WATCH = """
() => {
  const views = ".js-plotly-plot, .stHtml, [data-testid=stSlider], [data-testid=stHtml]";
  const name = (node) => (node.closest(".js-plotly-plot") ? "chart"
    : node.querySelector?.("[data-count]") || node.closest("[data-count]") ? "counts"
    : node.closest("[data-testid=stSlider]") ? "slider" : "html");
  window.move = {};
  window.addEventListener("keydown", () => {
    window.move = {start: performance.now(), last: {}};
  }, true);
  new MutationObserver((changes) => {
    const now = performance.now();
    for (const { target } of changes) {
      const node = target.nodeType === 1 ? target : target.parentElement;
      const view = node?.closest(views);
      if (view && window.move.last) window.move.last[name(view)] = now - window.move.start;
    }
  }).observe(document.body,
    {subtree: true, childList: true, attributes: true, characterData: true});
}
"""


class Driven:
    """One page with a slider, and the bytes that its websocket has received."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.received = 0
        self.page: Page = browser.new_page(viewport={"width": 1440, "height": 900})
        self.page.on("websocket", lambda socket: socket.on("framereceived", self._count))
        self.page.goto(url)

    def _count(self, frame: str | bytes) -> None:
        self.received += len(frame)

    def upload(self, path: Path) -> None:
        self.page.locator("input[type=file]").wait_for(state="attached", timeout=120_000)
        self.page.locator("input[type=file]").set_input_files(path)
        n = sum(1 for _ in path.open()) - 1
        self.page.get_by_text(f"{n:,} scores").first.wait_for(timeout=180_000)

    def watch(self) -> None:
        self.page.wait_for_selector(".js-plotly-plot .main-svg", timeout=120_000)
        self.page.wait_for_timeout(3_000)
        self.page.evaluate(WATCH)
        self.slider = self.page.get_by_role("slider").first
        self.slider.focus()

    def move(self, key: str) -> tuple[float, int, set[str]]:
        """Milliseconds until the last view had changed, bytes, and which views changed."""
        before = self.received
        self.page.keyboard.press(key)
        self.page.wait_for_timeout(400)
        # A slow page must be done, or its work would be counted as the next page's.
        self.page.wait_for_selector("[data-test-script-state=notRunning]", state="attached")
        self.page.wait_for_timeout(400)
        last = self.page.evaluate("window.move.last")
        return max(last.values()), self.received - before, set(last)


def made_scores(n: int, path: Path) -> Path:
    """A tenth of them anomalies, with classes and ids."""
    rng = np.random.default_rng(n)
    label = (rng.random(n) < 0.1).astype(int)
    score = rng.gamma(5.0, 1.0, n) + 5 * label * rng.random(n)
    kind = np.array(["press", "mill", "lathe"])[rng.integers(3, size=n)]
    table = {"id": np.arange(n), "class": kind, "label": label, "score": score.round(6)}
    pd.DataFrame(table).to_csv(path, index=False)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--moves", type=int, default=60)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        files = {n: made_scores(n, folder / f"{n}.csv") for n in SIZES.values()}
        os.environ["NAIVE_SCORES"] = str(files[min(files)])
        with (
            start_server("app.py", (), folder) as app,
            start_server("tests/benchmarks/naive_threshold.py", (), folder) as naive,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=chromium.find_installed(), args=CHROMIUM_ARGUMENTS
            )
            pages = {name: Driven(browser, f"{app.url}/cockpit?case=own") for name in SIZES}
            for page_name, n in SIZES.items():
                pages[page_name].upload(files[n])
            pages["naive"] = Driven(browser, naive.url)
            result = measure(pages, arguments.moves)
            browser.close()
    print(json.dumps(result, indent=None if arguments.json else 2))


def measure(pages: dict[str, Driven], moves: int) -> dict[str, object]:
    """Key presses on the pages in turn, up and down around the first threshold."""
    found: dict[str, list[tuple[float, int, set[str]]]] = {name: [] for name in pages}
    for page in pages.values():
        page.watch()
    for i in range(moves + 3):  # the first ones warm up
        for name, page in pages.items():
            page.page.bring_to_front()
            page.slider.focus()
            found[name].append(page.move("ArrowRight" if i // 10 % 2 == 0 else "ArrowLeft"))
    result: dict[str, object] = {}
    for name, all_moves in found.items():
        times, sizes, views = zip(*all_moves[3:], strict=True)
        result[name] = {
            "median_ms": float(np.median(times)),
            "p95_ms": float(np.quantile(times, 0.95)),
            "most_bytes": max(sizes),
            "views": sorted(set.union(*views)),
        }
    return result


if __name__ == "__main__":
    main()
