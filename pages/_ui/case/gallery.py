"""The gallery: test samples in an order, of a class, of a person; one is chosen by a click."""

from __future__ import annotations

import numpy as np
import streamlit as st

from pages._ui import linked
from pages._ui.case import data
from pages._ui.case.choice import Choice, Insert

N_SHOWN = 24


def show(chosen: Choice, shape: Insert) -> int | None:
    """Controls and samples; returns the number of the bundled one to be taken apart."""
    shape.first_look(chosen)
    case, samples = chosen.case, data.samples(chosen.case)
    among = subject = None
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        by = linked.choice(
            "Order",
            shape.ORDERS,
            key="order",
            default="mixed",
            help=f"**Worst misses**: {case.say(case.phrases.these, chosen.abnormal)} with the "
            f"lowest scores. **Worst false alarms**: normal {case.samples} with the highest.",
        )
        if shape.PERSON:
            people = sorted(set(samples.subjects.tolist()), key=int)
            subject = _filter("Person", people, "subject", 110, shape.PERSON)
            among = None if subject is None else samples.subjects == subject
        class_ = _filter(shape.CLASS, case.classes, "shown", 150)
    order = chosen.found.order(chosen.detector, by, class_, N_SHOWN, among)
    if not len(order):
        filters = "person, " * bool(shape.PERSON) + shape.CLASS.lower()
        st.info(f"No test {case.sample} is of this kind; choose another {filters} or order.")
        return None
    key = f"{chosen.abnormal}-{chosen.detector}-{by}-{class_}-{subject}"
    return shape.gallery(chosen, order.tolist(), key)


def _filter(
    label: str, options: list[str] | tuple[str, ...], key: str, width: int, help: str | None = None
) -> str | None:
    return st.selectbox(
        label,
        options,
        index=None,
        placeholder="all",
        key=key,
        width=width,
        bind="query-params",
        help=help,
    )


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
