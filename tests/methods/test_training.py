"""The three algorithms: against plain references, deterministic, resumable, and safe to diverge."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from wganad_core.training import (
    N_FIXED,
    Adversarial,
    DivergedError,
    Trainer,
    load_checkpoint,
    make_gan,
    save_checkpoint,
    train,
)
from wganad_core.training.gans import VanillaGAN

from wganad_core.config import METHODS, Decay, Method, MixtureConfig, NetworkConfig, TrainingConfig
from wganad_core.data.mixture import make_mixture
from wganad_core.divergence import wasserstein
from wganad_core.records import FloatArray, Snapshot
from wganad_core.storage import StorageError, save
from wganad_core.use_cases import SHARP

X = make_mixture(MixtureConfig(n_samples=400)).x
SMALL = NetworkConfig(width=8)
QUICK = TrainingConfig(batch_size=8, n_critic=2, learning_rate=1e-2, steps=7)
EVERY_METHOD = pytest.mark.parametrize("method", METHODS)


def trainer_of(network: NetworkConfig = SMALL, **settings: Any) -> Adversarial:
    return make_gan(X, QUICK.replace(**settings), network)


def checksums(trainer: Trainer, every: int = 1) -> list[str]:
    return [snapshot.checksum for snapshot in train(trainer, every)]


def assert_same_state(one: Trainer, other: Trainer) -> None:
    arrays, meta = one.state()
    other_arrays, other_meta = other.state()
    assert arrays.keys() == other_arrays.keys()
    for name, value in arrays.items():
        assert value.dtype == other_arrays[name].dtype, name
        assert value.shape == other_arrays[name].shape, name
        assert np.array_equal(value, other_arrays[name]), name
    # As text, since NaN equals nothing.
    assert json.dumps(meta, sort_keys=True) == json.dumps(other_meta, sort_keys=True)


# Determinism


@EVERY_METHOD
def test_the_same_seed_gives_the_same_run(method: Method) -> None:
    first = checksums(trainer_of(method=method))
    torch.manual_seed(99)  # global random state plays no part
    torch.rand(3)
    assert checksums(trainer_of(method=method)) == first
    assert len(set(first)) == 8  # and every step changes the weights


@EVERY_METHOD
def test_another_seed_gives_another_run(method: Method) -> None:
    one, other = checksums(trainer_of(method=method)), checksums(trainer_of(method=method, seed=1))
    assert not set(one) & set(other)


def test_methods_start_from_the_same_weights_and_latents() -> None:
    first, second, third = (trainer_of(method=method).snapshot() for method in METHODS)
    assert first.checksum == second.checksum == third.checksum
    assert np.array_equal(first.samples, third.samples)


def test_runs_side_by_side_do_not_disturb_each_other() -> None:
    alone = checksums(trainer_of())
    one, other = trainer_of(), trainer_of(method="gan")
    together = []
    for snapshot, _ in zip(train(one, 1), train(other, 1), strict=True):
        together.append(snapshot.checksum)
    assert together == alone


def test_watching_changes_nothing() -> None:
    rarely, often = trainer_of(), trainer_of()
    list(train(rarely, 100))
    for _ in train(often, 1):
        often.snapshot()
        often.state()
    assert_same_state(rarely, often)


# Checkpoints

RESUMED: list[dict[str, Any]] = [
    {"method": method, "optimizer": optimizer, "decay": decay, "average": average}
    for method in METHODS
    for optimizer, decay, average in (
        ("adam", "cosine", 0.9),
        ("rmsprop", "linear", 0.5),
        ("adam", "none", 0.0),
    )
]


@pytest.mark.parametrize("settings", RESUMED, ids=lambda s: "-".join(map(str, s.values())))
@pytest.mark.parametrize("network", [SMALL, SMALL.replace(activation="tanh", depth=1)], ids=repr)
def test_a_resumed_run_equals_the_unbroken_one_bit_for_bit(
    settings: dict[str, Any], network: NetworkConfig, tmp_path: Path
) -> None:
    whole, path = trainer_of(network, **settings), tmp_path / "run.safetensors"
    for _ in range(3):
        whole.step()
    whole.update_critic()  # in the middle of a step
    save_checkpoint(whole, path, {"note": "x"})
    resumed, extra = load_checkpoint(path, X)
    assert extra == {"note": "x"}
    assert_same_state(whole, resumed)
    after = list(train(whole, 1))
    for one, other in zip(after, train(resumed, 1), strict=True):
        assert_same_snapshot(one, other)
    assert [snapshot.step for snapshot in after] == [3, 4, 5, 6, 7]
    assert_same_state(whole, resumed)


def assert_same_snapshot(one: Snapshot, other: Snapshot) -> None:
    assert one.checksum == other.checksum
    assert (one.step, one.losses) == (other.step, other.losses)
    assert repr(one.w_estimate) == repr(other.w_estimate)
    assert np.array_equal(one.samples, other.samples)


@EVERY_METHOD
def test_a_checkpoint_before_the_first_step(method: Method, tmp_path: Path) -> None:
    path = tmp_path / "run.safetensors"
    save_checkpoint(trainer_of(method=method, average=0.9), path)
    resumed, extra = load_checkpoint(path, X)
    assert extra == {}
    assert checksums(resumed) == checksums(trainer_of(method=method, average=0.9))


def test_a_checkpoint_can_be_resumed_twice_over(tmp_path: Path) -> None:
    unbroken = trainer_of(average=0.5)
    trainer: Trainer = trainer_of(average=0.5)
    for i in range(5):
        unbroken.step()
        trainer.step()
        save_checkpoint(trainer, tmp_path / f"{i}")
        trainer, _ = load_checkpoint(tmp_path / f"{i}", X)
    assert_same_state(trainer, unbroken)


def test_an_earlier_state_is_not_touched_by_later_steps() -> None:
    trainer = trainer_of(average=0.9)
    trainer.step()
    arrays, _ = trainer.state()
    kept = {name: value.copy() for name, value in arrays.items()}
    trainer.step()
    assert all(np.array_equal(arrays[name], kept[name]) for name in kept)


def test_a_file_of_another_kind_is_no_checkpoint(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save(path, "run", {}, {})
    with pytest.raises(StorageError, match="holds a run; expected a checkpoint"):
        load_checkpoint(path, X)


def test_weights_of_another_network_are_refused() -> None:
    arrays, _ = trainer_of().state()
    other = trainer_of(NetworkConfig(width=9))
    before = other.networks.checksum()
    with pytest.raises(ValueError, match=r"generator.0.weight of shape \(9, 2\); found \(8, 2\)"):
        other.networks.load_arrays(arrays)
    with pytest.raises(ValueError, match=r"generator.0.weight of shape \(9, 2\); found none"):
        other.networks.load_arrays({})
    assert other.networks.checksum() == before


# Snapshots and counters


@EVERY_METHOD
def test_the_first_snapshot_shows_untrained_networks(method: Method) -> None:
    trainer = trainer_of(method=method)
    snapshot = trainer.snapshot()
    assert (snapshot.step, snapshot.losses) == (0, {})
    assert math.isnan(snapshot.w_estimate)
    assert snapshot.samples.shape == (N_FIXED, 2)
    assert snapshot.samples.dtype == np.float32
    with torch.no_grad():
        expected = trainer.generator(trainer.fixed_z).numpy()
    assert np.array_equal(snapshot.samples, expected)


def test_the_checksum_is_the_hash_of_all_weights() -> None:
    trainer = trainer_of()
    trainer.step()
    weights = trainer.networks.arrays()
    assert list(weights) == [
        f"{part}.{i}.{kind}"
        for part in ("generator", "critic")
        for i in (0, 2, 4)
        for kind in ("weight", "bias")
    ]
    digest = hashlib.sha256(b"".join(value.tobytes() for value in weights.values()))
    assert trainer.snapshot().checksum == digest.hexdigest()


@EVERY_METHOD
def test_a_later_snapshot_names_its_losses(method: Method) -> None:
    trainer = trainer_of(method=method)
    trainer.step()
    snapshot = trainer.snapshot()
    names = {"critic", "generator"} | ({"penalty"} if method == "wgan-gp" else set())
    assert set(snapshot.losses) == names
    assert all(math.isfinite(value) for value in snapshot.losses.values())
    if method == "gan":
        assert math.isnan(snapshot.w_estimate)
    elif method == "wgan-clip":
        assert snapshot.w_estimate == -snapshot.losses["critic"]
    else:
        expected = 10 * snapshot.losses["penalty"] - snapshot.w_estimate
        assert snapshot.losses["critic"] == pytest.approx(expected, abs=1e-6)


def test_a_snapshot_is_not_touched_by_later_steps() -> None:
    trainer = trainer_of()
    trainer.step()
    snapshot = trainer.snapshot()
    losses, samples = dict(snapshot.losses), snapshot.samples.copy()
    trainer.step()
    assert snapshot.losses == losses
    assert np.array_equal(snapshot.samples, samples)


def test_snapshots_come_now_at_every_multiple_and_at_the_end() -> None:
    assert [snapshot.step for snapshot in train(trainer_of(), 3)] == [0, 3, 6, 7]
    assert [snapshot.step for snapshot in train(trainer_of(), 7)] == [0, 7]
    trainer = trainer_of()
    for _ in range(4):
        trainer.step()
    assert [snapshot.step for snapshot in train(trainer, 3)] == [4, 6, 7]
    assert [snapshot.step for snapshot in train(trainer, 3)] == [7]


def test_training_advances_only_when_pulled() -> None:
    trainer = trainer_of()
    snapshots = train(trainer, 2)
    assert trainer.n_steps == 0
    next(snapshots)
    assert trainer.n_steps == 0
    next(snapshots)
    assert trainer.n_steps == 2


@EVERY_METHOD
def test_updates_are_counted_one_by_one(method: Method) -> None:
    trainer = trainer_of(method=method)

    def counters() -> tuple[int, int, int]:
        return trainer.n_steps, trainer.n_critic_updates, trainer.n_generator_updates

    def weights() -> tuple[bytes, bytes]:
        found = trainer.networks
        parts = (found.generator_parameters, found.critic_parameters)
        first, second = (part.vector.detach().numpy().tobytes() for part in parts)
        return first, second

    start = weights()
    trainer.update_critic()
    assert counters() == (0, 1, 0)
    assert weights()[0] == start[0]
    assert weights()[1] != start[1]
    start = weights()
    trainer.update_generator()
    assert counters() == (0, 1, 1)
    assert weights()[0] != start[0]
    assert weights()[1] == start[1]
    trainer.step()
    assert counters() == (1, 3, 2)  # two critic updates a step here


# The algorithms


def reference_loss(
    method: Method, critic: nn.Module, real: Tensor, fake: Tensor, rng: Any
) -> Tensor:
    if method == "gan":
        d_real, d_fake = torch.sigmoid(critic(real)), torch.sigmoid(critic(fake))
        return -(d_real.log().mean() + (1 - d_fake).log().mean())
    loss: Tensor = critic(fake).mean() - critic(real).mean()
    if method == "wgan-gp":
        epsilon = torch.rand(len(real), 1, generator=rng)
        x_hat = (epsilon * real + (1 - epsilon) * fake).requires_grad_(True)
        (slope,) = torch.autograd.grad(critic(x_hat).sum(), x_hat, create_graph=True)
        loss = loss + 10 * ((slope.norm(dim=1) - 1) ** 2).mean()
    return loss


def reference_run(trainer: Adversarial, n_steps: int) -> list[FloatArray]:
    """The algorithm box in plain PyTorch, from a trainer's weights and random state."""
    config, rng = trainer.config, torch.Generator()
    rng.set_state(trainer.rng.get_state())
    networks = []
    for module in (trainer.generator, trainer.critic):
        plain = nn.Sequential(
            nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 2)
        )
        if module is trainer.critic:
            plain[-1] = nn.Linear(8, 1)
        plain.load_state_dict(module.state_dict())
        networks.append(plain)
    generator, critic = networks
    optimizers: list[torch.optim.Optimizer] = []
    for module in networks:
        if config.optimizer == "adam":
            betas = (config.beta1, config.beta2)
            optimizers.append(torch.optim.Adam(module.parameters(), config.learning_rate, betas))
        else:
            optimizers.append(torch.optim.RMSprop(module.parameters(), config.learning_rate))
    for _ in range(n_steps):
        for _ in range(config.n_critic):
            real = torch.from_numpy(X)[torch.randint(len(X), (config.batch_size,), generator=rng)]
            fake = generator(torch.randn(config.batch_size, 2, generator=rng)).detach()
            optimizers[1].zero_grad()
            reference_loss(config.method, critic, real, fake, rng).backward()
            optimizers[1].step()
            if config.method == "wgan-clip":
                for parameter in critic.parameters():
                    parameter.data.clamp_(-config.clip, config.clip)
        scores = critic(generator(torch.randn(config.batch_size, 2, generator=rng)))
        if config.method != "gan":
            loss = -scores.mean()
        elif config.generator_loss == "saturating":
            loss = (1 - torch.sigmoid(scores)).log().mean()
        else:
            loss = -torch.sigmoid(scores).log().mean()
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()
    return [p.detach().numpy() for module in networks for p in module.parameters()]


@pytest.mark.parametrize(
    ("method", "optimizer", "generator_loss"),
    [
        ("gan", "adam", "saturating"),
        ("gan", "rmsprop", "non-saturating"),
        ("wgan-clip", "rmsprop", "non-saturating"),
        ("wgan-clip", "adam", "non-saturating"),
        ("wgan-gp", "adam", "non-saturating"),
        ("wgan-gp", "rmsprop", "non-saturating"),
    ],
)
def test_three_steps_equal_plain_pytorch(
    method: Method, optimizer: str, generator_loss: str
) -> None:
    trainer = trainer_of(
        method=method,
        optimizer=optimizer,
        generator_loss=generator_loss,
        learning_rate=1e-3,
        clip=0.2,
    )
    expected = reference_run(trainer, 3)
    for _ in range(3):
        trainer.step()
    found = list(trainer.networks.arrays().values())
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=2e-6)


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def tiny_gan(monkeypatch: pytest.MonkeyPatch, **settings: Any) -> Adversarial:
    """D's logit is 2·relu(3x + 1) − 4, G(z) = −1·relu(z + 0) + 1, x = 0.5 and z = 0.75 always."""
    network = NetworkConfig(n_features=1, n_latent=1, width=1, depth=1)
    config = TrainingConfig(method="gan", batch_size=2, learning_rate=0.01).replace(**settings)
    trainer = make_gan(np.full((3, 1), 0.5, np.float32), config, network)
    trainer.networks.critic_parameters.vector.data.copy_(torch.tensor([3.0, 1.0, 2.0, -4.0]))
    trainer.networks.generator_parameters.vector.data.copy_(torch.tensor([1.0, 0.0, -1.0, 1.0]))
    monkeypatch.setattr(trainer, "latents", lambda: torch.full((2, 1), 0.75))
    return trainer


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
def test_one_discriminator_update_by_hand(monkeypatch: pytest.MonkeyPatch, optimizer: str) -> None:
    trainer = tiny_gan(monkeypatch, optimizer=optimizer)
    assert isinstance(trainer, VanillaGAN)
    flat = trainer.networks.critic_parameters
    before = flat.vector.detach().clone()
    trainer.update_critic()
    # x = 0.5: hidden 2.5, logit 1. G(z) = 0.25: hidden 1.75, logit −0.5.
    at_real, at_fake = sigmoid(1) - 1, sigmoid(-0.5)  # d loss / d logit
    loss = math.log1p(math.exp(-1)) + math.log1p(math.exp(-0.5))
    expected = torch.tensor(
        [
            2 * (at_real * 0.5 + at_fake * 0.25),
            2 * (at_real + at_fake),
            at_real * 2.5 + at_fake * 1.75,
            at_real + at_fake,
        ]
    )
    torch.testing.assert_close(flat.gradient, expected, rtol=0, atol=1e-6)
    assert trainer.losses == {"critic": pytest.approx(loss, abs=1e-6)}
    # Adam's first move is −rate·sign, RMSProp's −rate/√(1 − 0.99)·sign.
    size = {"adam": 0.01, "rmsprop": 0.1}[optimizer]
    moved = flat.vector.detach() - before
    torch.testing.assert_close(moved, -size * expected.sign(), rtol=0, atol=1e-5)


@pytest.mark.parametrize("generator_loss", ["saturating", "non-saturating"])
def test_one_generator_update_by_hand(monkeypatch: pytest.MonkeyPatch, generator_loss: str) -> None:
    trainer = tiny_gan(monkeypatch, generator_loss=generator_loss)
    trainer.update_generator()
    # logit −0.5; saturating d/dl ln(1 − σ) = −σ(l), else d/dl (−ln σ) = σ(l) − 1; dl/dx = 6.
    saturating = generator_loss == "saturating"
    at_logit = -sigmoid(-0.5) if saturating else sigmoid(-0.5) - 1
    at_x = 6 * at_logit
    expected = torch.tensor([-at_x * 0.75, -at_x, at_x * 0.75, at_x])
    gradient = trainer.networks.generator_parameters.gradient
    torch.testing.assert_close(gradient, expected, rtol=0, atol=1e-6)
    loss = math.log(1 - sigmoid(-0.5)) if saturating else -math.log(sigmoid(-0.5))
    assert trainer.losses == {"generator": pytest.approx(loss, abs=1e-6)}


@pytest.mark.parametrize("clip", [0.01, 0.1])
def test_clipped_weights_stay_in_the_box(clip: float) -> None:
    trainer = trainer_of(method="wgan-clip", clip=clip)
    for update in range(6):
        if update == 3:
            trainer.update_generator()
        trainer.update_critic()
        weights = trainer.networks.critic_parameters.vector.detach().abs()
        assert weights.max().item() == np.float32(clip)  # the first weights were beyond
        assert all(
            parameter.abs().max() <= weights.max() for parameter in trainer.critic.parameters()
        )


@pytest.mark.parametrize("method", ["gan", "wgan-gp"])
def test_other_methods_do_not_clip(method: Method) -> None:
    trainer = trainer_of(method=method, clip=0.01)
    trainer.update_critic()
    assert trainer.networks.critic_parameters.vector.detach().abs().max() > 0.3


def test_the_penalty_pulls_slopes_towards_one() -> None:
    penalties = {}
    for penalty in (0.0, 10.0):
        trainer = trainer_of(penalty=penalty)
        for _ in range(150):
            trainer.update_critic()
        penalties[penalty] = trainer.losses["penalty"]
    assert penalties[10.0] < 0.1
    assert penalties[0.0] > 10 * penalties[10.0]


def test_batches_come_from_the_data_alone() -> None:
    x = np.arange(20, dtype=np.float32).reshape(10, 2)
    trainer = make_gan(x, QUICK, SMALL)
    rows = torch.cat([trainer.real_batch() for _ in range(50)])
    assert rows.shape == (400, 2)
    found, counts = np.unique(rows.numpy(), axis=0, return_counts=True)
    assert np.array_equal(found, x)  # every row, and nothing else
    assert counts.min() > 10


def test_latents_are_standard_normal_and_fresh() -> None:
    trainer = trainer_of(batch_size=5000)
    first, second = trainer.latents(), trainer.latents()
    assert first.shape == (5000, 2)
    assert not torch.equal(first, second)
    # Standard errors: 1/√10,000 for the mean and 1/√20,000 for the deviation.
    assert first.mean().item() == pytest.approx(0, abs=0.05)
    assert first.std().item() == pytest.approx(1, abs=0.04)
    assert trainer.fixed_z.std().item() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        # factor at step 0, 50, 75, 100 and 150 of 100; 0.001 is the least
        ("none", [1, 1, 1, 1, 1]),
        ("linear", [1, 0.5, 0.25, 0.001, 0.001]),
        ("cosine", [1, 0.5, (1 - math.sqrt(0.5)) / 2, 0.001, 0.001]),
    ],
)
def test_learning_rate_by_hand(decay: Decay, expected: list[float]) -> None:
    trainer = trainer_of(decay=decay, learning_rate=0.02, steps=100)
    for step, factor in zip((0, 50, 75, 100, 150), expected, strict=True):
        trainer.n_steps = step
        assert trainer.learning_rate() == pytest.approx(0.02 * factor, abs=1e-9)


def test_updates_use_the_decayed_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = tiny_gan(monkeypatch, decay="linear", steps=100)
    trainer.n_steps = 75
    before = trainer.networks.critic_parameters.vector.detach().clone()
    trainer.update_critic()
    moved = (trainer.networks.critic_parameters.vector.detach() - before).abs()
    torch.testing.assert_close(moved, torch.full((4,), 0.0025), rtol=0, atol=1e-6)


def test_samples_come_from_the_averaged_generator() -> None:
    trainer = trainer_of(average=0.75)
    flat = trainer.networks.generator_parameters
    average = flat.vector.detach().clone()
    for _ in range(3):
        trainer.update_critic()
        trainer.update_generator()
        average = 0.75 * average + 0.25 * flat.vector.detach()
    found = trainer.state()[0]["average"]
    np.testing.assert_allclose(found, average.numpy(), rtol=0, atol=1e-6)
    samples = trainer.snapshot().samples
    flat.vector.data.copy_(average)
    with torch.no_grad():
        expected = trainer.generator(trainer.fixed_z).numpy()
    np.testing.assert_allclose(samples, expected, rtol=0, atol=1e-5)


def test_averaging_does_not_change_the_training() -> None:
    assert checksums(trainer_of(average=0.9)) == checksums(trainer_of())


# What goes wrong


@pytest.mark.parametrize(
    ("width", "settings"),
    [
        (16, {"method": "gan", "n_critic": 1}),
        (32, {"method": "gan", "optimizer": "rmsprop"}),
        (16, {"method": "wgan-gp", "n_critic": 1}),
        (32, {"method": "wgan-gp"}),
        (32, {"method": "wgan-clip", "clip": 1000.0, "optimizer": "rmsprop"}),
        (16, {"method": "wgan-gp", "optimizer": "rmsprop", "n_critic": 1}),
    ],
)
def test_an_absurd_learning_rate_diverges_and_keeps_the_last_good_weights(
    width: int, settings: dict[str, Any]
) -> None:
    config = QUICK.replace(learning_rate=10.0, **settings)
    trainer = make_gan(X, config, NetworkConfig(width=width, depth=16))
    updates = [trainer.update_critic] * config.n_critic + [trainer.update_generator]
    sentence = None
    for update in itertools.islice(itertools.cycle(updates), 12):
        good, losses = trainer.networks.arrays(), dict(trainer.losses)
        counts = (trainer.n_critic_updates, trainer.n_generator_updates)
        moments = optimizer_arrays(trainer)
        try:
            update()
        except DivergedError as error:
            sentence = str(error)
            break
    assert sentence is not None
    part = "generator" if update == trainer.update_generator else "critic"
    assert sentence.startswith(f"Training diverged at step 0 ({part} update: {part} ")
    assert sentence.endswith("Lower the learning rate or the penalty.")
    for name, value in trainer.networks.arrays().items():
        assert np.array_equal(value, good[name]), name
        assert np.isfinite(value).all(), name
    assert losses == trainer.losses
    assert counts == (trainer.n_critic_updates, trainer.n_generator_updates)
    assert all(map(np.array_equal, moments, optimizer_arrays(trainer)))


def test_a_run_does_not_stand_still_for_ever() -> None:
    config = QUICK.replace(learning_rate=10.0, steps=60)  # networks within the live limits
    trainer = make_gan(X, config, NetworkConfig(width=64, depth=4))
    with contextlib.suppress(DivergedError):
        list(train(trainer))
    assert all(np.isfinite(value).all() for value in trainer.state()[0].values())


def optimizer_arrays(trainer: Adversarial) -> list[Any]:
    arrays, _ = trainer.state()
    return [value for name, value in arrays.items() if name.startswith("optimizer.")]


@EVERY_METHOD
@pytest.mark.parametrize("part", ["critic", "generator"])
def test_a_loss_that_is_not_finite_is_never_applied(method: Method, part: str) -> None:
    trainer = trainer_of(method=method)
    trainer.step()
    trainer.networks.generator_parameters.vector.data[0] = math.nan
    before = trainer.networks.checksum()
    update = trainer.update_critic if part == "critic" else trainer.update_generator
    with pytest.raises(DivergedError, match=rf"diverged at step 1 \({part} update"):
        update()
    assert trainer.networks.checksum() == before


def test_the_loop_passes_divergence_on_after_its_good_snapshots() -> None:
    trainer = trainer_of(steps=50)
    snapshots = train(trainer, 2)
    assert [next(snapshots).step for _ in range(3)] == [0, 2, 4]
    trainer.networks.generator_parameters.vector.data.fill_(math.inf)
    with pytest.raises(DivergedError, match="diverged at step 4"):
        next(snapshots)
    assert trainer.n_steps == 4


@pytest.mark.parametrize(
    ("x", "sentence"),
    [
        (np.zeros((5, 3), np.float32), r"shape \(n, 2\) with n ≥ 1; found \(5, 3\)"),
        (np.zeros((0, 2), np.float32), r"found \(0, 2\)"),
        (np.zeros(5, np.float32), r"found \(5,\)"),
        (np.zeros((5, 2, 2), np.float32), r"found \(5, 2, 2\)"),
        (np.full((5, 2), np.nan, np.float32), "found NaN or infinite values"),
        (np.array([[1, 2], [3, np.inf]], np.float32), "found NaN or infinite values"),
    ],
)
def test_bad_data_is_refused(x: FloatArray, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        make_gan(x, QUICK, SMALL)


def test_without_a_network_the_data_decide_its_inputs() -> None:
    trainer = make_gan(np.zeros((5, 3), np.float32), QUICK)
    assert trainer.networks.config == NetworkConfig(n_features=3)
    assert trainer.snapshot().samples.shape == (N_FIXED, 3)
    for bad in (np.zeros(5, np.float32), np.zeros((5, 2, 2), np.float32)):
        with pytest.raises(ValueError, match=r"Expected data of shape \(n, "):
            make_gan(bad, QUICK)


# It learns


def test_wgan_gp_learns_a_ring() -> None:
    mixture = make_mixture(MixtureConfig(n_samples=20_000))
    config = SHARP.replace(steps=200, batch_size=64)
    trainer = make_gan(mixture.x, config)
    first, last = train(trainer, 1000)
    real = mixture.x[:500]
    before, after = (wasserstein(real, snapshot.samples[:500]) for snapshot in (first, last))
    assert before > 0.8  # about the radius: a fresh generator sits near the centre
    assert after < 0.35
    radius = np.hypot(*last.samples.T)
    assert 0.7 < np.median(radius) < 1.2
