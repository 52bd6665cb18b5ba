"""The networks for windows: shapes, initial weights, the penalty through each, and training."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from wganad_core.networks.build import make_networks
from wganad_core.training import (
    Trainer,
    load_checkpoint,
    make_gan,
    make_trainer,
    save_checkpoint,
    train,
)

from tests.methods.test_image_critic import assert_equals_autograd, make_batch, slope_function
from tests.methods.test_training import assert_same_snapshot, assert_same_state
from tests.test_fast_critic import loss_of
from wganad_core import objectives
from wganad_core.config import (
    ARCHITECTURES,
    METHODS,
    Architecture,
    ConfigError,
    Method,
    TrainingConfig,
    WindowConfig,
)
from wganad_core.data.har import load_sample
from wganad_core.data.views import View
from wganad_core.fast_critic import _chain_gradient, _ClosedForm, critic_gradient, is_dense
from wganad_core.networks import window
from wganad_core.networks.initial import initialise
from wganad_core.networks.parts import FlatParameters, Networks
from wganad_core.records import FloatArray

WINDOWS = load_sample().signals[::20]
EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", ARCHITECTURES)
SEEING_SIGNALS: tuple[Architecture, ...] = ("conv", "recurrent")
EVERY_METHOD: tuple[Method, ...] = (*METHODS, "encoder", "features")
PARTS: dict[Method, set[str]] = {
    "gan": {"generator", "critic"},
    "wgan-clip": {"generator", "critic"},
    "wgan-gp": {"generator", "critic"},
    "encoder": {"generator", "encoder"},
    "features": {"features", "head"},
}


def tiny(architecture: Architecture) -> WindowConfig:
    return WindowConfig(architecture=architecture, n_latent=3, width=8, hidden=6, features=5)


def made(architecture: Architecture, method: Method = "wgan-gp", seed: int = 0) -> Networks:
    return make_networks(tiny(architecture), torch.Generator().manual_seed(seed), method)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def rows(architecture: Architecture, n: int) -> Tensor:
    return normal(n, tiny(architecture).n_features)


# Shapes and weights


@pytest.mark.parametrize("method", EVERY_METHOD)
@EVERY_ARCHITECTURE
def test_a_method_gets_the_networks_that_it_needs(
    architecture: Architecture, method: Method
) -> None:
    networks = made(architecture, method)
    assert networks.modules.keys() == PARTS[method]
    assert networks.config == tiny(architecture)


@EVERY_ARCHITECTURE
def test_shapes(architecture: Architecture) -> None:
    x = rows(architecture, 5)
    networks = made(architecture)
    assert networks.generator(normal(5, 3)).shape == x.shape
    assert networks.critic(x).shape == (5, 1)
    assert made(architecture, "encoder")["encoder"](x).shape == (5, 3)
    contrast = made(architecture, "features")
    features = contrast["features"](x)
    assert features.shape == (5, 5)
    assert contrast["head"](features).shape == (5, 64)


@pytest.mark.parametrize("method", ["bigan", "vae"])
@EVERY_ARCHITECTURE
def test_some_methods_have_no_networks_for_windows(
    architecture: Architecture, method: Method
) -> None:
    with pytest.raises(ConfigError, match=f"{method} has no networks for windows; choose gan"):
        made(architecture, method)


@pytest.mark.parametrize("method", EVERY_METHOD)
@EVERY_ARCHITECTURE
def test_the_same_seed_gives_the_same_weights(architecture: Architecture, method: Method) -> None:
    torch.manual_seed(1)
    one = made(architecture, method).checksum()
    torch.manual_seed(2)  # global random state plays no part
    assert made(architecture, method).checksum() == one
    assert made(architecture, method, seed=1).checksum() != one


# A layer, and the inputs of one of its units by PyTorch's rule: a transposed convolution's weight
# is (in, out, …), of which it takes the second axis; a GRU's are its states.
LAYERS: list[tuple[Callable[[], nn.Module], int]] = [
    (lambda: nn.Conv1d(9, 80, 6), 9 * 6),
    (lambda: nn.Conv1d(6, 80, 5, groups=2), 3 * 5),
    (lambda: nn.ConvTranspose1d(80, 9, 6), 9 * 6),
    (lambda: nn.GRU(36, 25), 25),
]


@pytest.mark.parametrize(("make", "n_inputs"), LAYERS, ids=lambda value: str(value)[:20])
def test_initial_weights_follow_pytorchs_rule(make: Callable[[], nn.Module], n_inputs: int) -> None:
    bound = 1 / math.sqrt(n_inputs)
    for layer in (make(), initialise(make(), torch.Generator().manual_seed(0))):
        for name, parameter in layer.named_parameters():
            values = parameter.detach().flatten()
            assert values.abs().max().item() <= bound * (1 + 1e-6), name
            if len(values) > 1000:
                assert values.abs().max().item() > 0.97 * bound, name
                assert values.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.06), name


def test_recurrence_images_are_not_negative_and_signals_may_be() -> None:
    for architecture in ARCHITECTURES:
        generator = made(architecture).generator
        for parameter in generator.parameters():
            parameter.data.mul_(3)
        found = generator(normal(20, 3))
        assert found.max() > 0
        assert (found.min() < 0) == (architecture != "recurrence")


def test_the_encoder_is_normalised_and_no_critic_is() -> None:
    norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    for architecture in ARCHITECTURES:
        encoder = made(architecture, "encoder")["encoder"]
        z = encoder(rows(architecture, 40) * torch.linspace(0.1, 9, 40)[:, None])
        torch.testing.assert_close(z.mean(dim=0), torch.zeros(3), rtol=0, atol=1e-5)
        assert [type(m) for m in encoder.modules() if isinstance(m, norms)] == [nn.BatchNorm1d]
        for method in METHODS:
            critic = made(architecture, method).critic
            assert not [m for m in critic.modules() if isinstance(m, norms)]


@pytest.mark.parametrize("part", ["critic", "encoder", "generator", "features"])
@EVERY_ARCHITECTURE
def test_a_sample_is_seen_alone(architecture: Architecture, part: str) -> None:
    methods: dict[str, Method] = {"encoder": "encoder", "features": "features"}
    network = made(architecture, methods.get(part, "wgan-gp"))[part]
    x = normal(7, 3) if part == "generator" else rows(architecture, 7)
    network(x)  # the statistics of batch normalisation
    network.eval()
    with torch.no_grad():
        together = network(x)
        alone = torch.cat([network(x[i : i + 1]) for i in range(7)])
        turned = network(x.flip(0)).flip(0)
    assert together.std(dim=0).max() > 0
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together, turned, rtol=1e-4, atol=1e-5)


# Recurrent networks, unit by unit


def cell_of(gru: nn.GRU) -> nn.GRUCell:
    cell = nn.GRUCell(gru.input_size, gru.hidden_size)
    state = {name.removesuffix("_l0"): value for name, value in gru.state_dict().items()}
    cell.load_state_dict(state)
    return cell


def test_the_recurrent_trunk_reads_four_steps_at_a_time() -> None:
    trunk = initialise(window.Recurrent(9, 4), torch.Generator().manual_seed(0))
    cell, x = cell_of(trunk.gru), normal(3, 9, 128)
    state, states = torch.zeros(3, 4), []
    for t in range(0, 128, 4):
        state = cell(x[:, :, t : t + 4].reshape(3, 36), state)
        states.append(state)
    expected = torch.cat([sum(states) / 32, states[-1]], dim=1)
    torch.testing.assert_close(trunk(x), expected, rtol=0, atol=1e-6)


def test_the_recurrent_generator_writes_four_steps_at_a_time() -> None:
    generator = window.RecurrentGenerator(6, 4, 9, 128)
    initialise(generator, torch.Generator().manual_seed(0))
    cell, h = cell_of(generator.gru), normal(3, 6)
    state, parts = torch.tanh(generator.start(h)), []
    for _ in range(32):
        state = cell(h, state)
        parts.append(generator.out(state).view(3, 9, 4))
    torch.testing.assert_close(generator(h), torch.cat(parts, dim=2), rtol=0, atol=1e-6)


# The penalty


def steep(architecture: Architecture, dtype: torch.dtype) -> nn.Module:
    """A critic with slopes on both sides of 1, whose gradients exist."""
    critic = window.critic(tiny(architecture), torch.Generator().manual_seed(3)).to(dtype)
    for parameter in critic.parameters():
        parameter.data.mul_(3)
    FlatParameters(critic)
    return critic


def test_which_way_the_gradient_goes() -> None:
    critics = {a: steep(a, torch.float32) for a in ARCHITECTURES}
    assert is_dense(critics["dense"])
    assert isinstance(critic_gradient(critics["dense"], 2), _ClosedForm)
    assert slope_function(critics["recurrence"]) is _chain_gradient
    assert slope_function(critics["conv"]) is _chain_gradient
    assert slope_function(critics["recurrent"]) is objectives.input_gradient


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 2e-5)])
@EVERY_ARCHITECTURE
def test_the_gradient_equals_double_backward(
    architecture: Architecture, dtype: torch.dtype, tolerance: float
) -> None:
    critic = steep(architecture, dtype)
    batch = make_batch(3, (tiny(architecture).n_features,), dtype)
    assert loss_of(critic, batch, 10.0)[2].item() > 0.01
    assert_equals_autograd(critic, batch, 10.0, tolerance)


def roughness(critic: nn.Module, x: Tensor) -> float:
    """mean (‖∇f(x)‖₂ − 1)² from single backward passes."""
    found = []
    for sample in x:
        sample = sample[None].clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(sample).sum(), sample)
        found.append((slope.norm().item() - 1) ** 2)
    return sum(found) / len(found)


@EVERY_ARCHITECTURE
def test_the_gradient_of_the_penalty_equals_finite_differences(architecture: Architecture) -> None:
    """Also through a GRU. With x = G(z) the rest of the loss is 0 whatever the weights."""
    critic = steep(architecture, torch.float64)
    x, _, epsilon = make_batch(2, (tiny(architecture).n_features,), torch.float64)
    w_estimate, penalty = critic_gradient(critic, 2)(x, x, epsilon, 1.0)
    assert w_estimate == pytest.approx(0, abs=1e-12)
    assert penalty == pytest.approx(roughness(critic, x), rel=1e-9)
    h, checked = 1e-6, 0
    for name, parameter in critic.named_parameters():
        assert parameter.grad is not None
        found, values = parameter.grad.flatten(), parameter.data.view(-1)
        # The steepest and two more weights of every tensor.
        for i in {int(found.abs().argmax()), 0, len(values) // 2}:
            middle = values[i].item()
            values[i] = middle + h
            above = roughness(critic, x)
            values[i] = middle - h
            below = roughness(critic, x)
            values[i] = middle
            expected = (above - below) / (2 * h)
            assert found[i].item() == pytest.approx(expected, rel=1e-5, abs=1e-7), (name, i)
            checked += abs(expected) > 1e-3
    assert checked >= 4


def test_the_slope_of_a_recurrent_critic_equals_finite_differences() -> None:
    critic, x, h = steep("recurrent", torch.float64), normal(1, 1152).double(), 1e-5
    slope = objectives.input_gradient(critic, x)[0]
    for i in (0, 1, 127, 128, 600, 1148, 1151):
        step = torch.zeros_like(x)
        step[0, i] = h
        with torch.no_grad():
            expected = (critic(x + step) - critic(x - step)).item() / (2 * h)
        assert abs(expected) > 1e-5
        assert slope[i].item() == pytest.approx(expected, rel=1e-6)


# Training


def data(architecture: Architecture) -> FloatArray:
    view = View.fitted(tiny(architecture).view, WINDOWS)
    return view.rows(WINDOWS)


def trainer_of(architecture: Architecture, method: Method, **settings: Any) -> Trainer:
    quick = TrainingConfig(
        method=method, batch_size=6, n_critic=2, learning_rate=1e-2, steps=5, decay="linear"
    )
    return make_trainer(data(architecture), quick.replace(**settings), tiny(architecture))


RUNS: list[tuple[Architecture, Method, float]] = [
    *((architecture, "wgan-gp", 0.5) for architecture in ARCHITECTURES),
    *((architecture, "encoder", 0.0) for architecture in ARCHITECTURES),
    *((architecture, "features", 0.0) for architecture in SEEING_SIGNALS),
    ("recurrent", "wgan-clip", 0.0),
]


@pytest.mark.parametrize(("architecture", "method", "average"), RUNS)
def test_a_resumed_run_equals_the_unbroken_one_bit_for_bit(
    architecture: Architecture, method: Method, average: float, tmp_path: Path
) -> None:
    whole, path = trainer_of(architecture, method, average=average), tmp_path / "run.safetensors"
    whole.step()
    whole.step()
    save_checkpoint(whole, path)
    resumed, _ = load_checkpoint(path, data(architecture))
    assert resumed.networks.config == tiny(architecture)
    assert_same_state(whole, resumed)
    snapshots = list(train(whole, 1))
    for one, other in zip(snapshots, train(resumed, 1), strict=True):
        assert_same_snapshot(one, other)
    assert_same_state(whole, resumed)
    assert len({snapshot.checksum for snapshot in snapshots}) == 4  # every step changes weights
    last = snapshots[-1]
    assert last.step == 5
    n_shown = 100 if method in METHODS else len(WINDOWS)
    assert last.samples.shape == (n_shown, tiny(architecture).n_features)
    assert np.isfinite(last.samples).all()
    assert all(math.isfinite(value) for value in last.losses.values())


@EVERY_ARCHITECTURE
def test_samples_come_from_the_averaged_generator(architecture: Architecture) -> None:
    trainer = make_gan(
        data(architecture), TrainingConfig(average=0.5, steps=9, n_critic=1), tiny(architecture)
    )
    trainer.step()
    assert trainer._average is not None
    with torch.no_grad():
        own = trainer.generator(trainer.fixed_z).numpy()
    assert not np.array_equal(trainer.picture(), own)
    trainer._average.vector.data.copy_(trainer.networks.generator_parameters.vector.data)
    np.testing.assert_array_equal(trainer.picture(), own)


@pytest.mark.parametrize("architecture", ["dense", "recurrence"])
def test_contrastive_features_need_the_nine_signals(architecture: Architecture) -> None:
    with pytest.raises(ConfigError, match="the nine signals of windows"):
        trainer_of(architecture, "features")


@pytest.mark.parametrize("method", ["bigan", "vae"])
@EVERY_ARCHITECTURE
def test_other_methods_do_not_train_on_windows(architecture: Architecture, method: Method) -> None:
    with pytest.raises(ConfigError, match="no networks for windows"):
        trainer_of(architecture, method)


@EVERY_ARCHITECTURE
def test_rows_of_another_view_are_refused(architecture: Architecture) -> None:
    n_features = tiny(architecture).n_features
    with pytest.raises(ValueError, match=rf"shape \(n, {n_features}\) .* found \(2, 7\)"):
        make_trainer(np.zeros((2, 7), np.float32), TrainingConfig(), tiny(architecture))
