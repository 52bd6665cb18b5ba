"""Images judged where they are oddest: by hand, on made-up pictures, and what does not fit."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from scipy import ndimage
from sklearn.metrics import roc_auc_score

from tests.benchmarks.picture_families import FAMILIES
from wganad_core import WGANAnomalyDetector, WGANImageDetector
from wganad_core.config import ConfigError
from wganad_core.data.own.image import scaled
from wganad_core.data.own.picture_size import PictureSize
from wganad_core.detector import load
from wganad_core.detector.onnx import export_onnx
from wganad_core.methods.local import (
    EDGE,
    LocalScore,
    along_axes,
    averaging,
    local_maps,
    places_of,
    spreading,
)


@pytest.fixture(scope="module")
def detector() -> WGANImageDetector:
    x = np.random.default_rng(0).uniform(0.4, 0.6, (60, 32, 32, 3))
    return WGANImageDetector(score_method="local", random_state=0).fit(x)


def spotted() -> np.ndarray:
    x = np.random.default_rng(1).uniform(0.4, 0.6, (4, 32, 32, 3))
    x[0, 20:23, 5:8] = 0
    return x


def test_the_means_around_pixels() -> None:
    x = np.random.default_rng(0).normal(size=(32, 32))
    line = averaging(32).numpy()
    inner = (line @ x @ line.T)[2:-2, 2:-2]
    np.testing.assert_allclose(inner, ndimage.uniform_filter(x, 5)[2:-2, 2:-2])
    np.testing.assert_allclose(line.sum(axis=1), 1)


@pytest.mark.parametrize("side", [28, 32, 64, 128])
def test_what_patches_say_is_said_at_their_middles(side: int) -> None:
    middles = torch.arange((side - 8) // 4 + 1, dtype=torch.float64) * 4 + 3.5
    pixels = torch.arange(side, dtype=torch.float64)
    expected = pixels.clamp(float(middles[0]), float(middles[-1]))
    torch.testing.assert_close(spreading(side) @ middles, expected)


def test_patches_are_where_they_are() -> None:
    x = np.arange(32 * 32 * 3).reshape(32, 32, 3)
    places = places_of((32, 32, 3))
    assert places.shape == (49, EDGE**2 * 3)
    patch = x[4:12, 8:16].transpose(2, 0, 1).ravel()  # the second row's third
    np.testing.assert_array_equal(x.ravel()[places[7 + 2]], patch)


def test_what_lies_off_the_axes() -> None:
    found = along_axes(torch.tensor([[3.0, 4.0, 12.0]]), torch.tensor([[1.0, 0.0, 0.0]]))
    np.testing.assert_allclose(found, [[3, np.sqrt(160)]], rtol=1e-6)


def test_a_spot_is_found_where_it_is(detector: WGANImageDetector) -> None:
    x = spotted()
    score = detector.anomaly_score(x)
    assert score[0] > detector.threshold_
    assert score[0] > 10 * np.abs(score[1:]).max()
    odd = detector.explain(x).reshape(4, 32, 32, 3)[0].max(axis=2)
    row, column = np.unravel_index(odd.argmax(), odd.shape)
    assert 18 <= row <= 24
    assert 3 <= column <= 9
    assert detector.reconstruct(x).shape == (4, 32 * 32 * 3)
    assert isinstance(detector._score, LocalScore)
    z = x.reshape(4, -1).astype(np.float32)
    maps = local_maps(detector._score, detector._score.where, z)
    # patches lie between pixels: the highest of them may fall between two
    assert (maps.max(axis=(1, 2)) <= score + 1e-4).all()
    np.testing.assert_allclose(maps[0].max(), score[0], rtol=0.05)


def test_it_is_the_same_from_its_file_and_in_onnx(
    detector: WGANImageDetector, tmp_path: Path
) -> None:
    x = spotted()
    detector.save(tmp_path / "m.safetensors")
    score = load(tmp_path / "m.safetensors").anomaly_score(x)
    np.testing.assert_array_equal(score, detector.anomaly_score(x))
    export_onnx(detector, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    rows = x.reshape(4, -1).astype(np.float32)
    found, flagged = session.run(["score", "flagged"], {"x": rows})
    np.testing.assert_allclose(found, score, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(flagged, score > detector.threshold_)


@pytest.mark.parametrize(("family", "kind"), [("plate", "scratch"), ("board", "missing")])
def test_defects_that_each_piece_overlooks_are_found(family: str, kind: str) -> None:
    """A scratch on streaks that are new every time; a part whose place has no odd patch."""
    rng, size, made = np.random.default_rng(0), PictureSize(64, "rgb"), FAMILIES[family]
    good = [made.good(rng) for _ in range(48)]
    odd = [made.odd(kind, rng)[0] for _ in range(6)]
    x = np.stack([scaled(np.rint(255 * one).astype(np.uint8), size) for one in (*good, *odd)])
    detector = WGANImageDetector(score_method="local", random_state=0).fit(x[:40])
    (found,) = detector._judgements(detector._rows(x[40:], fitting=False))
    truth = np.repeat([0, 1], [8, 6])
    assert roc_auc_score(truth, found.score) > 0.95
    weaker = {"plate": "residual", "board": "patches"}[family]
    assert roc_auc_score(truth, found.terms[weaker]) < 0.8


@pytest.mark.parametrize("x", [np.zeros((60, 784)), np.eye(2, 784)])
def test_images_without_spread_are_fitted_without_a_warning(x: np.ndarray) -> None:
    found = WGANImageDetector(score_method="local", random_state=0).fit(x)
    assert np.isfinite(found.anomaly_score(x)).all()


def test_what_does_not_fit(detector: WGANImageDetector) -> None:
    with pytest.raises(ConfigError, match="'local' is of images; choose another one"):
        WGANAnomalyDetector(score_method="local").fit(np.random.default_rng(0).normal(size=(50, 3)))
    model = detector.model_
    assert model.fitted is not None
    for name in ("spread", "patches", "patch_axes", "units"):
        plain = {**model.fitted.plain, name: model.fitted.plain[name][:, :-1]}
        fitted = dataclasses.replace(model.fitted, plain=plain)
        with pytest.raises(ValueError, match=f"its {name} does not fit images of 32 × 32"):
            dataclasses.replace(model, fitted=fitted).score()
