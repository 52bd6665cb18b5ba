"""The worker process: its requests, its queue, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch

from wganad_core.config import LaneConfig, MixtureConfig, NetworkConfig, RaceConfig
from wganad_core.live import limits
from wganad_core.live.client import WorkerClient, WorkerError
from wganad_core.live.messages import ModelKey
from wganad_core.use_cases import PAPER, SHARP

DATA = MixtureConfig(n_samples=2_000)
RACE = RaceConfig(
    mixture=DATA,
    lanes=(
        LaneConfig(network=NetworkConfig(width=16), training=PAPER["gan"]),
        LaneConfig(network=NetworkConfig(width=16), training=SHARP.replace(batch_size=32)),
    ),
)
SHORT = RACE.replace(lanes=(LaneConfig(training=SHARP.replace(steps=3, batch_size=8)),))


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> None:
    """A deadline only so that a broken worker does not hang the tests."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the worker did not get there"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def client() -> Iterator[WorkerClient]:
    made = WorkerClient(max_live=1)
    yield made
    made.stop()
    assert made.process.returncode == 0


@pytest.fixture
def race(client: WorkerClient, request: pytest.FixtureRequest) -> Iterator[str]:
    key = request.node.name
    client.open(key, RACE)
    yield key
    client.ask("close", race=key, keep=False)


def step_of(client: WorkerClient, race: str) -> int:
    view = client.view(race)
    assert view is not None
    return view.step


def test_open_play_pause_step(client: WorkerClient, race: str) -> None:
    assert step_of(client, race) == 0
    client.ask("play", race=race)
    wait_for(lambda: step_of(client, race) > 20)
    client.ask("pause", race=race)
    resting = client.view(race)
    assert resting is not None
    assert not resting.playing
    time.sleep(0.3)
    assert step_of(client, race) == resting.step
    client.ask("advance", race=race, what="step")
    view = client.view(race)
    assert view is not None
    assert view.step == resting.step + 1
    assert view.lanes[0].frame.samples.shape == (1000, 2)
    assert view.lanes[0].recording.column("step")[-1] == view.step


def test_nothing_is_kept_of_a_race_that_is_closed_while_it_plays(client: WorkerClient) -> None:
    client.open("leaving", SHORT)
    client.ask("play", race="leaving")
    client.close("leaving")
    client.ask("ping")
    assert client.view("leaving") is None


def test_a_search_goes_on_beside_other_requests_until_it_is_ended(client: WorkerClient) -> None:
    model, x = ModelKey("mnist", "4"), np.zeros((1, 784), np.float32)
    client.begin_search("watched", model, "inversion", x, frames=1_000, steps=1_000_000)
    wait_for(lambda: client.search_view("watched") is not None)
    began = client.search_view("watched")
    assert began is not None
    assert began.judgement is None
    assert client.ask("ping")[1]["searches"] == 1
    wait_for(lambda: _steps(client) > began.steps)
    client.end_search("watched")
    assert client.ask("ping")[1]["searches"] == 0
    assert client.search_view("watched") is None  # nor is anything of it kept


def _steps(client: WorkerClient) -> int:
    view = client.search_view("watched")
    return 0 if view is None else view.steps


def test_a_search_that_cannot_begin_is_refused_and_forgotten(client: WorkerClient) -> None:
    bad = np.full((1, 784), np.nan, np.float32)
    with pytest.raises(WorkerError, match="Expected finite samples"):
        client.begin_search("bad", ModelKey("mnist", "4"), "anogan", bad)
    assert client.ask("ping")[1]["searches"] == 0


@pytest.mark.parametrize(
    "wanted",
    [
        lambda: np.empty(2**60, np.uint8),
        lambda: torch.empty(2**60, dtype=torch.uint8),
        lambda: pa.allocate_buffer(2**60),
    ],
)
def test_no_memory_is_known_by_whoever_says_so(wanted: Callable[[], object]) -> None:
    with pytest.raises((MemoryError, RuntimeError)) as raised:
        wanted()
    assert limits.is_out_of_memory(raised.value)
    assert not limits.is_out_of_memory(ValueError("something else"))


def test_the_speed_is_kept(client: WorkerClient, race: str) -> None:
    client.ask("play", race=race, speed=1.0)
    time.sleep(1.2)
    client.ask("pause", race=race)
    assert 1 <= step_of(client, race) <= 3


def test_the_speed_can_change_while_it_runs(client: WorkerClient, race: str) -> None:
    client.ask("play", race=race)
    wait_for(lambda: step_of(client, race) > 20)
    client.ask("play", race=race, speed=2.0)
    before = step_of(client, race)
    wait_for(lambda: step_of(client, race) >= before + 2)
    client.ask("pause", race=race)


def test_replay_and_recordings(client: WorkerClient, race: str) -> None:
    for _ in range(3):
        client.ask("advance", race=race, what="step")
    view = client.view(race)
    assert view is not None
    assert view.recorded_steps == [0, 1, 2, 3]
    assert [frame.step for frame in client.replay(race, 1)] == [1, 1]
    recordings = client.recordings(race)
    assert [frame.step for frame in recordings[1].frames] == [0, 1, 2, 3]
    assert len(recordings[1].history) == 4


def test_trace(client: WorkerClient, race: str) -> None:
    trace = client.trace(race, 1)
    assert trace.step == 1
    assert trace.push.shape == (32, 2)
    assert step_of(client, race) == 1


def test_the_next_run_sees_its_place_in_the_queue(client: WorkerClient, race: str) -> None:
    client.ask("play", race=race)
    for key in ("second", "third"):
        client.open(key, RACE)
        client.ask("play", race=key)
    places = [view.place for key in (race, "second", "third") if (view := client.view(key))]
    assert places == [0, 1, 2]
    assert step_of(client, "second") == 0
    client.ask("close", race="second", keep=False)
    wait_for(lambda: (view := client.view("third")) is not None and view.place == 1)
    client.ask("pause", race=race)
    wait_for(lambda: step_of(client, "third") > 0)
    client.ask("close", race="third", keep=False)


def test_a_finished_run_makes_room(client: WorkerClient, race: str) -> None:
    client.open("short", SHORT)
    client.ask("play", race="short")
    client.ask("play", race=race)
    wait_for(lambda: step_of(client, race) > 0)
    view = client.view("short")
    assert view is not None
    assert (view.finished, view.playing, view.step) == (True, False, 3)
    client.ask("close", race="short", keep=False)


def test_closing_leaves_a_checkpoint_to_resume(
    client: WorkerClient, race: str, tmp_path: Path
) -> None:
    path = tmp_path / "left.safetensors"
    client.open("left", RACE, checkpoint=path)
    client.ask("advance", race="left", what="step")
    client.ask("close", race="left")
    assert path.is_file()
    # What goes on is a copy, kept under its own name: as often as the address is opened.
    for name in ("again", "once more"):
        kept = tmp_path / f"{name}.safetensors"
        client.ask("resume", race=name, checkpoint=str(path), keep=str(kept))
        assert step_of(client, name) == 1
        client.ask("close", race=name)
        assert kept.is_file()
    assert path.is_file()


def test_a_race_on_own_points_comes_back_with_them(client: WorkerClient, tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    own = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    client.open("own", RACE.replace(mixture=MixtureConfig(name="own")), own, checkpoint=path)
    client.ask("advance", race="own", what="step")
    client.ask("close", race="own")
    keep = str(tmp_path / "copy.safetensors")
    arrays, _ = client.ask("resume", race="back", checkpoint=str(path), keep=keep)
    assert np.array_equal(arrays["own"], own)
    client.ask("close", race="back", keep=False)


def test_an_untouched_race_leaves_nothing(client: WorkerClient, tmp_path: Path) -> None:
    path = tmp_path / "none.safetensors"
    client.open("none", RACE, checkpoint=path)
    client.ask("close", race="none")
    assert not path.exists()


def test_a_lane_as_detector(client: WorkerClient, race: str) -> None:
    source = {"race": race, "lane": 1}
    found = client.detect(source)
    assert set(found.scores) == {"critic", "critic-interval", "generator", "density"}
    assert found.label.mean() == pytest.approx(0.17, abs=0.03)
    x = found.points[:3]
    again = client.score(source, x)
    for name, scores in found.scores.items():
        assert again[name] == pytest.approx(scores[:3], abs=1e-4), name


@pytest.mark.parametrize(
    ("op", "arguments", "sentence"),
    [
        ("play", {"race": "nobody"}, "no longer in memory"),
        ("trace", {"race": "nobody", "lane": 0}, "no longer in memory"),
        (
            "resume",
            {"race": "r", "checkpoint": "/nowhere/x", "keep": "/nowhere/y"},
            "cannot be read",
        ),
        ("open", {"race": "r", "config": {"mixture": {}, "lanes": []}}, "1 to 3 lanes"),
        ("nonsense", {}, "could not do this"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_sentence(
    client: WorkerClient, op: str, arguments: dict[str, object], sentence: str
) -> None:
    with pytest.raises(WorkerError, match=sentence):
        client.ask(op, **arguments)  # type: ignore[arg-type]
    assert client.alive


def test_unusable_points_are_refused(client: WorkerClient) -> None:
    own = np.full((20, 2), np.nan, np.float32)
    config = RACE.replace(mixture=MixtureConfig(name="own"))
    with pytest.raises(WorkerError, match="row 1 holds"):
        client.open("bad", config, own)


def test_a_dead_worker_says_so() -> None:
    client = WorkerClient()
    client.process.kill()
    client.process.wait()
    with pytest.raises(WorkerError, match="has stopped"):
        client.ask("ping")
    assert not client.alive
    client.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9 needs POSIX")
def test_the_worker_ends_with_its_server() -> None:
    """A server that is killed cannot say goodbye; the end of the pipe is enough."""
    code = (
        "from wganad_core.live.client import WorkerClient; import time\n"
        "client = WorkerClient(); client.ask('ping'); print(client.process.pid, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        os.kill(worker, 0)
        server.send_signal(signal.SIGKILL)
        server.wait()

        def gone() -> bool:
            status = Path(f"/proc/{worker}/stat")
            return not status.exists() or status.read_text().split(")")[1].split()[0] == "Z"

        wait_for(gone)


def test_a_slice_ends_where_a_frame_is_due(client: WorkerClient, race: str) -> None:
    """Frames show whole steps only; slices that end in the middle of one would never have any."""
    client.ask("play", race=race)
    wait_for(lambda: step_of(client, race) > 0)
    first = step_of(client, race)
    wait_for(lambda: step_of(client, race) > first)
    client.ask("pause", race=race)
    assert step_of(client, race) < RACE.lanes[0].training.steps / 2
