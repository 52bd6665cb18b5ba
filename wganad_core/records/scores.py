"""Of scoring: parts of a data set, what detectors say, how they were fitted, tables of scores."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wganad_core.config import Join
from wganad_core.records.arrays import FloatArray


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

    `score` (n,): higher = more anomalous. `terms` (n,) name its parts, which sum to it; of
    `local` the score is the larger one.
    `reconstruction` (n, d): what the detector made of each sample, where it makes anything.
    """

    score: FloatArray
    terms: Mapping[str, FloatArray] = dataclasses.field(default_factory=dict)
    reconstruction: FloatArray | None = None


MOST = 64.0  # that a piece of evidence counts where squares are added
A = TypeVar("A")


@dataclasses.dataclass(frozen=True)
class Rule:
    """What joins some evidence, each standardised on validation normals.

    `mean`: the mean of evidence in units of the distance from its median to its 90% quantile:
    tails count in the units of normal spread. `logs`: the same of logarithms, unless evidence can
    be negative. `squares`: the sum of squares of what is above the mean, in standard deviations,
    of such logarithms, each up to `MOST`: one piece that is sure outweighs many that are not.
    """

    names: tuple[str, ...]
    location: Mapping[str, float]
    scale: Mapping[str, float]
    join: Join = "mean"

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("a rule joins no evidence")
        for given in (self.location, self.scale):
            if lacking := [name for name in self.names if name not in given]:
                raise ValueError(f"no location or scale of {lacking[0]}")

    @classmethod
    def fitted(
        cls, names: tuple[str, ...], normals: Mapping[str, FloatArray], join: Join = "mean"
    ) -> Rule:
        """`normals`: the evidence of validation normals, as it is joined."""
        if join == "squares":
            means = {name: float(normals[name].mean(dtype=np.float64)) for name in names}
            spread = {name: max(float(normals[name].std()), 1e-9) for name in names}
            return cls(names, means, spread, join)
        location = {name: float(np.median(normals[name])) for name in names}
        high = {name: float(np.quantile(normals[name], 0.9)) for name in names}
        scale = {name: max(high[name] - location[name], 1e-9) for name in names}
        return cls(names, location, scale, join)

    def share(self, name: str, value: A) -> A:
        """Of the score, that evidence (n,) has, an array or a tensor; shares add up to it."""
        found: Any = (value - self.location[name]) / self.scale[name]  # type: ignore[operator]
        if self.join == "squares":
            return (found.clip(min=0) ** 2).clip(max=MOST)  # type: ignore[no-any-return]
        return found / len(self.names)  # type: ignore[no-any-return]


@dataclasses.dataclass(frozen=True)
class Plane:
    """Where normals mostly lie in a space of d dimensions: around a `centre` (d,), along the
    `directions` (m, d), which are orthonormal."""

    centre: FloatArray
    directions: FloatArray


@dataclasses.dataclass(frozen=True)
class Normals:
    """Normals of the fit part that queries are compared with: their `points` (m, d) by space, of
    which the `k` nearest count, and, for evidence that is taken relative to the `n_peers` nearest
    in a space, the `levels` (m,) that their own evidence has. `shift_units` (2, n_shifts): mean
    and standard deviation, over validation normals, of how badly each shift is recognised.
    `planes`: the spaces whose points are coordinates along the main axes only. In a file a
    coordinate has `bits`."""

    points: Mapping[str, FloatArray]
    k: int
    levels: Mapping[str, FloatArray] = dataclasses.field(default_factory=dict)
    n_peers: int = 0
    shift_units: FloatArray | None = None
    planes: Mapping[str, Plane] = dataclasses.field(default_factory=dict)
    bits: int = 8


@dataclasses.dataclass(frozen=True)
class FittedRules:
    """What detectors took from the fit part besides the networks.

    `critic_range`: smallest and largest f (§5.1). For detectors that join evidence, `normals` to
    compare with and per detector the rule that joins; `axes` (k, d): main axes of the rows, where a
    rule seeks neighbours along them. `plain`: what a detector without networks keeps.
    """

    critic_range: tuple[float, float] | None = None
    normals: Normals | None = None
    rules: Mapping[str, Rule] = dataclasses.field(default_factory=dict)
    axes: FloatArray | None = None
    plain: Mapping[str, NDArray[Any]] = dataclasses.field(default_factory=dict)

    def narrowed(self, rules: Mapping[str, tuple[str, ...]]) -> FittedRules:
        """Rules of some of their pieces only, by rule; one that lacks such a piece stays whole."""
        kept = dict(self.rules)
        for name, pieces in rules.items():
            rule = kept.get(name)
            if rule is None or not set(pieces) <= set(rule.names):
                continue
            kept[name] = dataclasses.replace(
                rule,
                names=pieces,
                location={piece: rule.location[piece] for piece in pieces},
                scale={piece: rule.scale[piece] for piece in pieces},
            )
        return dataclasses.replace(self, rules=kept)


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
        return self._only(self._which(values))

    def without(self, **values: str | int) -> ScoreTable:
        """All other rows."""
        return self._only(~self._which(values))

    def _which(self, values: Mapping[str, str | int]) -> NDArray[np.bool_]:
        which = np.ones(len(self), bool)
        for name, value in values.items():
            which &= getattr(self, name) == value
        return which

    def _only(self, keep: NDArray[np.bool_]) -> ScoreTable:
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
