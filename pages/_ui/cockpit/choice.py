"""Whose scores the cockpit shows, by which detector, and beside which other one."""

from __future__ import annotations

import streamlit as st

from pages._ui import linked
from pages._ui.cockpit import data as cockpit_data
from pages._ui.cockpit import names as cockpit_names
from pages._ui.cockpit.data import Source
from pages._ui.windows import data as windows_data
from wganad_core.use_cases import HAR, MNIST

CLASS, MODEL, PROTOCOL, DETECTOR, AGAINST = "class", "model", "protocol", "detector", "against"
NOBODY = ""

STYLE = """<style>
.st-key-mnist-class button, .st-key-har-class button {padding-left: 0.6rem;
  padding-right: 0.6rem; min-width: 0;}
@media (max-width: 640px) {
  .st-key-case [role="radiogroup"], .st-key-har-class [role="radiogroup"],
  .st-key-mnist-class [role="radiogroup"] {flex-wrap: wrap;}
  .st-key-mnist-class button {padding-left: 0.45rem; padding-right: 0.45rem;}
  [class*="st-key-"][class*="-detector"], [class*="st-key-"][class*="-against"] {
    flex: 0 0 calc(50% - 0.5rem) !important; max-width: calc(50% - 0.5rem);}
}
</style>"""


def choose(case: str) -> tuple[Source, str, str | None]:
    """The source, its detector and perhaps another one to compare with, one widget after the other
    in the caller's container; all in the address, from which what another use case left there is
    removed.

    Raises `StorageError` with one sentence where there are no scores.
    """
    st.html(STYLE)
    abnormal = _class(case)
    source = Source(case, abnormal, _model(case, abnormal), _protocol(case))
    return source, *_detectors(source)


def forget() -> None:
    """One's own scores need no choice: whatever other use cases left in the address goes."""
    _forget(CLASS, MODEL, PROTOCOL, DETECTOR, AGAINST)


def _class(case: str) -> str:
    if case == "mnist":
        names = {name: name for name in cockpit_data.CLASSES[case]}
        return linked.choice("Unseen digit", names, key="mnist-class", default="4", address=CLASS)
    if case == "har":
        names = {name: name for name in cockpit_data.CLASSES[case]}
        return linked.choice(
            "Unseen activity", names, key="har-class", default="laying", address=CLASS
        )
    _forget(CLASS)
    return cockpit_data.CLASSES[case][0]


def _model(case: str, abnormal: str) -> str:
    """As tables name it. Digits have none to choose: every detector has its own."""
    here = cockpit_data.models(case, abnormal)
    if case == "har":
        known = {
            name: label.partition(" (")[0]
            for name, label in windows_data.ARCHITECTURES.items()
            if windows_data.model_of(name) in here
        }
        name = linked.select(
            "Model", known, key="har-model", default=_usual("conv", known), address=MODEL
        )
        return windows_data.model_of(name)
    if case == "mixture":
        known = {name: label for name, label in cockpit_names.RUNS.items() if name in here}
        return linked.select(
            "Model", known, key="mixture-model", default=_usual("wgan-gp", known), address=MODEL
        )
    _forget(MODEL)
    return here[0]


def _protocol(case: str) -> str:
    if case == "har":
        return linked.select(
            "Tested on",
            windows_data.PROTOCOLS,
            key="har-protocol",
            default=HAR.protocols[0],
            help=windows_data.PROTOCOL_HELP,
            address=PROTOCOL,
        )
    _forget(PROTOCOL)
    return MNIST.protocols[0] if case == "mnist" else "test"


def _detectors(source: Source) -> tuple[str, str | None]:
    known = cockpit_data.detectors(source)
    meanings = cockpit_names.MEANINGS[source.case]
    words = "\n".join(
        f"- **{label}**: {meanings[name]}." for name, label in known.items() if name in meanings
    )
    detector = linked.select(
        "Detector",
        known,
        key=f"{source.case}-detector",
        default=next(iter(known)),
        help=words,
        address=DETECTOR,
        width=200,
    )
    others = {name: label for name, label in known.items() if name != detector}
    against = linked.select(
        "Compare with",
        {NOBODY: "–", **others},
        key=f"{source.case}-against",
        default=NOBODY,
        help="Another detector on the same samples.",
        address=AGAINST,
        width=200,
    )
    return detector, against or None


def _usual(name: str, known: dict[str, str]) -> str:
    return name if name in known else next(iter(known))


def _forget(*names: str) -> None:
    """Out of the address."""
    for name in names:
        st.query_params.pop(name, None)
