"""What all trainings share: deterministic, counted, averaged, and safe to diverge."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import math
from typing import Any

import numpy as np
import pytest
import torch

from tests.small import DENSE, METHODS, QUICK, TRAININGS, assert_same_state, data, game, training
from wganad_core.config import Decay, NetworkConfig
from wganad_core.methods import DivergedError, Trainer, make_trainer
from wganad_core.methods.trainer import N_FIXED
from wganad_core.records import FloatArray
from wganad_core.run import train

EVERY_TRAINING = pytest.mark.parametrize(("shape", "method"), TRAININGS)
EVERY_GAME = pytest.mark.parametrize("method", ["gan", "wgan-clip", "wgan-gp"])


def checksums(trainer: Trainer) -> list[str]:
    """Of the weights, before the first step and after each."""
    before = trainer.networks.checksum()
    return [before, *(trainer.networks.checksum() for _ in train(trainer))]


# Determinism


@EVERY_TRAINING
def test_the_same_seed_gives_the_same_run(shape: str, method: str) -> None:
    first = checksums(training(method, shape, steps=3))
    torch.manual_seed(99)  # global random state plays no part
    torch.rand(3)
    assert checksums(training(method, shape, steps=3)) == first
    assert len(set(first)) == 4  # and every step changes the weights
    assert not set(first) & set(checksums(training(method, shape, steps=3, seed=1)))


def test_methods_start_from_the_same_weights_and_latents() -> None:
    first, *others = (game(method) for method in ("gan", "wgan-clip", "wgan-gp"))
    for other in others:
        assert first.networks.checksum() == other.networks.checksum()
        assert np.array_equal(first.picture(), other.picture())


def test_runs_side_by_side_do_not_disturb_each_other() -> None:
    one, other = game(), game("gan")
    together = [one.networks.checksum()]
    for _ in zip(train(one), train(other), strict=True):
        together.append(one.networks.checksum())
    assert together == checksums(game())


@pytest.mark.parametrize("method", METHODS)
def test_watching_changes_nothing(method: str) -> None:
    unseen, watched = training(method, "image"), training(method, "image")
    list(train(unseen))
    for _ in train(watched):
        watched.snapshot()
        watched.picture()
        watched.state()
    assert_same_state(unseen, watched)


def test_an_earlier_state_is_not_touched_by_later_steps() -> None:
    trainer = game(average=0.9)
    trainer.step()
    arrays, _ = trainer.state()
    kept = {name: value.copy() for name, value in arrays.items()}
    trainer.step()
    assert all(np.array_equal(arrays[name], kept[name]) for name in kept)


# Snapshots, pictures and counters


@EVERY_GAME
def test_the_first_snapshot_shows_untrained_networks(method: str) -> None:
    trainer = game(method)
    snapshot, picture = trainer.snapshot(), trainer.picture()
    assert (snapshot.step, snapshot.losses) == (0, {})
    assert math.isnan(snapshot.w_estimate)
    assert picture.shape == (N_FIXED, 2)
    assert picture.dtype == np.float32
    with torch.no_grad():
        expected = trainer.generator(trainer.fixed_z).numpy()
    assert np.array_equal(picture, expected)


@EVERY_TRAINING
def test_a_picture_is_what_fixed_samples_become(shape: str, method: str) -> None:
    found = training(method, shape).picture()
    n_shown = N_FIXED if shape == "rows" else 100
    if method in ("encoder", "contrast"):
        n_shown = min(100, len(data(shape)))
    assert found.shape == (n_shown, data(shape).shape[1])
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert np.array_equal(found, training(method, shape).picture())


def test_the_checksum_is_the_hash_of_all_weights() -> None:
    trainer = game()
    trainer.step()
    weights = trainer.networks.arrays()
    assert list(weights) == [
        f"{part}.{i}.{kind}"
        for part in ("generator", "critic")
        for i in (0, 2, 4)
        for kind in ("weight", "bias")
    ]
    digest = hashlib.sha256(b"".join(value.tobytes() for value in weights.values()))
    assert trainer.networks.checksum() == digest.hexdigest()


@EVERY_TRAINING
def test_a_later_snapshot_names_its_losses(shape: str, method: str) -> None:
    trainer = training(method, shape)
    trainer.step()
    snapshot = trainer.snapshot()
    assert snapshot.step == 1
    of_parts = {"contrast", "shifts"} if method == "contrast" else {*trainer.parts}
    assert set(snapshot.losses) == of_parts | ({"penalty"} & {*snapshot.losses})
    assert ("penalty" in snapshot.losses) == (method == "wgan-gp")
    assert all(math.isfinite(value) for value in snapshot.losses.values())
    if method == "wgan-clip":
        assert snapshot.w_estimate == -snapshot.losses["critic"]
    elif method == "wgan-gp":
        expected = 10 * snapshot.losses["penalty"] - snapshot.w_estimate
        assert snapshot.losses["critic"] == pytest.approx(expected, abs=1e-6)
    else:
        assert math.isnan(snapshot.w_estimate)


def test_snapshots_and_pictures_are_not_touched_by_later_steps() -> None:
    trainer = game()
    trainer.step()
    snapshot, picture = trainer.snapshot(), trainer.picture()
    losses, samples = dict(snapshot.losses), picture.copy()
    trainer.step()
    assert snapshot.losses == losses
    assert np.array_equal(picture, samples)


def test_a_snapshot_comes_after_every_step_that_is_left() -> None:
    trainer = game()
    snapshots = train(trainer)
    assert trainer.n_steps == 0  # training advances only when pulled
    assert [next(snapshots).step for _ in range(4)] == [1, 2, 3, 4]
    assert trainer.n_steps == 4
    assert [snapshot.step for snapshot in train(trainer)] == [5, 6, 7]
    assert list(train(trainer)) == []


@EVERY_GAME
def test_updates_are_counted_one_by_one(method: str) -> None:
    trainer = game(method)

    def counters() -> tuple[int, int, int]:
        return trainer.n_steps, trainer.n_critic_updates, trainer.n_generator_updates

    def weights() -> tuple[bytes, bytes]:
        flat = trainer.networks.flat
        first, second = (flat[part].vector.detach().numpy().tobytes() for part in trainer.parts)
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


# What the boxes are written with


def test_batches_come_from_the_data_alone() -> None:
    x = np.arange(20, dtype=np.float32).reshape(10, 2)
    trainer = make_trainer(x, QUICK, DENSE)
    rows = torch.cat([trainer.real_batch() for _ in range(50)])
    assert rows.shape == (400, 2)
    found, counts = np.unique(rows.numpy(), axis=0, return_counts=True)
    assert np.array_equal(found, x)  # every row, and nothing else
    assert counts.min() > 10


def test_latents_are_standard_normal_and_fresh() -> None:
    trainer = game(batch_size=5000)
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
        # two and four and a half sevenths of the way down half a cosine from the thirtieth step
        (
            "one-cycle",
            [1 / 25, *((1 + math.cos(math.pi * way / 7)) / 2 for way in (2, 4.5)), 0.001, 0.001],
        ),
    ],
)
def test_learning_rate_by_hand(decay: Decay, expected: list[float]) -> None:
    trainer = game(decay=decay, learning_rate=0.02, steps=100)
    for step, factor in zip((0, 50, 75, 100, 150), expected, strict=True):
        trainer.n_steps = step
        assert trainer.learning_rate() == pytest.approx(0.02 * factor, abs=1e-9)


@pytest.mark.parametrize("method", ["gan", "wgan-gp"])
def test_a_critic_may_have_a_rate_of_its_own(method: str) -> None:
    """With the same gradients the critic's first step of Adam is a tenth as long."""
    steps = {}
    for own in (0.0, 1e-4):
        trainer = game(
            method=method, optimizer="adam", learning_rate=1e-3, critic_learning_rate=own
        )
        vectors = {part: trainer.networks.flat[part].vector for part in ("critic", "generator")}
        before = {part: vector.detach().clone() for part, vector in vectors.items()}
        trainer.update_critic()
        trainer.update_generator()
        steps[own] = {part: vectors[part].detach() - before[part] for part in vectors}
    torch.testing.assert_close(
        steps[1e-4]["critic"], steps[0.0]["critic"] / 10, atol=1e-7, rtol=1e-3
    )
    assert steps[1e-4]["critic"].abs().max() == pytest.approx(1e-4, rel=1e-2)
    assert steps[1e-4]["generator"].abs().max() == pytest.approx(1e-3, rel=1e-2)


def test_samples_come_from_the_averaged_generator() -> None:
    trainer = game(average=0.75)
    flat = trainer.networks.generator_parameters
    average = flat.vector.detach().clone()
    for _ in range(3):
        trainer.update_critic()
        trainer.update_generator()
        average = 0.75 * average + 0.25 * flat.vector.detach()
    found = trainer.state()[0]["average"]
    np.testing.assert_allclose(found, average.numpy(), rtol=0, atol=1e-6)
    samples = trainer.picture()
    flat.vector.data.copy_(average)
    with torch.no_grad():
        expected = trainer.generator(trainer.fixed_z).numpy()
    np.testing.assert_allclose(samples, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", ["image", "dense", "recurrence", "conv", "recurrent"])
def test_an_average_begins_at_the_weights_and_is_kept_of_a_finished_run(shape: str) -> None:
    trainer = training("wgan-gp", shape, average=0.5)
    trainer.step()
    with torch.no_grad():
        own = trainer.networks.generator(trainer.fixed_z).numpy()  # type: ignore[attr-defined]
    averaged = trainer.picture()
    assert not np.array_equal(averaged, own)
    kept = training("wgan-gp", shape)
    kept.networks.load_arrays(trainer.finished_arrays())
    np.testing.assert_array_equal(kept.picture(), averaged)
    trainer.start_from({})
    np.testing.assert_array_equal(trainer.picture(), own)


def test_averaging_does_not_change_the_training() -> None:
    assert checksums(game(average=0.9)) == checksums(game())


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
    network = NetworkConfig(width=width, depth=16)
    trainer = game(network=network, learning_rate=10.0, **settings)
    updates = [trainer.update_critic] * trainer.config.n_critic + [trainer.update_generator]
    sentence = None
    for update in itertools.islice(itertools.cycle(updates), 12):
        arrays, meta = trainer.state()
        try:
            update()
        except DivergedError as error:
            sentence = str(error)
            break
    assert sentence is not None
    part = "generator" if update == trainer.update_generator else "critic"
    assert sentence.startswith(f"Training diverged at step 0 ({part} update: {part} ")
    assert sentence.endswith("Lower the learning rate or the penalty.")
    found, told = trainer.state()
    del found["rng"], arrays["rng"]  # the batch has been drawn
    for name, value in found.items():
        assert np.array_equal(value, arrays[name]), name
        assert np.isfinite(value).all(), name
    assert (told["losses"], told["updates"]) == (meta["losses"], meta["updates"])


def test_a_run_does_not_stand_still_for_ever() -> None:
    network = NetworkConfig(width=64, depth=4)  # within the live limits
    trainer = game(network=network, learning_rate=10.0, steps=60)
    with contextlib.suppress(DivergedError):
        list(train(trainer))
    assert all(np.isfinite(value).all() for value in trainer.state()[0].values())


@EVERY_GAME
@pytest.mark.parametrize("part", ["critic", "generator"])
def test_a_loss_that_is_not_finite_is_never_applied(method: str, part: str) -> None:
    trainer = game(method)
    trainer.step()
    trainer.networks.generator_parameters.vector.data[0] = math.nan
    before = trainer.networks.checksum()
    update = trainer.update_critic if part == "critic" else trainer.update_generator
    with pytest.raises(DivergedError, match=rf"diverged at step 1 \({part} update"):
        update()
    assert trainer.networks.checksum() == before


@pytest.mark.parametrize("method", METHODS)
def test_data_that_became_infinite_keep_finite_weights(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = training(method, "image")
    trainer.step()
    before, batch = trainer.networks.arrays(), trainer.real_batch()
    monkeypatch.setattr(trainer, "real_batch", lambda: batch * float("inf"))
    with pytest.raises(DivergedError, match=r"diverged at step 1 .*weights before it are kept"):
        trainer.step()
    assert trainer.n_steps == 1
    for name, value in trainer.networks.arrays().items():  # statistics of batches among them
        assert np.isfinite(value).all(), name
        assert np.array_equal(value, before[name]), name


def test_where_one_network_would_be_poisoned_none_moves() -> None:
    trainer = training("vae", "image")
    trainer.step()
    before, updates = trainer.networks.checksum(), dict(trainer.updates)
    encoder = next(trainer.networks["encoder"].parameters())
    encoder.register_hook(lambda gradient: gradient * math.inf)
    with pytest.raises(DivergedError, match="encoder update"):
        trainer.step()
    assert trainer.networks.checksum() == before
    assert trainer.updates == updates


def test_the_loop_passes_divergence_on_after_its_good_snapshots() -> None:
    trainer = game(steps=50)
    snapshots = train(trainer)
    assert [next(snapshots).step for _ in range(4)] == [1, 2, 3, 4]
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
        make_trainer(x, QUICK, DENSE)


@pytest.mark.parametrize("shape", ["image", "dense", "recurrence", "conv", "recurrent"])
def test_rows_of_another_shape_are_refused(shape: str) -> None:
    config = training("wgan-gp", shape).networks.config
    with pytest.raises(ValueError, match=rf"\(n, {config.n_features}\) .* found \(2, 7\)"):
        make_trainer(np.zeros((2, 7), np.float32), QUICK, config)


def test_without_a_network_the_data_decide_its_inputs() -> None:
    trainer = make_trainer(np.zeros((5, 3), np.float32), QUICK)
    assert trainer.networks.config == NetworkConfig(n_features=3)
    assert trainer.picture().shape == (N_FIXED, 3)
    for bad in (np.zeros(5, np.float32), np.zeros((5, 2, 2), np.float32)):
        with pytest.raises(ValueError, match=r"Expected data of shape \(n, "):
            make_trainer(bad, QUICK)
