"""Which class is the unseen one, which model looks, with which detector, tested on what."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import streamlit as st

from pages._ui import linked
from pages._ui.case import data
from pages._ui.case.data import Scores
from wganad_core import evaluation
from wganad_core.data.gallery import Gallery, Order
from wganad_core.live.messages import ModelKey
from wganad_core.records import FloatArray
from wganad_core.use_cases import USE_CASES, UseCase


@dataclasses.dataclass(frozen=True)
class Choice:
    """What is looked at: the scores of one detector of one model, without one class."""

    case: UseCase
    abnormal: str
    architecture: str
    protocol: str
    detector: str
    found: Gallery

    @property
    def model(self) -> ModelKey:
        return ModelKey(self.case.name, self.abnormal, self.architecture)

    @property
    def name(self) -> str:
        """What people call the detector."""
        return self.case.name_of(self.detector)


class Insert(Protocol):
    """What differs between shapes of samples: how one is drawn, chosen, taken apart, given. The
    modules `image` and `window` are such inserts.

    `STYLE` (of the `KEY` of a class), `HELP` and `NAMED` belong to the row of classes: whether
    names stand beside thumbnails. `CLASS`, `PERSON` and `ORDERS`: what a gallery is filtered by.
    """

    STYLE: str
    HELP: str | None
    NAMED: bool
    CLASS: str
    PERSON: str | None
    ORDERS: Mapping[Order, str]

    def thumbnail(self, x: FloatArray) -> str:
        """One sample as the data URI of a picture."""
        ...

    def first_look(self, chosen: Choice) -> None:
        """What stands above the gallery."""
        ...

    def gallery(self, chosen: Choice, order: list[int], key: str) -> int:
        """Bundled samples, by their numbers; returns the one to be taken apart."""
        ...

    def autopsy(self, chosen: Choice, sample: int) -> None:
        """One bundled sample taken apart."""
        ...

    def upload(self, chosen: Choice) -> None:
        """A file of the reader's own."""
        ...


def abnormal(case: UseCase, shape: Insert) -> str:
    """The row of classes, with a thumbnail of each."""
    st.html(f"<style>{shape.STYLE.replace('KEY', case.noun)}</style>")
    pictures = _thumbnails(case.name, shape)
    options = {
        name: f"![{name}]({uri}){f' {name}' * shape.NAMED}" for name, uri in pictures.items()
    }
    return linked.choice(
        f"The {case.noun} that the model has never seen",
        options,
        key=case.noun,
        default=case.usual_class or case.classes[0],
        help=shape.HELP,
    )


@st.cache_resource(show_spinner=False)
def _thumbnails(use_case: str, _shape: Insert) -> dict[str, str]:
    """The first bundled sample of every class."""
    case = USE_CASES[use_case]
    samples = data.samples(case)
    firsts = samples.take(np.array([samples.first(name) for name in case.classes]))
    return {name: _shape.thumbnail(x) for name, x in zip(case.classes, firsts, strict=True)}


def choose(case: UseCase, abnormal: str, scores: Scores) -> Choice:
    """Model, protocol and detector, as far as the use case has several."""
    several = bool(case.models)  # one choice alone may break its row where it is narrow
    with st.container(horizontal=several, vertical_alignment="bottom", gap="medium"):
        architecture, tested = _architecture(case, scores), protocol(case)
        found = scores.galleries[architecture, tested]
        detector = _one_of("Detector", case.offered(found.scores), "detector")
    return Choice(case, abnormal, architecture, tested, detector, found)


def _architecture(case: UseCase, scores: Scores) -> str:
    if not case.architecture_words:
        return case.architectures[0]
    known = {name: case.architecture_words[name] for name in scores.architectures}
    return _one_of("Model", known, "model")


def _one_of(label: str, known: dict[str, tuple[str, str]], key: str) -> str:
    meanings = "\n".join(f"- **{label}**: {meaning}." for label, meaning in known.values())
    labels = {name: words[0] for name, words in known.items()}
    return linked.choice(label, labels, key=key, default=next(iter(known)), help=meanings)


def protocol(case: UseCase) -> str:
    """Which samples of the unseen class are tested."""
    if not case.protocol_words:
        return case.protocols[0]
    return linked.choice(
        "Tested on",
        case.protocol_words,
        key="protocol",
        default=case.protocols[0],
        help=case.protocol_help,
    )


def headline(chosen: Choice) -> None:
    """What the chosen detector reaches on the unseen class, in one sentence."""
    case, test = chosen.case, chosen.found.table(chosen.detector)
    figures = evaluation.summary(test.label, test.score)
    who = chosen.name if chosen.name.startswith("Ours") else f"The detector “{chosen.name}”"
    st.subheader(
        f"This model has never seen {case.say(case.phrases.unseen, chosen.abnormal)}. {who} finds "
        f"{case.phrases.found} with AUPRC {figures.auprc:.2f}; chance is {figures.base_rate:.2f}.",
        anchor=False,
    )


def to_cockpit(chosen: Choice) -> None:
    """A link to these scores in the threshold cockpit, by the names that its address has."""
    query = {"case": chosen.case.name, "class": chosen.abnormal, "detector": chosen.detector}
    if chosen.case.models:
        query |= {"model": chosen.architecture, "protocol": chosen.protocol}
    linked.to_cockpit(**query)
