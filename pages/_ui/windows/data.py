"""What the page of sensor windows reads: the sample, scores, figures of merit, and their names."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import streamlit as st

from pages._ui import runtime
from wganad_core import board, pretrained
from wganad_core.config import ACTIVITIES
from wganad_core.data import gallery, har
from wganad_core.data.gallery import Gallery
from wganad_core.data.views import View
from wganad_core.records import FloatArray, Judgement
from wganad_core.storage import StorageError
from wganad_core.use_cases import HAR

# By the names of the exchange format, in the order in which the page lists them.
DETECTORS = {
    "ours-others": "Ours",
    "ours": "Ours (synthetic)",
    "ours-wgan": "Ours (WGAN)",
    "encoder": "Encoder",
    "critic-features": "Critic's features",
    "critic": "Critic",
    "critic-interval": "Interval",
}
MEANINGS = {
    "ours-others": "Our rule: evidence from one WGAN-GP and from neighbours among normals, joined; "
    "chosen by how rules find the other five activities among the train people",
    "ours": "Such a rule too, but chosen on synthetic anomalies made from normal windows",
    "ours-wgan": "Our best rule that uses the WGAN-GP's own networks only",
    "encoder": "The paper's: how far G(E(x)) is from x (eq. 23)",
    "critic-features": "How far G(E(x)) is from x in the critic's last hidden layer",
    "critic": "Minus the critic's output (§5.1)",
    "critic-interval": "Distance of the critic's output from its range in training (§5.1)",
}
BASELINES = {
    "knn": "Nearest neighbour",
    "knn-total": "Neighbour (total acc.)",
    "knn-spectra": "Neighbour (spectra)",
    "pca-total": "PCA (total acc.)",
}
ARCHITECTURES = {
    "conv": "1-D convolutions",
    "dense": "Dense (Figs 20–21)",
    "recurrence": "Recurrence images (Figs 18–19)",
    "recurrent": "Recurrent",
}
ARCHITECTURE_MEANINGS = {
    "conv": "sees all nine signals; the paper's future work",
    "dense": "the paper's network on the three signals of total acceleration",
    "recurrence": "sees nine images of distances |sᵢ − sⱼ| (eq. 24), as in the paper",
    "recurrent": "a GRU on all nine signals, which the paper thought impossible",
}
PROTOCOLS = {"test": "New people only", "test+all": "All its windows"}
PROTOCOL_HELP = (
    "Models are trained on the other five activities of 17 people. **New people only**: all "
    "windows of nine people whom no model has met. **All its windows**: these, and every window "
    "of the unseen activity by the people of the training part; more anomalies, so chance is "
    "higher."
)
assert set(ARCHITECTURES) == set(HAR.architectures)
assert set(PROTOCOLS) == set(HAR.protocols)


@dataclasses.dataclass(frozen=True)
class Scores:
    """The test scores of one abnormal activity, of the models that ship (the first seed's): per
    architecture and protocol (as in `HAR`) joined with the bundled windows, baselines included."""

    activity: str
    galleries: Mapping[tuple[str, str], Gallery]

    @functools.cached_property
    def rows(self) -> list[board.Row]:
        """The figures of every model, detector and seed; they take a second, so on demand."""
        return board.rows(board.shipped_scores("har", self.activity))

    @property
    def architectures(self) -> list[str]:
        """Those with scores, in the usual order."""
        return [name for name in ARCHITECTURES if any(name == key for key, _ in self.galleries)]


def name_of(detector: str) -> str:
    """What people call a detector."""
    return {**DETECTORS, **BASELINES}.get(detector, detector)


def model_of(architecture: str) -> str:
    """The architecture's model in score tables."""
    return f"wgan-gp-{architecture}"


def doing(activity: str) -> str:
    """An activity as something that people do."""
    stairs = {"upstairs": "walking upstairs", "downstairs": "walking downstairs"}
    return {**stairs, "laying": "lying down"}.get(activity, activity)


@st.cache_resource(show_spinner="Unpacking 594 windows …")
def sample() -> har.Windows:
    """The bundled windows of the nine test subjects, read once per server."""
    return har.load_sample()


@st.cache_resource(show_spinner=False)
def _ids() -> list[str]:
    return [str(name) for name in har.sample_ids(sample().signals)]


def scores(activity: str) -> Scores:
    """Raises `StorageError` with one sentence for an activity whose scores are not here."""
    path = pretrained.scores_path("har", activity)
    if not path.exists():
        raise StorageError(
            f"The scores with {activity} as the unseen activity are not here ({path} is missing); "
            f"restore the file, or choose another one (here: {', '.join(shipped()) or 'none'})."
        )
    return _scores(activity, path, path.stat().st_mtime_ns)


@st.cache_resource(show_spinner="Reading the scores …", max_entries=6)
def _scores(activity: str, path: Path, changed: int) -> Scores:
    """Keyed by the file's time of change. The table's columns of text are large and not kept."""
    (table,) = board.shipped_scores("har", activity)
    test = table.where(part="test")
    baselines = test.where(model="none")
    found = {}
    for architecture in ARCHITECTURES:
        own = test.where(model=model_of(architecture))
        for protocol in HAR.protocols if len(own) else ():
            both = type(own).stack([own, baselines])
            found[architecture, protocol] = gallery.join(both, np.array(_ids()), protocol)
    if not found:
        raise StorageError(f"{path} holds no scores of windows; restore it from the repository.")
    return Scores(activity, found)


def shipped() -> list[str]:
    """The activities whose scores are here."""
    return [name for name in ACTIVITIES if pretrained.scores_path("har", name).exists()]


Judged = tuple[dict[str, Judgement], dict[str, float], View]


def judge(
    activity: str, architecture: str, signals: FloatArray, names: tuple[str, ...] = ()
) -> Judged:
    """Windows (n, 9, 128) in g and rad/s by the detectors of an activity's models (all, or those
    named), milliseconds per window, and the view that reconstructions are rows of.

    Raises `StorageError` for a model that is not here, and `WorkerError`.
    """
    return _judge(activity, architecture, signals, names, model_changed(activity, architecture))


def model_changed(activity: str, architecture: str) -> int:
    """When the model's file was last changed, for caches to be keyed by.

    Raises `StorageError` for a model that is not here.
    """
    path = pretrained.model_file(
        pretrained.SHIPPED / "har", activity, "wgan-gp", architecture=architecture
    )
    if not path.exists():
        raise StorageError(
            f"The model “{ARCHITECTURES[architecture]}” that has never seen {activity} is not "
            f"here ({path} is missing); restore the file, or choose another model."
        )
    return path.stat().st_mtime_ns


@st.cache_data(show_spinner=False, max_entries=64)
def _judge(
    activity: str, architecture: str, signals: FloatArray, names: tuple[str, ...], changed: int
) -> Judged:
    """Keyed by the model's time of change, too."""
    with st.spinner("Asking the detectors …", show_time=False):
        return runtime.image_worker().judge_windows(activity, architecture, signals, names)
