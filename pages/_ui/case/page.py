"""The page of a use case: what to look at, whose scores, and the views of them."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages._ui import anatomy, linked, runtime
from pages._ui.case import board, boxes, choice, data, gallery, generator, image, window
from pages._ui.case.choice import Insert
from wganad_core.use_cases import Shape, UseCase

SHAPES: Mapping[Shape, Insert] = {"image": image, "window": window}


def show(case: UseCase) -> None:
    runtime.image_worker()  # its imports run while the page is being read
    shape, above = SHAPES[case.shape], st.container()
    with anatomy.choices():
        view = linked.tabs("Look at", case.views, key="view", default=next(iter(case.views)))
        if view == "board":
            table = board.choose(case)
        else:
            abnormal = choice.abnormal(case, shape)
        if view not in ("board", "generator"):
            chosen = choice.choose(case, abnormal, data.scores(case, abnormal))
    if view == "board":
        table.show(above)
        return
    if view == "generator":
        generator.show(case, abnormal, above)
        return
    with above:
        anatomy.headline(choice.sentence(chosen))
    if view == "gallery":
        if (sample := gallery.show(chosen, shape)) is not None:
            shape.autopsy(chosen, sample)
        return
    if view == "boxes":
        boxes.show(chosen)
    else:
        shape.upload(chosen)
    choice.to_cockpit(chosen)
