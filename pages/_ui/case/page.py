"""The page of a use case: what to look at, whose scores, and the views of them."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages._ui import linked, runtime
from pages._ui.case import board, boxes, choice, data, gallery, generator, image, window
from pages._ui.case.choice import Insert
from wganad_core.use_cases import Shape, UseCase

SHAPES: Mapping[Shape, Insert] = {"image": image, "window": window}


def show(case: UseCase) -> None:
    runtime.image_worker()  # its imports run while the page is being read
    shape = SHAPES[case.shape]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        abnormal = choice.abnormal(case, shape)
        view = linked.choice("Look at", case.views, key="view", default=next(iter(case.views)))
    if view == "board":
        board.show(case)
        return
    if view == "generator":
        generator.show(case, abnormal)
        return
    chosen = choice.choose(case, abnormal, data.scores(case, abnormal))
    choice.headline(chosen)
    choice.to_cockpit(chosen)
    if view == "gallery":
        if (sample := gallery.show(chosen, shape)) is not None:
            shape.autopsy(chosen, sample)
    elif view == "boxes":
        boxes.show(chosen)
    else:
        shape.upload(chosen)
