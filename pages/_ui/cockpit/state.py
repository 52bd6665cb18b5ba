"""The threshold that is set now, where it came from, and under which assumptions."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Hashable

import streamlit as st

THRESHOLDS, ADDRESS = "_cockpit-thresholds", "t"
GESTURE = 1.2  # seconds: moves closer than that are one move


@dataclasses.dataclass
class Position:
    """A detector's threshold, where it was before the latest move, and when it last moved."""

    threshold: float
    before: float
    moved: float = -math.inf
    why: str = ""
    holds: Hashable = None

    def move(self, threshold: float, why: str = "", holds: Hashable = None) -> None:
        """`why` it is there, and for which assumptions that `holds` (None: for all)."""
        now = time.monotonic()
        if now - self.moved > GESTURE:
            self.before = self.threshold
        self.threshold, self.moved, self.why, self.holds = threshold, now, why, holds

    def assume(self, *assumptions: Hashable) -> None:
        """Forget why, if that held for other assumptions: another threshold is best now."""
        if self.holds is not None and self.holds not in assumptions:
            self.why, self.holds = "", None


def position(of: Hashable, start: float, why: str, holds: Hashable) -> Position:
    """The position for these scores; at first the address's, or else `start`."""
    known: dict[Hashable, Position] = st.session_state.setdefault(THRESHOLDS, {})
    if of not in known:
        asked = _asked() if not known else None
        first = start if asked is None else asked
        known[of] = Position(first, first)
        if asked is None:
            known[of].why, known[of].holds = why, holds
    return known[of]


def _asked() -> float | None:
    """The address's threshold, for the first scores that a session opens."""
    try:
        asked = float(st.query_params.get(ADDRESS, ""))
    except ValueError:
        return None
    return None if math.isnan(asked) else asked
