"""Two densities to drag: JS stands still at ln 2, W₁ goes on (Theorems 1 and 5)."""

from __future__ import annotations

import dataclasses
from contextlib import AbstractContextManager
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked
from pages._ui.theory import live
from pages._ui.theory.beside import equations
from wganad_core.theory.line import Apart, Humps, apart
from wganad_core.theory.shipped import LINES, LineCase

PICTURE, PRESET = "Densities", "theory_preset"
USUAL = 3.0
# What can be dragged to, as browser/densities.js has it.
MOST_HUMPS, FURTHEST, FURTHEST_THETA, WIDTHS = 3, 4.0, 4.0, (0.1, 2.0)
ERRATA = (
    (
        "Theorem 3, (H0)",
        r"$\frac{t}{1-t} \le P_\theta \le \frac{1-t}{t}$",
        r"the ratio $P_\theta / P_r$ between these bounds: that is what $t \le D^* \le 1-t$ says",
    ),
    (
        "Algorithm 1",
        r"$1 - \log D(G(z))$",
        r"$\log(1 - D(G(z)))$, as in eq. 3, and G *descends* it",
    ),
)


@dataclasses.dataclass(frozen=True)
class Two:
    """P_r, P_θ at θ = 0, and θ."""

    real: Humps
    fake: Humps
    theta: float

    @property
    def state(self) -> dict[str, Any]:
        """As the browser has it."""
        return {"real": self.real.rows, "fake": self.fake.rows, "theta": self.theta}

    @property
    def measured(self) -> Apart:
        return apart(self.real, self.fake.moved(self.theta))


@dataclasses.dataclass(frozen=True)
class LineChoice:
    """Which two densities to begin with."""

    name: str

    def show(self, above: DeltaGenerator) -> None:
        with _words():
            st.fragment(_picture)(above, LINES[self.name])


def choose() -> LineChoice:
    cases = {name: case.title for name, case in LINES.items()}
    name = linked.in_words("Densities:", cases, key="densities", default="one")
    if st.session_state.get(PRESET, name) != name:  # another one: what was dragged goes
        for place in ("real", "fake"):
            linked.put(place, None)
    st.session_state[PRESET] = name
    return LineChoice(name)


def _words() -> AbstractContextManager[None]:
    return equations(
        r"D^*(x) = \frac{P_r(x)}{P_r(x) + P_\theta(x)}",
        r"\sup_D L(\theta, D) = 2\,\mathrm{JS}(P_r, P_\theta) - \ln 4",
        words="**Drag** a hump's top (centre and weight), its side (width), or all of the "
        "generator by **θ**. Part the two: **D\\*** becomes a cliff, flat on both sides, JS stays "
        "at **ln 2** and its gradient is gone, so a generator is told nothing. **W₁** keeps "
        "falling towards the data at a steady slope: the paper's reason for Wasserstein "
        "(Theorem 5). Dotted: a network 1-32-32-1 that learns here while you drag.",
        errata=ERRATA,
    )


def _picture(above: DeltaGenerator, preset: LineCase) -> None:
    dragged = live.moved(PICTURE)
    if dragged is not None and (two := _checked(dragged)) is not None:
        linked.put("theta", None if two.theta == USUAL else f"{two.theta:g}")
        for place in ("real", "fake"):
            humps: Humps = getattr(two, place)
            usual: Humps = getattr(preset, place)
            linked.put(place, None if humps.rows == usual.rows else humps.text)
        live.keep(PICTURE, two.state)
    two = _asked(preset)
    here = two.measured
    live.show(
        PICTURE,
        two.state,
        f"Two densities: JS {here.jensen_shannon:.3f} of at most 0.693, W1 "
        f"{here.wasserstein:.2f}; gradients {abs(here.jensen_shannon_slope):.4f} and "
        f"{abs(here.wasserstein_slope):.2f}",
    )
    with above.container():
        anatomy.headline(_sentence(two.theta, here))


def _asked(preset: LineCase) -> Two:
    """What the address says; what cannot be read there is as the preset has it."""
    found: dict[str, Any] = {"real": preset.real.rows, "fake": preset.fake.rows, "theta": USUAL}
    for place, text in st.query_params.items():
        if place in ("real", "fake", "theta"):
            try:
                value = float(text) if place == "theta" else Humps.from_text(text).rows
            except ValueError:
                continue
            if _checked({**found, place: value}) is not None:
                found[place] = value
    checked = _checked(found)
    assert checked is not None
    return checked


def _checked(state: dict[str, Any]) -> Two | None:
    """What came from outside, if it is two densities that can be dragged to."""
    try:
        theta = float(state["theta"])
        humps = [Humps(*map(tuple, zip(*state[who], strict=True))) for who in ("real", "fake")]
        fits = abs(theta) <= FURTHEST_THETA and all(
            len(one.rows) <= MOST_HUMPS
            and all(
                0 < weight <= 100 and abs(mean) <= FURTHEST and WIDTHS[0] <= width <= WIDTHS[1]
                for weight, mean, width in one.rows
            )
            for one in humps
        )
    except (KeyError, TypeError, ValueError):
        return None
    return Two(humps[0], humps[1], theta) if fits else None


def _sentence(theta: float, here: Apart) -> str:
    if here.parted:
        return (
            f"θ = {theta:+.2g}: JS is stuck at ln 2, its gradient is "
            f"{abs(here.jensen_shannon_slope):.1g}; W₁ = {here.wasserstein:.2f} still pulls with "
            f"{abs(here.wasserstein_slope):.2f}"
        )
    return (
        f"θ = {theta:+.2g}: JS = {here.jensen_shannon:.3f} of ln 2 = 0.693, "
        f"W₁ = {here.wasserstein:.2f}"
    )
