"""What the reader assumes, as popovers: the world in which the detector will work, and how the
figure is drawn."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable

import streamlit as st

from pages._ui import linked
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.state import Position
from wganad_core.thresholds import share_text

RATES = (0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
RATIOS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
AS_TESTED = 0.0  # stands for the test's base rate


@dataclasses.dataclass(frozen=True)
class Assumed:
    """What the reader told: the base rate (None: the test's), how many false alarms a miss costs,
    how many samples there are a day, whether counts are drawn on a logarithmic axis, and whether
    intervals are."""

    base_rate: float | None
    ratio: float
    per_day: int
    log_counts: bool
    with_bands: bool

    @property
    def drawn(self) -> Hashable:
        """All that changes the figure."""
        return self.base_rate, self.ratio, self.log_counts, self.with_bands


def choose(scores: DetectorScores, place: Position) -> Assumed:
    """Two popovers; without labels there is no world to choose."""
    if scores.two_classes:
        base_rate, ratio, per_day = _world(scores)
    else:
        base_rate, ratio, per_day = None, 10, 10_000
    place.assume((base_rate,), (base_rate, ratio))
    with st.popover("More", icon=":material/tune:"):
        log_counts = linked.switch("Log counts", key="log", default=True)
        with_bands = (
            scores.two_classes
            and not scores.loaded.dependent
            and linked.switch(
                "95% bands",
                key="bands",
                default=False,
                help="How far the curve and the numbers would move on another sample of this size: "
                "bootstrap, by subject where one subject has several.",
            )
        )
        st.caption("**P** makes words and numbers larger, for projectors.")
    return Assumed(base_rate, float(ratio), per_day, log_counts, with_bands)


def _world(scores: DetectorScores) -> tuple[float | None, float, int]:
    # A split sends most normals to training: what is left says nothing of how rare anomalies are.
    proposed = float(f"{scores.loaded.base_rate or AS_TESTED:.3g}")
    rates = sorted({AS_TESTED, *RATES, proposed})
    key = f"rate-{proposed:g}" if proposed else "rate"

    def shown(rate: float) -> str:
        if not rate:
            return "as in the test"
        return share_text(rate) + ", as in your file" * (rate == proposed)

    now = linked.slid(rates, key=key, default=proposed, address="rate")
    said = f"{share_text(now)} anomalies" if now else "as in the test"
    with st.popover(f"World **{said}**"):
        base_rate = linked.slide(
            "Base rate of your world",
            rates,
            key=key,
            address="rate",
            default=proposed,
            shown=shown,
            help="How rare anomalies are where the detector will work. Recall and false-alarm rate "
            "stay as they are; precision, F1, MCC and cost do not.",
        )
        ratio = linked.slide(
            "A miss costs as much as",
            RATIOS,
            key="cost",
            default=10,
            shown=lambda k: f"{k:,} false alarm{'s' * (k > 1)}",
        )
        per_day = linked.whole(
            f"{scores.loaded.noun.capitalize()} a day",
            1,
            100_000_000,
            key="day",
            default=10_000,
            step=1_000,
        )
    return base_rate or None, ratio, per_day
