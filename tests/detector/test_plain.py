"""Detectors without networks agree with scikit-learn, and stand beside one's own."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest
from sklearn.neighbors import NearestNeighbors

from tests.detector.test_onnx import close, needs_onnx
from wganad_core import WGANAnomalyDetector
from wganad_core.detector import load
from wganad_core.detector.onnx import export_onnx
from wganad_core.detector.robust import suspicious
from wganad_core.detector.saved import record_of, restored
from wganad_core.jobs.beside import BASELINES, Beside, verdict
from wganad_core.jobs.fit import fit
from wganad_core.jobs.orders import FitOrder
from wganad_core.methods.plain import N_TREES, SHARE
from wganad_core.storage import StorageError

RNG = np.random.default_rng(0)
ROWS = RNG.normal(size=(300, 5)) @ RNG.normal(size=(5, 5))
TEST = 2 * RNG.normal(size=(40, 5))


def by_sklearn(name: str, z: np.ndarray, queries: np.ndarray) -> np.ndarray:
    if name == "neighbours":
        return NearestNeighbors(n_neighbors=5).fit(z).kneighbors(queries)[0].mean(axis=1)
    if name == "isolation-forest":
        forest = IsolationForest(n_estimators=N_TREES, random_state=0).fit(z)
        return -forest.score_samples(queries)
    axes = PCA(SHARE, svd_solver="full").fit(z.astype(float))
    off = queries - axes.inverse_transform(axes.transform(queries.astype(float)))
    return np.square(off).mean(axis=1)


@pytest.mark.parametrize("name", BASELINES)
def test_they_are_those_of_scikit_learn(name: str, tmp_path: Path) -> None:
    detector = WGANAnomalyDetector(score_method=name, random_state=0).fit(ROWS)
    z = detector.model_.scaler(ROWS[detector.parts_[0]])
    expected = by_sklearn(name, z, detector.model_.scaler(TEST))
    np.testing.assert_allclose(detector.anomaly_score(TEST), expected, rtol=1e-5)
    detector.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors").anomaly_score(TEST)
    np.testing.assert_array_equal(again, detector.anomaly_score(TEST))


@pytest.mark.parametrize(
    ("method", "name", "forge"),
    [
        ("isolation-forest", "right", lambda v: v[:, :0]),
        ("isolation-forest", "left", lambda v: v + v.shape[1]),
        ("isolation-forest", "feature", lambda v: v + 5),
        ("isolation-forest", "steps", lambda v: v[:, :-1]),
        ("isolation-forest", "scale", lambda v: v * [1, 1e9]),  # how often it goes down a tree
        ("isolation-forest", "scale", lambda v: v * 0),
        ("neighbours", "k", lambda v: v * 1_000_000),
        ("neighbours", "k", lambda v: np.repeat(v, 2)),
    ],
)
def test_what_leads_nowhere_is_refused(method: str, name: str, forge: Any) -> None:
    """As if someone had computed the hash of the file anew."""
    detector = WGANAnomalyDetector(score_method=method, random_state=0).fit(ROWS)
    record = record_of(detector)
    fitted = record.model.fitted
    assert fitted is not None
    plain = {**fitted.plain, name: forge(np.asarray(fitted.plain[name]))}
    model = dataclasses.replace(record.model, fitted=dataclasses.replace(fitted, plain=plain))
    with pytest.raises(StorageError, match="no usable detector"):
        restored(dataclasses.replace(record, model=model), "it")


@needs_onnx
@pytest.mark.parametrize("name", BASELINES)
def test_they_go_to_onnx(name: str, tmp_path: Path) -> None:
    import onnxruntime

    detector = WGANAnomalyDetector(score_method=name, random_state=0).fit(ROWS)
    export_onnx(detector, tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    found = session.run(["score"], {"x": TEST.astype(np.float32)})[0]
    close(found, detector.anomaly_score(TEST.astype(np.float32)))


def test_they_stand_beside_ones_own(tmp_path: Path) -> None:
    table = pd.DataFrame(ROWS, columns=list("abcde")).assign(label=0)
    odd = pd.DataFrame(TEST, columns=list("abcde")).assign(label=1)
    pd.concat([table, odd]).to_csv(tmp_path / "t.csv", index=False)
    settings = (("steps", 20), ("width", 8))
    order = FitOrder(tmp_path / "t.csv", tmp_path / "m.safetensors", parameters=settings)
    assert "--beside" in dataclasses.replace(order, beside=True).words()
    found = [Beside(**one) for one in fit(dataclasses.replace(order, beside=True)).beside]
    assert [one.score_method for one in found] == ["ours", *BASELINES]
    assert {(one.anomalies, one.n) for one in found} == {(40, found[0].normals + 40)}
    assert found[0].shared == 20
    assert all(one.auprc is not None and 0 < one.auprc <= 1 for one in found)
    assert fit(order).beside == ()


@pytest.mark.parametrize(
    ("best", "words", "instead"),
    [
        (0.9, "does better here: AUPRC 90.0% against 80.0%", "pca"),
        (0.795, "does as well here, and is simpler", "pca"),
        (0.5, "comes closest", ""),
        (None, "Without labels nobody can say", ""),
    ],
)
def test_which_does_best(best: float | None, words: str, instead: str) -> None:
    own = Beside("ours", 9.0, 100, 1, 20, auprc=None if best is None else 0.8)
    said, taken = verdict((own, Beside("pca", 0.1, 100, 1, 15, auprc=best)))
    assert words in said
    assert taken == instead


# ---------------------------------------------------------------- rows that nobody has looked at


@pytest.mark.parametrize("spread", [0.05, 3.0])
def test_anomalies_among_the_rows_are_set_aside(spread: float) -> None:
    """A tight clump as well as rows that lie far apart."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4)).astype(np.float32)
    x[:20] = 6 + spread * rng.normal(size=(20, 4))
    found = suspicious(x, 0.05)
    assert np.isin(np.arange(20), found).mean() > 0.9
    assert len(found) == 20
    assert not len(suspicious(x, 0.0))


def test_a_clump_is_learned_from_unless_it_is_set_aside(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    x, clump = rng.normal(size=(400, 4)), 5 + 0.1 * rng.normal(size=(20, 4))
    pd.DataFrame(np.concatenate([clump, x]), columns=list("abcd")).to_csv(
        tmp_path / "t.csv", index=False
    )
    order = FitOrder(
        tmp_path / "t.csv",
        tmp_path / "m.safetensors",
        parameters=(("score_method", "neighbours"), ("suspect_share", 0.05)),
    )
    found = fit(order)
    assert set(range(1, 21)) <= set(found.set_aside.tolist())
    assert found.warning is not None
    assert "21 rows, 5% as asked for, were set aside" in found.warning
    clean = load(order.out)
    dirty = WGANAnomalyDetector(score_method="neighbours", random_state=0).fit(
        np.concatenate([clump, x])
    )
    assert (clean.predict(pd.DataFrame(clump, columns=list("abcd"))) == -1).all()
    assert (dirty.predict(clump) == -1).sum() < 10
