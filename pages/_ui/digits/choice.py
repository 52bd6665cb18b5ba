"""Which digit is the unseen one, and who looks for it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import linked
from pages._ui.digits import data as digits_data
from wganad_core.board import Row
from wganad_core.config import DIGITS
from wganad_core.data.gallery import Gallery

STYLE = """<style>
.st-key-digit button {padding: 3px; min-width: 0; height: auto; min-height: 0;}
.st-key-digit button > div, .st-key-digit button div:has(> img), .st-key-digit button p
  {display: block; line-height: 0; overflow: visible; max-height: none;}
.st-key-digit button img {height: 3.1rem; width: 3.1rem; max-height: none; max-width: none;
  display: block; margin: 0; image-rendering: pixelated; border-radius: 0.2rem;}
.st-key-digit button[aria-checked="true"] {box-shadow: 0 0 0 3px #D55E00; z-index: 1;}
@media (max-width: 640px) {
  .st-key-digit button {padding: 0;}
  .st-key-digit button img {height: auto; width: calc((100vw - 2.5rem) / 10 - 3px);}
}
</style>"""


def digit() -> str:
    """The row of ten thumbnails."""
    st.html(STYLE)
    thumbnails = _thumbnails()
    options = {name: f"![{name}]({thumbnails[name]})" for name in DIGITS}
    return linked.choice(
        "The digit that the model has never seen", options, key="digit", default="4"
    )


@st.cache_resource(show_spinner=False)
def _thumbnails() -> dict[str, str]:
    """The first bundled image of every digit."""
    from wganad_core.figures.digits import data_uri

    digits = digits_data.sample()
    firsts = [np.argmax(digits.labels == int(name)) for name in DIGITS]
    x = digits_data.vectors(digits.images[firsts])
    return {name: data_uri(image, 56) for name, image in zip(DIGITS, x, strict=True)}


def detector(found: Gallery) -> str:
    """One of ours or the paper's that scored this digit's test part."""
    known = {name: label for name, label in digits_data.DETECTORS.items() if name in found.scores}
    meanings = "\n".join(f"- **{known[name]}**: {digits_data.MEANINGS[name]}" for name in known)
    return linked.choice(
        "Detector", known, key="detector", default=next(iter(known)), help=meanings
    )


def headline(row: Row, digit: str, detector: str) -> None:
    """What the chosen detector reaches on the chosen digit, in one sentence."""
    name = digits_data.name_of(detector)
    who = name if name.startswith("Ours") else f"The detector “{name}”"
    st.subheader(
        f"This model has never seen {digits_data.an(digit)}. {who} finds them with AUPRC "
        f"{row.auprc:.2f}; chance is {row.base_rate:.2f}.",
        anchor=False,
    )
