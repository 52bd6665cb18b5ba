"""Charts on a page of their own: chart.js and Plotly from their files, without any server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import plotly
from playwright.sync_api import Page, Route, expect

from pages._ui import chart

PLOT = ".js-plotly-plot"
URL = "http://charts.test/"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
STATIC = Path(chart.__file__).parent / "static"
# As Streamlit does: one element and one `setStateValue` per chart, called with every message.
HTML = """<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<link rel="stylesheet" href="/chart.css">
<style>
  :root { --st-text-color: #222; --st-background-color: #fff; }
  @media (prefers-color-scheme: dark) { :root { --st-text-color: #eee; } }
</style>
<body></body>
<script type="module">
  import draw from "/chart.js";
  const places = {};
  window.told = [];
  window.show = (key, text) => {
    places[key] ??= document.body.appendChild(document.createElement("div"));
    const setStateValue = (kind, value) => window.told.push({ chart: key, kind, ...value });
    const data = new TextEncoder().encode(text);
    draw({ data, parentElement: places[key], setStateValue }, "/plotly.min.js");
  };
</script>"""
# Where a point given in data coordinates lies on the page.
PIXEL = """([plot, x, y, subplot]) => {
  const node = document.querySelectorAll(".js-plotly-plot")[plot];
  const { [`xaxis${subplot}`]: xa, [`yaxis${subplot}`]: ya } = node._fullLayout;
  const box = node.getBoundingClientRect();
  return [box.left + xa._offset + xa.d2p(x), box.top + ya._offset + ya.d2p(y)];
}"""


class Traffic:
    """What a server sends over a page's websocket."""

    def __init__(self, page: Page) -> None:
        self.frames: list[bytes] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._take))

    def _take(self, payload: str | bytes) -> None:
        self.frames.append(payload.encode() if isinstance(payload, str) else payload)

    @property
    def figures(self) -> int:
        """How many frames carry a whole figure."""
        return sum(b'"figure":' in frame for frame in self.frames)

    def clear(self) -> None:
        self.frames.clear()


def open_charts(page: Page, query: str = "") -> list[str]:
    """The empty page; every address that it asks for is added to the list that is returned."""
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        name = route.request.url.removeprefix(URL).partition("?")[0]
        if not name:
            route.fulfill(body=HTML, content_type="text/html")
        else:
            route.fulfill(path=PLOTLY if name == PLOTLY.name else STATIC / name)

    page.route("**/*", answer)
    page.goto(URL + query)
    page.wait_for_function("window.show !== undefined")
    return asked


def show(page: Page, key: str, *message: Any, **settings: Any) -> None:
    """What `live_chart` sends for a figure, its alternative text, and so on."""
    page.evaluate(
        "([key, text]) => show(key, text)", [key, chart.message(*message, **settings).decode()]
    )


def wait_for_charts(page: Page, n: int) -> None:
    expect(page.locator(f"{PLOT} .main-svg[role=img]")).to_have_count(n, timeout=30_000)


def settle(page: Page) -> None:
    """Until all that was asked for has been drawn and told."""
    page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 400))")


def told(page: Page, kind: str) -> list[dict[str, Any]]:
    """The reports of a kind so far, oldest first."""
    settle(page)
    reports: list[dict[str, Any]] = page.evaluate("told")
    return [report for report in reports if report["kind"] == kind]


def pixel(page: Page, plot: int, x: float, y: float, subplot: str = "") -> tuple[float, float]:
    """The page position of a data point."""
    left, top = page.evaluate(PIXEL, [plot, x, y, subplot])
    return left, top


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Move with the button held down."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=8)
    page.mouse.up()
