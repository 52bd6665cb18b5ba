"""Which class is the unseen one, which model looks, with which detector, tested on what."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Protocol

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

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

    def first_look(self, chosen: Choice, n: int) -> DeltaGenerator | None:
        """What is seen first, above a gallery's choices. Where that is the gallery of n itself:
        its place."""
        ...

    def legend(self, chosen: Choice) -> str:
        """How the gallery is read."""
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
    """The class that is unseen, to be chosen from a row with a thumbnail of each."""
    st.html(f"<style>{shape.STYLE.replace('KEY', case.noun)}</style>")
    pictures = _thumbnails(case.name, shape)
    options = {
        name: f"![{name}]({uri}){f' {name}' * shape.NAMED}" for name, uri in pictures.items()
    }
    default = case.usual_class or case.classes[0]
    now = linked.now(options, key=case.noun, default=default)
    with st.popover(f"Unseen {case.noun} **{now}**"):
        return linked.choice(
            f"The {case.noun} that the model has never seen",
            options,
            key=case.noun,
            default=default,
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
    """Detector, model and protocol, as far as the use case has several."""
    models = {name: case.architecture_words.get(name, ("", "")) for name in scores.architectures}
    architecture = linked.now(models, key="model", default=case.architectures[0])
    protocols = dict.fromkeys(case.protocols)
    tested = linked.now(protocols, key="protocol", default=case.protocols[0])
    found = scores.galleries[architecture, tested]
    known = case.offered(found.scores)
    detector = linked.in_words(
        "Detector",
        {name: words[0] for name, words in known.items()},
        key=f"detector-{architecture}",
        default=next(iter(case.detectors)),
        address="detector",
        captions={name: f"{words[1]}." for name, words in known.items()},
        keep_wish=True,
    )
    if case.architecture_words:
        _rare(case, models, architecture)
    return Choice(case, abnormal, architecture, tested, detector, found)


def _rare(case: UseCase, models: Mapping[str, tuple[str, str]], now: str) -> None:
    """The model, and whom it is tested on."""
    with st.popover(f"Model **{case.short(now)}**", icon=":material/tune:", key="rare"):
        linked.listed(
            "Model",
            {name: words[0] for name, words in models.items()},
            key="model",
            default=case.architectures[0],
            captions={name: f"{words[1].capitalize()}." for name, words in models.items()},
        )
        protocol(case)


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


def sentence(chosen: Choice) -> str:
    """What the chosen detector reaches on the unseen class."""
    case, test = chosen.case, chosen.found.table(chosen.detector)
    figures = evaluation.summary(test.label, test.score)
    some = chosen.found.part_of(chosen.detector)
    on = f", on {some:,} of {len(chosen.found.classes):,} test {case.samples}" if some else ""
    who = chosen.name if chosen.name.startswith("Ours") else f"“{chosen.name}”"
    return (
        f"This model has never seen {case.say(case.phrases.unseen, chosen.abnormal)}. {who} finds "
        f"{case.phrases.found}: AUPRC {figures.auprc:.2f}, chance {figures.base_rate:.2f}{on}"
    )


def to_cockpit(chosen: Choice) -> None:
    """A link to these scores in the threshold cockpit, by the names that its address has."""
    query = {"case": chosen.case.name, "class": chosen.abnormal, "detector": chosen.detector}
    if chosen.case.models:
        query |= {"model": chosen.architecture, "protocol": chosen.protocol}
    linked.to_cockpit(**query)
