"""Detectors that rebuild a sample in one pass, by hand, and what training an encoder leaves."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.methods.bundles import bundle_of, linear
from tests.small import TRAININGS, training
from wganad_core.methods import bigan
from wganad_core.methods.bigan import BiGANScore
from wganad_core.methods.encoder import CriticFeaturesScore, EncoderScore
from wganad_core.methods.vae import VAEScore
from wganad_core.networks.joint import JointDiscriminator

POINTS = np.array([[1, 2], [3, -4]], np.float32)
LINE = linear([[1], [0]])  # G(z) = (z, 0)
FIRST = linear([[1, 0]])  # E(x) = x₁


def test_the_encoder_by_hand() -> None:
    judged = EncoderScore(bundle_of(generator=LINE, encoder=FIRST)).judge(POINTS)
    assert judged.score.tolist() == [2, 8]  # (0² + 2²)/2 and (0² + 4²)/2
    assert judged.terms["residual"].tolist() == [2, 8]
    assert judged.reconstruction is not None
    assert judged.reconstruction.tolist() == [[1, 0], [3, 0]]


def test_each_channel_has_its_share_of_the_encoders_error() -> None:
    bundle = bundle_of(generator=LINE, encoder=linear([[0, 0]]), channels=("left", "right"))
    judged = EncoderScore(bundle).judge(POINTS)
    assert judged.score.tolist() == [2.5, 12.5]  # (1² + 2²)/2 and (3² + 4²)/2
    assert list(judged.terms) == ["left", "right"]
    assert judged.terms["left"].tolist() == [0.5, 4.5]
    assert judged.terms["right"].tolist() == [2, 8]


def test_the_critics_features_by_hand() -> None:
    """The hidden layer is (x₂, 2 x₂), of which the reconstruction has nothing."""
    critic = nn.Sequential(linear([[0, 1], [0, 2]]), linear([[1, 1]]))
    judged = CriticFeaturesScore(bundle_of(generator=LINE, critic=critic, encoder=FIRST)).judge(
        POINTS
    )
    assert judged.score.tolist() == [(4 + 16) / 2, (16 + 64) / 2]


def test_the_vae_takes_its_mean_only() -> None:
    encoder = linear([[1.0, 0.0], [1e3, 1e3]])  # mean x₁; a log-variance that must not matter
    bundle = bundle_of("vae", generator=LINE, encoder=encoder)
    assert VAEScore(bundle).judge(POINTS).score.tolist() == [2, 8]


class Joint(JointDiscriminator):
    """A discriminator whose last hidden layer is (x₁ + x₂, 3 x₂, z)."""

    def __init__(self) -> None:
        super().__init__(nn.Sequential(nn.Linear(2, 1)), 1, 1, 1, 1, torch.Generator())

    def hidden(self, x: Tensor, z: Tensor) -> Tensor:
        return torch.cat([x.sum(dim=1, keepdim=True), 3 * x[:, 1:], z], dim=1)


def test_the_bigan_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bigan, "ALPHA", 0.75)
    bundle = bundle_of("bigan", generator=LINE, encoder=FIRST, critic=Joint())
    judged = BiGANScore(bundle).judge(POINTS)
    # residual 2 and 4; features |2| + |6| and |−4| + |−12|
    assert judged.terms["residual"].tolist() == [1.5, 3]
    assert judged.terms["features"].tolist() == [2, 4]
    assert judged.score.tolist() == [3.5, 7]


@pytest.mark.parametrize("shape", [shape for shape, method in TRAININGS if method == "encoder"])
def test_an_encoder_leaves_its_generator_untouched(shape: str) -> None:
    trainer = training("encoder", shape)
    start = trainer.networks.arrays()
    for _ in range(2):
        trainer.step()
    for name, value in trainer.networks.arrays().items():
        assert np.array_equal(value, start[name]) == name.startswith("generator."), name
    assert not trainer.networks.flat["generator"].gradient.any()
