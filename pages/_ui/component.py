"""Components of our own: scripts that this server serves, and a loader that fetches them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import plotly
import streamlit as st

from pages._ui import served

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

STATIC = Path(__file__).parent / "static"
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"


def component(
    name: str,
    html: str,
    css: str,
    script: str,
    drawing: Sequence[Path] = (),
    later: Sequence[Path] = (),
) -> ComponentRenderer:
    """Register a component, once per server.

    Streamlit sends a component's code along with every update, so the code is only a loader.

    Parameters
    ----------
    script : of `STATIC`, a module whose default export is called with the component and with
    drawing : modules, and
    later : the addresses of scripts that it loads itself, when they are needed
    """
    urls = [served.address(file) for file in (STATIC / script, *drawing)]
    addresses = [served.address(file) for file in later]
    return st.components.v2.component(
        name,
        html=html,
        js=f"""export default async (component) => {{
            const load = (url) => import(new URL(url, location.origin));
            const [page, ...parts] = await Promise.all({json.dumps(urls)}.map(load));
            return page.default(component, ...parts, ...{json.dumps(addresses)});
        }}""",
        css=css,
        isolate_styles=False,
    )


def static(name: str) -> str:
    """The text of a file of `STATIC`."""
    return (STATIC / name).read_text(encoding="utf-8")


def rerun_only() -> None:
    """Declare an event or a state of a component; its value is read from the result."""
