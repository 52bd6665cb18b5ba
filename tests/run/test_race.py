"""The race: one clock, recordings, slow motion, checkpoints, divergence."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from wganad_core.config import LaneConfig, MixtureConfig, NetworkConfig, RaceConfig, TrainingConfig
from wganad_core.methods import DivergedError
from wganad_core.records import StepTrace
from wganad_core.run import Checkpoint
from wganad_core.run.race import Lane, Race, load_race, save_race
from wganad_core.storage import StorageError
from wganad_core.use_cases import PAPER, SHARP

SMALL = NetworkConfig(width=16)
DATA = MixtureConfig(n_samples=2_000)


def lane(training: TrainingConfig, **changes: object) -> LaneConfig:
    return LaneConfig(network=SMALL, training=training.replace(batch_size=16, **changes))


def three_lanes(**changes: object) -> RaceConfig:
    trainings = (PAPER["gan"], PAPER["wgan-clip"], SHARP)
    return RaceConfig(mixture=DATA, lanes=tuple(lane(t, **changes) for t in trainings))


def checksums(race: Race) -> list[str]:
    return [lane.trainer.networks.checksum() for lane in race.lanes]


def test_lanes_share_a_clock_and_their_starting_weights() -> None:
    race = Race(three_lanes())
    assert len(set(checksums(race))) == 1
    for _ in range(3):
        race.advance()
    assert [lane.trainer.n_steps for lane in race.lanes] == [3, 3, 3]
    assert [lane.trainer.n_critic_updates for lane in race.lanes] == [3, 15, 15]
    assert len(set(checksums(race))) == 3


def test_single_updates_move_one_network_only() -> None:
    race = Race(RaceConfig(mixture=DATA, lanes=(lane(SHARP),)))
    networks = race.lanes[0].trainer.networks
    before = networks.generator_parameters.vector.detach().clone()
    race.advance("critic")
    assert np.array_equal(before, networks.generator_parameters.vector.detach())
    critic = networks.critic_parameters.vector.detach().clone()
    race.advance("generator")
    assert np.array_equal(critic, networks.critic_parameters.vector.detach())
    assert not np.array_equal(before, networks.generator_parameters.vector.detach())
    assert race.step_count == 0


def test_observing_and_measuring_do_not_disturb_training() -> None:
    watched, alone = Race(three_lanes()), Race(three_lanes())
    for _ in range(4):
        watched.advance()
        watched.observe()
        watched.measure()
        alone.advance()
    assert checksums(watched) == checksums(alone)


def test_a_frame_holds_what_it_says() -> None:
    made = Lane(lane(SHARP), Race(three_lanes()).mixture)
    made.measure()
    made.observe()
    frame = made.recording.frames[0]
    assert np.array_equal(frame.samples, made.trainer.picture())
    assert frame.arrows.shape == (64, 4)
    assert frame.manifold.shape == (17, 17, 2)
    assert np.nanmax(frame.optimal) <= 1
    # The slope is the length of the field's gradient: compare with finite differences inside.
    left, right, *_ = made.mixture.box
    spacing = (right - left) / len(frame.field)
    dy, dx = np.gradient(frame.field.astype(float), spacing)
    numeric = np.hypot(dx, dy)[1:-1, 1:-1]
    close = np.abs(numeric - frame.slope[1:-1, 1:-1]) < 0.05 * frame.slope.max()
    assert close.mean() > 0.8  # kinks of the ReLUs aside
    row = dict(zip(("step", "wasserstein"), (0.0, made.measured), strict=True))
    assert made.recording.column("step")[0] == row["step"]
    assert made.recording.column("wasserstein")[0] > 0.5


def made(step: Generator[None, None, StepTrace]) -> StepTrace:
    """A step in slices, made to its end."""
    while True:
        try:
            next(step)
        except StopIteration as end:
            found: StepTrace = end.value
            return found


def test_slow_motion_makes_the_same_step_as_training() -> None:
    for training in (PAPER["gan"], PAPER["wgan-clip"], SHARP):
        config = RaceConfig(mixture=DATA, lanes=(lane(training),))
        traced, plain = Race(config), Race(config)
        trace = made(traced.trace(0))
        plain.advance()
        assert checksums(traced) == checksums(plain)
        assert trace.step == 1
        assert trace.fake.shape == trace.moved.shape == (16, 2)
        assert not np.array_equal(trace.fake, trace.moved)
        low, high = np.minimum(trace.real, 0).min() - 9, 9
        assert np.all((trace.between > low) & (trace.between < high))


def test_a_step_in_slow_motion_is_the_runs_own() -> None:
    race = Race(RaceConfig(mixture=DATA, lanes=(lane(SHARP, steps=2),)))
    race.advance("generator")  # which says nothing of W
    race.observe()
    for _ in range(2):
        made(race.trace(0))
    race.observe()
    traced = race.lanes[0]
    estimates = traced.recording.column("w_estimate")
    assert np.isnan(estimates[0])
    assert np.isfinite(estimates[1])
    assert traced.run.finished
    assert traced.run.weights.keys() == traced.trainer.finished_arrays().keys()


def test_slow_motion_shows_the_batch_that_the_update_used() -> None:
    """With one critic update, the trace's own data and samples give the recorded loss."""
    config = RaceConfig(mixture=DATA, lanes=(lane(PAPER["wgan-clip"], n_critic=1),))
    race = Race(config)
    critic = race.lanes[0].trainer.networks
    arrays = critic.arrays()
    trace = made(race.trace(0))
    untouched = Race(config).lanes[0].trainer
    untouched.networks.load_arrays(arrays)
    real, fake = untouched.real_batch(), untouched.fake_batch()
    loss = float((untouched.critic(fake).mean() - untouched.critic(real).mean()).detach())
    assert np.array_equal(real.numpy(), trace.real)
    assert trace.losses["critic"] == pytest.approx(loss, abs=1e-6)


def test_a_diverged_lane_stops_alone_with_a_sentence() -> None:
    race = Race(RaceConfig(mixture=DATA, lanes=(lane(PAPER["wgan-gp"]), lane(SHARP))))
    race.observe()
    broken, sound = race.lanes
    broken.trainer.networks.critic_parameters.vector.data.fill_(1e20)  # f overflows
    for _ in range(3):
        race.advance()
    assert broken.stopped is not None
    assert broken.stopped.startswith("Training diverged at step")
    assert broken.stopped in broken.recording.events
    assert broken.trainer.networks.critic_parameters.vector.isfinite().all()
    assert len(broken.recording.frames) == 1
    assert sound.stopped is None
    assert sound.trainer.n_steps == 3


def test_a_step_that_diverges_under_the_microscope_stops_its_lane() -> None:
    race = Race(RaceConfig(mixture=DATA, lanes=(lane(PAPER["wgan-gp"]),)))
    race.lanes[0].trainer.networks.critic_parameters.vector.data.fill_(1e20)
    with pytest.raises(DivergedError, match="diverged at step 0"):
        made(race.trace(0))
    assert race.finished


def test_a_race_ends_at_its_last_step() -> None:
    race = Race(three_lanes(steps=2))
    for _ in range(5):
        race.advance()
    assert race.finished
    assert race.step_count == 2
    with pytest.raises(ValueError, match="has finished"):
        made(race.trace(0))


def test_a_saved_race_continues_bit_for_bit(tmp_path: Path) -> None:
    unbroken = Race(three_lanes())
    for _ in range(4):
        unbroken.advance()
    broken = Race(three_lanes())
    for _ in range(2):
        broken.advance()
    broken.observe()
    save_race(broken, tmp_path / "race.safetensors")
    resumed = load_race(tmp_path / "race.safetensors")
    assert resumed.config == broken.config
    assert [frame.step for frame in resumed.lanes[0].recording.frames] == [2]
    for _ in range(2):
        resumed.advance()
    assert checksums(resumed) == checksums(unbroken)


def collapse(made: Lane) -> None:
    """All samples on the third mode from now on."""
    last: Any = list(made.trainer.generator.children())[-1]
    last.weight.data.zero_()
    last.bias.data[:] = last.bias.data.new_tensor(made.mixture.modes[2])


def test_a_saved_race_continues_its_curves_and_its_events(tmp_path: Path) -> None:
    path = tmp_path / "race.safetensors"
    race = Race(RaceConfig(mixture=DATA, lanes=(lane(PAPER["wgan-clip"]), lane(PAPER["gan"]))))
    for _ in range(3):
        race.advance()
    collapse(race.lanes[1])
    race.lanes[1].stopped = "Enough."
    race.measure()
    race.observe()
    save_race(race, path)
    resumed = load_race(path)
    for one in (race, resumed):
        one.advance()
        one.observe()
    for found, expected in zip(resumed.lanes, race.lanes, strict=True):
        past = expected.recording.arrays()
        for name, value in found.recording.arrays().items():
            np.testing.assert_array_equal(value, past[name], err_msg=name)
        assert found.recording.events == expected.recording.events
        assert found.stopped == expected.stopped
    w_estimate = resumed.lanes[0].recording.column("w_estimate")
    assert np.isfinite(w_estimate).all()
    # The collapse that was told before the race was saved is not told again.
    assert resumed.lanes[1].recording.events == ["step 3: 100% of samples on mode 3"]


def test_a_race_that_nobody_has_watched_is_saved_too(tmp_path: Path) -> None:
    race = Race(three_lanes())
    race.advance()
    save_race(race, tmp_path / "race")
    again = load_race(tmp_path / "race")
    assert checksums(again) == checksums(race)
    assert [[f.step for f in lane.recording.frames] for lane in again.lanes] == [[1]] * 3


def test_own_points_travel_with_the_checkpoint(tmp_path: Path) -> None:
    own = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    config = RaceConfig(mixture=MixtureConfig(name="own"), lanes=(lane(SHARP),))
    race = Race(config, own)
    race.advance()
    race.observe()
    save_race(race, tmp_path / "race.safetensors")
    assert np.array_equal(load_race(tmp_path / "race.safetensors").mixture.x, own)


def test_a_foreign_file_is_no_race(tmp_path: Path) -> None:
    (tmp_path / "race.safetensors").write_bytes(b"hello")
    with pytest.raises(StorageError, match="truncated or not a safetensors file"):
        load_race(tmp_path / "race.safetensors")
    Checkpoint(tmp_path / "fit", {"fit": {}}).save()
    with pytest.raises(StorageError, match="fit holds no race; choose another file"):
        load_race(tmp_path / "fit")


def test_a_collapse_is_told_once_until_it_is_over() -> None:
    made = Lane(lane(PAPER["gan"]), Race(three_lanes()).mixture)
    collapse(made)
    for step in (10, 20):
        made.trainer.n_steps = step
        made.observe()
    assert made.recording.events == ["step 10: 100% of samples on mode 3"]
