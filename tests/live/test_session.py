"""How often a race that plays is looked at, by a clock that the test moves."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from wganad_core.live import session as sessions
from wganad_core.live.session import FRAME_SHARE, LEAST_INTERVAL, MOST_INTERVAL, Session
from wganad_core.run.race import Race
from wganad_core.use_cases import race_from_text


class Clock:
    """Seconds that pass by a frame and a tenth of a second of training between two looks."""

    def __init__(self, race: Race, monkeypatch: pytest.MonkeyPatch, frame: float) -> None:
        self.now, self.in_frames = 100.0, 0.0
        observe = race.observe

        def costly() -> None:
            observe()
            self.now += frame
            self.in_frames += frame

        monkeypatch.setattr(race, "observe", costly)
        monkeypatch.setattr(race.lanes[0], "measure", lambda: None)
        monkeypatch.setattr(sessions, "time", SimpleNamespace(monotonic=lambda: self.now))

    def frames(self, session: Session, seconds: float) -> int:
        """How many come in that time, in which the race trains whenever no frame is due."""
        end, n = self.now + seconds, 0
        session.play()
        while self.now < end:
            n += session.frame_due()
            self.now += 0.01
        return n


@pytest.fixture
def race() -> Race:
    return Race(race_from_text("ring~wgan-gp,batch_size=8"))


def test_a_cheap_frame_comes_as_often_as_a_page_looks(
    race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(race, monkeypatch, frame=0.005)
    n = clock.frames(Session(race, None), 21.0)
    assert 0.9 * 21 / LEAST_INTERVAL < n <= math.ceil(21 / LEAST_INTERVAL) + 1


@pytest.mark.parametrize("frame", [0.03, 0.05])
def test_a_costly_frame_leaves_the_time_to_training(
    race: Race, monkeypatch: pytest.MonkeyPatch, frame: float
) -> None:
    clock = Clock(race, monkeypatch, frame)
    clock.frames(Session(race, None), 30.0)
    assert 0.7 * FRAME_SHARE < clock.in_frames / 30 < 1.2 * FRAME_SHARE


def test_at_least_one_a_second(race: Race, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(race, monkeypatch, frame=0.4)
    assert clock.frames(Session(race, None), 30.0) >= 0.9 * 30 / MOST_INTERVAL
