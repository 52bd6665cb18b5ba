"""The pages that there are, and the HTML document that each begins as."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit import file_util

from pages._ui import served
from pages._ui.component import PLOTLY, STATIC, static

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


ELEMENTS = ("ButtonGroup", "Html", "BidiComponent")  # of Streamlit, that our pages begin with
CHARTS = ("critic", "latent", "har", "cockpit", "reproduction")  # whose picture is a chart
LOOKS = ("site.css", "digits.css", "own.css")


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
    """Streamlit's document and, at the end of its head, our looks and scripts."""
    theirs = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    style = f"<style>{''.join(map(static, LOOKS))}</style>"
    scripts = [served.address(STATIC / "page.js"), *map(_of_streamlit, ELEMENTS)]
    links = ""
    if page in CHARTS:
        scripts.append(served.address(STATIC / "chart.js"))
        links = f'<link rel="preload" as="fetch" crossorigin href="{served.address(PLOTLY)}">'
    run = "".join(f'<script type="module" src="{script}"></script>' for script in scripts if script)
    # Streamlit would look for its server below the page's own address first, in vain.
    server = f'{{BACKEND_BASE_URL: location.origin + "{served.prefix()}/"}}'
    run = f"<script>window.__streamlit = {server};</script>{run}"
    return theirs.replace("</head>", f"{style}\n{run}{links}\n</head>", 1)


def _of_streamlit(element: str) -> str | None:
    """The script of one of Streamlit's elements, which a browser would look for only when the first
    has arrived, and show an empty box of another size till then."""
    files = sorted(Path(file_util.get_static_dir(), "static", "js").glob(f"{element}.*.js"))
    return f"{served.prefix()}/static/js/{files[0].name}" if files else None
