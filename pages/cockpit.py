"""The threshold cockpit: choose scores, move one threshold, see every consequence."""

from __future__ import annotations

import streamlit as st

from pages._ui import anatomy, runtime
from pages._ui.cockpit import choice as cockpit_choice
from pages._ui.cockpit import flips as cockpit_flips
from pages._ui.cockpit import numbers as cockpit_numbers
from pages._ui.cockpit import scores as cockpit_scores
from pages._ui.cockpit import upload as cockpit_upload
from pages._ui.cockpit import view as cockpit_view
from pages._ui.cockpit import words as cockpit_words
from pages._ui.cockpit import world as cockpit_world
from pages._ui.cockpit.scores import DetectorScores


def main() -> None:
    # Here, where it does not travel with every move.
    st.html(cockpit_numbers.STYLE + cockpit_flips.STYLE)
    page()


@st.fragment
def page() -> None:
    """Runs again, alone, with every move and every choice."""
    with runtime.in_words():
        draw()


def draw() -> None:
    """Title and choices, the picture, what follows from it."""
    above, line, under, files = st.container(), st.container(), st.container(), st.container()
    scores: DetectorScores | None
    second: DetectorScores | None = None
    with line, anatomy.choices():
        source = cockpit_choice.choose()
        if source is None:
            scores, second = cockpit_upload.waiting()
        else:
            detector, against = cockpit_choice.detectors(source)
            scores = cockpit_scores.of(source, detector)
            second = None if against is None else cockpit_scores.of(source, against)
        if scores is not None:
            place = cockpit_view.placed(scores)
            assumed = cockpit_world.choose(scores, place)
    if scores is None:
        cockpit_view.forget()
        with above:
            anatomy.headline(cockpit_upload.INVITATION)
        with files:
            cockpit_upload.offer()
        return
    with above:
        point = cockpit_view.point_of(scores, place, assumed)
        anatomy.headline(cockpit_words.sentence(scores, place.threshold, point, assumed))
    with under:
        cockpit_view.below_choices(scores, second, place, assumed)
    if source is None:
        with files:
            cockpit_upload.offer()


runtime.run_page(main)
