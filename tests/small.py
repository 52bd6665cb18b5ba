"""Small networks of every shape, data for each, and short trainings: what many tests run on."""

from __future__ import annotations

import functools
import json
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from wganad_core.config import (
    ARCHITECTURES,
    AnyNetworkConfig,
    ImageConfig,
    MixtureConfig,
    NetworkConfig,
    TrainingConfig,
    WindowConfig,
)
from wganad_core.data import har, mnist
from wganad_core.data.mixture import make_mixture
from wganad_core.data.views import View
from wganad_core.methods import Adversarial, Trainer, make_trainer, networks_of
from wganad_core.networks.parts import Networks
from wganad_core.records import FloatArray

PARTS = {
    "gan": {"generator", "critic"},
    "wgan-clip": {"generator", "critic"},
    "wgan-gp": {"generator", "critic"},
    "bigan": {"generator", "encoder", "critic"},
    "vae": {"generator", "encoder"},
    "encoder": {"generator", "encoder"},
    "contrast": {"features", "projection", "shifts"},
}
METHODS = tuple(PARTS)

DENSE = NetworkConfig(width=8)
IMAGE = ImageConfig(n_latent=3, generator_width=2, critic_width=2, encoder_width=2, hidden=6)
WINDOW = {
    str(name): WindowConfig(
        architecture=name, n_latent=3, width=8, hidden=6, features=5, scales=(1.5, 1.0, 0.9)
    )
    for name in ARCHITECTURES
}
SHAPES: dict[str, AnyNetworkConfig] = {"rows": DENSE, "image": IMAGE, **WINDOW}
# Every method on every shape that it has networks for: contrastive
# features not of rows, nor of windows of which they do not see the nine signals.
WITHOUT = {
    "contrast": ("rows", "dense", "recurrence"),
}
TRAININGS = [
    (shape, method)
    for shape in SHAPES
    for method in METHODS
    if shape not in WITHOUT.get(method, ())
]
QUICK = TrainingConfig(batch_size=8, n_critic=2, learning_rate=1e-2, steps=7)


@functools.cache
def data(shape: str = "rows") -> FloatArray:
    """Samples (n, d) for the networks of a shape."""
    if shape == "rows":
        return make_mixture(MixtureConfig(n_samples=400)).x
    if shape == "image":
        return mnist.vectors(mnist.load_sample().images[:160])
    signals = har.load_sample().signals[::20]
    return View.fitted(WINDOW[shape].view, signals).rows(signals)


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(method: str, config: AnyNetworkConfig = IMAGE, seed: int = 0) -> Networks:
    """Fresh networks."""
    return networks_of(method, config, rng(seed))


def training(method: str = "wgan-gp", shape: str = "rows", **settings: Any) -> Trainer:
    """A trainer that has made no step."""
    return make_trainer(data(shape), QUICK.replace(method=method, **settings), SHAPES[shape])


def game(method: str = "wgan-gp", network: NetworkConfig = DENSE, **settings: Any) -> Adversarial:
    """A generator against a critic, on points of the plane."""
    trainer = make_trainer(data(), QUICK.replace(method=method, **settings), network)
    assert isinstance(trainer, Adversarial)
    return trainer


class HasState(Protocol):
    def state(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]: ...


def assert_same_state(one: HasState, other: HasState) -> None:
    """Bit for bit; seconds aside."""
    (arrays, meta), (other_arrays, other_meta) = one.state(), other.state()
    assert arrays.keys() == other_arrays.keys()
    for name, value in arrays.items():
        assert value.dtype == other_arrays[name].dtype, name
        assert value.shape == other_arrays[name].shape, name
        assert np.array_equal(value, other_arrays[name]), name
    # As text, since NaN equals nothing.
    texts = [json.dumps({**m, "seconds": 0}, sort_keys=True) for m in (meta, other_meta)]
    assert texts[0] == texts[1]
