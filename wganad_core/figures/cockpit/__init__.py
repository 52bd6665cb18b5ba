"""The threshold cockpit: one figure in which a single line moves everything."""

from __future__ import annotations

from wganad_core.figures.cockpit.drawn import Axis, Drawn
from wganad_core.figures.cockpit.figure import cockpit_figure
from wganad_core.figures.cockpit.marks import (
    BOXES,
    COST,
    HISTOGRAM,
    PR,
    ROC,
    marks,
    matched,
    threshold_at,
)

__all__ = [
    "BOXES",
    "COST",
    "HISTOGRAM",
    "PR",
    "ROC",
    "Axis",
    "Drawn",
    "cockpit_figure",
    "marks",
    "matched",
    "threshold_at",
]
