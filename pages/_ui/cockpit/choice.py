"""Whose scores the cockpit shows, by which detector, and beside which other one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages._ui import linked
from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit.data import Source
from wganad_core.use_cases import SCORED_CASES, ScoredCase

CLASS, MODEL, PROTOCOL, DETECTOR, AGAINST = "class", "model", "protocol", "detector", "against"
NOBODY = ""

STYLE = """<style>
.st-key-KEY button {padding-left: 0.6rem; padding-right: 0.6rem; min-width: 0;}
@media (max-width: 640px) {
  .st-key-case [role="radiogroup"], .st-key-KEY [role="radiogroup"] {flex-wrap: wrap;}
  .st-key-KEY button {padding-left: 0.45rem; padding-right: 0.45rem;}
  [class*="st-key-"][class*="-detector"], [class*="st-key-"][class*="-against"] {
    flex: 0 0 calc(50% - 0.5rem) !important; max-width: calc(50% - 0.5rem);}
}
</style>"""


def choose(name: str) -> tuple[Source, str, str | None]:
    """The source, its detector and perhaps another one to compare with, one widget after the other
    in the caller's container; all in the address, from which what another use case left there is
    removed.

    Raises `StorageError` with one sentence where there are no scores.
    """
    st.html(STYLE.replace("KEY", f"{name}-class"))
    case = SCORED_CASES[name]
    abnormal = _class(case)
    source = Source(name, abnormal, _model(case, abnormal), _protocol(case))
    return source, *_detectors(source)


def forget() -> None:
    """One's own scores need no choice: whatever other use cases left in the address goes."""
    _forget(CLASS, MODEL, PROTOCOL, DETECTOR, AGAINST)


def _class(case: ScoredCase) -> str:
    if len(case.classes) == 1:
        _forget(CLASS)
        return case.classes[0]
    return linked.choice(
        f"Unseen {case.noun}",
        {name: name for name in case.classes},
        key=f"{case.name}-class",
        default=case.usual_class or case.classes[0],
        address=CLASS,
    )


def _model(case: ScoredCase, abnormal: str) -> str:
    """As tables name it; none is chosen where every detector has its own."""
    here = cockpit_data.models(case.name, abnormal)
    if not case.models:
        _forget(MODEL)
        return here[0]
    known = {name: label for name, label in case.models.items() if case.model_of(name) in here}
    usual = case.usual_model if case.usual_model in known else next(iter(known))
    return case.model_of(_select(case, "Model", MODEL, known, usual))


def _protocol(case: ScoredCase) -> str:
    words, usual = case.protocol_words, case.protocols[0]
    if not words:
        _forget(PROTOCOL)
        return usual
    return _select(case, "Tested on", PROTOCOL, words, usual, help=case.protocol_help)


def _detectors(source: Source) -> tuple[str, str | None]:
    known, case = cockpit_data.detectors(source), source.use_case
    words = "\n".join(
        f"- **{label}**: {case.meanings[name]}."
        for name, label in known.items()
        if name in case.meanings
    )
    usual = next(iter(known))
    detector = _select(case, "Detector", DETECTOR, known, usual, help=words, width=200)
    others = {NOBODY: "–"} | {name: label for name, label in known.items() if name != detector}
    words = "Another detector on the same samples."
    against = _select(case, "Compare with", AGAINST, others, NOBODY, help=words, width=200)
    return detector, against or None


def _select(
    case: ScoredCase, label: str, name: str, options: Mapping[str, str], usual: str, **more: Any
) -> str:
    """A list to open, whose choice is in the address under `name` whatever the use case."""
    key = f"{case.name}-{name}"
    return linked.select(label, options, key=key, default=usual, address=name, **more)


def _forget(*names: str) -> None:
    """Out of the address."""
    for name in names:
        st.query_params.pop(name, None)
