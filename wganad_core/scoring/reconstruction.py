"""Detectors that rebuild a sample in one pass: the paper's encoder, the BiGAN, the VAE."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from torch import nn

from wganad_core.networks.image import JointDiscriminator
from wganad_core.records import Judgement
from wganad_core.scoring.base import Detector, batches, evaluate, evaluating, rows, squared_error

Samples = NDArray[np.floating]


def encoder_detector(
    encoder: nn.Module, generator: nn.Module, channels: Sequence[str] = ("residual",)
) -> Detector:
    """The paper's own score (§5.3): the mean squared error of G(E(x)). Its terms are the shares
    of the `channels`, into which features divide evenly: which of them is to blame."""

    def judge(x: Samples) -> Judgement:
        rebuilt = evaluate(generator, evaluate(encoder, x))
        length = x.shape[1] // len(channels)
        squares = np.square(x - rebuilt).reshape(len(x), len(channels), length)
        shares = np.asarray(squares.mean(axis=2) / len(channels), np.float32)
        terms = dict(zip(channels, shares.T, strict=True))
        return Judgement(squared_error(x, rebuilt), terms, rebuilt)

    return judge


def critic_features_detector(
    critic: nn.Sequential, encoder: nn.Module, generator: nn.Module
) -> Detector:
    """f-AnoGAN's feature residual: the mean squared difference between the critic's last hidden
    layer at x and at G(E(x))."""
    hidden = critic[:-1]

    def judge(x: Samples) -> Judgement:
        rebuilt = evaluate(generator, evaluate(encoder, x))
        error = squared_error(evaluate(hidden, x), evaluate(hidden, rebuilt))
        return Judgement(error, {"features": error}, rebuilt)

    return judge


def vae_detector(encoder: nn.Module, generator: nn.Module) -> Detector:
    """The mean squared error of the decoded mean; the encoder's second half is the variance."""

    def judge(x: Samples) -> Judgement:
        means = evaluate(encoder, x)
        rebuilt = evaluate(generator, means[:, : means.shape[1] // 2])
        error = squared_error(x, rebuilt)
        return Judgement(error, {"residual": error}, rebuilt)

    return judge


def bigan_detector(
    encoder: nn.Module, generator: nn.Module, critic: JointDiscriminator, weight: float = 0.9
) -> Detector:
    """eqs 18–20 with α = `weight`, eq. 18 read as ‖x − G(E(x))‖ (it prints E(G(x))); norms are
    sums of absolute values, f_D is the discriminator's last hidden layer."""

    def judge(x: Samples) -> Judgement:
        z = evaluate(encoder, x)
        rebuilt = evaluate(generator, z)
        residual = np.abs(x - rebuilt).sum(axis=1)
        features = []
        with evaluating(critic):
            for real, fake, latent in zip(
                *(batches(rows(part)) for part in (x, rebuilt)), _like(x, z), strict=True
            ):
                apart = critic.hidden(real, latent) - critic.hidden(fake, latent)
                features.append(apart.abs().sum(dim=1).numpy())
        terms = {
            "residual": (weight * residual).astype(np.float32),
            "features": ((1 - weight) * np.concatenate(features)).astype(np.float32),
        }
        return Judgement(terms["residual"] + terms["features"], terms, rebuilt)

    return judge


def _like(x: Samples, z: Samples) -> list[NDArray[np.float32]]:
    """z in parts of the same lengths as the batches of x."""
    lengths = [len(part) for part in batches(rows(x))]
    return [rows(part) for part in np.split(z, np.cumsum(lengths)[:-1])]  # type: ignore[misc]
