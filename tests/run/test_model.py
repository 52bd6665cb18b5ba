"""A model of a split: judged as it is trained, resumed to the same end, kept in few bytes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from tests.small import IMAGE, METHODS, QUICK, assert_same_state, data, made
from wganad_core import pretrained, storage
from wganad_core.config import ImageConfig, TrainingConfig
from wganad_core.data.mnist import load_sample, vectors
from wganad_core.methods import DivergedError, trained_modules
from wganad_core.records import MATRIX, half
from wganad_core.run import Checkpoint, observers
from wganad_core.run import model as models
from wganad_core.run.model import ModelRun, Task

FIT, VALIDATION = data("image")[:120], data("image")[120:]
EVERY_METHOD = pytest.mark.parametrize("method", METHODS)


def task_of(method: str, network: ImageConfig = IMAGE, **settings: Any) -> Task:
    training = QUICK.replace(method=method, batch_size=6, decay="linear")
    return Task("mnist", "4", "80/20", network, training.replace(**settings))


def run_of(method: str, **settings: Any) -> ModelRun:
    return ModelRun(task_of(method, **settings), FIT, VALIDATION, generator_for(method))


def generator_for(method: str) -> pretrained.Weights | None:
    if method != "encoder":
        return None
    return {name: half(value) for name, value in made("wgan-gp", seed=9).arrays().items()}


def checkpoint_of(run: ModelRun, path: Path) -> Checkpoint:
    return Checkpoint(path, run.task.plan(), run.data)


def without_seconds(model: pretrained.Model) -> dict[str, Any]:
    metrics = {name: value for name, value in model.metrics.items() if name != "seconds"}
    return {"history": dict(model.history), "metrics": metrics}


# Resuming


@EVERY_METHOD
def test_a_resumed_run_equals_the_unbroken_one(method: str, tmp_path: Path) -> None:
    settings = {"average": 0.5 if method in ("gan", "wgan-gp", "bigan", "vae") else 0.0}
    unbroken, broken = run_of(method, **settings), run_of(method, **settings)
    assert [snapshot.step for snapshot in unbroken] == list(range(1, 8))
    for stop in (3, 5):
        while broken.step < stop:
            next(broken)
        checkpoint_of(broken, tmp_path / "run.checkpoint").save(broken)
        seconds, broken = broken.seconds, run_of(method, **settings)
        assert checkpoint_of(broken, tmp_path / "run.checkpoint").load(broken)
        assert (broken.seconds, broken.step) == (seconds, stop)
    assert [snapshot.step for snapshot in broken] == [6, 7]
    assert_same_state(unbroken, broken)
    assert unbroken.history.columns["step"] == [1, 2, 3, 4, 5, 6, 7]
    one, other = unbroken.result("command"), broken.result("command")
    assert without_seconds(one) == without_seconds(other)
    for name, value in one.arrays.items():
        assert np.array_equal(value, other.arrays[name]), name


def test_a_checkpoint_of_another_task_is_refused(tmp_path: Path) -> None:
    path, run = tmp_path / "run.checkpoint", run_of("vae")
    checkpoint_of(run, path).save(run)
    training = task_of("vae").training
    others = [
        run_of("vae", seed=1),
        run_of("bigan"),
        ModelRun(task_of("vae", IMAGE.replace(hidden=7)), FIT, VALIDATION),
        ModelRun(Task("mnist", "5", "80/20", IMAGE, training), FIT, VALIDATION),
        ModelRun(Task("mnist", "4", "official", IMAGE, training), FIT, VALIDATION),
        ModelRun(task_of("vae"), FIT[1:], VALIDATION),
        ModelRun(task_of("vae"), FIT, VALIDATION[1:]),
    ]
    for other in others:
        before = other.trainer.networks.checksum()
        with pytest.raises(storage.StorageError, match="belongs to a run with other settings"):
            checkpoint_of(other, path).load(other)
        assert other.trainer.networks.checksum() == before
        assert other.step == 0


def test_too_large_a_rate_diverges_by_itself() -> None:
    run = run_of("vae", learning_rate=10.0, steps=200, decay="none")
    with pytest.raises(DivergedError, match="Lower the learning rate"):
        list(run)
    assert 0 < run.step < 200
    assert all(np.isfinite(value).all() for value in run.trainer.networks.arrays().values())


# Judging


def test_judging_looks_at_validation_only() -> None:
    run = run_of("vae")
    next(run)
    before, trainer = run.judge(run.trainer), run.trainer
    trainer.x.fill_(0.3)  # the data that it is trained on
    state, checksum = trainer.rng.get_state(), trainer.networks.checksum()
    assert run.judge(trainer) == before
    assert torch.equal(trainer.rng.get_state(), state)
    assert trainer.networks.checksum() == checksum
    run.judge.validation = run.judge.validation[::-1] * np.float32(0.5)
    assert run.judge(trainer) != before


@pytest.mark.parametrize("average", [0.0, 0.99])
def test_the_figures_by_hand(average: float) -> None:
    """Of the weights that are kept, the averaged ones where there is an average."""
    run = run_of("vae", average=average, learning_rate=0.05)
    list(run)
    found = run.judge(run.trainer)
    assert found.keys() == {"sliced_w1", "squared_error"}
    networks = made("vae")
    networks.load_arrays(run.trainer.finished_arrays())
    with torch.no_grad():
        means = networks["encoder"](torch.from_numpy(VALIDATION))[:, :3]
        rebuilt = networks.generator(means).numpy()
    by_sample = [float(((a - b) ** 2).sum()) for a, b in zip(VALIDATION, rebuilt, strict=True)]
    assert found["squared_error"] == pytest.approx(sum(by_sample) / 40, rel=1e-5)


OBSERVED = {
    "wgan-gp": {"sliced_w1", "w_estimate", "critic", "generator", "penalty"},
    "wgan-clip": {"sliced_w1", "w_estimate", "critic", "generator"},
    "gan": {"sliced_w1", "critic", "generator"},
    "bigan": {"sliced_w1", "squared_error", "critic", "generator", "encoder"},
    "vae": {"sliced_w1", "squared_error", "generator", "encoder"},
    "encoder": {"squared_error", "encoder"},
    "contrast": {"contrast", "shifts"},
}


@EVERY_METHOD
def test_what_is_observed(method: str) -> None:
    run = run_of(method, steps=45, n_critic=1)
    assert run.history.columns == {}
    while run.step < 4:
        next(run)
    found = run.history.columns
    assert found["step"] == [2, 4]
    assert found.keys() == {"step"} | OBSERVED[method]
    assert all(len(values) == 2 for values in found.values())
    assert all(np.isfinite(values).all() for values in found.values())
    # some twenty points and the last
    assert sorted(run.history.steps) == [*range(2, 45, 2), 45]


def test_only_so_many_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    few = ModelRun(task_of("vae"), FIT, VALIDATION[:10])
    for module in (models, observers):
        monkeypatch.setattr(module, "N_JUDGED", 10)
    many = run_of("vae")
    assert many.judge(many.trainer) == few.judge(few.trainer)


# Finished models


@EVERY_METHOD
def test_a_model_survives_its_file(method: str, tmp_path: Path) -> None:
    run, path = run_of(method, steps=2), tmp_path / "4" / "model.safetensors"
    list(run)
    model = run.result("python -m wganad_core train mnist")
    pretrained.save_model(model, path)
    found = pretrained.load_model(path)
    for field in ("use_case", "abnormal", "protocol", "network", "training", "command", "view"):
        assert getattr(found, field) == getattr(model, field)
    assert dict(found.history) == dict(model.history)
    assert dict(found.metrics) == dict(model.metrics)
    assert found.metrics["steps"] == 2
    expected = set(run.trainer.parts)
    assert trained_modules(method, found.network, found.arrays).keys() == expected
    assert {name.partition(".")[0] for name in found.arrays} == expected
    assert found.arrays.keys() == model.arrays.keys()
    for name, value in found.arrays.items():
        step = np.abs(value).max(initial=0) / 127 if value.size >= MATRIX else 0
        np.testing.assert_allclose(value, model.arrays[name], rtol=1e-3, atol=1e-6 + 0.51 * step)


def test_large_arrays_are_kept_a_byte_a_number(tmp_path: Path) -> None:
    run, path = run_of("wgan-gp", steps=1), tmp_path / "model.safetensors"
    list(run)
    rng = np.random.default_rng(0)
    scales = rng.uniform(0.01, 10, (40, 1, 1, 1)).astype(np.float32)
    large = scales * rng.standard_normal((40, 3, 4, 4)).astype(np.float32)
    large[7] = 0
    arrays = {"critic.1.weight": large, "critic.1.bias": large.ravel()[:5]}
    model = dataclasses.replace(run.result("python"), arrays=arrays)
    pretrained.save_model(model, path)
    found = pretrained.load_model(path).arrays
    steps = np.abs(large).max(axis=(1, 2, 3), keepdims=True) / 127
    assert (np.abs(found["critic.1.weight"] - large) <= 0.5001 * steps).all()
    assert found["critic.1.weight"].dtype == np.float32
    assert np.array_equal(found["critic.1.bias"], half(arrays["critic.1.bias"]))
    assert path.stat().st_size < large.size + 5_000
    again = tmp_path / "again.safetensors"  # what was stored is stored again as it is
    pretrained.save_model(pretrained.load_model(path), again)
    for name, value in pretrained.load_model(again).arrays.items():
        np.testing.assert_allclose(value, found[name], rtol=1e-6)


def test_what_half_precision_cannot_hold_is_clipped() -> None:
    values = np.array([1e9, -1e9, 0.1, 1e-9], np.float32)
    assert half(values).tolist() == [65504, -65504, float(np.float16(0.1)), 0]


def test_other_files_are_no_models(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(storage.StorageError, match="cannot be read"):
        pretrained.load_model(path)
    storage.save(path, "run", {}, {})
    with pytest.raises(storage.StorageError, match="holds a run; expected a model"):
        pretrained.load_model(path)


def test_an_encoder_needs_a_generator_and_starts_from_it() -> None:
    given = generator_for("encoder")
    assert given is not None
    for name, value in run_of("encoder").trainer.networks.arrays().items():
        if name.startswith("generator."):
            assert np.array_equal(value, given[name].astype(np.float32)), name
    with pytest.raises(ValueError, match="An encoder is trained on a generator; train a wgan-gp"):
        ModelRun(task_of("encoder"), FIT, VALIDATION)
    other = made("wgan-gp", IMAGE.replace(n_latent=4)).arrays()
    with pytest.raises(ValueError, match="does not belong to this network"):
        ModelRun(task_of("encoder"), FIT, VALIDATION, other)


# End to end on the bundled sample


def test_five_seconds_of_training_learn_to_rebuild_digits() -> None:
    """A VAE of nine digits: on held-out images its error falls to a third of what it was, and
    below what the best single image could reach."""
    sample = load_sample()
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(sample.labels != 4))[:2_400]
    x = vectors(sample.images[chosen])
    fit, held_out = x[:2_000], x[2_000:]
    network = ImageConfig(n_latent=8, generator_width=4, critic_width=4, encoder_width=4, hidden=32)
    training = TrainingConfig(
        method="vae",
        learning_rate=8e-3,
        beta1=0.9,
        beta2=0.999,
        batch_size=32,
        decay="cosine",
        steps=400,
    )
    run = ModelRun(Task("mnist", "4", "80/20", network, training), fit, held_out)
    before = run.judge(run.trainer)["squared_error"]
    list(run)
    after = run.judge(run.trainer)["squared_error"]
    mean_image = float(np.square(held_out - fit.mean(axis=0)).sum(1).mean())
    assert after < before / 3
    assert after < 0.85 * mean_image
    assert run.history.columns["squared_error"][-1] == after
