"""What the page of a use case reads: its samples, scores, figures of merit, and its models."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from pages._ui import runtime
from wganad_core import board, pretrained, storage
from wganad_core.data import gallery
from wganad_core.data.gallery import Gallery
from wganad_core.data.pool import Samples
from wganad_core.live.messages import Judged, ModelKey
from wganad_core.records import FloatArray
from wganad_core.storage import StorageError
from wganad_core.use_cases import SCORED_CASES, USE_CASES, ScoredCase, UseCase


def samples(case: ScoredCase) -> Samples:
    """The samples that ship, read once per server."""
    return _samples(case.name)


@st.cache_resource(show_spinner="Unpacking the samples …")
def _samples(name: str) -> Samples:
    return SCORED_CASES[name].bundled()


# Scores


@dataclasses.dataclass(frozen=True)
class Scores:
    """The test scores of one abnormal class, of the models that ship (the first seed's): per
    architecture and protocol joined with the bundled samples, baselines included."""

    use_case: str
    abnormal: str
    galleries: Mapping[tuple[str, str], Gallery]

    @property
    def architectures(self) -> list[str]:
        """Those with scores, in the usual order."""
        return list(dict.fromkeys(name for name, _ in self.galleries))


def shipped(case: ScoredCase) -> list[str]:
    """The classes whose scores are here."""
    return [name for name in case.classes if pretrained.scores_path(case.name, name).exists()]


def scores(case: UseCase, abnormal: str) -> Scores:
    """Raises `StorageError` with one sentence for a class whose scores are not here."""
    path = _path(case, abnormal)
    return _scores(case.name, abnormal, path, path.stat().st_mtime_ns)


def rows(case: UseCase) -> list[board.Row]:
    """The figures of every model, detector and seed on all classes that are here."""
    paths = {name: pretrained.scores_path(case.name, name) for name in shipped(case)}
    return [
        row
        for name, path in paths.items()
        for row in _rows(case.name, name, path, path.stat().st_mtime_ns)
    ]


@st.cache_resource(show_spinner="Reading the scores …", max_entries=64)
def _rows(use_case: str, abnormal: str, path: Path, changed: int) -> list[board.Row]:
    """Keyed by the file's time of change; a table takes half a second."""
    return board.rows(board.shipped_scores(use_case, abnormal))


def _path(case: UseCase, abnormal: str) -> Path:
    path = pretrained.scores_path(case.name, abnormal)
    if not path.exists():
        raise StorageError(
            f"The scores with {abnormal} as the unseen {case.noun} are not here ({path} is "
            f"missing); restore the file, or choose another {case.noun} (here: "
            f"{', '.join(shipped(case)) or 'none'})."
        )
    return path


@st.cache_resource(show_spinner="Reading the scores …", max_entries=16)
def read(path: Path, changed: int) -> dict[gallery.Key, gallery.Parts]:
    """All parts of a score table, keyed by the file's time of change."""
    return gallery.parts_of(storage.load_scores(path))


@st.cache_resource(show_spinner=False, max_entries=16)
def _scores(use_case: str, abnormal: str, path: Path, changed: int) -> Scores:
    case, parts = USE_CASES[use_case], read(path, changed)
    found = {}
    for architecture in case.architectures if case.models else case.architectures[:1]:
        model = case.model_of(architecture)
        if case.models and not any(key[0] == model for key in parts):
            continue
        for protocol in case.protocol_words or case.protocols[:1]:
            tests = {
                name: part.test
                for (owner, tested, name), part in parts.items()
                if tested == protocol and (not case.models or owner in (model, "none"))
            }
            found[architecture, protocol] = gallery.join(abnormal, tests, samples(case).ids)
    if not found:
        raise StorageError(
            f"{path} holds no scores of {case.samples}; restore it from the repository."
        )
    return Scores(use_case, abnormal, found)


def available(case: UseCase, abnormal: str, architecture: str, detector: str) -> bool:
    """Whether this detector has figures on this class."""
    if abnormal not in shipped(case):
        return False
    found = scores(case, abnormal).galleries.get((architecture, case.protocols[0]))
    return found is not None and detector in found.scores


def parts(case: UseCase, abnormal: str, architecture: str, detector: str) -> gallery.Parts:
    """One detector's calibration and test scores, of the usual protocol."""
    path = _path(case, abnormal)
    found = read(path, path.stat().st_mtime_ns)
    return found[case.model_of(architecture), case.protocols[0], detector]


# Models


def model_path(model: ModelKey, method: str = "wgan-gp") -> Path:
    return pretrained.model_file(
        pretrained.SHIPPED / model.use_case,
        model.abnormal,
        method,
        architecture=model.architecture,
    )


def model_changed(model: ModelKey) -> int:
    """When the model's file was last changed, for caches to be keyed by.

    Raises `StorageError` for a model that is not here.
    """
    path = model_path(model)
    if not path.exists():
        words = USE_CASES[model.use_case].architecture_words.get(model.architecture)
        name = f" “{words[0]}”" if words else ""
        raise StorageError(
            f"The model{name} that has never seen {model.abnormal} is not "
            f"here ({path} is missing); restore the file, or choose another model."
        )
    return path.stat().st_mtime_ns


def judge(model: ModelKey, x: FloatArray, names: tuple[str, ...] = ()) -> Judged:
    """Samples (n, …) by the quick detectors of a class's models (all, or those named),
    milliseconds per sample, and the view that reconstructions are rows of.

    Raises `StorageError` for a model that is not here, and `WorkerError`.
    """
    return _judge(model, x, names, model_changed(model))


@st.cache_data(show_spinner=False, max_entries=64)
def _judge(model: ModelKey, x: FloatArray, names: tuple[str, ...], changed: int) -> Judged:
    """Keyed by the model's time of change, too."""
    with st.spinner("Asking the detectors …", show_time=False):
        return runtime.image_worker().judge(model, x, names)


@st.cache_data(show_spinner=False, max_entries=10)
def n_latent(model: ModelKey) -> int:
    """The number of latents of a model's generator."""
    return pretrained.load_model(model_path(model)).network.n_latent
