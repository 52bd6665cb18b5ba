"""One room per method: its losses, its step as the paper's box, its networks, its score.

Importing this package registers all of them (`registry.TRAINERS`, `registry.DETECTORS`).
"""

from __future__ import annotations

from wganad_core.methods import (
    anogan,
    bigan,
    contrast,
    critic,
    encoder,
    gan,
    inversion,
    local,
    ours,
    plain,
    vae,
    wgan_clip,
    wgan_gp,
)
from wganad_core.methods.adversarial import Adversarial
from wganad_core.methods.bundle import Bundle
from wganad_core.methods.registry import (
    DETECTORS,
    TRAINERS,
    Detector,
    make_trainer,
    networks_of,
    score_methods,
    scores,
    trained_modules,
    trains,
)
from wganad_core.methods.score import Score, Verdict, evaluate
from wganad_core.methods.trainer import DivergedError, Trainer

__all__ = [
    "DETECTORS",
    "TRAINERS",
    "Adversarial",
    "Bundle",
    "Detector",
    "DivergedError",
    "Score",
    "Trainer",
    "Verdict",
    "anogan",
    "bigan",
    "contrast",
    "critic",
    "detectors",
    "encoder",
    "evaluate",
    "gan",
    "inversion",
    "local",
    "make_trainer",
    "networks_of",
    "ours",
    "plain",
    "score_methods",
    "scores",
    "trained_modules",
    "trains",
    "vae",
    "wgan_clip",
    "wgan_gp",
]


def detectors(bundle: Bundle, searching: bool = False) -> dict[str, Score]:
    """Every registered detector that a bundle has the networks and the fitted rest for, by name;
    of those that search for every sample only when asked."""
    return {
        name: found.make(bundle)
        for name, found in DETECTORS.items()
        if bundle.has(*found.needs) and found.wants(bundle) and (searching or not found.searches)
    }
