"""Three sliders, three errors: Fig. 5 with every distance measured (Theorems 2–4)."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked
from pages._ui.chart import live_chart
from pages._ui.theory.beside import equations, measured
from wganad_core.figures.theory.errors import errors_figure, parts
from wganad_core.theory.shipped import COMMAND

ERRATA = (
    (
        "Theorem 4",
        r"“proportional to $1/\sqrt n$”",
        r"*at most* of that order; see the part 1/√n for what is measured",
    ),
    ("eq. 2", r"products of $D_\alpha$", "their logarithm, the sums of eq. 7"),
)


class ErrorChoice:
    """Nothing to choose but by the sliders at the picture."""

    def show(self, above: DeltaGenerator) -> None:
        with equations(
            r"\underbrace{\mathrm{JS}(P_r,P_{\theta^*})}_{\text{generator}} + "
            r"\underbrace{c\,\varepsilon}_{\text{discriminator}} + "
            r"\underbrace{O(\varepsilon^2 + 1/\sqrt n)}_{\text{samples}}",
            words="Seven Gaussians are the data. A generator of **too few** cannot reach them "
            "(green). A discriminator of **few bumps** looks past differences, so the best "
            "generator against it is another one (black in the paper, grey here). And only **n "
            "samples** of the data are known (blue). "
            "Neither network is neural here, as §3.2 allows: every fit is exact, and nothing else "
            "adds to the three errors.",
            errata=ERRATA,
        ):
            st.fragment(_picture)(above)
            st.caption(f"JS: mean over six samples of each size. Again: `{COMMAND}`.")


def choose() -> ErrorChoice:
    return ErrorChoice()


def _picture(above: DeltaGenerator) -> None:
    found = measured()
    sizes = sorted({one.size for one in found.errors})
    sides = sorted({one.side for one in found.errors})
    for column, slider in zip(st.columns(3), ("size", "side", "n"), strict=True):
        with column:
            if slider == "size":
                size = linked.slide("Generator: Gaussians", sizes, key="size", default=3, shown=str)
            elif slider == "side":
                side = linked.slide(
                    "Discriminator: bumps", sides, key="side", default=4, shown=lambda s: f"{s}×{s}"
                )
            else:
                n = linked.slide(
                    "Samples", found.n, key="n", default=1_000, shown=lambda k: f"{k:,}"
                )
    fit, i = found.error(int(size), int(side)), found.n.index(int(n))
    bars = parts(fit, i)
    live_chart(
        errors_figure(fit, i, int(n)),
        key="theory-errors",
        alt=f"JS from the data by cause: generator {bars[0]:.3f}, discriminator {bars[1]:.3f}, "
        f"samples {bars[2]:.3f}; ε = {fit.epsilon:.2f}",
    )
    with above.container():
        anatomy.headline(
            f"JS {bars[0]:.3f} from the generator's size, {bars[1]:.3f} from the discriminator "
            f"(ε = {fit.epsilon:.2f}), {bars[2]:.3f} from {int(n):,} samples"
        )
