"""The panel beside a page that a lesson plays on. The browser side does the asking and watching."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import linked
from pages._ui.component import component, static
from pages._ui.lessons.lesson import PARAMETER, Place, lessons, place_of, terms

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer

KEY, MEMORY = "lesson-panel", "_lesson"
# At the side where there is room (the page gives way), above the page where there is not.
STYLE = """<style>
@media (min-width: 1000px) {
  .st-key-lesson-panel {position: fixed; right: 0; top: 3.75rem; bottom: 0; width: 21rem;
    overflow-y: auto; z-index: 50;}
  .stMainBlockContainer {padding-right: 23rem !important;}
}
</style>"""


def show() -> None:
    """The step that the address asks for, or that this session was at before the menu emptied the
    address; nothing where no lesson goes on."""
    place = place_of(st.query_params.get(PARAMETER, "")) or st.session_state.get(MEMORY)
    if place is None:
        return
    st.session_state[MEMORY] = place
    st.html(STYLE)
    with st.container(key=KEY):
        _component()(key="lesson", data=json.dumps(_message(place)), on_ended_change=_end)


def _end() -> None:
    st.session_state.pop(MEMORY, None)
    linked.forget(PARAMETER)


def _message(place: Place) -> dict[str, object]:
    lesson, number = place.lesson, place.number
    step, last = lesson.steps[number - 1], number == len(lesson.steps)
    known = list(lessons().values())
    after = known[(known.index(lesson) + 1) % len(known)]
    return {
        **{"name": lesson.name, "title": lesson.title, "goal": lesson.goal, "number": number},
        **{"count": len(lesson.steps), "answer": place.answer, "parameter": PARAMETER},
        "step": dataclasses.asdict(step),
        "here": lesson.address(number),
        "answered": [lesson.address(number, k) for k in range(len(step.ask.options))]
        if step.ask
        else [],
        "next": "lessons" if last else lesson.address(number + 1),
        "before": lesson.address(number - 1) if number > 1 else "lessons",
        "more": {"title": after.title, "address": after.address(1)} if last else None,
        "terms": terms(),
    }


@cache
def _component() -> ComponentRenderer:
    return component("lesson", '<div class="lesson"></div>', static("lesson.css"), "lesson.js")
