"""Rows in the order of time, and what is counted along it."""

from __future__ import annotations

import numpy as np

from wganad_core.data.own.stretches import counted, in_time
from wganad_core.data.runs import runs_of


def test_machines_that_are_logged_in_turn_are_put_one_after_the_other() -> None:
    row, machine = np.arange(1, 13), np.array(["b", "a", "b", "a"] * 3)
    order, stretch = in_time(row, None, machine)
    assert order.tolist() == [1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10]
    assert stretch.tolist() == [0] * 6 + [1] * 6


def test_rows_follow_their_clock_and_a_long_gap_or_a_new_start_parts_them() -> None:
    seconds = np.array([0.0, 2, 1, 4, 3, 5, 20, 21, np.nan])
    order, stretch = in_time(np.arange(1, 10), seconds)
    assert order.tolist() == [0, 2, 1, 4, 3, 5, 6, 7, 8]
    assert stretch.tolist() == [0] * 6 + [1, 1, 2]
    again = np.concatenate([np.arange(100.0), np.arange(100.0)])
    order, stretch = in_time(np.arange(1, 201), again)
    assert order.tolist() == list(range(200))
    assert stretch.tolist() == [0] * 100 + [1] * 100


def test_no_run_spans_two_stretches() -> None:
    mask, stretch = np.array([1, 1, 1, 0, 1], bool), np.array([0, 0, 1, 1, 1])
    assert runs_of(mask, stretch).tolist() == [[0, 2], [2, 3], [4, 5]]
    assert runs_of(np.zeros(0, bool)).shape == (0, 2)
    label, flagged = mask.astype(int), np.array([0, 1, 0, 1, 0], bool)
    assert counted(label, flagged, stretch) == (1, 3, 1)
    assert counted(label, flagged) == (1, 2, 1)


def test_what_was_learned_from_does_not_count() -> None:
    label = np.array([1, 1, 0, 0, 1, 0])
    flagged = np.array([1, 1, 0, 1, 1, 0], bool)
    unseen = np.array([0, 0, 0, 1, 1, 1], bool)
    assert counted(label, flagged, None, unseen) == (1, 1, 0)
