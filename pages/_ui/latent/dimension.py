"""How many latents, and of which law: measured with small networks, beside our lab's figures."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked
from pages._ui.chart import live_chart
from wganad_core import latent
from wganad_core.figures.latent import beside_figure, dimension_figure, dimension_sentence
from wganad_core.latent import ENDINGS, LAWS, Latents
from wganad_core.use_cases import MNIST

DIGIT = "swept"  # of which dimensions were measured


def choose() -> None:
    """Which digit was unseen, of those that were measured."""
    digits = {name: name for name in _digits(_read())}
    usual = MNIST.usual_class if MNIST.usual_class in digits else next(iter(digits))
    linked.in_words("Unseen digit", digits, key=DIGIT, default=usual)


def show(above: DeltaGenerator) -> None:
    found, digit = _read(), str(st.session_state[DIGIT])
    fits = found.of("mnist", digit)
    seeds = len({fit.seed for fit in fits})
    with above.container():
        anatomy.headline(dimension_sentence(fits))
    live_chart(
        dimension_figure(fits),
        key="latent-dimension",
        alt="Error of normals and AUROC over the dimension of the latent space: "
        + "; ".join(f"{fit.n_latent}: {fit.rebuilt:.0f}" for fit in fits if fit.seed == 0),
    )
    st.caption(
        f"Full lines: measured here with small networks ({found.recipe}; digit {digit} unseen, "
        f"{fits[0].n:,} test images, base rate {fits[0].base_rate:.0%}); mean of {seeds} "
        f"{'seeds, bars from the least to the most' if seeds > 1 else 'seed'}. Dotted: "
        f"{latent.QUOTED_FROM}; another set of digits, so compare the shape, not the height. "
        f"Again: `{found.command} mnist --digit {digit}`."
    )
    st.markdown(
        "**The paper asks** (§7) which dimension and which law z should have. The "
        "**error of normals** falls as the dimension grows, while **detection by the residual** "
        "hardly cares: what redraws "
        "normals better redraws anomalies better too. **Neighbours among latents** need room "
        "to tell classes apart."
    )
    _beside(found, digit)
    with st.expander("All numbers"):
        st.dataframe(_rows(found), hide_index=True)


def _rows(found: Latents) -> list[dict[str, object]]:
    """All that was measured."""
    return [
        {
            "data": fit.use_case,
            "unseen": fit.abnormal,
            "latents": fit.n_latent,
            "law": LAWS[fit.law],
            "E ends with": ENDINGS[fit.ending],
            "seed": fit.seed,
            "error of normals": f"{fit.rebuilt:.3g}",
            "of the unseen": f"{fit.rebuilt_unseen:.3g}",
            "AUPRC residual": f"{fit.auprc['residual']:.1%}",
            "AUPRC neighbours": f"{fit.auprc['neighbours']:.1%}",
            "AUROC residual": f"{fit.auroc['residual']:.1%}",
            "AUROC neighbours": f"{fit.auroc['neighbours']:.1%}",
            "base rate": f"{fit.base_rate:.0%}",
        }
        for fit in found.fits
    ]


def _beside(found: Latents, digit: str) -> None:
    """Which law, and what E ends with, on the ring and on the digit."""
    for use_case, unseen, words in (
        ("mnist", digit, f"the digit {digit} unseen"),
        ("mixture", "outside", "the ring of Gaussians"),
    ):
        fits = found.beside(use_case, unseen)
        st.subheader(f"Law and output of E: {fits[0].n_latent} latents, {words}", anchor=False)
        live_chart(
            beside_figure(fits),
            key=f"latent-beside-{use_case}",
            alt="AUPRC by law and output: "
            + "; ".join(
                f"{LAWS[fit.law]}, {ENDINGS[fit.ending]}: neighbours "
                f"{fit.auprc['neighbours']:.0%}, residual {fit.auprc['residual']:.0%}"
                for fit in fits
            ),
        )
    st.caption(
        "A dot is one seed, the bar their mean, the grey line chance. E learns anew for each "
        "output, from the same weights and for the same G. Again: "
        f"`{found.command} mnist --digit {digit} --dimension 16 --law mixture --ending norm "
        f"--ending shell --seed 1`, `{found.command} mixture --dimension 8 --ending tanh`."
    )


def _digits(found: Latents) -> list[str]:
    return sorted({fit.abnormal for fit in found.fits if fit.use_case == MNIST.name})


def _read() -> Latents:
    """Raises `StorageError` where nothing was measured."""
    return latent.load(latent.shipped_path())
