"""Home: the race, playing; three ways in; the paper in eight pictures."""

from __future__ import annotations

import streamlit as st

from pages._ui import anatomy, home_cards, runtime


def main() -> None:
    anatomy.headline("See why Wasserstein GANs detect anomalies")
    anatomy.subline(
        "A generator learns what is **normal**; what it cannot make is an **anomaly**. An ordinary "
        "GAN forgets most of normality: watch it collapse, and a Wasserstein GAN keep all of it."
    )
    home_cards.hero()
    home_cards.starts()
    st.subheader("The paper in eight pictures", anchor=False)
    home_cards.pictures()
    st.caption(
        "The vanilla GAN of the race has a discriminator that learns 50 times slower than its "
        "generator, so that its collapse can be seen. After Haloui, Sen Gupta and Feuillard, "
        "*Anomaly detection with Wasserstein GAN* (2018). "
        "Every picture is drawn from runs and data that ship with the app, and opens the page on "
        "which you can change it. Nothing is fetched from a network; a laptop without a GPU is "
        "enough."
    )


runtime.run_page(main)
