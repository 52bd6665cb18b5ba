"""Components of our own: scripts that this server serves, and a loader that fetches them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

import plotly
import streamlit as st
import streamlit.components.v1 as components_v1

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

STATIC = Path(__file__).parent / "static"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def component(
    name: str, html: str, css: str, script: str, drawing: Sequence[str] = ()
) -> ComponentRenderer:
    """Register a component, once per server.

    Streamlit sends a component's code along with every update, so the code is only a loader.

    Parameters
    ----------
    script : of `STATIC`, a module whose default export is called with the component and with
    drawing : URL paths of modules (`serve_file`)
    """
    urls = [serve_file("chart", STATIC / script), *drawing]
    return st.components.v2.component(
        name,
        html=html,
        js=f"""export default async (component) => {{
            const load = (url) => import(new URL(url, location.origin));
            const [page, ...parts] = await Promise.all({json.dumps(urls)}.map(load));
            return page.default(component, ...parts);
        }}""",
        css=css,
        isolate_styles=False,
    )


def static(name: str) -> str:
    """The text of a file of `STATIC`."""
    return (STATIC / name).read_text(encoding="utf-8")


def rerun_only() -> None:
    """Declare an event or a state of a component; its value is read from the result."""


def serve_file(name: str, file: Path) -> str:
    """Return a URL path for ``file`` that changes with its content.

    A declared component makes its whole folder public; this one is never placed on a page.
    """
    declared = components_v1.declare_component(name, path=file.parent)
    return f"{prefix()}/component/{declared.name}/{file.name}?v={crc32(file.read_bytes()):x}"


def prefix() -> str:
    """What all paths of this server begin with."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
