"""Digits that a model has never seen: how they come back, and who notices (§5)."""

from __future__ import annotations

import streamlit as st

from pages._ui import linked, runtime
from pages._ui.digits import autopsy as digits_autopsy
from pages._ui.digits import board as digits_board
from pages._ui.digits import boxes as digits_boxes
from pages._ui.digits import choice as digits_choice
from pages._ui.digits import data as digits_data
from pages._ui.digits import gallery as digits_gallery
from pages._ui.digits import generator as digits_generator
from pages._ui.digits import strip as digits_strip
from pages._ui.digits import upload as digits_upload

VIEWS = {
    "gallery": "Gallery",
    "own": "Your own digit",
    "boxes": "Scores by class",
    "board": "Table 1",
    "generator": "Generated digits",
}


def main() -> None:
    runtime.image_worker()  # its imports run while the page is being read
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        digit = digits_choice.digit()
        view = linked.choice("Look at", VIEWS, key="view", default="gallery")
    if view == "board":
        digits_board.show()
        return
    if view == "generator":
        digits_generator.show(digit)
        return
    found, rows = digits_data.scores(digit)
    detector = digits_choice.detector(found)
    digits_choice.headline(digits_data.row_of(rows, detector), digit, detector)
    linked.to_cockpit(**{"case": "mnist", "class": digit, "detector": detector})
    if view == "gallery":
        digits_strip.show(digit, found, detector)
        image = digits_gallery.show(digit, found, detector)
        if image is not None:
            digits_autopsy.show(digit, found, detector, image)
    elif view == "own":
        digits_upload.show(digit, found, detector)
    else:
        digits_boxes.show(digit, found, detector)


runtime.run_page(main)
