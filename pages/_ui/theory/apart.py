"""One slider moves two densities apart: JS stands still at ln 2, W₁ goes on (Theorems 1 and 5)."""

from __future__ import annotations

import dataclasses
from contextlib import AbstractContextManager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked
from pages._ui.chart import live_chart, waiting
from pages._ui.theory.beside import equations, measured
from wganad_core.figures.theory.line import line_figure
from wganad_core.theory.line import Apart, apart
from wganad_core.theory.shipped import AT, LINES, THETAS, WHOLE, nearest_theta

KEY, CHART = "theta", "theory-line"
USUAL = 3.0
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
class LineChoice:
    """Which two densities."""

    name: str

    def show(self, above: DeltaGenerator) -> None:
        with _words():
            st.fragment(_picture)(above, self.name)


def choose() -> LineChoice:
    cases = {name: case.title for name, case in LINES.items()}
    return LineChoice(linked.in_words("Densities:", cases, key="densities", default="one"))


def _words() -> AbstractContextManager[None]:
    return equations(
        r"D^*(x) = \frac{P_r(x)}{P_r(x) + P_\theta(x)}",
        r"\sup_D L(\theta, D) = 2\,\mathrm{JS}(P_r, P_\theta) - \ln 4",
        words="Move θ until the two humps part. The grey line **D\\*** becomes a cliff, flat on "
        "both sides: JS stays at **ln 2** and its gradient is gone, so a generator is told "
        "nothing. **W₁** keeps falling towards the data at a steady slope: the paper's reason for "
        "Wasserstein (Theorem 5). Dotted: a network 1-32-32-1, trained anew at every θ.",
        errata=ERRATA,
    )


def _picture(above: DeltaGenerator, name: str) -> None:
    drag = waiting(CHART).drag
    if drag is not None:
        st.session_state[KEY] = nearest_theta(float(drag["x0"]))
    theta = linked.slide(
        "θ: where the generator's density is",
        THETAS,
        key=KEY,
        default=USUAL,
        shown=lambda value: f"{value:+.1f}",
    )
    along, place = _along(name), THETAS.index(theta)
    here = along[place]
    learned = measured().learned[name][place]
    live_chart(
        line_figure(theta, here, AT, learned, THETAS, along),
        key=CHART,
        alt=f"Two densities {abs(theta):.1f} apart: JS {here.jensen_shannon:.3f} of at most 0.693, "
        f"W1 {here.wasserstein:.2f}; gradients {abs(here.jensen_shannon_slope):.4f} and "
        f"{abs(here.wasserstein_slope):.2f}",
    )
    with above.container():
        anatomy.headline(_sentence(theta, here))


def _sentence(theta: float, here: Apart) -> str:
    if here.parted:
        return (
            f"θ = {theta:+.1f}: JS is stuck at ln 2, its gradient is "
            f"{abs(here.jensen_shannon_slope):.1g}; W₁ = {here.wasserstein:.2f} still pulls with "
            f"{abs(here.wasserstein_slope):.2f}"
        )
    return (
        f"θ = {theta:+.1f}: JS = {here.jensen_shannon:.3f} of ln 2 = 0.693, "
        f"W₁ = {here.wasserstein:.2f}"
    )


@st.cache_resource(show_spinner=False)
def _along(name: str) -> list[Apart]:
    """The same two densities at every θ of the slider."""
    case = LINES[name]
    return [apart(case.real, case.fake.moved(theta), WHOLE) for theta in THETAS]
