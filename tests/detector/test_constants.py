"""Features that are constant, or nearly: rounding is no spread, and whatever moves them is odd."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from wganad_core import WGANAnomalyDetector
from wganad_core.detector import load
from wganad_core.detector.scaler import Scaler

RNG = np.random.default_rng(0)
VALUES = (0.1, 0.3, 5.0, 14.62, 23.7, 518.67, 521.66, 8.4195, 0.03, 1e6 + 0.1, -14.62)


@pytest.mark.parametrize("scaling", ["standard", "robust"])
@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize("noise", [0.0, 1e-9])
def test_rounding_is_no_spread_and_no_oddness(scaling: str, value: float, noise: float):
    for n in (100, 1125, 10_000):
        x = value * (1 + noise * RNG.normal(size=(n, 1)))
        scaler = Scaler.fitted(x, scaling)
        assert scaler.scale[0] == pytest.approx(1e-4 * abs(value), rel=1e-6)
        copies = x.astype(np.float32).astype(np.float64)
        assert not scaler(x).any()
        assert not scaler(copies).any()
        assert abs(scaler(x * 1.002)).min() > 15  # 5.0 that moves to 5.01


def test_a_constant_nought_has_no_size_of_its_own():
    scaler = Scaler.fitted(np.zeros((100, 1)), "standard")
    assert scaler(np.array([[0.0], [-0.0], [0.01], [1.0]])).ravel().tolist() == [0, 0, 10, 1000]


@pytest.mark.parametrize("scaling", ["standard", "robust"])
def test_what_varies_keeps_its_scale(scaling: str):
    """Small, large and offset numbers, a time in seconds, and mostly one value."""
    z = RNG.normal(size=2000)
    rare = np.where(np.arange(2000) % 20, 7.0, 8.0)
    x = np.column_stack([1e-9 * z, 1e9 * z, 1.7e9 + z, 3 + 1e-6 * z, rare])
    spread = np.array([1e-9, 1e9, 1, 1e-6, rare.std()])
    scaler = Scaler.fitted(x, scaling)
    np.testing.assert_allclose(scaler.scale, spread, rtol=0.1)
    assert not scaler.tolerance.any()


def test_channels_of_windows_share_what_is_constant():
    x = np.tile([14.62, 0.0], (50, 3))
    scaler = Scaler.fitted(x, "standard", groups=2)
    np.testing.assert_allclose(scaler.scale, np.tile([1.462e-3, 1e-3], 3))
    assert (scaler.tolerance[::2] > 0).all()


@pytest.fixture(scope="module")
def detector() -> WGANAnomalyDetector:
    x = np.column_stack([RNG.normal(size=(300, 3)), np.full(300, 14.62)])
    settings = {"steps": 2, "encoder_steps": 2, "width": 8, "batch_size": 16}
    return WGANAnomalyDetector(**settings, random_state=0).fit(x)


def rows(value: float) -> np.ndarray:
    free = np.random.default_rng(1).normal(size=(50, 3)).astype(np.float32)
    return np.column_stack([free, np.full(50, value)]).astype(np.float64)


def test_copies_in_single_precision_score_the_same(detector: WGANAnomalyDetector, tmp_path: Path):
    original, copy, moved = rows(14.62), rows(float(np.float32(14.62))), rows(14.7)
    scores = detector.anomaly_score(original)
    np.testing.assert_array_equal(detector.anomaly_score(copy), scores)
    assert (detector.anomaly_score(moved) > scores).all()
    assert (detector.predict(moved) == -1).all()
    assert (detector.explain(moved).argmax(axis=1) == 3).all()
    detector.save(tmp_path / "d.safetensors")
    again = load(tmp_path / "d.safetensors")
    np.testing.assert_array_equal(again.anomaly_score(copy), scores)


def test_the_exported_detector_does_the_same(detector: WGANAnomalyDetector, tmp_path: Path):
    detector.export_onnx(tmp_path / "d.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "d.onnx")
    assert session.get_inputs()[0].type == "tensor(float)"
    for value in (14.62, 14.7):
        found = session.run(["score"], {"x": rows(value).astype(np.float32)})[0]
        np.testing.assert_allclose(found, detector.anomaly_score(rows(value)), rtol=1e-4, atol=1e-4)
