"""The estimators: what they find, what they promise, what an interrupted fit leaves behind."""

from __future__ import annotations

import functools
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
from sklearn.datasets import make_blobs, make_moons
from sklearn.exceptions import NotFittedError
from sklearn.metrics import roc_auc_score

from wganad_core import WGANAnomalyDetector, WGANImageDetector, WGANSeriesDetector
from wganad_core.config import ConfigError
from wganad_core.detector import BLOCK_ROWS, SCORE_METHODS, Progress, judging
from wganad_core.detector.series import standing_out
from wganad_core.methods import DivergedError, score_methods

ROOT = Path(__file__).resolve().parents[2]
ROWS = make_blobs(300, 4, centers=3, random_state=0)[0]
REBUILDING = [name for name in SCORE_METHODS if score_methods()[name].rebuilds]


def short(**parameters) -> WGANAnomalyDetector:
    settings = {"steps": 10, "width": 16, "batch_size": 32, "random_state": 0, **parameters}
    return WGANAnomalyDetector(**settings)


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


# Fitting in steps.


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


# Images and recordings.


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


def recording(n: int, seed: int) -> np.ndarray:
    """Two noisy waves that go together, and their product."""
    rng = np.random.default_rng(seed)
    t = np.arange(n) / 6 + rng.uniform(0, 6)
    waves = np.column_stack([np.sin(t), np.cos(t), np.sin(t) * np.cos(t)])
    return waves * [1, 10, 0.1] + [0, 50, 0] + rng.normal(size=(n, 3)) * [0.05, 0.5, 0.005]


@pytest.fixture(scope="module")
def series_detector() -> WGANSeriesDetector:
    return WGANSeriesDetector(window=24, stride=4, steps=200, random_state=0).fit(
        recording(3000, 0)
    )


def test_a_fault_is_found_in_time(series_detector):
    x = recording(600, 1)
    x[300:340, 1] = x[300, 1]  # a sensor that is stuck within its range
    along = series_detector.anomaly_score_along(x)
    assert along.shape == (600,)
    assert 280 <= along.argmax() < 364
    flagged = along > series_detector.threshold_
    assert flagged[300:340].all()
    assert flagged[:270].mean() < 0.2


def test_a_step_has_the_score_of_the_worst_window_in_which_it_stands_out(series_detector):
    x = recording(101, 2)
    starts = series_detector.window_starts(101)
    scores = series_detector.anomaly_score(x)
    assert starts.tolist() == [*range(0, 77, 4), 77]
    assert len(scores) == len(starts) == len(series_detector.predict(x))
    along = series_detector.anomaly_score_along(x)
    usual = np.median(series_detector.calibration_score_)
    for start, score in zip(starts, scores, strict=True):
        assert along[start : start + 24].max() >= score
    for step in range(101):
        covering = (starts <= step) & (step < starts + 24)
        assert along[step] in {*scores[covering], usual}


def test_a_spike_does_not_flag_all_that_lies_around_it(series_detector):
    x = recording(600, 4)
    before = series_detector.anomaly_score_along(x) > series_detector.threshold_
    x[300, 0] += 5
    after = series_detector.anomaly_score_along(x) > series_detector.threshold_
    windows = series_detector.predict(x) < 0
    assert np.flatnonzero(after & ~before).tolist() == [300]
    assert windows.sum() >= 5  # all that hold it


def test_what_stands_out_of_a_window():
    apart = np.full((3, 32), 0.01)
    apart[0, 7] = 9  # one step
    apart[1] = 1  # all of them
    apart[2, [10, 14]] = 5  # two, with a short break between them
    odd = standing_out(apart)
    assert np.flatnonzero(odd[0]).tolist() == [7]
    assert odd[1].all()
    assert np.flatnonzero(odd[2]).tolist() == [10, 11, 12, 13, 14]


def test_no_window_crosses_from_one_recording_to_another(series_detector):
    a, b = recording(101, 5), recording(60, 6)
    starts = [series_detector.window_starts(n) for n in (101, 60)]
    scores = series_detector.anomaly_score([a, b])
    each = [series_detector.anomaly_score(x) for x in (a, b)]
    assert len(scores) == sum(map(len, starts))
    np.testing.assert_allclose(scores, np.concatenate(each), atol=1e-6)
    along = series_detector.anomaly_score_along([a, b])
    for one, x in zip(along, (a, b), strict=True):
        np.testing.assert_allclose(one, series_detector.anomaly_score_along(x), atol=1e-6)
    cube = np.stack([a[:60], b])
    assert series_detector.anomaly_score_along(cube).shape == (2, 60)
    with pytest.raises(ValueError, match="the same number of channels in every recording"):
        series_detector.anomaly_score([a, b[:, :2]])
    with pytest.raises(ValueError, match="at least one window, 24 steps; found 10"):
        series_detector.anomaly_score([a, b[:10]])


def test_a_fit_to_several_recordings_and_its_rate(tmp_path):
    cube = np.stack([recording(40, seed) for seed in range(30)])
    make = functools.partial(WGANSeriesDetector, window=8, steps=5, rate=50.0, random_state=0)
    one, other = make().fit(cube), make().fit(list(cube))
    np.testing.assert_array_equal(one.anomaly_score(cube), other.anomaly_score(cube))
    one.save(tmp_path / "m")
    assert WGANSeriesDetector.load(tmp_path / "m").parameters_["rate"] == 50
    with pytest.raises(ConfigError, match="rate must be more than 0"):
        make(rate=0.0).fit(cube)


def test_parts_of_a_recording_share_no_step(series_detector):
    for n, settings in ((745, series_detector._settings(72)), (50, series_detector._settings(72))):
        fit, validation, calibration = series_detector._split(n, settings)
        assert fit[-1] * 4 + 24 <= validation[0] * 4
        assert validation[-1] * 4 + 24 <= calibration[0] * 4
        assert calibration[-1] == n - 1


def test_windows_have_no_guarantee(series_detector):
    assert "Neighbouring windows resemble each other" in series_detector.advice_.warning
    assert series_detector.advice_.expected is None


def test_channels_keep_one_scale_over_time(series_detector):
    scale = series_detector.model_.scaler.scale.reshape(24, 3)
    assert (scale == scale[0]).all()
    assert series_detector.n_features_in_ == 3


@pytest.mark.parametrize(
    ("parameters", "n", "why"),
    [
        ({"window": 0}, 100, "window must be a whole number"),
        ({"window": 8, "stride": 9}, 100, "stride must be at most window"),
        ({"window": 64}, 50, "at least one window, 64 steps; found 50"),
        ({"window": 64}, 64, "two windows of 64 steps or more to fit; found 64"),
    ],
)
def test_recordings_that_are_too_short_and_wrong_windows_are_refused(parameters, n, why):
    with pytest.raises(ValueError, match=why):
        WGANSeriesDetector(steps=1, **parameters).fit(recording(n, 0))


def test_a_small_share_still_holds_out_what_one_false_alarm_needs():
    one = short(steps=2, calibration_share=0.01).fit(ROWS[:45])
    assert len(one.parts_[2]) == 15  # a third: 1% would need 100
    assert sum(map(len, one.parts_)) == 45
    assert "learned from" not in (one.advice_.warning or "")


@pytest.mark.parametrize("n_times", [40, 90, 150])
def test_a_recording_too_short_to_hold_some_out_is_learned_whole(n_times: int):
    series = WGANSeriesDetector(window=32, stride=1, steps=5, random_state=0)
    series.fit(np.random.default_rng(0).normal(size=(n_times, 1)))
    assert [len(part) for part in series.parts_] == [n_times - 31, 0, 0]
    assert "learned from" in series.advice_.warning
    assert series.advice_.expected is None


def test_the_advice_on_a_recording_promises_nothing(series_detector: WGANSeriesDetector):
    assert series_detector.advice_.expected is None
    assert series_detector.advice_.warning == (
        "Neighbouring windows resemble each other, so nothing is guaranteed for single ones."
    )


def test_parameters_that_change_after_a_fit_change_no_score(tmp_path: Path):
    x = recording(400, 3)
    series = WGANSeriesDetector(window=16, stride=4, steps=5, random_state=0).fit(x)
    expected, along = series.anomaly_score(x), series.anomaly_score_along(x)
    series.set_params(window=8, stride=8, score_method="critic", scaling="robust")
    assert np.array_equal(series.anomaly_score(x), expected)
    assert np.array_equal(series.anomaly_score_along(x), along)
    assert (series.window_, series.stride_) == (16, 4)
    series.save(tmp_path / "series")
    found = WGANSeriesDetector.load(tmp_path / "series")
    assert np.array_equal(found.anomaly_score(x), expected)
    assert (found.window, found.stride, found.score_method) == (16, 4, "ours")
    again = series.fit(x)
    assert (again.window_, again.stride_, again.model_.score_method) == (8, 8, "critic")


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
