"""Fitting: in steps, stopped early, gone on with, and what an interrupted one leaves behind."""

from __future__ import annotations

import itertools
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from tests.detector.quick import ROWS, short
from wganad_core import WGANAnomalyDetector, WGANSeriesDetector
from wganad_core.config import ConfigError
from wganad_core.detector import Progress
from wganad_core.methods import DivergedError


@pytest.fixture(scope="module")
def fitted() -> WGANAnomalyDetector:
    return short().fit(ROWS)


def test_steps_report_all_the_way():
    reports = list(short(steps=150, encoder_steps=70).fit_steps(ROWS))
    assert all(isinstance(report, Progress) for report in reports)
    stages = [stage for stage, _ in itertools.groupby(r.stage for r in reports)]
    assert stages == ["generator", "encoder", "scores"]
    assert [r.step for r in reports[:-1]] == sorted({r.step for r in reports})
    assert reports[-1].step == reports[-2].step == reports[-1].n_steps == 220
    assert reports[-1].seconds_left == pytest.approx(0, abs=1e-9)
    assert all(r.seconds_left >= 0 for r in reports)
    first, last = reports[0], reports[-1]
    assert set(first.losses) == {"critic", "penalty", "generator"}
    assert set(last.losses) == {"encoder"}
    assert np.isfinite(first.w_estimate)
    assert last.validation is not None


def test_history_has_columns_of_one_length():
    one = short(steps=30)
    reports = list(one.fit_steps(ROWS))
    assert {len(column) for column in one.history_.values()} == {len(reports) - 1}
    assert one.history_["step"] == [r.step for r in reports[:-1]]
    assert one.n_steps_ == 30


@pytest.mark.parametrize("n_read", [0, 1, 21])  # 21 reports are all
@pytest.mark.parametrize("before", [False, True])
def test_an_abandoned_fit_leaves_the_estimator_as_it_was(n_read, before):
    one = short()
    if before:
        one.fit(ROWS)
    was, pickled = dict(vars(one)), pickle.dumps(one)
    steps = one.fit_steps(pd.DataFrame(ROWS[:, :3], columns=list("abc")))
    for _ in range(n_read):
        next(steps)
    steps.close()
    assert dict(vars(one)) == was
    assert pickle.dumps(one) == pickled


def test_a_diverged_fit_says_so_and_leaves_the_estimator_as_it_was(fitted):
    one = pickle.loads(pickle.dumps(fitted)).set_params(learning_rate=10.0, penalty=1e6, steps=200)
    was = dict(vars(one))
    with pytest.raises(
        DivergedError, match=r"diverged at step .* nothing of this fit is kept"
    ) as caught:
        one.fit(ROWS * np.array([1, 1, 1, 1e3]) + 1e3)
    assert "\n" not in str(caught.value)
    assert dict(vars(one)) == was
    assert np.array_equal(one.anomaly_score(ROWS), fitted.anomaly_score(ROWS))


def test_verbose_shows_a_bar_on_standard_error(capsys):
    short(verbose=1).fit(ROWS)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "encoder" in shown.err


# Stopping early, going on.


def test_early_stopping_stops_and_keeps_the_best():
    one = short(steps=400, patience=2, learning_rate=0.02, decay="none", average=0.0).fit(ROWS)
    assert one.n_steps_ < 400
    stages = np.array(one.history_["stage"])
    validation = np.array(one.history_["validation"])
    for stage in ("generator", "encoder"):
        judged = validation[(stages == stage) & ~np.isnan(validation)]
        assert judged.argmin() == len(judged) - 3
    x = ROWS[one._split(300, one._settings(4))[1]]
    assert one.explain(x).mean() == pytest.approx(judged.min(), rel=1e-4)


def test_a_warm_start_goes_on_where_training_ended():
    one = short(warm_start=True, steps=20).fit(ROWS)
    scaler, weights = one.model_.scaler, one.model_.weights
    one.set_params(learning_rate=1e-12, steps=1, encoder_steps=1).fit(ROWS)
    assert one.n_steps_ == 21
    assert np.array_equal(one.model_.scaler.location, scaler.location)
    for name, value in weights.items():
        if "running" not in name and "num_batches" not in name:
            assert np.allclose(one.model_.weights[name], value, atol=1e-6), name
    one.set_params(learning_rate=1e-3, steps=5).fit(ROWS)
    assert one.n_steps_ == 26
    assert short(steps=5).fit(ROWS).n_steps_ == 5


def test_a_partial_fit_follows_normals_that_move(tmp_path: Path):
    one = short(steps=150, score_method="residual").partial_fit(ROWS)
    moved = ROWS + 3 * ROWS.std(axis=0)
    before = (one.predict(moved) == -1).mean()
    assert one.partial_fit(moved) is one
    assert one.n_steps_ == 300
    assert (one.predict(moved) == -1).mean() < 0.1 < before
    assert one.warm_start is False
    one.save(tmp_path / "one")
    assert WGANAnomalyDetector.load(tmp_path / "one").warm_start is False
    with pytest.raises(ValueError, match="features"):
        one.partial_fit(moved[:, :2])


def test_a_partial_fit_counts_each_surprise_once():
    """What cells add that no earlier row lacked was added to the scores of the threshold twice."""
    lacking = ROWS.copy()
    lacking[::7, 0] = np.nan
    one = short().partial_fit(ROWS).partial_fit(lacking)
    held_out = lacking[one.parts_[2]]
    assert one.never_seen(held_out).any()
    assert np.array_equal(one.anomaly_score(held_out), one.calibration_score_)


@pytest.mark.parametrize(
    ("change", "why"),
    [({"width": 8}, "networks of the same sizes"), ({"score_method": "vae"}, "does not use")],
)
def test_a_warm_start_with_other_networks_is_refused(fitted, change, why):
    one = pickle.loads(pickle.dumps(fitted)).set_params(warm_start=True, **change)
    with pytest.raises(ConfigError, match=why):
        one.fit(ROWS)


@pytest.mark.parametrize("kind", [WGANAnomalyDetector, WGANSeriesDetector])
def test_a_warm_start_takes_the_same_columns(kind):
    table = pd.DataFrame(ROWS, columns=list("abcd"))
    one = kind(warm_start=True, steps=2, width=8, random_state=0).fit(table)
    for other in (table[["b", "a", "c", "d"]], table.rename(columns={"d": "e"})):
        with pytest.raises(ValueError, match="feature names"):
            one.fit(other)
    assert one.n_steps_ == 2
    assert one.fit(table).n_steps_ == 4
    assert clone(one).fit(table[["d", "a"]]).feature_names_in_.tolist() == ["d", "a"]
    one.set_params(warm_start=False).fit(table[["b", "a", "c", "d"]])
    assert one.feature_names_in_.tolist() == ["b", "a", "c", "d"]
