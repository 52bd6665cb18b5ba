"""The networks for images: shapes, ranges, initial weights, and weights from files."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from wganad_core.networks.build import make_networks

from wganad_core.config import METHODS, ConfigError, ImageConfig, Method, NetworkConfig
from wganad_core.networks import image
from wganad_core.networks.initial import initialise
from wganad_core.networks.parts import Networks

CONFIG = ImageConfig(n_latent=3, generator_width=2, critic_width=4, encoder_width=5, hidden=7)
EVERY_METHOD: tuple[Method, ...] = get_args(Method)
PARTS: dict[Method, set[str]] = {
    "gan": {"generator", "critic"},
    "wgan-clip": {"generator", "critic"},
    "wgan-gp": {"generator", "critic"},
    "bigan": {"generator", "encoder", "critic"},
    "vae": {"generator", "encoder"},
    "encoder": {"generator", "encoder"},
    "features": {"features", "head"},
}


def made(method: Method, seed: int = 0, config: ImageConfig = CONFIG) -> Networks:
    return make_networks(config, torch.Generator().manual_seed(seed), method)


def images(n: int, seed: int = 0) -> Tensor:
    return torch.rand(n, 784, generator=torch.Generator().manual_seed(seed))


def varied(n: int) -> Tensor:
    """Images from dark to far too bright, which no encoder confuses."""
    return 20 * images(n) * torch.rand(n, 1, generator=torch.Generator().manual_seed(2))


def latents(n: int, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(n, 3, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_a_method_gets_the_networks_that_it_needs(method: Method) -> None:
    networks = made(method)
    assert networks.modules.keys() == PARTS[method]
    assert networks.flat.keys() == PARTS[method]
    assert networks.config == CONFIG


def test_shapes() -> None:
    assert made("wgan-gp").generator(latents(5)).shape == (5, 784)
    assert made("wgan-gp").critic(images(5)).shape == (5, 1)
    assert made("encoder")["encoder"](images(5)).shape == (5, 3)
    assert made("vae")["encoder"](images(5)).shape == (5, 6)  # means and log-variances
    bigan = made("bigan")
    assert bigan["encoder"](images(5)).shape == (5, 3)
    assert bigan.critic(images(5), latents(5)).shape == (5, 1)
    assert isinstance(bigan.critic, image.JointDiscriminator)
    assert bigan.critic.hidden(images(5), latents(5)).shape == (5, 7)
    contrast = made("features")
    features = contrast["features"](images(5))
    assert features.shape == (5, CONFIG.features)
    assert contrast["head"](features).shape == (5, 64)


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_one_image_and_none(method: Method) -> None:
    for name, network in made(method).modules.items():
        network.eval()
        for n in (0, 1):
            x = latents(n) if name == "generator" else images(n)
            x = torch.ones(n, CONFIG.features) if name == "head" else x
            joint = method == "bigan" and name == "critic"
            found = network(x, latents(n)) if joint else network(x)
            assert len(found) == n


def test_the_generator_stays_within_black_and_white() -> None:
    generator = made("wgan-gp").generator
    for parameter in generator.parameters():
        parameter.data.mul_(5)
    pixels = generator(latents(20, scale=10))
    assert pixels.min() >= 0
    assert pixels.max() <= 1
    assert pixels.max() - pixels.min() > 0.9


def test_the_generator_reaches_every_pixel_on_its_own() -> None:
    """The last layer's four channels become the four pixels of each 2 × 2 block."""
    generator = made("wgan-gp").generator
    last = generator[7]  # type: ignore[index]
    assert isinstance(last, nn.Conv2d)
    last.weight.data.zero_()
    last.bias.data.copy_(torch.tensor([-1.0, 0.0, 1.0, 2.0]))  # type: ignore[union-attr]
    rows = generator(latents(1)).view(28, 28)
    block = torch.sigmoid(torch.tensor([[-1.0, 0.0], [1.0, 2.0]]))
    torch.testing.assert_close(rows, block.repeat(14, 14), rtol=0, atol=1e-6)


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_the_same_seed_gives_the_same_weights(method: Method) -> None:
    torch.manual_seed(1)
    one = made(method).checksum()
    torch.manual_seed(2)  # global random state plays no part
    assert made(method).checksum() == one
    assert made(method, seed=1).checksum() != one


def test_methods_start_from_the_same_generator() -> None:
    first = made("wgan-gp").arrays()
    for method in ("gan", "bigan", "vae", "encoder"):
        found = made(method).arrays()
        for name in [name for name in first if name.startswith("generator.")]:
            assert np.array_equal(found[name], first[name]), (method, name)


# The rule that PyTorch draws its layers by: uniform in ±1/√(inputs of a unit)

LAYERS: list[tuple[Callable[[], nn.Module], int]] = [
    (lambda: nn.Linear(30, 200), 30),
    (lambda: nn.Conv2d(3, 50, 4), 3 * 16),
    (lambda: nn.Conv2d(6, 60, 3, groups=2), 3 * 9),
    # PyTorch counts a transposed convolution's outputs: its weight is (in, out, height, width)
    (lambda: nn.ConvTranspose2d(50, 3, 4), 3 * 16),
    (lambda: nn.ConvTranspose2d(60, 6, (3, 2), groups=2), 3 * 6),
]


@pytest.mark.parametrize(
    ("make", "n_inputs"), LAYERS, ids=["linear", "conv", "groups", "back", "back-groups"]
)
def test_initial_weights_follow_pytorchs_rule(make: Callable[[], nn.Module], n_inputs: int) -> None:
    theirs, ours = make(), initialise(make(), torch.Generator().manual_seed(0))
    bound = 1 / math.sqrt(n_inputs)
    for layer in (theirs, ours):
        assert isinstance(layer.weight, Tensor)
        assert isinstance(layer.bias, Tensor)
        weights = layer.weight.detach()
        assert 0.97 * bound < weights.abs().max().item() <= bound * (1 + 1e-6)
        assert weights.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.06)
        assert abs(weights.mean().item()) < 0.06 * bound
        assert layer.bias.abs().max().item() <= bound * (1 + 1e-6)
        assert layer.bias.abs().max().item() > 0.1 * bound


def test_every_layer_is_drawn_from_the_generator_given() -> None:
    for method in EVERY_METHOD:
        for network in made(method).modules.values():
            for layer in network.modules():
                if isinstance(layer, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
                    bound = 1 / math.sqrt(layer.weight[0].numel())
                    assert 0.5 * bound < layer.weight.abs().max() <= bound * (1 + 1e-6)


def test_a_layer_without_bias_is_initialised() -> None:
    layer = initialise(nn.Conv2d(1, 9, 3, bias=False), torch.Generator().manual_seed(0))
    assert layer.weight.abs().max() <= 1 / 3 + 1e-6


# The encoder's batch normalisation (§5.2)


def test_the_encoders_latents_have_mean_0_and_variance_1_over_a_batch() -> None:
    encoder = made("encoder")["encoder"]
    z = encoder(varied(64))
    torch.testing.assert_close(z.mean(dim=0), torch.zeros(3), rtol=0, atol=1e-5)
    # not quite 1, as a small number is added to the variance that it divides by
    torch.testing.assert_close(z.var(dim=0, unbiased=False), torch.ones(3), rtol=0, atol=1e-2)
    assert not [name for name, _ in encoder.named_parameters() if name.startswith("9.")]


def test_the_encoder_in_use_does_not_look_at_its_batch() -> None:
    encoder = made("encoder")["encoder"]
    x = varied(40)
    for _ in range(100):
        encoder(x)
    before = {name: value.clone() for name, value in encoder.state_dict().items()}
    encoder.eval()
    with torch.no_grad():
        z = encoder(x)
        alone = torch.cat([encoder(x[i : i + 1]) for i in range(40)])
    torch.testing.assert_close(z, alone, rtol=0, atol=1e-4)
    assert all(torch.equal(value, before[name]) for name, value in encoder.state_dict().items())
    # and having seen this batch long enough, it normalises it about as in training
    assert z.mean(dim=0).abs().max() < 0.05
    assert z.var(dim=0).min() > 0.8
    assert z.var(dim=0).max() < 1.2


def test_encoders_to_the_prior_are_normalised_and_no_critic_is() -> None:
    normalised = {
        method: nn.BatchNorm1d in {type(layer) for layer in made(method)["encoder"].modules()}
        for method in ("encoder", "bigan", "vae")
    }
    assert normalised == {"encoder": True, "bigan": True, "vae": False}
    # it would couple the samples of a critic's penalty
    for method in (*METHODS, "bigan"):
        critic = made(method).critic
        assert not [m for m in critic.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d)]


# Refusals


@pytest.mark.parametrize("method", ["bigan", "vae", "encoder", "features"])
def test_some_methods_have_no_dense_networks(method: Method) -> None:
    with pytest.raises(ConfigError, match=f"{method} has no dense networks; choose gan"):
        make_networks(NetworkConfig(), torch.Generator(), method)


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_weights_survive_arrays(method: Method) -> None:
    one, other = made(method), made(method, seed=1)
    arrays = one.arrays()
    assert all(np.isfinite(value).all() for value in arrays.values())
    other.load_arrays(arrays)
    assert other.checksum() == one.checksum()
    for name, value in other.arrays().items():
        assert np.array_equal(value, arrays[name]), name


def test_the_statistics_of_batch_normalisation_travel_too() -> None:
    one, other = made("encoder"), made("encoder", seed=1)
    one["encoder"](images(20))
    other.load_arrays(one.arrays())
    for networks in (one, other):
        networks["encoder"].eval()
    assert torch.equal(one["encoder"](images(4)), other["encoder"](images(4)))
    names = {name for name in one.arrays() if name.startswith("encoder.9.")}
    assert names == {
        f"encoder.9.{name}" for name in ("running_mean", "running_var", "num_batches_tracked")
    }


def test_half_precision_is_read() -> None:
    one, other = made("vae"), made("vae", seed=1)
    half = {name: value.astype(np.float16) for name, value in one.arrays().items()}
    other.load_arrays(half)
    for name, value in other.arrays().items():
        assert value.dtype == np.float32
        assert np.array_equal(value, half[name].astype(np.float32))


def test_weights_of_other_networks_are_refused() -> None:
    networks = made("encoder")
    arrays = networks.arrays()
    wider = made("encoder", config=CONFIG.replace(hidden=9)).arrays()
    with pytest.raises(ValueError, match=r"generator.0.weight of shape \(7, 3\); found \(9, 3\)"):
        networks.load_arrays(wider)
    lacking = {name: value for name, value in arrays.items() if "running_mean" not in name}
    with pytest.raises(ValueError, match=r"encoder.9.running_mean of shape \(3,\); found none"):
        networks.load_arrays(lacking)
    with pytest.raises(ValueError, match="The file does not belong to this network"):
        networks.load_arrays(made("vae").arrays())
