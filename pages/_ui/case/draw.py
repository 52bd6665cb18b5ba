"""A square to draw a digit in, as MNIST would have it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui.chart import serve_file
from wganad_core import browser
from wganad_core.data.mnist import SIDE

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

_STATIC = Path(__file__).parents[1] / "static"
HTML = """<div class="pad draw"><canvas role="img" aria-label="Draw a digit here"></canvas>
<button type="button">Wipe</button></div>"""


def pad(key: str) -> NDArray[np.uint8] | None:
    """What is drawn there, light ink on black (28, 28); None while it is empty."""
    found = _component()(key=key, on_image_change=_rerun_only).get("image")
    if not isinstance(found, list) or len(found) != SIDE**2:
        return None
    return np.array(found, float).clip(0, 255).astype(np.uint8).reshape(SIDE, SIDE)


def _rerun_only() -> None:
    """Declare a state of the component; its value is read from the result."""


@cache
def _component() -> ComponentRenderer:
    drawing = [serve_file("browser", browser.FOLDER / name) for name in ("pad.js", "ink.js")]
    served = [serve_file("chart", _STATIC / "draw_pad.js"), *drawing]
    return st.components.v2.component(
        "draw_pad",
        html=HTML,
        js=f"""export default async (component) => {{
            const load = (url) => import(new URL(url, location.origin));
            const [page, ...parts] = await Promise.all({json.dumps(served)}.map(load));
            return page.default(component, ...parts);
        }}""",
        css=(_STATIC / "pads.css").read_text(encoding="utf-8"),
        isolate_styles=False,
    )
