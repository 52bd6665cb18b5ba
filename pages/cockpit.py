"""The threshold cockpit: choose scores, move one threshold, see every consequence."""

from __future__ import annotations

import streamlit as st

from pages._ui import linked, runtime
from pages._ui.cockpit import choice as cockpit_choice
from pages._ui.cockpit import flips as cockpit_flips
from pages._ui.cockpit import numbers as cockpit_numbers
from pages._ui.cockpit import scores as cockpit_scores
from pages._ui.cockpit import upload as cockpit_upload
from pages._ui.cockpit import view as cockpit_view
from pages._ui.cockpit.data import OWN, cases


def main() -> None:
    # Here, where it does not travel with every move.
    st.html(cockpit_numbers.STYLE + cockpit_flips.STYLE)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        case = linked.choice("Scores of", cases(), key="case", default="mnist")
        if case == OWN:
            cockpit_choice.forget()
        else:
            source, detector, against = cockpit_choice.choose(case)
    if case == OWN:
        cockpit_view.show(cockpit_upload.chosen(), None)
        return
    second = None if against is None else cockpit_scores.of(source, against)
    cockpit_view.show(cockpit_scores.of(source, detector), second)


runtime.run_page(main)
