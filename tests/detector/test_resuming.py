"""A fit that was cut off goes on from its checkpoint and ends like one that never was."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import make_blobs

from wganad_core import WGANAnomalyDetector, WGANImageDetector, WGANSeriesDetector, storage
from wganad_core.detector import learning
from wganad_core.detector.base import BaseWGANDetector
from wganad_core.methods import DivergedError

ROWS = make_blobs(300, 4, centers=3, random_state=0)[0]
IMAGES = np.random.default_rng(0).uniform(size=(60, 28, 28))


@pytest.fixture(autouse=True)
def _at_every_report(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "SAVE_EVERY", 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "fit.checkpoint"


def rows(**parameters: Any) -> WGANAnomalyDetector:
    settings = {"steps": 24, "encoder_steps": 16, "width": 8, "batch_size": 32, "random_state": 0}
    return WGANAnomalyDetector(**settings | parameters)


def reports(
    estimator: BaseWGANDetector, x: np.ndarray[Any, Any], path: Path | None, cut: int | None = None
) -> list[dict[str, Any]]:
    """What a fit tells, but for its seconds; the first `cut` reports of it, if it is cut off."""
    told = []
    steps = estimator.fit_steps(x, path)
    for report in steps:
        told.append({k: v for k, v in vars(report).items() if not k.startswith("seconds")})
        if cut is not None and len(told) > cut:  # what was told before this is on disk
            steps.close()  # type: ignore[attr-defined]
            return told[:cut]
    return told


def same(a: Any, b: Any) -> bool:
    """Equal, where NaN is equal to itself."""
    np.testing.assert_equal(a, b)
    return True


@pytest.mark.parametrize(
    ("parameters", "share"),
    [
        *(({}, share) for share in (0.0, 0.4, 0.6, 0.8, 1.0)),  # 0.6: between the stages
        *(({"patience": 2}, share) for share in (0.4, 1.0)),
        ({"average": 0.0, "decay": "none"}, 0.4),
    ],
)
def test_it_goes_on_to_the_same_end(path, parameters, share):
    unbroken, resumed = rows(**parameters), rows(**parameters)
    whole = reports(unbroken, ROWS, None)
    cut = max(1, round(share * (len(whole) - 1)))
    before = reports(rows(**parameters), ROWS, path, cut)
    assert path.exists()
    after = reports(resumed, ROWS, path)
    assert same(before + after, whole)
    assert not path.exists()
    assert np.array_equal(resumed.anomaly_score(ROWS), unbroken.anomaly_score(ROWS))
    assert resumed.threshold_ == unbroken.threshold_
    assert same(resumed.history_, unbroken.history_)
    assert resumed.n_steps_ == unbroken.n_steps_


@pytest.mark.parametrize(
    ("make", "x"),
    [
        (lambda: rows(score_method="vae"), ROWS),
        (lambda: rows(score_method="bigan"), ROWS),
        (lambda: rows(score_method="critic-interval"), ROWS),
        (lambda: WGANSeriesDetector(window=8, steps=12, width=8, random_state=0), ROWS),
        (lambda: WGANImageDetector(steps=4, encoder_steps=4, random_state=0), IMAGES),
    ],
)
def test_so_does_every_kind(path, make, x):
    unbroken, resumed = make().fit(x), make()
    told = len(reports(make(), x, None))
    reports(make(), x, path, told // 2)
    assert path.exists()
    assert len(reports(resumed, x, path)) == told - told // 2
    assert np.array_equal(resumed.anomaly_score(x), unbroken.anomaly_score(x))


def test_a_warm_start_goes_on_too(path):
    unbroken, resumed = (rows(warm_start=True).fit(ROWS) for _ in range(2))
    unbroken.fit(ROWS)
    reports(resumed, ROWS, path, 28)
    assert resumed.n_steps_ == 24  # a fit that is left changes nothing
    reports(resumed, ROWS, path)
    assert resumed.n_steps_ == unbroken.n_steps_ == 48
    assert np.array_equal(resumed.anomaly_score(ROWS), unbroken.anomaly_score(ROWS))


@pytest.mark.parametrize(
    ("parameters", "x"),
    [
        ({"random_state": 1}, ROWS),
        ({"n_critic": 2}, ROWS),
        ({"width": 16}, ROWS),
        ({}, ROWS + 1e-4 * ROWS**2),
    ],
)
def test_another_fit_starts_over(path, caplog, parameters, x):
    reports(rows(), ROWS, path, 20)
    unbroken, other = rows(**parameters).fit(x), rows(**parameters)
    assert len(reports(other, x, path)) == 41
    assert "is of other rows or settings; this fit starts over" in caplog.text
    assert np.array_equal(other.anomaly_score(x), unbroken.anomaly_score(x))
    assert not path.exists()


@pytest.mark.parametrize("damage", ["truncated", "changed", "foreign"])
def test_a_damaged_one_is_not_used(path, caplog, damage):
    reports(rows(), ROWS, path, 20)
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    if damage == "foreign":
        storage.save(path, "another kind", {"x": np.zeros(3)}, {})
    else:
        path.write_bytes(content if damage == "changed" else content[: len(content) // 2])
    one = rows()
    assert len(reports(one, ROWS, path)) == 41
    assert "The fit starts over." in caplog.text
    assert np.array_equal(one.anomaly_score(ROWS), rows().fit(ROWS).anomaly_score(ROWS))


def test_a_full_disk_costs_the_checkpoint_and_not_the_fit(path, caplog, monkeypatch):
    def full(*_: object) -> None:
        raise storage.StorageError("fit.checkpoint could not be written (No space left on device).")

    monkeypatch.setattr(storage, "save", full)
    one = rows()
    assert len(reports(one, ROWS, path)) == 41
    assert "No space left on device" in caplog.text
    assert math.isfinite(one.threshold_)


def test_a_diverged_fit_leaves_none(path):
    wild = rows(learning_rate=10.0, penalty=1e6, depth=8, steps=500, decay="none")
    with pytest.raises(DivergedError):
        reports(wild, ROWS, path)
    assert not path.exists()


def test_short_fits_write_none(path, monkeypatch):
    monkeypatch.setattr(learning, "SAVE_EVERY", 60.0)
    reports(rows(), ROWS, path, 20)
    assert not path.exists()
