"""The exported file under onnxruntime against `anomaly_score`, its metadata, what is refused."""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
import inspect
import json
import logging
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn

from tests.methods.bundles import bundle_of, images
from tests.small import made
from tests.test_layout import imports
from wganad_core import storage
from wganad_core.config import NetworkConfig, RuleConfig
from wganad_core.detector import WGANAnomalyDetector, WGANImageDetector, WGANSeriesDetector
from wganad_core.detector import onnx as export
from wganad_core.detector.onnx import ExportError, ScoringGraph
from wganad_core.methods import Bundle, Score, detectors
from wganad_core.methods.critic import CriticScore
from wganad_core.methods.fitting import fit_rules
from wganad_core.methods.ours import OursScore
from wganad_core.records import FittedRules, Normals, Rule

# PyTorch's exporter is Python: tracing it doubles the time, and the commands' tests cover ours.
pytestmark = pytest.mark.no_cover
needs_onnx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in (*export.PACKAGES, "onnxruntime")),
    reason="onnx, onnxscript or onnxruntime is not installed",
)
DENSE = NetworkConfig(n_features=6, n_latent=3, width=16, activation="leaky-relu")
PIECES = (
    "critic",
    "residual",
    "relative",
    "izi",
    "near-latent",
    "near-encoder",
    "near-critic",
    "near-axes",
    "critic/axes",
    "residual/latents",
    "near-axes/critic",
)


def rows(bundle: Bundle, n: int, seed: int = 1) -> np.ndarray:
    x = np.random.default_rng(seed).normal(size=(n, bundle.config.n_features))
    return (x if bundle.config is DENSE else 1 / (1 + np.exp(-x))).astype(np.float32)


def of_rows() -> Bundle:
    """Random networks, and a rule of every piece of evidence there is of rows."""
    networks = {
        method: dict(made(method, DENSE).modules) for method in ("wgan-gp", "encoder", "bigan")
    }
    bundle = Bundle(DENSE, networks)
    config = RuleConfig(rules={"ours": PIECES}, k=5, n_references=60, n_peers=7, bits=32)
    fitted = fit_rules(bundle, config, rows(bundle, 60, 3), rows(bundle, 40, 4))
    return dataclasses.replace(bundle, fitted=fitted)


def graph_of(score: Score, n_features: int, threshold: float = 0.5) -> ScoringGraph:
    return ScoringGraph(np.zeros(n_features), np.ones(n_features), score, threshold)


def close(found, expected) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def session(data: bytes):
    onnxruntime = pytest.importorskip("onnxruntime")

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])


@needs_onnx
@pytest.mark.parametrize("name", ["ours", "bigan"])
@pytest.mark.parametrize("make", [of_rows, images])
def test_onnxruntime_says_the_same(make, name):
    bundle = make()
    expected = detectors(bundle.double() if make is of_rows else bundle)[name]
    graph = graph_of(detectors(bundle)[name], bundle.config.n_features)
    running = session(export.encoded(graph, {}))
    for n in (0, 1, 2, 130):
        x = rows(bundle, n, n)
        found, flagged = running.run(["score", "flagged"], {"x": x})
        assert found.dtype == np.float32
        assert flagged.dtype == np.bool_
        assert found.shape == flagged.shape == (n,)
        assert flagged.tolist() == (found > 0.5).tolist()
        close(found, expected.judge(x).score)
    assert np.ptp(found) > 0


METHODS = ("ours", "ours-wgan", "residual", "critic", "critic-interval", "bigan", "vae")


def table(n: int, seed: int = 0):
    """Rows near a plane, in units of their own, the last feature constant."""
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(2, 4))
    x = rng.normal(size=(n, 2)) @ mix + 0.1 * rng.normal(size=(n, 4))
    return np.column_stack([x * [1, 5, 0.01, 100] + [0, 300, 0, -1e4], np.full(n, 7.0)])


@pytest.fixture(scope="module")
def fitted():
    """One estimator per score method that exports, shortly trained."""
    return {
        method: WGANAnomalyDetector(score_method=method, steps=30, width=16, random_state=3).fit(
            table(400)
        )
        for method in METHODS
    }


@pytest.fixture(scope="module")
def exported(fitted, tmp_path_factory):
    """The files of `fitted`."""
    folder = tmp_path_factory.mktemp("onnx")
    for method, detector in fitted.items():
        detector.export_onnx(folder / f"{method}.onnx")
    return {method: folder / f"{method}.onnx" for method in fitted}


@pytest.fixture(scope="module")
def sessions(exported):
    return {method: session(path.read_bytes()) for method, path in exported.items()}


def agrees(detector, running, x) -> None:
    """Scores and flags of rows x, float32, are the estimator's."""
    found, flagged = running.run(["score", "flagged"], {"x": x})
    expected = detector.anomaly_score(x)
    room = 1e-4 * np.maximum(1, np.abs(expected))
    assert (np.abs(found - expected) <= room).all()
    clear = np.abs(expected - detector.threshold_) > room
    assert (flagged == (detector.predict(x) == -1))[clear].all()


# Standardised values of rows: ordinary ones, far ones, and none at all.
values = st.floats(-5, 5, width=32) | st.floats(-1e4, 1e4, width=32) | st.just(0.0)


@needs_onnx
@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(z=arrays(np.float64, st.tuples(st.integers(0, 20), st.just(5)), elements=values))
def test_a_file_scores_as_its_estimator(fitted, sessions, method, z):
    scaler = fitted[method].model_.scaler
    x = scaler.back(z).astype(np.float32)
    if len(x):
        agrees(fitted[method], sessions[method], x)
    else:
        assert sessions[method].run(["score"], {"x": x})[0].shape == (0,)


@needs_onnx
@pytest.mark.parametrize("method", METHODS)
def test_a_file_scores_normals_and_anomalies(fitted, sessions, method):
    x = table(600, 1)
    x[300:, :4] += np.random.default_rng(2).normal(size=(300, 4)) * x[:, :4].std(axis=0)
    x[-1], x[-2] = 1e30, -1e30  # beyond where standardised values are cut off
    agrees(fitted[method], sessions[method], x.astype(np.float32))


@needs_onnx
def test_rows_with_holes(fitted, sessions):
    """What is missing is evidence; what is infinite, or not there at all, is flagged."""
    x = table(6, 1).astype(np.float32)
    x[1, 0], x[3, 2], x[4, 4], x[5] = np.nan, np.inf, -np.inf, np.nan
    found, flagged = sessions["ours"].run(["score", "flagged"], {"x": x})
    assert np.isnan(found).tolist() == [False, False, False, True, True, True]
    assert flagged[[1, 3, 4, 5]].all()
    close(found[:3], fitted["ours"].anomaly_score(x[:3]))


def test_flags_are_those_of_the_threshold():
    still = nn.Linear(1, 1, bias=False)
    nn.init.constant_(still.weight, -1)  # whose critic score is x itself
    x = torch.tensor([[-1.0], [0.25], [0.5]])
    for threshold, expected in (
        (0.25, [False, False, True]),
        (np.inf, [False] * 3),
        (-np.inf, [True] * 3),
    ):
        critic = CriticScore(bundle_of(critic=still))
        score, flagged = ScoringGraph([0.0], [1.0], critic, threshold)(x)
        assert score.tolist() == [-1.0, 0.25, 0.5]
        assert flagged.tolist() == expected


@needs_onnx
def test_metadata_tells_what_the_file_is(fitted, exported, tmp_path):
    names = ["a", "b b", "λ", "d", "e"]
    detector = WGANAnomalyDetector(score_method="critic", steps=2, random_state=0)
    detector.fit(pd.DataFrame(table(100), columns=names))
    detector.export_onnx(str(tmp_path / "named.onnx"))
    detector.save(tmp_path / "named.safetensors")
    running = session((tmp_path / "named.onnx").read_bytes())
    meta = running.get_modelmeta().custom_metadata_map
    assert float(meta["threshold"]) == detector.threshold_
    assert json.loads(meta["features"]) == names
    assert (meta["rule"], meta["score_method"]) == ("quantile", "critic")
    assert (meta["class"], meta["n_features"]) == ("WGANAnomalyDetector", "5")
    header = storage.read_header((tmp_path / "named.safetensors").read_bytes())
    assert meta["detector_sha256"] == header["sha256"]
    assert [(one.name, one.type) for one in running.get_outputs()] == [
        ("score", "tensor(float)"),
        ("flagged", "tensor(bool)"),
    ]
    assert [one.shape for one in running.get_inputs()] == [["n", 5]]
    plain = session(exported["ours"].read_bytes()).get_modelmeta().custom_metadata_map
    assert json.loads(plain["features"]) is None
    assert plain["detector_sha256"] != meta["detector_sha256"]


@needs_onnx
def test_a_file_is_valid_and_keeps_the_exporters_machine_to_itself(exported):
    import onnx

    for path in exported.values():
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert [(one.domain, one.version) for one in model.opset_import] == [("", export.OPSET)]
        assert b".py" not in path.read_bytes()
        assert b"wganad_core." not in path.read_bytes()


@needs_onnx
def test_an_export_repeats_itself_and_leaves_no_trace(
    fitted, exported, tmp_path, capfd, caplog, recwarn
):
    fitted["ours"].save(tmp_path / "model.safetensors")
    detector, x = WGANAnomalyDetector.load(tmp_path / "model.safetensors"), table(50, 5)
    scores, state = detector.anomaly_score(x), torch.get_rng_state()
    threads, grad = torch.get_num_threads(), torch.is_grad_enabled()
    detector.export_onnx(tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == exported["ours"].read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"model.safetensors", "again.onnx"}
    assert capfd.readouterr() == ("", "")
    assert not [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert not recwarn.list
    assert np.array_equal(detector.anomaly_score(x), scores)
    assert torch.equal(torch.get_rng_state(), state)
    assert (torch.get_num_threads(), torch.is_grad_enabled()) == (threads, grad)


@needs_onnx
def test_large_offsets_are_read_in_double_precision(tmp_path):
    x = table(200)
    x[:, 0] += 1.7e9  # seconds since 1970, whose standard deviation is about one
    detector = WGANAnomalyDetector(steps=5, random_state=0).fit(x)
    detector.export_onnx(tmp_path / "fine.onnx")
    running = session((tmp_path / "fine.onnx").read_bytes())
    assert running.get_inputs()[0].type == "tensor(double)"
    assert running.get_modelmeta().custom_metadata_map["input_type"] == "float64"
    found = running.run(["score"], {"x": x})[0]
    close(found, detector.anomaly_score(x))
    lost = export.graph_of(detector)(torch.from_numpy(x.astype(np.float32)))[0].numpy()
    assert np.abs(lost - found).max() > 0.01  # what the default saves from


@pytest.mark.parametrize("method", ["inversion", "anogan"])
def test_scores_that_search_are_refused(tmp_path, method):
    detector = WGANAnomalyDetector(score_method="critic", steps=2, random_state=0).fit(table(60))
    detector.model_ = dataclasses.replace(detector.model_, score_method=method)
    with pytest.raises(ExportError, match=f"'{method}' searches for every row anew"):
        detector.export_onnx(tmp_path / "no.onnx")
    assert not list(tmp_path.iterdir())


def test_evidence_of_windows_is_refused():
    bundle, names = of_rows(), ("near-rhythm", "critic/posture")
    places = {name: np.zeros((9, 3), np.float32) for name in ("rhythm", "posture")}
    normals = Normals(places, 5, {"critic": np.zeros(9, np.float32)}, 6)
    rule = Rule(names, dict.fromkeys(names, 0.0), dict.fromkeys(names, 1.0))
    fitted = FittedRules(normals=normals, rules={"ours": rule})
    score = OursScore(dataclasses.replace(bundle, fitted=fitted), "ours")
    model = SimpleNamespace(score=lambda double: score, score_method="ours")
    with pytest.raises(ExportError, match="'ours' takes posture, rhythm of windows, which ONNX"):
        export.graph_of(SimpleNamespace(model_=model))


def test_a_missing_package_is_named(fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "PACKAGES", ("onnx_that_is_not_there",))
    with pytest.raises(ExportError, match=r"python -m pip install onnx_that_is_not_there$"):
        fitted["critic"].export_onnx(tmp_path / "no.onnx")
    assert not list(tmp_path.iterdir())


def test_what_is_not_fitted_is_not_exported(tmp_path):
    from sklearn.exceptions import NotFittedError

    with pytest.raises(NotFittedError):
        export.export_onnx(WGANAnomalyDetector(), tmp_path / "no.onnx")


@needs_onnx
def test_a_failed_export_leaves_the_old_file(fitted, tmp_path, monkeypatch):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"before")

    def full(*_) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "encoded", lambda *_: b"after")
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(storage.StorageError, match="No space left"):
        fitted["critic"].export_onnx(path)
    assert [one.name for one in tmp_path.iterdir()] == ["model.onnx"]
    assert path.read_bytes() == b"before"


def test_only_an_export_loads_the_exporter():
    """Of the optional packages, none is imported with the module."""
    found = imports("wganad_core/detector/x.py", ast.parse(inspect.getsource(export)))
    assert not {one.root for one in found} & {*export.PACKAGES, "onnxruntime"}


@needs_onnx
def test_images_and_recordings_export_too(tmp_path):
    rng = np.random.default_rng(0)
    sizes: dict[str, Any] = dict.fromkeys(("generator_width", "critic_width", "encoder_width"), 2)
    # Features that have learned little put all images next to each other, where rounding tells.
    steps: dict[str, Any] = {"steps": 3, "encoder_steps": 3, "contrast_steps": 60}
    images = WGANImageDetector(**sizes, **steps, hidden=4, n_latent=2, random_state=0)
    images.fit(rng.random((60, 28, 28)))
    images.export_onnx(tmp_path / "images.onnx")
    running = session((tmp_path / "images.onnx").read_bytes())
    agrees(images, running, rng.random((20, 784)).astype(np.float32))

    along = np.sin(np.arange(400)[:, None] / [5, 9]) + 0.1 * rng.normal(size=(400, 2))
    series = WGANSeriesDetector(window=8, stride=4, width=8, steps=3, random_state=0)
    series.fit(pd.DataFrame(along, columns=["a", "b"]))
    series.export_onnx(tmp_path / "series.onnx")
    running = session((tmp_path / "series.onnx").read_bytes())
    recording = along[:40].astype(np.float32)
    windows = np.stack([recording[i : i + 8].ravel() for i in series.window_starts(40)])
    found = running.run(["score"], {"x": windows})[0]
    expected = series.anomaly_score(pd.DataFrame(recording, columns=["a", "b"]))
    close(found, expected)
    meta = running.get_modelmeta().custom_metadata_map
    assert json.loads(meta["features"])[:3] == ["a at 0", "b at 0", "a at 1"]
    assert (meta["window"], meta["stride"], meta["channels"]) == ("8", "4", '["a", "b"]')
