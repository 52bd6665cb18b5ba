"""Benjamini and Hochberg's rule on conformal p-values."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from wganad_core.thresholds import conformal_p_values, discovery_advice

numbers = st.lists(st.integers(0, 12), min_size=1, max_size=20)


@given(numbers, numbers, st.sampled_from([0.05, 0.2, 0.5, 1.0]))
def test_the_threshold_flags_what_the_step_up_procedure_rejects(
    calibration: list[int], score: list[int], rate: float
):
    """The largest k of which the k-th smallest p-value is at most k q/m."""
    p = conformal_p_values(np.array(calibration), np.array(score))
    ordered, m = np.sort(p), len(p)
    k = max((i for i in range(1, m + 1) if ordered[i - 1] <= i * rate / m + 1e-12), default=0)
    expected = p <= ordered[k - 1] if k else np.zeros(m, bool)
    found = discovery_advice(np.array(calibration), np.array(score), rate)
    assert (np.array(score) > found.threshold).tolist() == expected.tolist()
    assert (found.warning is None) == bool(k)


def test_p_values_on_the_line_itself_are_discoveries():
    """34 of 50 with p = 17/125 at a rate of 0.2: 17/125 · 50/34 is 0.2, in doubles a bit more."""
    score = np.append(np.full(34, 107.5), np.zeros(16))
    found = discovery_advice(np.arange(124), score, 0.2)
    assert (score > found.threshold).sum() == 34


def test_the_share_of_false_alarms_is_what_was_wanted():
    rng = np.random.default_rng(0)
    shares, powers = [], []
    for _ in range(400):
        calibration, normal = rng.normal(size=1000), rng.normal(size=450)
        batch = np.append(normal, rng.normal(3.5, 1, 50))
        flagged = batch > discovery_advice(calibration, batch, 0.1).threshold
        shares.append(flagged[:450].sum() / max(1, flagged.sum()))
        powers.append(flagged[450:].mean())
    assert np.mean(shares) <= 0.1 + 3 * np.std(shares) / 20
    assert np.mean(shares) > 0.05  # it is not merely cautious
    assert np.mean(powers) > 0.6


def test_too_few_calibration_scores_are_said():
    found = discovery_advice(np.arange(9.0), np.arange(1000.0), 0.01)
    assert found.threshold == math.inf
    assert found.warning is not None
    assert "it takes 99,999 calibration scores" in found.warning
    with pytest.raises(ValueError, match="scores of a batch"):
        discovery_advice(np.arange(9.0), np.array([]), 0.1)
