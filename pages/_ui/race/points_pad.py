"""A square to draw points in with a finger, a pen or a mouse."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from pages._ui.component import component, rerun_only, static
from wganad_core.data import drawn

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

APART = 0.06  # of the points along a stroke
STROKES = "drawn_strokes"  # of the session's pad
HTML = """<div class="pad points">
<canvas role="img" tabindex="0" aria-label="Draw points here"></canvas>
<div class="points-bar"><output></output>
<button type="button">Undo</button><button type="button">Clear</button></div></div>"""

Stroke = list[tuple[float, float]]


def pad(key: str, strokes: list[Stroke]) -> list[Stroke]:
    """The strokes that are drawn there, each a list of places on [−1.5, 1.5]².

    Parameters
    ----------
    key : identity on the page
    strokes : what it begins with when it comes onto the page
    """
    data = {"most": drawn.MOST, "apart": APART, "spread": drawn.SPREAD, "reach": drawn.REACH}
    found = _component()(
        key=key, data={**data, "strokes": strokes}, on_strokes_change=rerun_only
    ).get("strokes")
    return strokes if found is None else _checked(found)


def _checked(found: Any) -> list[Stroke]:
    """What a browser sends, as far as it is strokes."""
    try:
        strokes = [[(float(x), float(y)) for x, y in stroke] for stroke in found]
    except (TypeError, ValueError):
        return []
    places = [place for stroke in strokes for place in stroke]
    fine = len(places) <= drawn.MOST and all(math.isfinite(x + y) for x, y in places)
    return [stroke for stroke in strokes if stroke] if fine else []


@cache
def _component() -> ComponentRenderer:
    return component("points_pad", HTML, static("pads.css"), "points_pad.js")
