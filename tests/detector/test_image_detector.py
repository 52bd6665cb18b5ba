"""The detector of images."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from tests.detector.quick import ROWS, short
from wganad_core import WGANImageDetector
from wganad_core.config import ConfigError


@pytest.fixture(scope="module")
def images() -> tuple[np.ndarray, np.ndarray]:
    """Bright upright bars of many places and widths, and such bars lying."""
    rng = np.random.default_rng(0)
    x = np.zeros((500, 28, 28))
    for image in x:
        left, wide = rng.integers(3, 20), rng.integers(2, 6)
        image[3:25, left : left + wide] = rng.uniform(0.7, 1)
    x = np.clip(x + 0.03 * rng.normal(size=x.shape), 0, 1)
    return x[:400], np.concatenate([x[400:], x[400:].transpose(0, 2, 1)])


@pytest.fixture(scope="module")
def image_detector(images) -> WGANImageDetector:
    return WGANImageDetector(
        steps=60,
        encoder_steps=60,
        generator_width=8,
        critic_width=8,
        encoder_width=8,
        random_state=0,
    ).fit(images[0])


def test_images_are_told_apart(image_detector, images):
    label = np.repeat([0, 1], 100)
    assert roc_auc_score(label, image_detector.anomaly_score(images[1])) > 0.95
    assert image_detector.n_features_in_ == 784
    assert image_detector.reconstruct(images[1][:2]).shape == (2, 784)


def test_images_may_be_rows(image_detector, images):
    rows = images[1].reshape(-1, 784)
    assert np.array_equal(
        image_detector.anomaly_score(rows), image_detector.anomaly_score(images[1])
    )


SMALLEST: dict = {
    **dict.fromkeys(("generator_width", "critic_width", "encoder_width", "encoder_steps"), 2),
    **{"hidden": 4, "batch_size": 8, "random_state": 0},
}


@pytest.mark.parametrize(
    ("steps", "score_method", "n"),
    [(None, "ours", 3), (5, "ours", 5), (0, "ours", 0), (5, "vae", 0)],
)
def test_images_learn_contrastive_features_for_ours(images, steps, score_method, n):
    """By default half as long as the generator."""
    one = WGANImageDetector(
        steps=6, contrast_steps=steps, score_method=score_method, **SMALLEST
    ).fit(images[0][:60])
    learned = [
        at
        for at, stage in zip(one.history_["step"], one.history_["stage"], strict=True)
        if stage == "features"
    ]
    assert len(learned) == n
    assert one.model_.has_features == (n > 0)
    assert one.n_steps_ == 6  # of the generator
    # Whatever the score is made of, what an image should be is told.
    assert one.reconstruct(images[1][:2]).shape == (2, 784)


def test_where_there_is_no_gpu_one_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    one = short(device="cuda")
    with pytest.raises(ValueError, match="finds none that it can use; choose cpu or auto"):
        one.fit(ROWS)
    assert not hasattr(one, "model_")
    score = short(device="auto").fit(ROWS).anomaly_score(ROWS)
    assert np.array_equal(score, short().fit(ROWS).anomaly_score(ROWS))
    with pytest.raises(ConfigError, match="device must be one of auto, cpu, cuda; found 'tpu'"):
        short(device="tpu").fit(ROWS)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_a_gpu_trains_to_about_the_same_scores():
    there, here = (short(device=device).fit(ROWS) for device in ("cuda", "cpu"))
    assert np.corrcoef(there.anomaly_score(ROWS), here.anomaly_score(ROWS))[0, 1] > 0.9


def test_a_warm_start_keeps_to_its_features(images):
    one = WGANImageDetector(steps=2, warm_start=True, **SMALLEST).fit(images[0][:60])
    before = one.model_.weights["features.1.weight"]
    one.fit(images[0][:60])
    assert not np.array_equal(one.model_.weights["features.1.weight"], before)
    with pytest.raises(ConfigError, match="leave contrast_steps as it was"):
        one.set_params(contrast_steps=0).fit(images[0][:60])


@pytest.mark.parametrize("method", ["residual", "critic", "bigan", "vae", "ours-wgan"])
def test_images_by_other_methods(images, method):
    one = WGANImageDetector(
        score_method=method,
        steps=2,
        encoder_steps=2,
        generator_width=2,
        critic_width=2,
        encoder_width=2,
        hidden=4,
        random_state=0,
    ).fit(images[0][:60])
    assert np.isfinite(one.anomaly_score(images[1])).all()


@pytest.mark.parametrize(
    ("x", "why"),
    [
        (np.zeros((50, 100)), "28 × 28, .*; found 100 columns"),
        (np.zeros((50, 30, 30)), "128 × 128 pixels"),
        (np.full((50, 784), 255), "Divide bytes by 255"),
        (np.full((50, 784), -0.5), "pixels in"),
    ],
)
def test_what_are_no_images_is_refused(x, why):
    with pytest.raises(ValueError, match=why):
        WGANImageDetector(steps=1).fit(x)
