"""The gallery: test samples in an order, of a class, of a person; one is chosen by a click."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import anatomy, linked
from pages._ui.case import data
from pages._ui.case.choice import Choice, Insert, to_cockpit
from wganad_core.data.gallery import Order

N_SHOWN = 24


def show(chosen: Choice, shape: Insert) -> int | None:
    """Samples and what chooses them; returns the number of the bundled one to be taken apart."""
    case, samples = chosen.case, data.samples(chosen.case)
    place = shape.first_look(chosen, N_SHOWN)
    with anatomy.choices("gallery"):
        by, subject, class_ = _choices(chosen, shape)
        to_cockpit(chosen)
        st.caption(shape.legend(chosen))
    among = None if subject is None else samples.subjects == subject
    order = chosen.found.order(chosen.detector, by, class_, N_SHOWN, among)
    if not len(order):
        filters = "person, " * bool(shape.PERSON) + shape.CLASS.lower()
        st.info(f"No test {case.sample} is of this kind; choose another {filters} or order.")
        return None
    key = f"{chosen.abnormal}-{chosen.detector}-{by}-{class_}-{subject}"
    with place or st.container():
        return shape.gallery(chosen, order.tolist(), key)


def _choices(chosen: Choice, shape: Insert) -> tuple[Order, str | None, str | None]:
    """In which order, of which person, of which class."""
    case, subject = chosen.case, None
    people = sorted(set(data.samples(case).subjects.tolist()), key=int) if shape.PERSON else []
    words = [shape.ORDERS[linked.now(shape.ORDERS, key="order", default="mixed")].lower()]
    if (person := linked.chosen_of(people, key="subject")) is not None:
        words.append(f"person {person}")
    if (class_ := linked.chosen_of(case.classes, key="shown")) is not None:
        words.append(class_)
    with st.popover(f"Showing **{', '.join(words)}**", key="showing"):
        by = linked.listed("Order", shape.ORDERS, key="order", default="mixed")
        st.caption(
            f"**Worst misses**: {case.say(case.phrases.these, chosen.abnormal)} with the lowest "
            f"scores. **Worst false alarms**: normal {case.samples} with the highest."
        )
        if shape.PERSON:
            subject = linked.one_or_all("Person", people, key="subject", help=shape.PERSON)
        return by, subject, linked.one_or_all(shape.CLASS, case.classes, key="shown")


def asked_for(chosen: Choice, order: list[int]) -> int:
    """The bundled sample that the address names by its number in the pool, or else the first of
    the order that is of the unseen class."""
    samples = data.samples(chosen.case)
    text = st.query_params.get(chosen.case.shape, "")
    found = samples.position == (int(text) if text.isdecimal() else -1)
    unseen = samples.classes[order] == chosen.abnormal
    return int(found.argmax()) if found.any() else order[int(np.argmax(unseen))]


def remember(chosen: Choice, sample: int) -> None:
    """Put the chosen sample's number into the address."""
    number = data.samples(chosen.case).position[sample]
    linked.put(chosen.case.shape, str(number))
