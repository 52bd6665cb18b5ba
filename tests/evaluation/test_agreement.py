"""Two detectors on the same samples, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from wganad_core.evaluation import agreement, event_report, events, false_alarms_by_subject, listed
from wganad_core.evaluation.range_aware import at_random
from wganad_core.records import Scored

#        normals          anomalies
LABEL = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1]
FIRST = [1, 2, 3, 4, 9, 8, 7, 6, 2, 1]
OTHER = [9, 1, 2, 3, 4, 8, 1, 7, 6, 1]


def test_both_are_compared_at_as_many_false_alarms() -> None:
    """Above 5 the first flags one normal in five; the second does so above 4."""
    found = agreement(LABEL, FIRST, OTHER, 5)
    assert found.false_alarm_rate == found.point.false_alarm_rate == 0.2
    assert found.point.threshold == 4
    assert found.counts == {"both": (2, 0), "first": (1, 1), "second": (1, 1), "neither": (1, 3)}
    assert found.caught_by_first_only().tolist() == [6]
    assert found.caught_by_second_only().tolist() == [8]
    assert found.alarms_of_one().tolist() == [4, 0]


def test_counts_are_weighted_for_another_world() -> None:
    """One anomaly in 100: each of the five here stands for 20 of 10,000, each normal for 1,980."""
    expected = agreement(LABEL, FIRST, OTHER, 5).expected(0.01, 10_000)
    assert expected["both"] == pytest.approx((40, 0))
    assert expected["first"] == pytest.approx((20, 1_980))
    assert sum(map(sum, expected.values())) == pytest.approx(10_000)


def test_one_class_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="Expected anomalies and normals; found 0 anomalies"):
        agreement([0, 0], [1, 2], [1, 2], 1)


def test_events_are_listed_by_their_peak() -> None:
    score = [0, 5, 6, 0, 9, 0, 7, 0]
    label = [0, 1, 0, 0, 0, 0, 1, 1]
    why = np.array(["", "a", "", "", "", "", "b", ""], object)
    found = events(score, 4)
    every = listed(found, score, label, np.arange(8) * 10.0, why)
    assert [(one.first, one.last, one.length) for one in every] == [(4, 4, 1), (6, 6, 1), (1, 2, 2)]
    assert [one.labelled for one in every] == [0, 1, 1]
    assert [one.seconds for one in every] == [0, 0, 10]
    assert [one.why for one in every] == ["", "b", "a"]
    assert [one.peak for one in listed(found, score, most=2)] == [4, 6]
    assert listed(found, score)[0].labelled is None
    assert event_report(label, found).median_length == 1.5


def test_as_many_alarms_at_random() -> None:
    flagged = np.arange(100) < 7
    assert at_random(flagged).sum() == 7
    assert at_random(flagged).tolist() != flagged.tolist()


def test_false_alarms_by_subject_leave_out_who_has_no_normals() -> None:
    score, label = np.array([1.0, 3, 5, 2]), np.array([0, 0, 1, 0])
    scored = Scored(score, label, subject=np.array(["a", "a", "b", "c"]))
    assert false_alarms_by_subject(scored, 2) == {"a": 0.5, "c": 0.0}
    with pytest.raises(ValueError, match="with labels and subjects"):
        false_alarms_by_subject(Scored(score, label), 2)
