"""Whose scores the cockpit shows, by which detector, and beside which other one: popovers in the
page's one line of choices."""

from __future__ import annotations

import streamlit as st

from pages._ui import linked
from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit.data import OWN, Source
from wganad_core.use_cases import SCORED_CASES, ScoredCase

CLASS, MODEL, PROTOCOL, DETECTOR, AGAINST = "class", "model", "protocol", "detector", "against"
NOBODY = ""


def choose() -> Source | None:
    """Whose scores, in one popover; None for the reader's own. All choices are in the address, from
    which what another use case left there is removed.

    Raises `StorageError` with one sentence where there are no scores.
    """
    cases = cockpit_data.cases()
    now = linked.now(cases, key="case", default="mnist")
    with st.popover(f"Scores **{_said(now)}**"):
        name = linked.listed("Scores of", cases, key="case", default="mnist", horizontal=True)
        if name == OWN:
            _forget(CLASS, MODEL, PROTOCOL, DETECTOR, AGAINST)
            return None
        case = SCORED_CASES[name]
        abnormal = _class(case)
        return Source(name, abnormal, _model(case, abnormal), _protocol(case))


def detectors(source: Source) -> tuple[str, str | None]:
    """Which detector, and perhaps another one to compare with: a popover for each."""
    known, case = cockpit_data.detectors(source), source.use_case
    detector = linked.in_words(
        "Detector",
        known,
        key=f"{case.name}-{DETECTOR}",
        default=next(iter(known)),
        address=DETECTOR,
        captions={name: _brief(words) for name, words in case.meanings.items()},
    )
    others = {NOBODY: "none"} | {name: label for name, label in known.items() if name != detector}
    against = linked.in_words(
        "Beside", others, key=f"{case.name}-{AGAINST}", default=NOBODY, address=AGAINST
    )
    return detector, against or None


def _said(name: str) -> str:
    """What the first popover says: the case and its unseen class, before they are chosen anew."""
    if name == OWN:
        return cockpit_data.YOURS
    case = SCORED_CASES[name]
    classes = {one: one for one in case.classes}
    if len(classes) == 1:
        return case.label
    usual = case.usual_class or case.classes[0]
    abnormal = linked.now(classes, key=f"{name}-{CLASS}", default=usual, address=CLASS)
    return f"{case.label}, {abnormal} unseen"


def _class(case: ScoredCase) -> str:
    if len(case.classes) == 1:
        _forget(CLASS)
        return case.classes[0]
    return linked.listed(
        f"Unseen {case.noun}",
        {name: name for name in case.classes},
        key=f"{case.name}-{CLASS}",
        default=case.usual_class or case.classes[0],
        address=CLASS,
        horizontal=True,
    )


def _model(case: ScoredCase, abnormal: str) -> str:
    """As tables name it; none is chosen where every detector has its own."""
    here = cockpit_data.models(case.name, abnormal)
    if not case.models:
        _forget(MODEL)
        return here[0]
    known = {name: label for name, label in case.models.items() if case.model_of(name) in here}
    usual = case.usual_model if case.usual_model in known else next(iter(known))
    chosen = linked.listed(
        "Model", known, key=f"{case.name}-{MODEL}", default=usual, address=MODEL, horizontal=True
    )
    return case.model_of(chosen)


def _protocol(case: ScoredCase) -> str:
    words, usual = case.protocol_words, case.protocols[0]
    if not words:
        _forget(PROTOCOL)
        return usual
    return linked.listed(
        "Tested on",
        words,
        key=f"{case.name}-{PROTOCOL}",
        default=usual,
        address=PROTOCOL,
        help=case.protocol_help,
        horizontal=True,
    )


def _brief(words: str) -> str:
    return words[:1].upper() + words[1:]


def _forget(*names: str) -> None:
    """Out of the address."""
    for name in names:
        linked.put(name, None)
