"""The pages that there are, and the HTML document that each begins as."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit import file_util

from pages._ui import served
from pages._ui.component import PLOTLY, static

PAGES = (
    ("home", "Home", "home"),
    ("race", "Race", "sports_score"),
    ("critic", "Critic as detector", "radar"),
    ("theory", "Theory", "function"),
    ("mnist", "Digits", "image_search"),
    ("latent", "Latent space", "scatter_plot"),
    ("har", "Movements", "directions_walk"),
    ("cockpit", "Threshold", "tune"),
    ("reproduction", "Reproduction", "grid_on"),
    ("own", "Your data", "upload_file"),
    ("lessons", "Lessons", "school"),
)  # name in `pages/` and in the address, title, icon; the first is the home page


# Whose picture is a chart: Plotly's script comes with the document. It runs when the first chart is
# there; run at once, it kept the page's words waiting for a second.
CHARTS = ("critic", "latent", "har", "cockpit", "reproduction")
LOOKS = ("site.css", "digits.css")


def routes() -> list[Route]:
    """Streamlit's own document, for every page, with what must be there before its first paint:
    looks that come with a page's elements arrive after these, and move what is on the screen."""
    names = ("", *(name for name, _, _ in PAGES))
    documents = [Route(f"{served.prefix()}/{name}", _document) for name in names]
    return [*documents, served.route()]


async def _document(request: Request) -> HTMLResponse:
    page = request.url.path.rsplit("/", 1)[-1]
    return HTMLResponse(document(page), headers={"Cache-Control": "no-cache"})


@cache
def document(page: str) -> str:
    """Streamlit's document and, at the end of its head, our looks and our script."""
    theirs = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    style = f"<style>{''.join(map(static, LOOKS))}</style>"
    script = f'<script type="module">{static("page.js")}</script>'
    if page in CHARTS:
        plotly = served.address(PLOTLY)
        script += f'<link rel="preload" as="fetch" crossorigin href="{plotly}">'
    return theirs.replace("</head>", f"{style}\n{script}\n</head>", 1)
