"""Threads between two clouds, the potential that proves them cheapest, and critics (eqs 8–11)."""

from __future__ import annotations

import dataclasses

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked
from pages._ui.chart import live_chart
from pages._ui.theory.beside import equations, measured
from wganad_core.figures.theory.transport import transport_figure
from wganad_core.theory.shipped import AT, CLOUDS, CRITICS
from wganad_core.theory.transport import Plan, optimal_plan

NONE = "exact"
WORDS = {
    NONE: "Every thread runs along a stretch where **f** falls with slope 1: that is why primal "
    "and dual agree. Choose a critic to see what training finds instead.",
    "penalty": "The penalty of eq. 11 wants a slope of **exactly** 1. On a line f cannot turn "
    "without passing slope 0, so where the exact f turns, this critic is stuck; on a plane it "
    "finds a way around. Where it fits, it is too steep by W₁/2λ.",
    "one-sided": "Only slopes **above** 1 are punished, as eq. 9 asks: now f may turn, and the "
    "estimate comes close on every cloud.",
    "clip": "Weights in ±0.01 leave next to no slope: the shape may be right, the scale is a "
    "hundredth, and so is every gradient that the generator gets.",
    "wide": "A wide box means a large Lipschitz constant K: the estimate is up to K·W₁, a number "
    "without units, and it moves whenever the weights do.",
}
ERRATA = (
    ("eqs 9, 10", r"$\|f\|_L < 1$", r"$\|f\|_L \le 1$: only then is the supremum attained"),
    (
        "eq. 11",
        r"$\max\; \dots + \lambda\,(\|\nabla f\|-1)^2$",
        r"a penalty that is *subtracted* under a max (or: minimise with both signs turned)",
    ),
)


@dataclasses.dataclass(frozen=True)
class CloudChoice:
    """Which clouds, and which critic of them, if any."""

    clouds: str
    bound: str

    def show(self, above: DeltaGenerator) -> None:
        plan, critic = _plan(self.clouds), None
        said = f"primal {plan.primal:.3f} = dual {plan.dual:.3f}"
        title = f"The cheapest threads, and the f that proves it: {said}"
        if self.bound != NONE:
            critic = measured().critics[self.clouds][self.bound]
            title = (
                f"A critic with “{CRITICS[self.bound]}” finds {critic.estimate:.3f}; exact: {said}"
            )
        with above.container():
            anatomy.headline(title)
        with equations(
            r"W_1 = \min_{\gamma} \mathbb{E}_{(x,y)\sim\gamma}\,\|x - y\|",
            r"\phantom{W_1} = \max_{\|f\|_L \le 1} \mathbb{E}\,f(x) - \mathbb{E}\,f(y)",
            words=WORDS[self.bound],
            errata=ERRATA,
        ):
            live_chart(
                transport_figure(plan, AT, critic, CRITICS.get(self.bound, "")),
                key="theory-transport",
                alt=f"Optimal coupling as threads, and the potential below: {said}",
            )


def choose() -> CloudChoice:
    cases = {name: case.title for name, case in CLOUDS.items()}
    clouds = linked.in_words("Clouds:", cases, key="clouds", default="split")
    critics = {NONE: "exact f", **CRITICS}
    return CloudChoice(clouds, linked.tabs("Critic", critics, key="critic", default=NONE))


@st.cache_resource(show_spinner=False)
def _plan(name: str) -> Plan:
    case = CLOUDS[name]
    return optimal_plan(np.array(case.real)[:, None], np.array(case.fake)[:, None])
