"""Events in time: small cases by hand, larger ones by brute force from the definitions."""

from __future__ import annotations

import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from wganad_core.data.runs import runs_of
from wganad_core.evaluation import EventRule, event_report, events

bits = st.lists(st.integers(0, 1), min_size=1, max_size=24)


def test_a_spike_of_one_moment_is_one_event_of_one_moment():
    score = np.zeros(200)
    score[77] = 9
    found = events(score, 5)
    assert found.runs.tolist() == [[77, 78]]
    assert int(found.flagged.sum()) == 1
    assert not len(events(score, 5, EventRule(min_length=2)).runs)


def test_hysteresis_keeps_an_event_alive_but_does_not_begin_it_early():
    score = [2, 2, 6, 2, 2, 0, 2, 2]
    assert events(score, 5, EventRule(release=1)).runs.tolist() == [[2, 5]]
    with pytest.raises(ValueError, match="release of at most 5; found 6"):
        events(score, 5, EventRule(release=6))


def test_gaps_are_merged_before_short_events_are_dropped():
    score = np.array([0, 9, 0, 9, 0, 0, 0, 9, 0])
    rule = EventRule(min_length=3, merge_gap=1)
    found = events(score, 5, rule)
    assert found.runs.tolist() == [[1, 4]]
    assert found.peak.tolist() == [1]


def test_no_event_spans_two_machines():
    score, machine = np.array([0, 9, 9, 9, 0, 9]), np.array(list("aabbbb"))
    assert events(score, 5, stretch=machine).runs.tolist() == [[1, 2], [2, 4], [5, 6]]
    merged = events(score, 5, EventRule(merge_gap=3), machine)
    assert merged.runs.tolist() == [[1, 2], [2, 6]]


@pytest.mark.parametrize("bad", [{"min_length": 0}, {"merge_gap": -1}])
def test_a_rule_that_cannot_be_is_refused(bad: dict[str, int]):
    with pytest.raises(ValueError, match="Expected a least length"):
        EventRule(**bad)


@settings(max_examples=200)
@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=30),
    st.integers(1, 4),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_events_are_what_a_machine_of_two_states_finds(
    score: list[int], min_length: int, merge_gap: int, release: int
):
    """Moment by moment: on above 3, off at the release or below."""
    on, flags = False, []
    for value in score:
        on = value > release if on else value > 3
        flags.append(on)
    runs = runs_of(flags).tolist()
    merged: list[list[int]] = []
    for low, high in runs:
        if merged and low - merged[-1][1] <= merge_gap:
            merged[-1][1] = high
        else:
            merged.append([low, high])
    expected = [run for run in merged if run[1] - run[0] >= min_length]
    found = events(score, 3, EventRule(min_length, merge_gap, release))
    assert found.runs.tolist() == expected
    assert runs_of(found.flagged).tolist() == expected or merge_gap == 0
    for (low, high), peak in zip(expected, found.peak, strict=True):
        assert score[peak] == max(score[low:high])


def test_what_events_are_worth():
    label = np.zeros(1000, int)
    label[100:200] = label[400:410] = label[700:750] = 1
    score = np.zeros(1000)
    score[[120, 121, 399, 300, 900, 901]] = 1  # 399 ends just before a range
    report = event_report(label, events(score, 0.5))
    assert report.caught.tolist() == [True, False, False]
    assert report.recall == pytest.approx(1 / 3)
    assert report.median_delay == 20
    assert report.false.tolist() == [False, True, True, True]
    assert report.precision == 0.25
    assert report.false_per(840) == 3
    nothing = event_report(np.zeros(5, int), events(np.zeros(5), 1))
    assert math.isnan(nothing.recall)
    assert math.isnan(nothing.precision)
    assert nothing.false_per(10) == 0


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=24))
def test_event_recall_and_delay_by_brute_force(pairs: list[tuple[int, int]]):
    label, flags = map(list, zip(*pairs, strict=True))
    report = event_report(label, events(flags, 0.5))
    for (low, high), caught, delay in zip(report.ranges, report.caught, report.delay, strict=True):
        hits = [at for at in range(low, high) if flags[at]]
        assert caught == bool(hits)
        assert (delay == hits[0] - low) if hits else math.isnan(delay)
    runs = runs_of(flags)
    assert report.false.tolist() == [not any(label[low:high]) for low, high in runs]
