"""A step of one race is made in slices, between which the others have their turns."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from wganad_core import storage
from wganad_core.config import LaneConfig, MixtureConfig, NetworkConfig, RaceConfig
from wganad_core.live import protocol, session
from wganad_core.live.worker import Worker
from wganad_core.run.race import load_race
from wganad_core.use_cases import SHARP


def race(n_critic: int, n_lanes: int = 1) -> RaceConfig:
    lane = LaneConfig(
        network=NetworkConfig(width=4), training=SHARP.replace(n_critic=n_critic, batch_size=8)
    )
    return RaceConfig(mixture=MixtureConfig(n_samples=500), lanes=(lane,) * n_lanes)


class Running:
    """A worker in a thread, after everything that it is told before it starts; every turn is one
    update."""

    def __init__(self) -> None:
        reading, writing = os.pipe()
        self.answers = os.fdopen(reading, "rb")
        self.stdout = os.fdopen(writing, "wb")
        self.worker = Worker(self.stdout, max_live=4)
        self._thread = threading.Thread(target=self.worker.run, daemon=True)
        self._ids = 0

    def tell(self, op: str, **arguments: Any) -> int:
        self._ids += 1
        message = {"op": op, "arguments": arguments, "id": self._ids}
        self.worker.inbox.put(storage.encode(protocol.KIND, {}, message))
        return self._ids

    def start(self) -> None:
        self._thread.start()

    def answered(self, n: int) -> list[int]:
        """The ids of the next `n` answers, in their order."""
        found: list[int] = []
        while len(found) < n:
            data = protocol.read(self.answers)
            assert data is not None
            meta = protocol.parse(data)[1]
            assert "error" not in meta
            found += [meta["id"]] if "id" in meta else []
        return found

    def end(self) -> None:
        self.worker.inbox.put(None)
        self._thread.join(60)
        self.stdout.close()
        self.answers.close()


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    monkeypatch.setattr(session, "SLICE", 0.0)
    made = Running()
    yield made
    made.end()


def test_a_short_step_is_done_within_a_long_one(running: Running) -> None:
    long, short = race(20, 3), race(1)
    running.tell("open", race="long", config=long.to_dict())
    running.tell("open", race="short", config=short.to_dict())
    first = running.tell("advance", race="long", what="step")
    others = [running.tell("advance", race="short", what="step") for _ in range(5)]
    alive = running.tell("ping")
    running.start()
    running.answered(2)
    assert running.answered(7) == [alive, *others, first]


def test_a_look_inside_a_step_waits_for_nobody_either(running: Running) -> None:
    running.tell("open", race="long", config=race(20, 3).to_dict())
    running.tell("open", race="short", config=race(1).to_dict())
    first = running.tell("trace", race="long", lane=1)
    other = running.tell("trace", race="short", lane=0)
    running.start()
    running.answered(2)
    assert running.answered(2) == [other, first]


def test_what_asks_of_a_race_in_a_step_waits_for_its_end(running: Running, tmp_path: Path) -> None:
    """So that lanes are always seen, and kept, on one clock."""
    kept = tmp_path / "kept.safetensors"
    running.tell("open", race="long", config=race(20, 2).to_dict(), checkpoint=str(kept))
    asked = [
        running.tell("advance", race="long", what="step"),
        running.tell("play", race="long"),
        running.tell("pause", race="long"),
        running.tell("advance", race="long", what="step"),
        running.tell("close", race="long"),
    ]
    running.start()
    running.answered(1)
    # Play is taken at once, everything else in its order.
    assert running.answered(5) == [asked[1], asked[0], *asked[2:]]
    found = load_race(kept)
    assert [lane.trainer.n_steps for lane in found.lanes] == [2, 2]
    assert [lane.trainer.n_critic_updates for lane in found.lanes] == [40, 40]


def test_a_race_that_plays_is_paused_between_two_steps(running: Running) -> None:
    running.tell("open", race="long", config=race(20, 3).to_dict())
    running.tell("play", race="long")
    running.start()
    running.answered(2)
    pause = running.tell("pause", race="long")
    assert running.answered(1) == [pause]
    lanes = running.worker.races.sessions["long"].race.lanes
    assert len({lane.trainer.n_steps for lane in lanes}) == 1
    assert all(lane.trainer.n_critic_updates == 20 * lane.trainer.n_steps for lane in lanes)
