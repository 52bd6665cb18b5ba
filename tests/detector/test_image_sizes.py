"""Images of other sizes than 28 × 28, and in colour."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from wganad_core import WGANImageDetector
from wganad_core.config import ConfigError, ImageConfig
from wganad_core.detector import load
from wganad_core.fast_critic import is_chain
from wganad_core.networks import image

SMALL = {"generator_width": 2, "critic_width": 2, "encoder_width": 2, "hidden": 4}
STEPS = {"steps": 2, "encoder_steps": 2, "contrast_steps": 1, "batch_size": 4}
SHAPES = [(32, 32), (28, 28, 3), (64, 64, 3), (128, 128)]


def images(shape: tuple[int, ...], n: int = 48) -> np.ndarray:
    return np.random.default_rng(0).uniform(0.4, 0.6, (n, *shape)).astype(np.float32)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("depth", [2, 3])
def test_networks_of_every_size(shape: tuple[int, ...], depth: int) -> None:
    channels = shape[2] if len(shape) == 3 else 1
    config = ImageConfig(side=shape[0], channels=channels, depth=depth, critic_width=4)
    rng = torch.Generator().manual_seed(0)
    x = image.generator(config, rng)(torch.randn(2, config.n_latent))
    assert x.shape == (2, np.prod(shape))
    critic = image.critic(config, rng)
    assert critic(x).shape == (2, 1)
    assert is_chain(critic)
    assert image.encoder(config, rng, 3)(x).shape == (2, 3)
    assert image.features(config, rng)(x).shape == (2, config.features)


def test_the_generators_colours_lie_as_pixels_do() -> None:
    """A generator whose only weights are the biases of its last planes gives one colour."""
    config = ImageConfig(side=32, channels=3)
    generator = image.generator(config, torch.Generator().manual_seed(0))
    last = [layer for layer in generator if isinstance(layer, torch.nn.Conv2d)][-1]
    with torch.no_grad():
        last.weight.zero_()
        assert last.bias is not None
        last.bias.copy_(torch.tensor([-1.0, 0.0, 1.0]).repeat_interleave(4))
        found = generator(torch.zeros(1, config.n_latent)).view(32, 32, 3)
    assert torch.allclose(found, torch.tensor([-1.0, 0.0, 1.0]).sigmoid().expand(32, 32, 3))


@pytest.mark.parametrize("shape", [(32, 32), (64, 64, 3)])
def test_a_detector_takes_them_and_is_the_same_from_its_file(
    shape: tuple[int, ...], tmp_path: Path
) -> None:
    x = images(shape)
    detector = WGANImageDetector(**SMALL, **STEPS, random_state=0).fit(x)
    scores = detector.anomaly_score(x[:3])
    np.testing.assert_array_equal(detector.anomaly_score(x[:3].reshape(3, -1)), scores)
    assert detector.reconstruct(x[:2]).shape == (2, np.prod(shape))
    detector.save(tmp_path / "m.safetensors")
    np.testing.assert_array_equal(load(tmp_path / "m.safetensors").anomaly_score(x[:3]), scores)
    with pytest.raises(ValueError, match=r"expecting \d+ features"):
        detector.anomaly_score(images((28, 28), 3))


def test_what_is_no_size() -> None:
    with pytest.raises(ValueError, match=r"28 × 28, 32 × 32, 64 × 64, 128 × 128 pixels, in grey"):
        WGANImageDetector().fit(np.zeros((9, 30, 30)))
    with pytest.raises(ValueError, match="found 900 columns"):
        WGANImageDetector().fit(np.zeros((9, 900)))
    with pytest.raises(ConfigError, match="side must be one of 28, 32, 64, 128"):
        ImageConfig(side=30)
