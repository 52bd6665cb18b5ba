"""Home: what this is, the paper in eight pictures, where to start."""

from __future__ import annotations

import streamlit as st

from pages._ui import home_cards, runtime


def main() -> None:
    st.title("See why Wasserstein GANs detect anomalies", anchor=False)
    st.markdown(
        "A generative network learns what is **normal**; what it cannot explain is an **anomaly**. "
        "That works only if it learned *all* of normality, and ordinary GANs often do not: they "
        "collapse. Here you can watch that happen, watch a Wasserstein GAN avoid it, and use the "
        "result. After Haloui, Sen Gupta and Feuillard, *Anomaly detection with Wasserstein GAN* "
        "(2018)."
    )
    home_cards.starts()
    st.subheader("The paper in eight pictures", anchor=False)
    home_cards.pictures()
    st.caption(
        "Every picture is drawn from runs and data that ship with the app, and opens the page on "
        "which you can change it. Nothing is fetched from a network; a laptop without a GPU is "
        "enough."
    )


runtime.run_page(main)
