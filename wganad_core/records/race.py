"""Of a training on the plane: what it shows, what is recorded of it, what is measured."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.records.arrays import FloatArray, half


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """What training shows the world at a step: plain floats, cheap enough for every step.

    `losses` holds the latest batch losses by name (`critic`, `generator`, and `penalty` where
    there is one); they are absent before the first update. `w_estimate` is the critic's
    mean f(x) − mean f(G(z)) on the latest critic batch (eq. 9; NaN before the first update and,
    as it has no meaning there, for the vanilla GAN). Pictures cost more, and are asked of the
    trainer (`picture`) by whoever draws them.
    """

    step: int
    losses: dict[str, float]
    w_estimate: float


COVERED_SHARE = 0.2  # of its fair share makes a mode covered
COLLAPSE_SHARE = 0.8  # of all samples on one mode makes a run collapsed


@dataclasses.dataclass(frozen=True)
class ModeLedger:
    """Samples per mode (only those within 3σ of it), modes covered, share within 3σ of any."""

    counts: tuple[int, ...]
    n_covered: int
    share_inside: float
    n_samples: int


Box = tuple[float, float, float, float]

# What a run's history tells at each of its points, one column each.
HISTORY = (
    "step",
    "critic_loss",
    "generator_loss",
    "w_estimate",
    "wasserstein",
    "sliced_wasserstein",
    "jensen_shannon",
    "share_inside",
    "n_covered",
)
MAX_FRAMES = 96
MAX_HISTORY = 384


@dataclasses.dataclass(frozen=True)
class Frame:
    """Everything that the race draws of one lane at one step. All arrays have fixed sizes.

    `samples` (n, 2): G(z) at fixed latents. On the grid of the data's box (first axis = y):
    `field` (g, g): the critic f, or D for the vanilla GAN; `slope` (g, g): ‖∇f‖; `optimal`
    (b, b): P_r/(P_r+P_θ) by eq. 4, NaN where neither has samples. `arrows` (k, 4): x, y of some
    samples and the direction −∂L_G/∂x in which the generator is pushed there. `manifold`
    (r, r, 2): the image of a square grid of latents. `counts` (modes,): samples per mode.
    """

    step: int
    samples: FloatArray
    field: FloatArray
    slope: FloatArray
    optimal: FloatArray
    arrows: FloatArray
    manifold: FloatArray
    counts: FloatArray

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by name, without the step."""
        return {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)
            if field.name != "step"
        }


@dataclasses.dataclass
class Replay:
    """A lane's past, bounded in memory: frames to scrub, a history to plot, events in words.

    Both lists thin themselves: when full, every second entry of the older half goes. The first
    and the newest entry always stay.
    """

    frames: list[Frame] = dataclasses.field(default_factory=list)
    history: list[tuple[float, ...]] = dataclasses.field(default_factory=list)
    events: list[str] = dataclasses.field(default_factory=list)
    _spare: list[Frame] = dataclasses.field(default_factory=list, repr=False, compare=False)

    def add(self, frame: Frame, numbers: Mapping[str, float]) -> None:
        """Append a frame (or replace one of the same step) and its row of the history."""
        row = tuple(float(numbers.get(name, np.nan)) for name in HISTORY)
        if self.frames and self.frames[-1].step == frame.step:
            self._spare.append(self.frames.pop())
            self.history.pop()
        self.frames.append(self._kept(frame))
        self.history.append(row)
        self._spare += _thin(self.frames, MAX_FRAMES)
        _thin(self.history, MAX_HISTORY)

    def _kept(self, frame: Frame) -> Frame:
        """A copy in the memory of a frame that was thinned away. Small arrays that stay where
        they were made, between large ones that go, would pin a hundred times their size."""
        if not self._spare:
            self._spare = _blank_frames(frame, MAX_FRAMES + 1 - len(self.frames))
        memory = self._spare.pop().arrays()
        for name, value in frame.arrays().items():
            memory[name][...] = value
        return Frame(step=frame.step, **memory)

    def note(self, event: str, keep: int = 20) -> None:
        self.events = [*self.events, event][-keep:]

    def column(self, name: str) -> NDArray[np.float64]:
        """One column of the history."""
        at = HISTORY.index(name)
        return np.array([row[at] for row in self.history], dtype=np.float64)

    def nearest(self, step: int) -> Frame:
        """The frame recorded closest to `step`."""
        return min(self.frames, key=lambda frame: abs(frame.step - step))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Stacked over time, for storage: half precision for what is only drawn."""
        stacked: dict[str, NDArray[Any]] = {
            name: half(np.stack([frame.arrays()[name] for frame in self.frames]))
            for name in self.frames[0].arrays()
        }
        stacked["steps"] = np.array([frame.step for frame in self.frames], dtype=np.int64)
        stacked["history"] = np.array(self.history, dtype=np.float32).reshape(-1, len(HISTORY))
        return stacked

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], events: list[str]) -> Replay:
        """Undo `arrays`. Raises `ValueError` and `KeyError` for what no recording has."""
        _check(arrays, events)
        names = [field.name for field in dataclasses.fields(Frame) if field.name != "step"]
        frames = [
            Frame(step=int(step), **{n: arrays[n][i].astype(np.float32) for n in names})
            for i, step in enumerate(arrays["steps"])
        ]
        history = [tuple(row) for row in arrays["history"].astype(np.float64).tolist()]
        return cls(frames, history, list(events))

    def packed(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """As it is stored (`packing.pack`)."""
        return self.arrays(), {"events": self.events}

    @classmethod
    def unpacked(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Replay:
        """Undo `packed`."""
        return cls.from_arrays(arrays, meta["events"])


# Of one frame's arrays: equal letters stand for equal sizes.
FORMS = {
    "samples": "n2",
    "field": "gg",
    "slope": "gg",
    "optimal": "bb",
    "arrows": "k4",
    "manifold": "rr2",
    "counts": "m",
}


def _check(arrays: Mapping[str, NDArray[Any]], events: Any) -> None:
    """Refuse arrays that do not fit together, which the hash of a file does not tell of."""
    steps, history = arrays["steps"], arrays["history"]
    if steps.ndim != 1 or not 0 < len(steps) <= MAX_FRAMES or steps.dtype.kind not in "iu":
        raise ValueError(f"steps are no 1 to {MAX_FRAMES} whole numbers")
    if history.ndim != 2 or history.shape[1] != len(HISTORY):
        raise ValueError(f"history has the shape {history.shape}")
    if not isinstance(events, list) or not all(isinstance(event, str) for event in events):
        raise ValueError("events are no texts")
    sizes: dict[str, int] = {}
    for name, form in FORMS.items():
        shape = arrays[name].shape
        fits = len(shape) == 1 + len(form) and shape[0] == len(steps)
        for letter, size in zip(form, shape[1:], strict=False):
            fits &= size == (int(letter) if letter.isdecimal() else sizes.setdefault(letter, size))
            fits &= size > 0 or letter == "m"  # data without modes
        if not fits:
            raise ValueError(f"{name} has the shape {shape}")


def _thin(entries: list[Any], limit: int) -> list[Any]:
    """Shorten a list that has grown beyond its limit; returns what went."""
    if len(entries) <= limit:
        return []
    gone = entries[1 : limit // 2 : 2]
    del entries[1 : limit // 2 : 2]
    return gone


def _blank_frames(like: Frame, n: int) -> list[Frame]:
    """Memory for n frames of the same shapes, in one piece per array."""
    blocks = {
        name: np.empty((n, *value.shape), np.float32) for name, value in like.arrays().items()
    }
    return [Frame(step=0, **{name: block[i] for name, block in blocks.items()}) for i in range(n)]


@dataclasses.dataclass(frozen=True)
class StepTrace:
    """One step under the microscope, for m samples of the batch.

    `z` (m, d_z), `real`, `fake`, `moved` (m, 2): latents, data, G(z) before and after the
    generator's update. `real_scores`, `fake_scores` (m,): f (or D) there after the critic's
    updates. `between` (m, 2) and `between_slope` (m,): x̂ and ‖∇f(x̂)‖. `push` (m, 2): −∂L_G/∂x
    at G(z), times m. `field` (g, g): f (or D) between the two updates. `losses` by name.
    """

    step: int
    z: FloatArray
    real: FloatArray
    fake: FloatArray
    moved: FloatArray
    real_scores: FloatArray
    fake_scores: FloatArray
    between: FloatArray
    between_slope: FloatArray
    push: FloatArray
    field: FloatArray
    losses: dict[str, float]


@dataclasses.dataclass(frozen=True)
class Detection:
    """Scorers of one trained pair (G, f) on a mixture, evaluated for drawing and for figures.

    Scores are anomaly scores, higher = more anomalous, by scorer name: `critic` (−f),
    `critic-interval` (distance of f outside [`low`, `high`], its range over the training set),
    `generator` (distance to the nearest of many generated samples) and, where it is known,
    `density` (−log of the true density). `maps` (g, g) cover the data's box (first axis = y),
    `scores` (n,) belong to `points` (n, 2) with `label` (1 = anomaly: outside the 3σ level set of
    every mode) and nearest `mode` (from 0), `calibration` (m,) to held-out normals.
    """

    low: float
    high: float
    maps: dict[str, FloatArray]
    points: FloatArray
    label: NDArray[np.int64]
    mode: NDArray[np.int64]
    scores: dict[str, FloatArray]
    calibration: dict[str, FloatArray]
    samples: FloatArray

    def flagged(self, scorer: str, threshold: float) -> NDArray[np.bool_]:
        """(n,): which points score above a threshold."""
        return np.asarray(self.scores[scorer] > threshold)

    def shares(self, scorer: str, threshold: float) -> tuple[float, float]:
        """The share of normals and the share of anomalies that a threshold flags; NaN without
        any of them."""
        flagged = self.flagged(scorer, threshold)
        normal, odd = flagged[self.label == 0], flagged[self.label == 1]
        return (
            float(normal.mean()) if len(normal) else math.nan,
            float(odd.mean()) if len(odd) else math.nan,
        )


@dataclasses.dataclass(frozen=True)
class LookBack:
    """A finished run, seen through its last weights.

    `field` (g, g): f on the data's box, first axis = y; `low`, `high`: its range over the training
    set (§5.1); `samples` (n, 2): G(z) at fresh latents.
    """

    field: FloatArray
    low: float
    high: float
    samples: FloatArray
