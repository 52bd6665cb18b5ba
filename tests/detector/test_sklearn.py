"""The estimators as scikit-learn wants them: all of its own checks. Images have sizes of their own,
so that none of them applies."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_blobs
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

from wganad_core import WGANAnomalyDetector, WGANSeriesDetector
from wganad_core.detector import SCORE_METHODS

# Coverage is told by the other tests of detectors; here it would double the time.
pytestmark = [pytest.mark.no_cover, pytest.mark.usefixtures("short_searches")]

# Short, and small where that does not matter: everything else is as it comes.
SHORT = {"steps": 6, "encoder_steps": 9}

# Of recordings, one a row.
OTHERWISE = {
    "check_fit2d_1sample": "a recording too short is told of in steps and windows, not in samples",
    "check_classifier_data_not_an_array": "numpy.ndim tells one recording from several",
}


@parametrize_with_checks(
    [
        WGANAnomalyDetector(**SHORT),
        *(
            WGANAnomalyDetector(score_method=method, width=16, batch_size=32, **SHORT)
            for method in SCORE_METHODS
            if method != "ours"
        ),
        WGANAnomalyDetector(warm_start=True, patience=1, scaling="robust", **SHORT),
        WGANSeriesDetector(window=1, width=16, **SHORT),
    ],
    expected_failed_checks=lambda one: OTHERWISE if isinstance(one, WGANSeriesDetector) else {},
)
def test_every_check_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def rows():
    return make_blobs(200, 4, centers=3, random_state=0)[0]


def test_works_after_a_scaler_in_a_pipeline(rows):
    short = WGANAnomalyDetector(random_state=0, scaling="none", **SHORT)
    pipeline = make_pipeline(StandardScaler(), short).fit(rows)
    by_hand = clone(short).fit(StandardScaler().fit_transform(rows))
    ours = pipeline.score_samples(rows)
    assert np.array_equal(ours, by_hand.score_samples(StandardScaler().fit_transform(rows)))
    assert set(pipeline.predict(np.vstack([rows, rows[:1] + 100]))) == {-1, 1}


def test_a_grid_search_takes_numpy_values_and_worker_processes(rows):
    def separates(estimator, X, y=None):
        scores = estimator.anomaly_score(np.vstack([X, X + 10]))
        return float((scores[len(X) :, None] > scores[None, : len(X)]).mean())

    search = GridSearchCV(
        WGANAnomalyDetector(random_state=0, **SHORT),
        {"n_latent": np.array([1, 2]), "penalty": np.array([0.5, 1.0])},
        scoring=separates,
        cv=2,
        n_jobs=2,
        error_score="raise",
    ).fit(rows)
    assert search.best_score_ > 0.9
    alone = clone(search.best_estimator_).fit(rows)
    assert np.array_equal(alone.anomaly_score(rows), search.best_estimator_.anomaly_score(rows))


def test_scoring_in_parallel_is_scoring_in_turn(rows):
    def mean(estimator, X, y=None):
        return float(estimator.anomaly_score(X).mean())

    short = WGANAnomalyDetector(random_state=3, score_method="critic", **SHORT)
    in_turn = cross_val_score(short, rows, scoring=mean, cv=2, error_score="raise")
    together = cross_val_score(short, rows, scoring=mean, cv=2, n_jobs=2, error_score="raise")
    assert np.array_equal(in_turn, together)
