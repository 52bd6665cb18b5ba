"""Two clouds on the plane to move: threads, the potential, and a critic that learns beside them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked
from pages._ui.theory import live
from pages._ui.theory.beside import equations
from wganad_core.theory.shipped import CRITICS, PLANES
from wganad_core.theory.transport import Plan, cloud_from_text, cloud_text, optimal_plan

PICTURE, PRESET, PLACE = "Clouds", "theory_plane", "at"
NONE = "exact"
MOST, REACH = 12, 3.0  # points of a cloud, and how far they go, as browser/clouds.js has it
WORDS = {
    NONE: "**Drag** the points. The threads carry one cloud to the other at the least cost; the "
    "colours are the potential **f**, high at the data: along every thread it falls with slope 1, "
    "which is why primal and dual agree. Arrows are what a generator is told. Choose a critic to "
    "see what training finds of the same points.",
    "penalty": "On a plane, unlike on a line, f can turn by going around, so the penalty of eq. 11 "
    "(slope **exactly** 1) does little harm: arrows are about as long as the threads' slope 1. "
    "Where all points pull one way the estimate is too large by a share of W₁/2λ (λ = 10).",
    "one-sided": "Only slopes **above** 1 are punished, as eq. 9 asks.",
    "clip": "Weights in ±0.01 leave next to no slope: the colours may look right, but the arrows, "
    "which are the generator's gradients, have all but vanished.",
    "wide": "A wide box means a large Lipschitz constant: the estimate is many times W₁, a number "
    "without units, and the arrows are as long as they are drawn at most.",
}
ERRATA = (("eqs 9, 10", r"$\|f\|_L < 1$", r"$\|f\|_L \le 1$: only then is the supremum attained"),)
Points = list[list[float]]


@dataclasses.dataclass(frozen=True)
class PlaneChoice:
    """Which clouds to begin with, and which critic of them, if any."""

    name: str
    bound: str

    def show(self, above: DeltaGenerator) -> None:
        with equations(
            r"W_1 = \min_{\gamma} \mathbb{E}_{(x,y)\sim\gamma}\,\|x - y\|",
            r"\phantom{W_1} = \max_{\|f\|_L \le 1} \mathbb{E}\,f(x) - \mathbb{E}\,f(y)",
            words=WORDS[self.bound],
            errata=ERRATA,
        ):
            st.fragment(_picture)(above, self.name, self.bound)


def choose() -> PlaneChoice:
    cases = {name: case.title for name, case in PLANES.items()}
    name = linked.in_words("Clouds:", cases, key="plane", default="split")
    if st.session_state.get(PRESET, name) != name:  # others: what was dragged goes
        linked.put(PLACE, None)
    st.session_state[PRESET] = name
    critics = {NONE: "none", **CRITICS}
    bound = linked.in_words("Critic:", critics, key="beside", default=NONE)
    return PlaneChoice(name, bound)


def _picture(above: DeltaGenerator, name: str, bound: str) -> None:
    usual = [[list(point) for point in cloud] for cloud in (PLANES[name].real, PLANES[name].fake)]
    dragged = live.moved(PICTURE)
    if dragged is not None and (clouds := _checked(dragged)) is not None:
        linked.put(PLACE, None if clouds == usual else "~".join(map(cloud_text, clouds)))
        live.keep(PICTURE, _state(name, bound, clouds))
    clouds = _asked() or usual
    plan = optimal_plan(*map(np.array, clouds))
    said = f"primal {plan.primal:.3f} = dual {plan.dual:.3f}"
    live.show(PICTURE, _state(name, bound, clouds), f"Two clouds on a plane: {said}")
    with above.container():
        anatomy.headline(_sentence(plan, bound, said))


def _sentence(plan: Plan, bound: str, said: str) -> str:
    if bound == NONE:
        return f"The cheapest threads between {len(plan.real)} points each: {said}"
    return f"A critic with “{CRITICS[bound]}” learns the same points; exact: {said}"


def _state(name: str, bound: str, clouds: list[Points]) -> dict[str, Any]:
    return {"preset": name, "critic": bound, "real": clouds[0], "fake": clouds[1]}


def _asked() -> list[Points] | None:
    """The clouds that the address has, if any can be read there."""
    parts = st.query_params.get(PLACE, "").split("~")
    try:
        real, fake = map(cloud_from_text, parts)
    except ValueError:
        return None
    return _checked({"real": real, "fake": fake})


def _checked(state: dict[str, Any]) -> list[Points] | None:
    """What came from outside, if it is two clouds that can be dragged to."""
    try:
        clouds = [np.array(state[who], np.float64) for who in ("real", "fake")]
    except (KeyError, TypeError, ValueError):
        return None
    real, fake = clouds
    fits = real.shape == fake.shape and real.ndim == 2 and 2 <= len(real) <= MOST
    if not fits or real.shape[1] != 2 or not all((np.abs(c) <= REACH).all() for c in clouds):
        return None
    return [cloud.tolist() for cloud in clouds]
