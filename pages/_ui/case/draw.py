"""A square to draw a digit in, as MNIST would have it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pages._ui.component import component, rerun_only, static
from wganad_core import browser
from wganad_core.data.mnist import SIDE

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

HTML = """<div class="pad draw"><canvas role="img" aria-label="Draw a digit here"></canvas>
<button type="button">Wipe</button></div>"""


def pad(key: str) -> NDArray[np.uint8] | None:
    """What is drawn there, light ink on black (28, 28); None while it is empty."""
    found = _component()(key=key, on_image_change=rerun_only).get("image")
    if not isinstance(found, list) or len(found) != SIDE**2:
        return None
    return np.array(found, float).clip(0, 255).astype(np.uint8).reshape(SIDE, SIDE)


@cache
def _component() -> ComponentRenderer:
    drawing = [browser.FOLDER / name for name in ("pad.js", "ink.js")]
    return component("draw_pad", HTML, static("pads.css"), "draw_pad.js", drawing)
