"""The pages that there are, and the HTML document that each begins as."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit import file_util

from pages._ui.component import STATIC, looks, prefix, serve_file

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


def routes() -> list[Route]:
    """Streamlit's own document, for every page, with what must be there before its first paint:
    looks that come with a page's elements arrive after these, and move what is on the screen."""
    names = ("", *(name for name, _, _ in PAGES))
    return [Route(f"{prefix()}/{name}", _document) for name in names]


async def _document(request: Request) -> HTMLResponse:
    return HTMLResponse(_html(), headers={"Cache-Control": "no-cache"})


@cache
def _html() -> str:
    document = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    ours = f"""<style>{looks("site.css")}</style>
    <script type="module" src="{serve_file("chart", STATIC / "page.js")}"></script>"""
    return document.replace("</head>", f"{ours}\n  </head>", 1)
