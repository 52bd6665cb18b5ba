"""Latent space: where images land in it, the way between two of them, how large it should be."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui import anatomy, linked, runtime
from pages._ui.latent import dimension, where

VIEWS: Mapping[str, tuple[str, Callable[[DeltaGenerator], None]]] = {
    "map": ("Map", where.show),
    "size": ("Dimension and law", dimension.show),
}
STYLE = "<style>.st-key-choices [data-testid=stWidgetLabel] {display: none;}</style>"


def main() -> None:
    st.html(STYLE)
    titles = {name: title for name, (title, _) in VIEWS.items()}
    above, line = st.empty(), st.container()
    with line, anatomy.choices():
        view = linked.choice("Look at", titles, key="view", default="map")
        chosen = VIEWS[view][1]
        if view == "map":
            where.choose()
    chosen(above)


runtime.run_page(main)
