"""Who crosses, who is missed, who gives a false alarm: against looking at every sample."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wganad_core.evaluation import Ranking

INF = math.inf
scores = st.one_of(st.integers(0, 5).map(float), st.sampled_from([-INF, INF, -0.0, 2.5]))
rows = st.lists(
    st.tuples(scores, st.integers(0, 1), st.sampled_from("abc"), st.booleans()),
    min_size=1,
    max_size=30,
)
thresholds = st.one_of(scores, st.floats(-1, 6))
limits = st.one_of(st.none(), st.integers(0, 8))


def highest_first(score: np.ndarray, which: np.ndarray, limit: int | None) -> list[int]:
    return sorted(np.flatnonzero(which).tolist(), key=lambda i: (-score[i], i))[:limit]


def lowest_first(score: np.ndarray, which: np.ndarray, limit: int | None) -> list[int]:
    return sorted(np.flatnonzero(which).tolist(), key=lambda i: (score[i], i))[:limit]


@settings(max_examples=500, deadline=None)
@given(rows, thresholds, thresholds, limits, st.booleans())
def test_answers_are_those_of_looking_at_every_sample(table, before, after, limit, restricted):
    score, label, group, marks = (np.array(column) for column in zip(*table, strict=True))
    shown = marks if restricted else np.ones(len(score), dtype=bool)
    ranking = Ranking(score, label, group, among=marks if restricted else None)
    was, is_ = score > before, score > after
    index, total = ranking.crossed(before, after, limit)
    assert index.tolist() == highest_first(score, (was != is_) & shown, limit)
    assert total == (was != is_).sum()
    misses = (label == 1) & ~is_ & shown
    assert ranking.misses(after, limit).tolist() == lowest_first(score, misses, limit)
    alarms = (label == 0) & is_ & shown
    assert ranking.alarms(after, limit).tolist() == highest_first(score, alarms, limit)
    assert ranking.n_flagged(after) == is_.sum()
    for kind in (0, 1):
        of_kind = label == kind
        assert ranking.flagged_by_group(after, kind) == {
            name: (int((is_ & of_kind)[group == name].sum()), int(of_kind[group == name].sum()))
            for name in sorted(set(group[of_kind]))
        }
    unlabelled = Ranking(score, None, group)
    assert unlabelled.flagged_by_group(after) == {
        name: (int(is_[group == name].sum()), int((group == name).sum()))
        for name in sorted(set(group))
    }
    assert unlabelled.flagged_by_group(after, 1) == {}


def test_an_example_by_hand():
    ranking = Ranking([5, 1, 3, 3, 2], [1, 1, 0, 1, 0], ["x", "y", "x", "x", "y"])
    assert ranking.crossed(4.0, 2.0, 10)[0].tolist() == [2, 3]  # ties by number; 2 is not above 2
    assert ranking.crossed(2.0, 4.0, 1)[0].tolist() == [2]
    assert ranking.crossed(2.0, 4.0, 1)[1] == 2
    assert ranking.crossed(3.0, 3.0, 10)[1] == 0
    assert ranking.misses(3.0, 10).tolist() == [1, 3]
    assert ranking.alarms(1.5, 10).tolist() == [2, 4]
    assert ranking.flagged_by_group(2.0) == {"x": (1, 1), "y": (0, 1)}
    assert ranking.flagged_by_group(2.0, 1) == {"x": (2, 2), "y": (0, 1)}
    assert ranking.crossed(INF, -INF, None)[0].tolist() == [0, 2, 3, 4, 1]


def test_without_labels_only_the_flips_are_known():
    ranking = Ranking([1.0, 2.0, 3.0])
    assert ranking.crossed(2.5, 0.0, 2)[0].tolist() == [1, 0]
    assert ranking.flagged_by_group(0.0) == {}
    with pytest.raises(ValueError, match="Expected labels"):
        ranking.misses(0.0, 1)
    with pytest.raises(ValueError, match="Expected labels"):
        ranking.alarms(0.0, 1)


def test_nobody_to_show():
    ranking = Ranking([1.0, 2.0], [0, 1], among=[False, False])
    index, total = ranking.crossed(3.0, 0.0, 5)
    assert (index.tolist(), total) == ([], 2)
    assert ranking.misses(5.0, 5).tolist() == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"score": []}, "at least one"),
        ({"score": [1.0, math.nan]}, "NaN"),
        ({"score": [1.0], "label": [2]}, "labels of 0"),
        ({"score": [1.0], "label": [0, 1]}, "one label per score"),
        ({"score": [1.0], "group": ["a", "b"]}, "names of groups"),
        ({"score": [1.0], "among": [True, True]}, "whom to show"),
    ],
)
def test_a_ranking_refuses(arguments: dict, says: str):
    with pytest.raises(ValueError, match=says):
        Ranking(**arguments)


def test_questions_without_an_answer_are_refused():
    ranking = Ranking([1.0], [0], ["a"])
    for ask in (
        lambda: ranking.crossed(math.nan, 0.0, 1),
        lambda: ranking.misses(math.nan, 1),
        lambda: ranking.alarms(math.nan, 1),
        lambda: ranking.flagged_by_group(math.nan),
        lambda: ranking.alarms(0.0, -1),
    ):
        with pytest.raises(ValueError, match="Expected"):
            ask()


def test_answers_are_copies():
    ranking = Ranking([1.0, 2.0], [0, 0])
    ranking.alarms(0.0, 2)[:] = 7
    assert ranking.alarms(0.0, 2).tolist() == [1, 0]


def test_a_move_costs_the_same_whatever_the_number_of_samples():
    """No pass over the samples: 50 times as many may cost a few more halvings, not 50 times."""

    def seconds(n: int) -> float:
        score = np.arange(float(n))
        ranking = Ranking(score, np.arange(n) % 2, np.arange(n) % 10, among=np.arange(n) % 3 > 0)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            for threshold in np.linspace(0, n, 100):
                ranking.crossed(threshold, threshold + n / 10, 12)
                ranking.misses(threshold, 12)
                ranking.alarms(threshold, 12)
                ranking.flagged_by_group(threshold)
            times.append(time.perf_counter() - start)
        return min(times)

    assert seconds(500_000) < 10 * seconds(10_000)
