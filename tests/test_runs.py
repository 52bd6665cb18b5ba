"""A model's run: resumed, diverged, judged, finished; the end-to-end training; pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist
from wganad_core.networks.build import make_networks
from wganad_core.runs import ModelRun, Task
from wganad_core.scoring import evaluate
from wganad_core.training import DivergedError

from wganad_core import pretrained, runs, storage
from wganad_core.config import ImageConfig, Method, TrainingConfig
from wganad_core.data.mnist import load_sample, vectors
from wganad_core.networks import image
from wganad_core.records import FloatArray, half

TINY = ImageConfig(n_latent=3, generator_width=2, critic_width=2, encoder_width=2, hidden=6)
SAMPLE = load_sample()
X = vectors(SAMPLE.images[:160])
FIT, VALIDATION = X[:120], X[120:]
EVERY_METHOD: tuple[Method, ...] = get_args(Method)


def task_of(method: Method, network: ImageConfig = TINY, **settings: Any) -> Task:
    quick = TrainingConfig(
        method=method, batch_size=6, n_critic=2, learning_rate=1e-2, steps=7, decay="linear"
    )
    return Task("mnist", "4", "80/20", network, quick.replace(**settings))


def run_of(method: Method, **settings: Any) -> ModelRun:
    return ModelRun(task_of(method, **settings), FIT, VALIDATION, generator_for(method))


def generator_for(method: Method) -> pretrained.Weights | None:
    if method != "encoder":
        return None
    arrays = make_networks(TINY, torch.Generator().manual_seed(9)).arrays()
    return {name: value.astype(np.float16) for name, value in arrays.items()}


def without_seconds(model: pretrained.Model) -> dict[str, Any]:
    metrics = {name: value for name, value in model.metrics.items() if name != "seconds"}
    return {"history": dict(model.history), "metrics": metrics}


def assert_same(one: ModelRun, other: ModelRun) -> None:
    arrays, meta = one.trainer.state()
    other_arrays, other_meta = other.trainer.state()
    assert arrays.keys() == other_arrays.keys()
    for name, value in arrays.items():
        assert np.array_equal(value, other_arrays[name]), name
    assert json.dumps(meta, sort_keys=True) == json.dumps(other_meta, sort_keys=True)
    assert one.history == other.history
    assert np.array_equal(one.trainer.picture(), other.trainer.picture())


# Resuming


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_a_resumed_run_equals_the_unbroken_one(method: Method, tmp_path: Path) -> None:
    settings = {"average": 0.5 if method in ("gan", "wgan-gp", "bigan", "vae") else 0.0}
    unbroken, path = run_of(method, **settings), tmp_path / "run.checkpoint"
    assert list(unbroken.steps()) == list(range(1, 8))
    broken = run_of(method, **settings)
    for stop in (3, 5):
        for step in broken.steps():
            if step == stop:
                break
        broken.save(path)
        seconds = broken.seconds
        broken = run_of(method, **settings)
        broken.resume(path)
        assert broken.seconds == seconds
        assert broken.step == stop
    assert list(broken.steps()) == [6, 7]
    assert_same(unbroken, broken)
    assert unbroken.history["step"] == [1, 2, 3, 4, 5, 6, 7]
    one, other = unbroken.result("command"), broken.result("command")
    assert without_seconds(one) == without_seconds(other)
    for name, value in one.arrays.items():
        assert np.array_equal(value, other.arrays[name]), name


def test_a_checkpoint_of_another_task_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    run_of("vae").save(path)
    others = [
        run_of("vae", seed=1),
        run_of("bigan"),
        ModelRun(task_of("vae", TINY.replace(hidden=7)), FIT, VALIDATION),
        ModelRun(Task("mnist", "5", "80/20", TINY, task_of("vae").training), FIT, VALIDATION),
        ModelRun(Task("mnist", "4", "official", TINY, task_of("vae").training), FIT, VALIDATION),
    ]
    for other in others:
        before = other.trainer.networks.checksum()
        with pytest.raises(storage.StorageError, match="belongs to a run with other settings"):
            other.resume(path)
        assert other.trainer.networks.checksum() == before
        assert other.step == 0


def test_other_files_are_no_checkpoints(tmp_path: Path) -> None:
    path = tmp_path / "run.checkpoint"
    with pytest.raises(storage.StorageError, match="cannot be read"):
        run_of("vae").resume(path)
    storage.save(path, "model", {}, {})
    with pytest.raises(storage.StorageError, match="holds a model; expected a checkpoint of a"):
        run_of("vae").resume(path)
    run_of("vae").save(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(storage.StorageError, match="damaged"):
        run_of("vae").resume(path)


# Diverging


@pytest.mark.parametrize("method", ["vae", "wgan-gp", "encoder"])
def test_a_diverged_run_keeps_finite_weights(
    method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(method)
    steps = run.steps()
    next(steps)
    before = run.trainer.networks.checksum()
    real_batch = run.trainer.real_batch
    monkeypatch.setattr(run.trainer, "real_batch", lambda: real_batch() * float("inf"))
    with pytest.raises(DivergedError, match=r"diverged at step 1 .*weights before it are kept"):
        next(steps)
    assert run.step == 1
    assert run.trainer.networks.checksum() == before
    for part in run.trainer.networks.flat.values():
        assert torch.isfinite(part.vector).all()


def test_too_large_a_rate_diverges_by_itself() -> None:
    run = run_of("vae", learning_rate=10, steps=200, decay="none")
    with pytest.raises(DivergedError, match="Lower the learning rate"):
        list(run.steps())
    assert 0 < run.step < 200
    assert all(np.isfinite(value).all() for value in run.trainer.networks.arrays().values())


# Judging


def test_judging_looks_at_validation_only() -> None:
    run = run_of("vae")
    next(run.steps())
    before = run.judge()
    run.trainer.x.fill_(0.3)  # the data that it is trained on
    state = run.trainer.rng.get_state()
    checksum = run.trainer.networks.checksum()
    assert run.judge() == before
    assert torch.equal(run.trainer.rng.get_state(), state)
    assert run.trainer.networks.checksum() == checksum
    run.validation = run.validation[::-1] * np.float32(0.5)
    assert run.judge() != before


def test_the_figures_by_hand() -> None:
    run = run_of("vae")
    list(run.steps())
    found = run.judge()
    assert found.keys() == {"sliced_w1", "squared_error"}
    modules = run.trainer.networks.modules
    with torch.no_grad():
        means = modules["encoder"](torch.from_numpy(VALIDATION))[:, :3]
        rebuilt = modules["generator"](means).numpy()
    by_sample = [float(((a - b) ** 2).sum()) for a, b in zip(VALIDATION, rebuilt, strict=True)]
    assert found["squared_error"] == pytest.approx(sum(by_sample) / 40, abs=1e-3)


@pytest.mark.parametrize(
    ("method", "names"),
    [
        ("wgan-gp", {"sliced_w1", "w_estimate", "critic", "generator", "penalty"}),
        ("wgan-clip", {"sliced_w1", "w_estimate", "critic", "generator"}),
        ("gan", {"sliced_w1", "critic", "generator"}),
        ("bigan", {"sliced_w1", "squared_error", "critic", "generator", "encoder"}),
        ("vae", {"sliced_w1", "squared_error", "generator", "encoder"}),
        ("encoder", {"squared_error", "encoder"}),
        ("features", {"features", "head"}),
    ],
)
def test_what_is_observed(method: Method, names: set[str]) -> None:
    run = run_of(method, steps=45, n_critic=1)
    assert run.history == {}
    run._observe()
    run.history.clear()
    for step in run.steps():
        if step == 4:
            break
    assert run.history["step"] == [2, 4]
    assert run.history.keys() == {"step"} | names
    assert all(len(values) == 2 for values in run.history.values())
    assert all(np.isfinite(values).all() for values in run.history.values())
    # some twenty points and the last
    assert sorted(run._observed) == [*range(2, 45, 2), 45]


def test_only_so_many_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    few = ModelRun(task_of("vae"), FIT, VALIDATION[:10])
    monkeypatch.setattr(runs, "N_JUDGED", 10)
    assert run_of("vae").judge() == few.judge()


def test_an_averaged_generator_is_judged_as_it_is_kept() -> None:
    """Everything that a finished model says about itself is of the weights that are kept."""
    run = run_of("vae", average=0.99, learning_rate=0.05)
    list(run.steps())
    networks = make_networks(TINY, torch.Generator(), "vae")
    networks.load_arrays(run.trainer.finished_arrays())
    with torch.no_grad():
        z = networks["encoder"](torch.from_numpy(VALIDATION))[:, :3]
        rebuilt = networks.generator(z).numpy()
    error = float(np.square(VALIDATION - rebuilt).sum(1).mean())
    assert run.judge()["squared_error"] == pytest.approx(error, rel=1e-5)


# Finished models


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_a_model_survives_its_file(method: Method, tmp_path: Path) -> None:
    run, path = run_of(method, steps=2), tmp_path / "4" / "model.safetensors"
    list(run.steps())
    model = run.result("python -m wganad_core train mnist")
    pretrained.save_model(model, path)
    found = pretrained.load_model(path)
    for field in ("use_case", "abnormal", "protocol", "network", "training", "command"):
        assert getattr(found, field) == getattr(model, field)
    networks = make_networks(found.network, torch.Generator(), method)
    if method not in ("encoder", "features"):
        networks.load_arrays(found.arrays)
    assert dict(found.history) == dict(model.history)
    assert dict(found.metrics) == dict(model.metrics)
    assert found.metrics["steps"] == 2
    parts = {"encoder": {"encoder"}, "features": {"features"}}
    expected = parts.get(method, set(run.trainer.parts))
    assert {name.partition(".")[0] for name in found.arrays} == expected
    assert found.arrays.keys() == model.arrays.keys()
    exact = run.trainer.finished_arrays()
    for name, value in found.arrays.items():
        assert value.dtype == np.float16, name
        assert np.array_equal(value, model.arrays[name]), name
        if value.shape == exact[name].shape:
            np.testing.assert_allclose(value, exact[name], rtol=1e-3, atol=1e-6)
        else:  # turned
            assert method == "features"


def test_kept_features_are_the_trained_ones_on_their_main_axes() -> None:
    run = run_of("features", steps=2)
    list(run.steps())
    trained = evaluate(run.trainer.networks["features"], FIT)
    model = run.result("command")
    kept = image.features(TINY.replace(features=runs.N_KEPT), torch.Generator())
    assert model.network == TINY.replace(features=runs.N_KEPT)
    arrays = storage.below("features", model.arrays)
    kept.load_state_dict({n: torch.from_numpy(v.astype(np.float32)) for n, v in arrays.items()})
    found = evaluate(kept, FIT)
    axes = np.linalg.svd(trained, full_matrices=False)[2][: runs.N_KEPT]
    np.testing.assert_allclose(found, trained @ axes.T, rtol=0, atol=5e-3)
    np.testing.assert_allclose(cdist(found, found), cdist(trained, trained), rtol=0, atol=2e-2)


def test_what_half_precision_cannot_hold_is_clipped() -> None:
    values = np.array([1e9, -1e9, 0.1, 1e-9], np.float32)
    found = half(values)
    assert found.tolist() == [65504, -65504, float(np.float16(0.1)), 0]


def test_other_files_are_no_models(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    with pytest.raises(storage.StorageError, match="cannot be read"):
        pretrained.load_model(path)
    storage.save(path, "run", {}, {})
    with pytest.raises(storage.StorageError, match="holds a run; expected a model"):
        pretrained.load_model(path)


# The encoder and its generator


def test_an_encoder_leaves_its_generator_untouched() -> None:
    run = run_of("encoder")
    given = generator_for("encoder")
    assert given is not None
    start = run.trainer.networks.arrays()
    for name in [name for name in start if name.startswith("generator.")]:
        assert np.array_equal(start[name], given[name].astype(np.float32)), name
    list(run.steps())
    end = run.trainer.networks.arrays()
    for name, value in start.items():
        same = np.array_equal(value, end[name])
        assert same == name.startswith("generator."), name
    gradient = run.trainer.networks.flat["generator"].gradient
    assert not gradient.any()


def test_an_encoder_needs_a_generator() -> None:
    with pytest.raises(ValueError, match="An encoder is trained on a generator; train a wgan-gp"):
        ModelRun(task_of("encoder"), FIT, VALIDATION)
    other = make_networks(TINY.replace(n_latent=4), torch.Generator()).arrays()
    with pytest.raises(ValueError, match="does not belong to this network"):
        ModelRun(task_of("encoder"), FIT, VALIDATION, other)


# End to end on the bundled sample


def test_five_seconds_of_training_learn_to_rebuild_digits() -> None:
    """A VAE of nine digits: on held-out images its error falls to a third of what it was, and
    below what the best single image could reach."""
    chosen = np.flatnonzero(SAMPLE.labels != 4)
    chosen = np.random.default_rng(0).permutation(chosen)[:2_400]
    x = vectors(SAMPLE.images[chosen])
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
    before = run.judge()["squared_error"]
    list(run.steps())
    after = run.judge()["squared_error"]
    mean_image = float(np.square(held_out - fit.mean(axis=0)).sum(1).mean())
    assert after < before / 3
    assert after < 0.85 * mean_image
    assert run.history["squared_error"][-1] == after


# Pictures


def picture_of(method: Method) -> FloatArray:
    run = run_of(method)
    return run.trainer.picture()


@pytest.mark.parametrize("method", EVERY_METHOD)
def test_a_picture_shows_a_hundred_images(method: Method) -> None:
    found = picture_of(method)
    assert found.shape == (100, 784)
    assert found.dtype == np.float32
    assert np.array_equal(found, picture_of(method))
