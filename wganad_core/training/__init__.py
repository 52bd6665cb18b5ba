"""Training: one class per method, the one loop that drives them, checkpoints."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.config import (
    METHODS,
    AnyNetworkConfig,
    Method,
    NetworkConfig,
    TrainingConfig,
    network_from_dict,
)
from wganad_core.networks.build import make_networks
from wganad_core.training.contrast import ContrastiveTrainer
from wganad_core.training.encoders import VAE, BiGAN, EncoderTrainer
from wganad_core.training.gans import WGANGP, Adversarial, ClippedWGAN, VanillaGAN
from wganad_core.training.loop import N_FIXED, DivergedError, Trainer, train

__all__ = [
    "CHECKPOINT",
    "N_FIXED",
    "TRAINERS",
    "Adversarial",
    "DivergedError",
    "Trainer",
    "load_checkpoint",
    "make_gan",
    "make_trainer",
    "save_checkpoint",
    "train",
]

CHECKPOINT = "checkpoint"
TRAINERS: dict[Method, type[Trainer]] = {
    "gan": VanillaGAN,
    "wgan-clip": ClippedWGAN,
    "wgan-gp": WGANGP,
    "bigan": BiGAN,
    "vae": VAE,
    "encoder": EncoderTrainer,
    "features": ContrastiveTrainer,
}


def make_trainer(
    x: NDArray[np.float32], config: TrainingConfig, network: AnyNetworkConfig | None = None
) -> Trainer:
    """Fresh networks (seeded by `config.seed`) and their trainer on data x (n, d) float32."""
    network = network or NetworkConfig(n_features=x.shape[-1])
    n_features = network.n_features
    if x.ndim != 2 or x.shape[1] != n_features or not len(x):
        raise ValueError(f"Expected data of shape (n, {n_features}) with n ≥ 1; found {x.shape}.")
    if not np.isfinite(x).all():
        raise ValueError("Expected finite data; found NaN or infinite values. Remove those rows.")
    rng = torch.Generator().manual_seed(config.seed)
    networks = make_networks(network, rng, config.method)
    return TRAINERS[config.method](networks, torch.tensor(x, dtype=torch.float32), config)


def make_gan(
    x: NDArray[np.float32], config: TrainingConfig, network: AnyNetworkConfig | None = None
) -> Adversarial:
    """`make_trainer` for the methods that have a generator against a critic."""
    trainer = make_trainer(x, config, network)
    if not isinstance(trainer, Adversarial):
        raise ValueError(f"Expected one of {', '.join(METHODS)}; found {config.method}.")
    return trainer


def save_checkpoint(trainer: Trainer, path: Path, extra: dict[str, Any] | None = None) -> None:
    """Write `trainer.state()` atomically, with `extra` JSON under the key `extra`."""
    arrays, meta = trainer.state()
    storage.save(path, CHECKPOINT, arrays, {**meta, "extra": extra or {}})


def load_checkpoint(path: Path, x: NDArray[np.float32]) -> tuple[Trainer, dict[str, Any]]:
    """A trainer that continues a checkpoint on the same data, and the `extra` stored with it."""
    arrays, meta = storage.load(path, CHECKPOINT)
    config = TrainingConfig.from_dict(meta["training"])
    trainer = make_trainer(x, config, network_from_dict(meta["network"]))
    trainer.load_state(arrays, meta)
    return trainer, meta["extra"]
