"""Latent space: where images land in it, the way between two of them, how large it should be."""

from __future__ import annotations

import streamlit as st

from pages._ui import anatomy, linked, runtime
from pages._ui.latent import dimension, where

VIEWS = {"map": ("Map", where), "size": ("Dimension and law", dimension)}


def main() -> None:
    titles = {name: title for name, (title, _) in VIEWS.items()}
    above, line = st.empty(), st.container()
    with line, anatomy.choices():
        view = linked.tabs("Look at", titles, key="view", default="map")
        chosen = VIEWS[view][1]
        chosen.choose()
    chosen.show(above)


runtime.run_page(main)
