"""A lane's recording: bounded, thinned by age, and through storage unharmed."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from wganad_core.records import HISTORY, MAX_FRAMES, MAX_HISTORY, Detection, Frame, Replay


def frame(step: int) -> Frame:
    """A small frame whose arrays all tell its step, in numbers that half precision holds."""
    value = np.float32(step % 1024)
    return Frame(
        step=step,
        samples=np.full((5, 2), value, np.float32),
        field=np.full((3, 3), -value, np.float32),
        slope=np.full((3, 3), value / 2, np.float32),
        optimal=np.full((2, 2), np.nan, np.float32),
        arrows=np.full((4, 4), value, np.float32),
        manifold=np.full((2, 2, 2), value, np.float32),
        counts=np.arange(7, dtype=np.float32),
    )


def recorded(steps: range) -> Replay:
    recording = Replay()
    for step in steps:
        recording.add(frame(step), {"step": step, "critic_loss": step / 2})
    return recording


def steps_of(recording: Replay) -> list[int]:
    return [f.step for f in recording.frames]


def test_few_entries_are_all_kept() -> None:
    recording = recorded(range(0, 900, 10))
    assert steps_of(recording) == list(range(0, 900, 10))
    assert recording.column("step").tolist() == list(range(0, 900, 10))


@pytest.mark.parametrize("n", [MAX_FRAMES, MAX_FRAMES + 1, 500, 3001])
def test_it_is_bounded_and_keeps_the_first_and_the_newest(n: int) -> None:
    recording = Replay()
    for step in range(n):
        recording.add(frame(step), {"step": step})
        assert len(recording.frames) <= MAX_FRAMES
        assert len(recording.history) <= MAX_HISTORY
        assert recording.frames[-1].step == recording.history[-1][0] == step
        assert recording.frames[0].step == recording.history[0][0] == 0
    assert len(recording.frames) >= min(n, MAX_FRAMES // 2)
    assert len(recording.history) >= min(n, MAX_HISTORY // 2)
    steps = steps_of(recording)
    assert steps == sorted(set(steps))
    column = recording.column("step")
    assert (np.diff(column) > 0).all()


def test_thinning_by_hand() -> None:
    # When the 97th frame comes, of the older half (0 … 47) every second goes, the first stays.
    recording = recorded(range(MAX_FRAMES + 1))
    assert MAX_FRAMES == 96
    assert steps_of(recording) == [*range(0, 48, 2), *range(48, 97)]


def test_older_frames_are_thinned_more() -> None:
    steps = np.array(steps_of(recorded(range(2000))))
    gaps = np.diff(steps)
    assert gaps[-1] == 1
    assert gaps[: len(gaps) // 4].mean() > 4 * gaps[-len(gaps) // 4 :].mean()


def test_the_same_step_replaces() -> None:
    recording = recorded(range(3))
    again = frame(2)
    recording.add(again, {"step": 2, "critic_loss": 99.0})
    assert steps_of(recording) == [0, 1, 2]
    assert np.array_equal(recording.frames[-1].samples, again.samples)
    assert recording.column("critic_loss").tolist() == [0.0, 0.5, 99.0]


def test_columns_come_by_name_and_missing_numbers_are_nan() -> None:
    recording = Replay()
    recording.add(frame(4), {"step": 4, "wasserstein": 0.25, "n_covered": 7, "unknown": 1.0})
    assert len(recording.history[0]) == len(HISTORY)
    assert recording.column("wasserstein").tolist() == [0.25]
    assert recording.column("n_covered").tolist() == [7]
    assert np.isnan(recording.column("jensen_shannon")).all()
    assert recording.column("step").dtype == np.float64
    with pytest.raises(ValueError, match="not in"):
        recording.column("unknown")


@pytest.mark.parametrize(("step", "expected"), [(-5, 0), (0, 0), (14, 10), (16, 20), (99, 30)])
def test_nearest(step: int, expected: int) -> None:
    assert recorded(range(0, 40, 10)).nearest(step).step == expected


def test_only_the_newest_events_are_kept() -> None:
    recording = Replay()
    for i in range(30):
        recording.note(f"event {i}")
    assert recording.events == [f"event {i}" for i in range(10, 30)]
    recording.note("last", keep=2)
    assert recording.events == ["event 29", "last"]


def test_arrays_and_back() -> None:
    recording = recorded(range(250))
    recording.note("step 12: something")
    arrays = recording.arrays()
    n = len(recording.frames)
    assert arrays["samples"].shape == (n, 5, 2)
    assert arrays["samples"].dtype == np.float16
    assert arrays["history"].shape == (250, len(HISTORY))
    back = Replay.from_arrays(arrays, recording.events)
    assert back.events == ["step 12: something"]
    assert steps_of(back) == steps_of(recording)
    for one, other in zip(back.frames, recording.frames, strict=True):
        for name, value in other.arrays().items():
            found = one.arrays()[name]
            assert found.dtype == np.float32
            np.testing.assert_array_equal(found, value)
    for name in HISTORY:
        np.testing.assert_allclose(back.column(name), recording.column(name), rtol=0, atol=1e-3)
    assert math.isnan(back.history[0][HISTORY.index("wasserstein")])


def test_half_precision_is_enough_to_draw() -> None:
    samples = np.random.default_rng(0).uniform(-2, 2, (5, 2)).astype(np.float32)
    recording = Replay()
    recording.add(dataclasses.replace(frame(0), samples=samples), {"step": 0})
    back = Replay.from_arrays(recording.arrays(), [])
    # Between 1 and 2 half precision steps by 2⁻¹⁰.
    np.testing.assert_allclose(back.frames[0].samples, samples, rtol=0, atol=2**-11 + 1e-7)


def test_a_recording_that_came_back_can_go_on() -> None:
    recording = recorded(range(100))
    back = Replay.from_arrays(recording.arrays(), [])
    for step in range(100, 300):
        recording.add(frame(step), {"step": step})
        back.add(frame(step), {"step": step})
    assert steps_of(back) == steps_of(recording)
    assert back.column("step").tolist() == recording.column("step").tolist()


def test_shares_that_a_threshold_flags() -> None:
    nothing = np.zeros((0, 2), np.float32)
    found = Detection(
        low=0.0,
        high=1.0,
        maps={},
        points=nothing,
        label=np.array([0, 0, 0, 1]),
        mode=np.zeros(4, np.int64),
        scores={"critic": np.array([1, 2, 3, 3], np.float32)},
        calibration={},
        samples=nothing,
    )
    assert found.flagged("critic", 2).tolist() == [False, False, True, True]
    assert list(found.shares("critic", 2)) == pytest.approx([1 / 3, 1])
    unlabelled = dataclasses.replace(found, label=np.zeros(4, np.int64))
    assert np.isnan(unlabelled.shares("critic", 2)[1])
