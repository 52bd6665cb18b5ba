"""Every shape's networks for every method: what goes in, what comes out, and from which seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.small import METHODS, PARTS, QUICK, SHAPES, TRAININGS, WITHOUT, made, rng
from wganad_core.config import ConfigError
from wganad_core.methods import make_trainer
from wganad_core.networks.joint import JointDiscriminator

EVERY_SHAPE = pytest.mark.parametrize("shape", SHAPES)
EVERY_TRAINING = pytest.mark.parametrize(("shape", "method"), TRAININGS)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def normal(*size: int) -> Tensor:
    return torch.randn(*size, generator=rng())


def samples(shape: str, n: int) -> Tensor:
    return normal(n, SHAPES[shape].n_features)


def latents(shape: str, n: int) -> Tensor:
    return normal(n, SHAPES[shape].n_latent)


def outputs(shape: str, method: str, n: int) -> dict[str, Tensor]:
    """What each network of a method makes of n samples, or of n latents."""
    networks, x, z = made(method, SHAPES[shape]), samples(shape, n), latents(shape, n)
    found = {}
    for name, network in networks.modules.items():
        network.eval()
        if name == "generator":
            found[name] = network(z)
        elif name in ("projection", "shifts"):
            found[name] = network(found["features"])
        else:
            joint = isinstance(network, JointDiscriminator)
            found[name] = network(x, z) if joint else network(x)
    return found


@EVERY_TRAINING
def test_a_method_gets_the_networks_that_it_needs(shape: str, method: str) -> None:
    networks = made(method, SHAPES[shape])
    assert networks.modules.keys() == networks.flat.keys() == PARTS[method]
    assert networks.config == SHAPES[shape]
    assert isinstance(networks.modules.get("critic"), JointDiscriminator) == (method == "bigan")


@EVERY_TRAINING
@pytest.mark.parametrize("n", [0, 1, 5])
def test_sizes(shape: str, method: str, n: int) -> None:
    config = SHAPES[shape]
    n_latent = config.n_latent * (2 if method == "vae" else 1)  # means and log-variances
    features = int(getattr(config, "features", 0))
    sizes = {"generator": config.n_features, "critic": 1, "encoder": n_latent}
    sizes |= {"features": features, "projection": 64}
    sizes["shifts"] = 4 if shape == "image" else 8
    for name, found in outputs(shape, method, n).items():
        assert found.shape == (n, sizes[name]), name


@EVERY_SHAPE
def test_the_last_hidden_layer_of_a_joint_discriminator(shape: str) -> None:
    critic, x, z = made("bigan", SHAPES[shape]).critic, samples(shape, 5), latents(shape, 5)
    assert isinstance(critic, JointDiscriminator)
    hidden = critic.hidden(x, z)
    assert hidden.shape == (5, critic.last.in_features)
    torch.testing.assert_close(critic.last(hidden), critic(x, z))
    # It depends on both.
    assert not torch.equal(critic.hidden(x + 1, z), hidden)
    assert not torch.equal(critic.hidden(x, z + 1), hidden)


@EVERY_TRAINING
def test_the_same_seed_gives_the_same_weights(shape: str, method: str) -> None:
    config, state = SHAPES[shape], torch.random.get_rng_state()
    torch.manual_seed(1)
    one = made(method, config).checksum()
    torch.manual_seed(2)  # global random state plays no part, and stays what it is
    before = torch.random.get_rng_state()
    assert made(method, config).checksum() == one
    assert torch.equal(torch.random.get_rng_state(), before)
    assert made(method, config, seed=1).checksum() != one
    torch.random.set_rng_state(state)


@EVERY_SHAPE
def test_methods_start_from_the_same_generator(shape: str) -> None:
    first = made("wgan-gp", SHAPES[shape]).arrays()
    for method in ("gan", "bigan", "vae", "encoder"):
        found = made(method, SHAPES[shape]).arrays()
        for name in [name for name in first if name.startswith("generator.")]:
            assert np.array_equal(found[name], first[name]), (method, name)


@EVERY_TRAINING
def test_a_sample_is_seen_alone(shape: str, method: str) -> None:
    x, z = samples(shape, 7), latents(shape, 7)
    for name, network in made(method, SHAPES[shape]).modules.items():
        if name in ("projection", "shifts"):
            continue
        given = [z] if name == "generator" else [x]
        given += [z] if isinstance(network, JointDiscriminator) else []
        network(*given)  # the statistics of batch normalisation
        network.eval()
        with torch.no_grad():
            together = network(*given)
            alone = torch.cat([network(*(v[i : i + 1] for v in given)) for i in range(7)])
            turned = network(*(v.flip(0) for v in given)).flip(0)
        assert together.std(dim=0).max() > 0
        torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(together, turned, rtol=1e-4, atol=1e-5)


# Batch normalisation (§5.2)


@EVERY_SHAPE
def test_encoders_to_the_prior_are_normalised_and_no_critic_is(shape: str) -> None:
    for method in METHODS:
        if (shape, method) not in TRAININGS:
            continue
        modules = made(method, SHAPES[shape]).modules
        found = {
            name: [type(m) for m in network.modules() if isinstance(m, NORMS)]
            for name, network in modules.items()
        }
        # in a critic it would couple the samples of the penalty
        normalised = {"encoder": [nn.BatchNorm1d]} if method in ("encoder", "bigan") else {}
        if method == "contrast" and shape != "image":
            normalised = {"features": 4 * [nn.BatchNorm1d]}
        assert {name: norms for name, norms in found.items() if norms} == normalised


@EVERY_SHAPE
@pytest.mark.parametrize("method", ["encoder", "bigan"])
def test_latents_have_mean_0_and_variance_1_over_a_batch(shape: str, method: str) -> None:
    encoder = made(method, SHAPES[shape])["encoder"]
    z = encoder(samples(shape, 64) * torch.linspace(0.1, 9, 64)[:, None])
    zeros = torch.zeros(z.shape[1])
    torch.testing.assert_close(z.mean(dim=0), zeros, rtol=0, atol=1e-5)
    # not quite 1, as a small number is added to the variance that it divides by
    torch.testing.assert_close(z.var(dim=0, unbiased=False), zeros + 1, rtol=0, atol=1e-2)
    last = len(list(encoder.children())) - 1
    assert not [n for n, _ in encoder.named_parameters() if n.startswith(f"{last}.")]


@EVERY_SHAPE
def test_the_encoder_in_use_does_not_look_at_its_batch(shape: str) -> None:
    encoder = made("encoder", SHAPES[shape])["encoder"]
    x = samples(shape, 40) * torch.linspace(0.1, 9, 40)[:, None]
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


@pytest.mark.parametrize(
    ("method", "shape"), [(method, shape) for method in WITHOUT for shape in WITHOUT[method]]
)
def test_contrastive_features_need_images_or_the_nine_signals(method: str, shape: str) -> None:
    config = SHAPES[shape]
    x = np.zeros((4, config.n_features), np.float32)
    with pytest.raises(ConfigError, match="need images or the nine signals of windows"):
        make_trainer(x, QUICK.replace(method=method), config)
