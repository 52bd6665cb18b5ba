"""Measures that know of ranges, by brute force from their definitions."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from wganad_core.data.runs import runs_of
from wganad_core.evaluation import vus_pr
from wganad_core.evaluation.range_aware import affiliation, point_adjusted, softened


def test_point_adjustment_makes_random_alarms_look_good():
    rng = np.random.default_rng(0)
    label = np.zeros(20_000, int)
    for start in range(500, 20_000, 2_000):
        label[start : start + 400] = 1
    flagged = rng.random(20_000) < 0.01

    def f1(flags: np.ndarray) -> float:
        hit = (flags & (label == 1)).sum()
        return 2 * hit / (flags.sum() + label.sum())

    assert f1(flagged) < 0.03
    assert f1(point_adjusted(label, flagged)) > 0.9


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=20))
def test_affiliation_by_brute_force(pairs: list[tuple[int, int]]):
    """From the definition, moment by moment."""
    label, flags = map(list, zip(*pairs, strict=True))
    n, ranges = len(label), runs_of(label).tolist()
    precision, recall = affiliation(label, flags)
    if not ranges:
        assert math.isnan(precision)
        assert math.isnan(recall)
        return

    def away(x: int, run: list[int]) -> int:
        return max(run[0] - x, x - run[1] + 1, 0)

    owner = [min(range(len(ranges)), key=lambda j: (away(x, ranges[j]), j)) for x in range(n)]
    each_precision, each_recall = [], []
    for j, run in enumerate(ranges):
        zone = [x for x in range(n) if owner[x] == j]
        alarms = [x for x in zone if flags[x]]
        if alarms:
            each_precision.append(
                np.mean([np.mean([away(y, run) >= away(x, run) for y in zone]) for x in alarms])
            )
            each_recall.append(
                np.mean(
                    [
                        np.mean([abs(y - x) >= min(abs(a - x) for a in alarms) for y in zone])
                        for x in range(*run)
                    ]
                )
            )
        else:
            each_recall.append(0.0)
    assert recall == pytest.approx(np.mean(each_recall))
    if each_precision:
        assert precision == pytest.approx(np.mean(each_precision))
    else:
        assert math.isnan(precision)


def brute_vus(label: list[int], score: list[int], buffer: int) -> float:
    """Threshold by threshold, by the formulas of the paper."""
    areas = []
    for width in range(buffer + 1):
        weight = softened(label, width)
        positives = (sum(label) + weight.sum()) / 2
        area = before = 0.0
        for level in sorted(set(score), reverse=True):
            flagged = np.array(score) >= level
            hit = float((weight * flagged).sum())
            runs = runs_of(weight > 0)
            touched = np.mean([flagged[low:high].any() for low, high in runs])
            recall = min(hit / positives, 1) * touched
            area += (recall - before) * hit / flagged.sum()
            before = recall
        areas.append(area)
    return float(np.mean(areas))


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=2, max_size=24),
    st.integers(0, 7),
)
def test_the_volume_by_brute_force(pairs: list[tuple[int, int]], buffer: int):
    label, score = map(list, zip(*pairs, strict=True))
    if not any(label):
        assert math.isnan(vus_pr(label, score, buffer))
    else:
        assert vus_pr(label, score, buffer) == pytest.approx(brute_vus(label, score, buffer))


def test_without_a_buffer_and_with_ranges_of_one_moment_each_what_is_touched_counts():
    assert softened([0, 0, 1, 0, 0], 4) == pytest.approx(
        [0.5**0.5, 0.75**0.5, 1, 0.75**0.5, 0.5**0.5]
    )
    late = vus_pr([0, 0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 0, 0, 0], 4)
    far = vus_pr([0, 0, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1], 4)
    assert late > far  # one moment late is nearly right, five are wrong
    with pytest.raises(ValueError, match="buffer of 0 or more"):
        vus_pr([0, 1], [0, 1], -1)


def test_scores_may_be_infinite():
    for odd in ([1, 0, 0, 0], [0, 0, 0, 1]):  # all are flagged together, wherever the odd one is
        assert vus_pr(odd, [math.inf] * 4, 0) == 0.25
        assert vus_pr(odd, [-math.inf] * 4, 0) == 0.25
