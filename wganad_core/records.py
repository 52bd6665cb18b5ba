"""What comes out: plain NumPy arrays and floats that know no network and no screen."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]


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
class Recording:
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
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], events: list[str]) -> Recording:
        """Undo `arrays`."""
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
    def unpacked(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Recording:
        """Undo `packed`."""
        return cls.from_arrays(arrays, meta["events"])


def half(values: NDArray[Any]) -> NDArray[np.float16]:
    """In half precision; what is too large for it (a diverging critic) becomes its largest."""
    limit = np.finfo(np.float16).max
    return np.asarray(values.clip(-limit, limit), np.float16)  # also of a single number


LEVELS = 127


def on_grid(points: NDArray[np.floating]) -> NDArray[np.float32]:
    """Coordinates rounded to what a stored byte each can say: ±127 steps to the largest."""
    step = np.float32(max(np.abs(points).max(), 1e-9) / LEVELS)
    return np.asarray(np.rint(points / step) * step, np.float32)


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


@dataclasses.dataclass(frozen=True)
class Summary:
    """How well a score ranks: AUPRC beside what chance and the worst ranking would give."""

    auprc: float
    auroc: float
    base_rate: float
    floor: float
    n: int


PARTS = ("fit", "validation", "calibration", "test")


@dataclasses.dataclass(frozen=True)
class Split:
    """Which samples of a pool serve for what, with one class as the anomaly.

    `parts` maps each of `PARTS` to sorted numbers in the pool; `classes` (n,) names every
    sample's class. Anomalies are in the test part only.
    """

    use_case: str
    abnormal: str
    protocol: str
    classes: NDArray[np.str_]
    parts: Mapping[str, NDArray[np.int64]]

    def labels(self, part: str) -> NDArray[np.int64]:
        """1 = anomaly, 0 = normal, for each sample of a part."""
        return np.asarray(self.classes[self.parts[part]] == self.abnormal, np.int64)


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What a detector says of n samples.

    `score` (n,): higher = more anomalous. `terms` name its additive parts (n,), which sum to it.
    `reconstruction` (n, d): what the detector made of each sample, where it makes anything.
    """

    score: FloatArray
    terms: Mapping[str, FloatArray] = dataclasses.field(default_factory=dict)
    reconstruction: FloatArray | None = None


@dataclasses.dataclass(frozen=True)
class Rule:
    """The mean of some evidence, each standardised on validation normals by its median and the
    distance from there to its 90 % quantile: tails count in the units of normal spread."""

    names: tuple[str, ...]
    location: Mapping[str, float]
    scale: Mapping[str, float]

    @classmethod
    def fitted(cls, names: tuple[str, ...], normals: Mapping[str, FloatArray]) -> Rule:
        """`normals`: the evidence of validation normals."""
        location = {name: float(np.median(normals[name])) for name in names}
        high = {name: float(np.quantile(normals[name], 0.9)) for name in names}
        scale = {name: max(high[name] - location[name], 1e-9) for name in names}
        return cls(names, location, scale)

    def terms(self, found: Mapping[str, FloatArray]) -> dict[str, FloatArray]:
        """Each piece's share of the score; they sum to it."""
        return {
            name: ((found[name] - self.location[name]) / self.scale[name] / len(self.names)).astype(
                np.float32
            )
            for name in self.names
        }


@dataclasses.dataclass(frozen=True)
class Normals:
    """Normals of the fit part that queries are compared with: their `points` (m, d) by space, of
    which the `k` nearest count, and, for evidence that is taken relative to the `n_peers` nearest
    in a space, the `levels` (m,) that their own evidence has."""

    points: Mapping[str, FloatArray]
    k: int
    levels: Mapping[str, FloatArray] = dataclasses.field(default_factory=dict)
    n_peers: int = 0


@dataclasses.dataclass(frozen=True)
class FittedRules:
    """What detectors took from the fit part besides the networks.

    `critic_range`: smallest and largest f (§5.1). For detectors that join evidence, `normals` to
    compare with and per detector the rule that joins; `axes` (k, d): main axes of the rows, where a
    rule seeks neighbours along them.
    """

    critic_range: tuple[float, float] | None = None
    normals: Normals | None = None
    rules: Mapping[str, Rule] = dataclasses.field(default_factory=dict)
    axes: FloatArray | None = None


@dataclasses.dataclass(frozen=True)
class ScoreTable:
    """Scores of detectors on samples, one row each: the exchange format of design.md §3.

    Columns of equal length: `use_case`, `model`, `detector`, `abnormal`, `protocol`, `part`,
    `sample_id`, `subject` and `class_` are text, `seed` and `label` (1 = anomaly) whole numbers,
    `score` higher = more anomalous. Rows of the part `fit` hold a detector's extremes only.
    """

    use_case: NDArray[np.str_]
    model: NDArray[np.str_]
    detector: NDArray[np.str_]
    abnormal: NDArray[np.str_]
    protocol: NDArray[np.str_]
    seed: NDArray[np.int64]
    part: NDArray[np.str_]
    sample_id: NDArray[np.str_]
    subject: NDArray[np.str_]
    class_: NDArray[np.str_]
    label: NDArray[np.int64]
    score: FloatArray

    def __post_init__(self) -> None:
        lengths = {f.name: len(getattr(self, f.name)) for f in dataclasses.fields(self)}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"Expected columns of equal length; found {lengths}.")

    def __len__(self) -> int:
        return len(self.score)

    def where(self, **values: str | int) -> ScoreTable:
        """The rows in which every named column has the given value."""
        keep = np.ones(len(self), bool)
        for name, value in values.items():
            keep &= getattr(self, name) == value
        return ScoreTable(**{f.name: getattr(self, f.name)[keep] for f in dataclasses.fields(self)})

    @classmethod
    def filled(cls, *, score: FloatArray, **columns: Any) -> ScoreTable:
        """A table of these scores (n,), whose other columns may be one value for all rows."""
        n = len(score)
        full = {k: np.full(n, v) if np.ndim(v) == 0 else v for k, v in columns.items()}
        return cls(score=score, **full)

    @classmethod
    def stack(cls, tables: Sequence[ScoreTable]) -> ScoreTable:
        """One table of all rows, in order."""
        return cls(
            **{
                f.name: np.concatenate([getattr(table, f.name) for table in tables])
                for f in dataclasses.fields(cls)
            }
        )


@dataclasses.dataclass(frozen=True)
class Scored:
    """One detector's scores of n samples, and what is known about them.

    `score` (n,): higher = more anomalous, never NaN. `label` (n,): 1 = anomaly, 0 = normal, or None
    where nobody knows. `sample_id`, `class_`, `subject` (n,): text, or None.
    """

    score: NDArray[np.float64]
    label: NDArray[np.int64] | None = None
    sample_id: NDArray[np.str_] | None = None
    class_: NDArray[np.str_] | None = None
    subject: NDArray[np.str_] | None = None

    def __len__(self) -> int:
        return len(self.score)

    @classmethod
    def from_table(cls, table: ScoreTable) -> Scored:
        """The rows of a table of one detector; without subjects if none has one."""
        subject = table.subject if (table.subject != "").any() else None
        score = table.score.astype(np.float64)
        return cls(score, table.label, table.sample_id, table.class_, subject)

    def take(self, index: NDArray[Any]) -> Scored:
        """Some of the samples, by number or mask."""
        taken: dict[str, Any] = {}
        for field in dataclasses.fields(self):
            column = getattr(self, field.name)
            taken[field.name] = None if column is None else column[index]
        return Scored(**taken)
