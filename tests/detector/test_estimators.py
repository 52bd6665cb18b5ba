"""The estimators: what they find and what they promise of scores and thresholds."""

from __future__ import annotations

import itertools
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.datasets import make_moons
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from tests.detector.quick import ROWS, short
from wganad_core import WGANAnomalyDetector
from wganad_core.config import ConfigError
from wganad_core.detector import BLOCK_ROWS, SCORE_METHODS, judging
from wganad_core.methods import score_methods

ROOT = Path(__file__).resolve().parents[2]
REBUILDING = [name for name in SCORE_METHODS if score_methods()[name].rebuilds]


@pytest.fixture(scope="module")
def fitted() -> WGANAnomalyDetector:
    return short().fit(ROWS)


@pytest.fixture(scope="module")
def by_method() -> dict[str, WGANAnomalyDetector]:
    return {method: short(score_method=method).fit(ROWS) for method in SCORE_METHODS}


def test_untouched_it_finds_what_lies_off_two_moons():
    x, _ = make_moons(600, noise=0.06, random_state=0)
    normal = make_moons(300, noise=0.06, random_state=1)[0]
    anywhere = np.random.default_rng(0).uniform([-1.5, -1], [2.5, 1.5], (300, 2))
    distance = np.linalg.norm(anywhere[:, None] - x[None], axis=2).min(axis=1)
    off = anywhere[distance > 0.2]
    detector = WGANAnomalyDetector(random_state=0, steps=300).fit(x)
    scores = detector.anomaly_score(np.concatenate([normal, off]))
    label = np.repeat([0, 1], [len(normal), len(off)])
    assert roc_auc_score(label, scores) > 0.98
    assert np.mean(detector.predict(off) == -1) > 0.8
    assert np.mean(detector.predict(normal) == -1) < 0.06


@pytest.mark.parametrize("method", SCORE_METHODS)
def test_every_score_method_tells_far_from_near(by_method, method):
    scores = by_method[method].anomaly_score(np.concatenate([ROWS, ROWS * 20]))
    assert scores.shape == (600,)
    assert scores.dtype == np.float64
    if method not in ("critic", "critic-interval"):  # what they know in ten steps is a direction
        assert roc_auc_score(np.repeat([0, 1], 300), scores) > 0.9


# Signs and thresholds.


@given(
    rate=st.sampled_from([0.0, 0.003, 0.01, 0.05, 0.3, 1.0]),
    rule=st.sampled_from(["quantile", "conformal"]),
)
def test_the_sign_flips_once(fitted, rate, rule):
    one = clone(fitted).set_params(false_alarm_rate=rate, threshold_rule=rule, steps=1).fit(ROWS)
    score = one.anomaly_score(ROWS)
    assert np.array_equal(one.score_samples(ROWS), -score)
    assert one.threshold_ == -one.offset_ == one.advice_.threshold
    assert np.array_equal(one.decision_function(ROWS), -score - one.offset_)
    assert np.array_equal(one.predict(ROWS) == -1, score > one.threshold_)


def test_a_score_equal_to_the_threshold_is_normal(fitted):
    parts = fitted._split(len(ROWS), fitted._settings(4))
    calibration = ROWS[parts[2]]
    at = fitted.anomaly_score(calibration) == fitted.threshold_
    assert at.any()
    assert (fitted.predict(calibration)[at] == 1).all()


def test_the_threshold_rests_on_rows_that_nothing_else_saw(fitted):
    fit, validation, calibration = fitted._split(len(ROWS), fitted._settings(4))
    assert sorted(np.concatenate([fit, validation, calibration])) == list(range(300))
    assert len(calibration) == 100  # so that one in a hundred is one
    assert np.array_equal(fitted.calibration_score_, fitted.anomaly_score(ROWS[calibration]))
    assert (fitted.calibration_score_ > fitted.threshold_).sum() == 1
    assert fitted.advice_.expected is not None
    shares = np.linspace(0, 1, 101)
    assert np.array_equal(fitted.score_quantiles_, np.quantile(fitted.calibration_score_, shares))
    changed = ROWS.copy()
    changed[calibration] += 100
    other = short().fit(changed)
    assert np.array_equal(other.anomaly_score(ROWS), fitted.anomaly_score(ROWS))
    assert other.threshold_ > fitted.threshold_


@pytest.mark.parametrize("n", [2, 3, 10, 39, 40])
def test_few_rows_are_all_learned_from_and_the_advice_says_so(n):
    one = short(steps=2).fit(ROWS[:n])
    told = "fewer than 40 rows" in (one.advice_.warning or "")
    assert told == (n < 40)
    assert np.isfinite(one.anomaly_score(ROWS)).all()
    if n < 40:
        assert len(one.calibration_score_) == n


def test_without_a_calibration_share_the_advice_says_so():
    one = short(steps=2, calibration_share=0.0, validation_share=0).fit(ROWS)
    assert "calibration_share=0" in one.advice_.warning
    assert len(one.calibration_score_) == 300


# Rows as they come.


@pytest.mark.parametrize("method", SCORE_METHODS)
def test_chunks_of_whole_blocks_give_the_same_bits(by_method, method, monkeypatch):
    monkeypatch.setattr(judging, "BLOCK_ROWS", 64)
    one = by_method[method]
    rows = ROWS[:200]
    whole = one.anomaly_score(rows)
    in_blocks = [one.anomaly_score(rows[start : start + 128]) for start in range(0, 200, 128)]
    assert np.array_equal(np.concatenate(in_blocks), whole)
    if method not in ("inversion", "anogan"):  # a descent turns rounding into more
        oddly = [one.anomaly_score(rows[a:b]) for a, b in itertools.pairwise([0, 1, 3, 70, 200])]
        assert np.allclose(np.concatenate(oddly), whole, rtol=1e-6, atol=1e-6)


def test_blocks_are_a_power_of_two():
    assert BLOCK_ROWS & (BLOCK_ROWS - 1) == 0


def test_units_do_not_matter(fitted):
    """Powers of two, which are exact."""
    scale = np.array([2.0**20, 0.5, 2.0**-20, 4.0])
    other = short().fit(ROWS * scale)
    assert np.array_equal(other.anomaly_score(ROWS * scale), fitted.anomaly_score(ROWS))


@pytest.mark.parametrize("scaling", ["standard", "robust", "none"])
def test_constant_repeated_and_huge_values_are_scored(scaling):
    rows = np.column_stack([ROWS[:, :2], np.full(300, 7.0), np.round(ROWS[:, 3] / 9)])
    one = short(scaling=scaling, steps=3).fit(rows)
    off = rows[:3].copy()
    off[0, 2], off[1, 0], off[2, 1] = 8.0, 1e300, -1e300
    scores = one.anomaly_score(off)
    assert np.isfinite(scores).all()
    assert (scores[1:] > one.threshold_).all()
    assert np.isfinite(short(steps=2).fit(np.ones((50, 3))).anomaly_score(np.ones((2, 3)))).all()


def test_values_that_cannot_be_squared_are_refused():
    with pytest.raises(ValueError, match="Rescale X"):
        short().fit(ROWS * 1e300)


def test_names_of_columns_are_kept_and_checked():
    table = pd.DataFrame(ROWS, columns=list("abcd"))
    one = short(steps=2).fit(table)
    assert one.feature_names_in_.tolist() == list("abcd")
    with pytest.raises(ValueError, match="feature names"):
        one.anomaly_score(table[list("badc")])
    assert not hasattr(one.fit(ROWS), "feature_names_in_")


@pytest.mark.parametrize("method", REBUILDING)
def test_explanations_are_the_residual_by_feature(by_method, method):
    one = by_method[method]
    rebuilt, shares = one.reconstruct(ROWS[:50]), one.explain(ROWS[:50])
    assert rebuilt.shape == shares.shape == (50, 4)
    by_hand = np.square((ROWS[:50] - rebuilt) / one.model_.scaler.scale)
    assert np.allclose(shares, by_hand, rtol=1e-3, atol=1e-5)
    if method in ("residual", "vae", "inversion"):
        assert np.allclose(shares.mean(axis=1), one.anomaly_score(ROWS[:50]), rtol=1e-4, atol=1e-6)


def test_an_explanation_points_at_the_wrong_feature():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(500, 1))
    x = z @ np.array([[1.0, -2.0, 3.0, 1.0]]) + 0.05 * rng.normal(size=(500, 4))
    one = WGANAnomalyDetector(score_method="residual", steps=200, random_state=0).fit(x)
    wrong = x[:40].copy()
    wrong[np.arange(40), np.arange(40) % 4] += 8 * x.std(axis=0)[np.arange(40) % 4]
    blamed = one.explain(wrong).argmax(axis=1)
    assert np.mean(blamed == np.arange(40) % 4) > 0.8


@pytest.mark.parametrize("method", ["critic", "critic-interval"])
def test_a_critic_rebuilds_nothing(by_method, method):
    for asked in (by_method[method].reconstruct, by_method[method].explain):
        with pytest.raises(
            ValueError, match=f"'{method}' rebuilds nothing; fit with ours, ours-wgan"
        ):
            asked(ROWS)


# The same seed, the same scores.


def test_the_same_seed_gives_the_same_scores_in_another_process(fitted):
    code = (
        "from sklearn.datasets import make_blobs; import torch; torch.set_num_threads(2)\n"
        "from wganad_core import WGANAnomalyDetector\n"
        "x = make_blobs(300, 4, centers=3, random_state=0)[0]\n"
        "one = WGANAnomalyDetector(steps=10, width=16, batch_size=32, random_state=0).fit(x)\n"
        "print(one.anomaly_score(x).tobytes().hex())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)
    assert bytes.fromhex(done.stdout.decode()) == fitted.anomaly_score(ROWS).tobytes()


def test_another_seed_gives_other_scores(fitted):
    other = short(random_state=1).fit(ROWS)
    assert not np.allclose(other.anomaly_score(ROWS), fitted.anomaly_score(ROWS))


def test_global_random_states_are_neither_read_nor_moved(fitted):
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002 - the state that must not matter
    states = torch.get_rng_state().clone(), np.random.get_state(legacy=False)["state"]["key"].copy()  # noqa: NPY002
    again = short().fit(ROWS).anomaly_score(ROWS)
    assert np.array_equal(again, fitted.anomaly_score(ROWS))
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state(legacy=False)["state"]["key"], states[1])  # noqa: NPY002


def test_threads_are_as_before():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        short(steps=1).fit(ROWS).predict(ROWS)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_pickling_keeps_the_scores(by_method):
    for one in by_method.values():
        two = pickle.loads(pickle.dumps(one))
        assert np.array_equal(two.anomaly_score(ROWS[:20]), one.anomaly_score(ROWS[:20]))


# Settings.


def test_patience_needs_rows_to_watch():
    with pytest.raises(ConfigError, match="patience watches rows that are held out"):
        short(patience=1, validation_share=0).fit(ROWS)


def test_a_score_method_is_one_word():
    with pytest.raises(ConfigError, match=r"score_method must be one of .*found \['ours'\]"):
        short(score_method=["ours"]).fit(ROWS)


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("score_method", "magic"),
        ("false_alarm_rate", 1.5),
        ("threshold_rule", "guess"),
        ("scaling", "log"),
        ("n_latent", 0),
        ("width", 0),
        ("depth", 2.5),
        ("activation", "sine"),
        ("steps", 0),
        ("encoder_steps", 0),
        ("batch_size", 1),
        ("learning_rate", 0),
        ("beta1", 1.0),
        ("beta2", -1),
        ("n_critic", 0),
        ("penalty", -1),
        ("decay", "fast"),
        ("average", 1.0),
        ("validation_share", 0.5),
        ("calibration_share", float("nan")),
        ("patience", 0),
        ("n_references", 0),
        ("n_neighbours", 0),
        ("random_state", -1),
    ],
)
def test_a_wrong_setting_is_named_by_fit_alone(parameter, value):
    one = short(**{parameter: value})
    with pytest.raises(ValueError, match=parameter) as caught:
        one.fit(ROWS)
    assert "found" in str(caught.value)
    assert not [name for name in vars(one) if name.endswith("_")]


# A threshold of one's own.


@pytest.mark.parametrize("threshold", [-1, 0.5, np.float64(2), np.inf, -np.inf])
def test_a_threshold_that_is_given(fitted, threshold, tmp_path: Path):
    one = pickle.loads(pickle.dumps(fitted))
    assert one.set_threshold(threshold) is one
    assert one.threshold_ == one.advice_.threshold == -one.offset_ == threshold
    assert np.array_equal(one.predict(ROWS) == -1, one.anomaly_score(ROWS) > threshold)
    above = (fitted.calibration_score_ > threshold).sum()
    assert one.advice_.rule == "given"
    assert f"rests on no rule; {above} of the 100 scores" in one.advice_.assumption
    assert one.advice_.expected is one.advice_.warning is None
    one.save(tmp_path / "one")
    found = WGANAnomalyDetector.load(tmp_path / "one")
    assert (found.threshold_, found.advice_) == (threshold, one.advice_)


def test_a_threshold_is_a_number(fitted):
    with pytest.raises(ValueError, match="found NaN"):
        pickle.loads(pickle.dumps(fitted)).set_threshold(float("nan"))
    with pytest.raises(NotFittedError):
        short().set_threshold(1)


# Memory that is only mapped.


def test_a_detector_whose_arrays_are_read_only_scores_without_a_warning(fitted, tmp_path: Path):
    joblib = pytest.importorskip("joblib")  # as scikit-learn brings it
    joblib.dump(fitted, tmp_path / "one.joblib")
    found = joblib.load(tmp_path / "one.joblib", mmap_mode="r")
    assert np.array_equal(found.anomaly_score(ROWS), fitted.anomaly_score(ROWS))
