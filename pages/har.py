"""Windows of a phone's sensors, of which a model has never seen one activity (§6)."""

from __future__ import annotations

import streamlit as st

from pages._ui import linked, runtime
from pages._ui.windows import autopsy as windows_autopsy
from pages._ui.windows import board as windows_board
from pages._ui.windows import boxes as windows_boxes
from pages._ui.windows import browse as windows_browse
from pages._ui.windows import choice as windows_choice
from pages._ui.windows import data as windows_data
from pages._ui.windows import upload as windows_upload

VIEWS = {
    "browse": "Windows",
    "boxes": "Scores by activity",
    "board": "Six activities",
    "own": "Your own recording",
}


def main() -> None:
    runtime.image_worker()  # its imports run while the page is being read
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        activity = windows_choice.activity()
        view = linked.choice("Look at", VIEWS, key="view", default="browse")
    if view == "board":
        windows_board.show()
        return
    scores = windows_data.scores(activity)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        architecture = windows_choice.architecture(scores)
        protocol = windows_choice.protocol()
        found = scores.galleries[architecture, protocol]
        detector = windows_choice.detector(found)
    windows_choice.headline(found, detector)
    linked.to_cockpit(
        **{
            "case": "har",
            "class": activity,
            "model": architecture,
            "protocol": protocol,
            "detector": detector,
        }
    )
    if view == "browse":
        window = windows_browse.show(found, activity, detector)
        if window is not None:
            windows_autopsy.show(activity, architecture, protocol, found, detector, window)
    elif view == "boxes":
        windows_boxes.show(activity, architecture, detector)
    else:
        windows_upload.show(activity, architecture, detector)


runtime.run_page(main)
