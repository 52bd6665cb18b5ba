"""What the digits page reads: images, scores, figures of merit, and the names of it all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages._ui import runtime
from wganad_core import board, pretrained
from wganad_core.config import DIGITS
from wganad_core.data import gallery, mnist
from wganad_core.data.gallery import Gallery
from wganad_core.records import FloatArray, Judgement
from wganad_core.storage import StorageError

# By the names of the exchange format, in the order in which the page lists them.
DETECTORS = {
    "ours": "Ours",
    "ours-wgan": "Ours (WGAN)",
    "encoder": "Encoder",
    "critic": "Critic",
    "critic-interval": "Interval",
    "inversion": "Inversion",
    "anogan": "AnoGAN",
    "bigan": "BiGAN",
    "vae": "VAE",
}
MEANINGS = {
    "ours": "Our rule: several pieces of evidence from one WGAN-GP and from neighbours, joined",
    "ours-wgan": "Our best rule that uses the WGAN-GP's own networks only",
    "encoder": "The paper's: how far G(E(x)) is from x (eq. 23)",
    "critic": "Minus the critic's output (§5.1)",
    "critic-interval": "Distance of the critic's output from its range in training (§5.1)",
    "inversion": "What is left after a search for the best z (eqs 21–22)",
    "anogan": "That search, with the critic's features (eqs 13–15)",
    "bigan": "What the BiGAN makes of it (eqs 18–20)",
    "vae": "What the variational autoencoder makes of it",
}
BASELINES = {
    "knn": "Neighbours (pixels)",
    "pca": "PCA",
    "iforest": "Isolation forest",
}
REBUILDING = ("encoder", "vae", "bigan")

Judged = tuple[dict[str, Judgement], dict[str, float]]


def name_of(detector: str) -> str:
    """What people call a detector."""
    return {**DETECTORS, **BASELINES}.get(detector, detector)


def an(digit: str) -> str:
    """A digit with its article."""
    return f"an {digit}" if digit == "8" else f"a {digit}"


def rebuilder(digit: str, detector: str) -> str:
    """Whose reconstruction stands for a detector: its own or, if it makes none, the encoder's."""
    path = pretrained.model_file(pretrained.SHIPPED / "mnist", digit, detector)
    return detector if detector in REBUILDING and path.exists() else "encoder"


@st.cache_resource(show_spinner="Unpacking 14,001 digits …")
def sample() -> mnist.Digits:
    """The bundled held-out images, read once per server."""
    return mnist.load_sample()


def vectors(images: NDArray[np.uint8]) -> FloatArray:
    return mnist.vectors(images)


def scores(digit: str) -> tuple[Gallery, list[board.Row]]:
    """A digit's test scores joined with the bundled images, and the detectors' figures.

    Raises `StorageError` with one sentence for a digit whose scores are not here.
    """
    path = pretrained.scores_path("mnist", digit)
    if not path.exists():
        raise StorageError(
            f"The scores with {digit} as the unseen digit are not here ({path} is missing); "
            f"restore the file, or choose another digit (here: {', '.join(shipped()) or 'none'})."
        )
    return _scores(digit, path, path.stat().st_mtime_ns)


@st.cache_resource(show_spinner="Reading the scores …", max_entries=10)
def _scores(digit: str, path: Path, changed: int) -> tuple[Gallery, list[board.Row]]:
    """Keyed by the file's time of change. The table's columns of text are large and not kept."""
    (table,) = board.shipped_scores("mnist", digit)
    return gallery.join(table, mnist.sample_ids(sample().images)), board.rows([table])


def shipped() -> list[str]:
    """The digits whose scores are here."""
    return [digit for digit in DIGITS if pretrained.scores_path("mnist", digit).exists()]


def row_of(rows: list[board.Row], detector: str) -> board.Row:
    """The figures of the models that ship: the first seed's, 80/20."""
    return next(
        row
        for row in rows
        if row.detector == detector and row.protocol == "80/20" and row.seed == 0
    )


@st.cache_data(show_spinner=False, max_entries=32)
def judge(digit: str, x: FloatArray, names: tuple[str, ...] = ()) -> Judged:
    """Images x (n, 784) by a digit's quick detectors; raises `WorkerError`."""
    with st.spinner("Asking the detectors …", show_time=False):
        return runtime.image_worker().judge(digit, x, names)


def rebuilt(judged: Mapping[str, Judgement]) -> dict[str, FloatArray]:
    """The reconstructions (n, 784) of the detectors that make their own."""
    made = {name: judged[name].reconstruction for name in REBUILDING if name in judged}
    return {name: x for name, x in made.items() if x is not None}


@st.cache_data(show_spinner=False, max_entries=32)
def search(digit: str, name: str, x: FloatArray, frames: int, **descent: Any) -> Any:
    """A search for the latents of x (n, 784); raises `WorkerError`."""
    return runtime.image_worker().search(digit, name, x, frames, **descent)


@st.cache_data(show_spinner=False, max_entries=10)
def n_latent(digit: str) -> int:
    """The number of latents of a digit's generator."""
    path = pretrained.model_file(pretrained.SHIPPED / "mnist", digit, "wgan-gp")
    return pretrained.load_model(path).network.n_latent
