"""The 1/√n law as an experiment: shipped, or measured here in the worker."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, runtime
from pages._ui.chart import live_chart
from pages._ui.theory.beside import equations, measured
from wganad_core.figures.theory.errors import law_figure
from wganad_core.theory.shipped import COMMAND, DIVERGENCE, PARAMETERS, Law

HERE = "theory_law"  # in the session: what was measured here
SIZES, REPEATS = (100, 300, 1_000, 3_000, 10_000), 8
ERRATA = (
    (
        "after Theorem 4",
        r"the error “is proportional to $1/\sqrt n$”",
        r"bounded by it: θ̂ does come closer as $1/\sqrt n$, but JS is flat at its minimum and "
        r"falls as $1/n$",
    ),
)


class LawChoice:
    """Nothing to choose."""

    def show(self, above: DeltaGenerator) -> None:
        law: Law = st.session_state.get(HERE) or measured().law_of_n
        theta, js = law.rates[PARAMETERS], law.rates[DIVERGENCE]
        with above.container():
            anatomy.headline(
                f"θ̂ comes closer with a slope of {theta.words}, the law says −½; "
                f"JS falls with {js.words}"
            )
        with equations(
            r"\mathbb{E}\,\mathrm{JS}(P_r,P_{\hat\theta}) - \mathrm{JS}(P_r,P_{\theta^*})",
            r"= O(\varepsilon^2 + 1/\sqrt n)",
            words="Seven Gaussians are fitted to **n samples** of the seven, again and again, "
            "against a discriminator of 8×8 bumps. Each dot is one fit, the large ones are means, "
            "the lines least squares through them; in brackets where 95% of slopes of resampled "
            "repetitions lie.",
            errata=ERRATA,
        ):
            live_chart(
                law_figure(law),
                key="theory-law",
                alt="Errors over sample sizes on logarithmic scales with fitted lines: "
                + "; ".join(f"{name} slope {rate.words}" for name, rate in law.rates.items()),
            )
        _measure(law)


def choose() -> LawChoice:
    return LawChoice()


def _measure(law: Law) -> None:
    """The experiment in this session: `REPEATS` fits at every size, one request each, so that
    races in the worker go on in between."""
    total = len(SIZES) * REPEATS
    where = "measured here" if HERE in st.session_state else f"shipped; again: `{COMMAND}`"
    st.caption(f"{law.repeats} fits at each of {len(law.n)} sizes, {where}.")
    if not st.button(f"Measure it here ({total} fits)", icon=":material/science:"):
        return
    bar, rows = st.progress(0.0, "Fitting …"), []
    for i, n in enumerate(SIZES):
        row = []
        for seed in range(REPEATS):
            done = i * REPEATS + seed
            bar.progress(done / total, f"{n:,} samples, fit {seed + 1} of {REPEATS}")
            row.append(runtime.worker().theory_fit(n, seed))
        rows.append(row)
    st.session_state[HERE] = Law.measured(SIZES, rows, measured())
    st.rerun()
