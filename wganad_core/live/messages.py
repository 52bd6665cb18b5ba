"""What the worker answers, as records that both ends pack and unpack."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from wganad_core.data.views import View
from wganad_core.records import HISTORY, FloatArray, Frame, Judgement, Replay


@dataclasses.dataclass(frozen=True)
class LaneView:
    """A lane as the page sees it: its newest frame, its history (points, figures of `HISTORY`) and
    what it has to say."""

    frame: Frame
    history: FloatArray
    events: list[str]
    recorded_steps: tuple[int, ...]
    stopped: str | None
    critic_updates: int
    generator_updates: int

    @property
    def recording(self) -> Replay:
        """The lane's past without its frames."""
        rows = self.history.reshape(-1, len(HISTORY)).tolist()
        return Replay(history=[tuple(row) for row in rows], events=self.events)


@dataclasses.dataclass(frozen=True)
class RaceView:
    """A race as the page sees it. `place` is its place in the queue, 0 when not waiting."""

    race: str
    lanes: tuple[LaneView, ...]
    playing: bool
    finished: bool
    place: int
    rate: float

    @property
    def step(self) -> int:
        return max(lane.frame.step for lane in self.lanes)

    @property
    def recorded_steps(self) -> list[int]:
        """Steps that the scrubber can go to."""
        return sorted({step for lane in self.lanes for step in lane.recorded_steps})


@dataclasses.dataclass(frozen=True)
class Frames:
    """Per lane, one recorded frame."""

    lanes: tuple[Frame, ...]


@dataclasses.dataclass(frozen=True)
class Replays:
    """Per lane, everything recorded."""

    lanes: tuple[Replay, ...]


@dataclasses.dataclass(frozen=True)
class ModelKey:
    """The shipped models of one use case that never saw one class; without an architecture, those
    of the usual one."""

    use_case: str
    abnormal: str
    architecture: str = ""


@dataclasses.dataclass(frozen=True)
class Judged:
    """What detectors say of some samples, by name; each one's milliseconds per sample; the view
    that reconstructions are rows of."""

    judgements: Mapping[str, Judgement]
    milliseconds: Mapping[str, float]
    view: View | None


@dataclasses.dataclass(frozen=True)
class Search:
    """A search for the latents of n images, `steps` steps on: its path so far, `images` (frames, n,
    784) and `losses` (frames, n), and milliseconds of work per image; once it has ended, the
    judgement. `broken`: the sentence in which it broke off."""

    judgement: Judgement | None
    images: FloatArray
    losses: FloatArray
    steps: int
    milliseconds: float
    broken: str = ""


@dataclasses.dataclass(frozen=True)
class Generated:
    """G(z) (n, n_features), and the view that these are rows of."""

    x: FloatArray
    view: View | None
