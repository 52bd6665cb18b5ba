"""A race being played: its pace, when it is observed and measured, its checkpoint."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

from wganad_core.run.race import Race, save_race

SLICE = 0.02  # seconds that a race trains before the next one has its turn
# What being looked at may take of the time: training has the rest. A frame of three lanes costs
# two thirds of one of their steps; browsers draw what lies between frames.
FRAME_SHARE, MEASURE_SHARE = 0.08, 0.03
LEAST_INTERVAL, MOST_INTERVAL = 0.21, 1.0  # seconds between frames; a page looks every 0.2
log = logging.getLogger(__name__)


class Session:
    """A race and how it is being played."""

    def __init__(self, race: Race, checkpoint: Path | None) -> None:
        self.race, self.checkpoint = race, checkpoint
        self.playing = False
        self.speed = 0.0  # steps a second; 0 = as fast as it goes
        self.rate = 0.0
        self._step: Generator[None, None, Any] | None = None  # the one that is being made
        self.made: Any = None  # what it came to
        self._owed = 0.0
        self._clock = time.monotonic()
        self._next_frame = self._next_measure = 0.0
        self._measured = 0
        self._rate_mark = (self._clock, race.step_count)

    def play(self) -> None:
        """Start at the speed that is set, or go on at it after it was changed."""
        self.playing = True
        self._clock = time.monotonic()
        self._owed = 1.0
        self._rate_mark = (self._clock, self.race.step_count)

    @property
    def under_way(self) -> bool:
        """Whether a step is half made: lanes are not on one clock then."""
        return self._step is not None

    @property
    def busy(self) -> bool:
        return self.playing or self.under_way

    def begin(self, step: Generator[None, None, Any]) -> None:
        """A step of several slices, which `work` makes."""
        self._step, self.made = step, None

    def due(self) -> float:
        """Seconds until there is a step to make."""
        if not self.speed or self.under_way:
            return 0.0
        self._owed = min(self._owed + self._elapsed() * self.speed, max(1.0, self.speed * SLICE))
        return max(0.0, (1.0 - self._owed) / self.speed)

    def _elapsed(self) -> float:
        now = time.monotonic()
        elapsed, self._clock = now - self._clock, now
        return elapsed

    def work(self, one_step: bool = False) -> None:
        """Updates for one slice of time, or as many as the speed allows; no further than to the end
        of `one_step`, where something waits for that, or of a step after which a frame is due.
        Raises what a step that was begun raises."""
        end = time.monotonic() + SLICE
        while self.under_way or self._may_step():
            if self._step is None:
                self.begin(self.race.slices())
                self._owed -= 1.0
            self._go_on()
            now = time.monotonic()
            wanted = one_step or now >= self._next_frame
            if now >= end or (wanted and not self.under_way):
                break
        if self.race.finished and not self.under_way:
            self.playing = False

    def _may_step(self) -> bool:
        return self.playing and not self.race.finished and (not self.speed or self._owed >= 1.0)

    def _go_on(self) -> None:
        """The next update."""
        assert self._step is not None
        try:
            next(self._step)
        except StopIteration as end:
            self._step, self.made = None, end.value
        except BaseException:
            self._step = None
            raise

    def frame_due(self) -> bool:
        """Whether to push a frame now; takes the slow measurements when their turn comes."""
        now = time.monotonic()
        if self.under_way or (self.playing and now < self._next_frame):
            return False
        if now >= self._next_measure or not self.playing:
            self.measure_next()
        began = time.monotonic()
        self.race.observe()
        affordable = (time.monotonic() - began) / FRAME_SHARE
        interval = min(MOST_INTERVAL, max(LEAST_INTERVAL, affordable))
        since, step = self._rate_mark
        if now - since > 0.9:
            self.rate = (self.race.step_count - step) / (now - since)
            self._rate_mark = (now, self.race.step_count)
        # A fixed pace, not a pause: what made this frame late must not make the next one late.
        self._next_frame = max(self._next_frame + interval, now)
        return True

    def measure_next(self) -> None:
        """One lane's slow figures, at most a small share of the time."""
        start = time.monotonic()
        self.race.lanes[self._measured % len(self.race.lanes)].measure()
        self._measured += 1
        took = time.monotonic() - start
        self._next_measure = start + took / MEASURE_SHARE

    def save(self) -> None:
        """A checkpoint is a courtesy: if it cannot be written, say so in the log and go on."""
        if self.checkpoint is None or self.race.step_count == 0:
            return
        try:
            save_race(self.race, self.checkpoint)
        except ValueError as error:
            log.warning("%s", error)
