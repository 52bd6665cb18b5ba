"""Every page as a visitor meets it: `python -m tests.benchmarks.pages [PAGE …] [--json FILE]`.

Per page, in light and in dark, at four sizes: pixels between the menu and the picture, layout
shift (the sum of `layout-shift` entries, without what a click caused), milliseconds until the first
text and the first chart, and the bytes that came over the wire. The first load of a page on a new
server is cold, all others are warm, each in a browser context of its own. The load average of the
machine stands in the last column: without it, times say little.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests import chromium
from tests.conftest import CHROMIUM_ARGUMENTS, start_server

# A page's address, and what its picture is.
PAGES = {
    "home": ("", ".lanes-planes[aria-label]"),
    "race": ("race", ".lanes-planes[aria-label]"),
    "critic": ("critic", ".js-plotly-plot .main-svg"),
    "theory": ("theory", ".theory:has(.curve)"),
    "mnist": ("mnist", ".dg-strips"),
    "har": ("har", ".js-plotly-plot .main-svg"),
    "cockpit": ("cockpit", ".js-plotly-plot .main-svg"),
    "reproduction": ("reproduction", ".js-plotly-plot .main-svg"),
    "own": ("own", "[data-testid=stDataFrame] canvas"),
}
SIZES = ((1440, 900), (1280, 720), (1920, 1080), (390, 844))
SETTLE = 3_000  # milliseconds after the picture, for what still moves
WATCH = """
(() => {
  window.met = {shift: 0};
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (!entry.hadRecentInput) window.met.shift += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  const look = () => {
    const main = document.querySelector(".stMainBlockContainer");
    const words = main?.querySelector("h1, h2, h3, [data-testid=stMarkdown]");
    if (words?.innerText.trim()) window.met.text ??= performance.now();
    if (document.querySelector("PICTURE")) window.met.chart ??= performance.now();
    if (!window.met.text || !window.met.chart) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
READ = """
(picture) => ({...window.met,
  above: document.querySelector(picture).getBoundingClientRect().top
    - document.querySelector("[data-testid=stHeader]").getBoundingClientRect().bottom})
"""


def visit(browser: Browser, url: str, picture: str, size: tuple[int, int], theme: Any) -> Any:
    """One load of a page: what `WATCH` saw of it, and its bytes."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme
    )
    page, sizes = context.new_page(), []
    wire = context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.add_init_script(WATCH.replace("PICTURE", picture))
    page.goto(url)
    page.wait_for_selector(picture, timeout=180_000)
    page.wait_for_timeout(SETTLE)
    found = page.evaluate(READ, picture)
    context.close()
    return {**found, "bytes": sum(sizes), "load": os.getloadavg()[0]}


def measure(name: str) -> list[dict[str, Any]]:
    """All loads of one page, on a server of its own."""
    address, picture = PAGES[name]
    loads: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(start_server("app.py", (), folder))
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=chromium.find_installed(), args=CHROMIUM_ARGUMENTS
        )
        for theme, size in itertools.product(("light", "dark"), SIZES):
            found = visit(browser, f"{server.url}/{address}", picture, size, theme)
            kind = "warm" if loads else "cold"
            loads.append({"page": name, "size": size, "theme": theme, "kind": kind} | found)
            print(line(loads[-1]), flush=True)
        browser.close()
    return loads


def line(load: dict[str, Any]) -> str:
    width, height = load["size"]
    return (
        f"| {load['page']} | {width}×{height} {load['theme']} | {load['kind']} "
        f"| {load['above']:.0f} | {load['shift']:.2f} | {load['text'] / 1000:.1f} "
        f"| {load['chart'] / 1000:.1f} | {load['bytes'] / 1e6:.2f} | {load['load']:.0f} |"
    )


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=", ".join(PAGES))
    parser.add_argument("--json", type=Path, help="where every load is kept")
    asked = parser.parse_args(argv)
    if unknown := set(asked.pages) - set(PAGES):
        parser.error(f"unknown page {', '.join(sorted(unknown))}; there are {', '.join(PAGES)}")
    print("| page | screen | load | px above | shift | text s | chart s | MB | load |")
    print("|---|---|---|---|---|---|---|---|---|")
    loads = [load for name in asked.pages or PAGES for load in measure(name)]
    if asked.json:
        asked.json.write_text(json.dumps(loads, indent=1) + "\n")


if __name__ == "__main__":
    main()
