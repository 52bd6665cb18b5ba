"""What the threshold cockpit draws, and the axis of its scores.

Infinite scores are counted but have no place on an axis; they are drawn at its ends.
"""

from __future__ import annotations

import dataclasses
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from wganad_core import evaluation
from wganad_core.evaluation import Curve
from wganad_core.figures.cockpit.lines import Array
from wganad_core.figures.scores import wants_log
from wganad_core.records import Scored
from wganad_core.thresholds import share_text

if TYPE_CHECKING:
    from wganad_core.evaluation import Bands

LARGEST = 1e30  # beyond it a score counts as infinite: single precision ends at 3e38
CENTRE = (0.05, 0.95)  # quantiles of all scores; the axis spans at most REACH times as much …
REACH = 4.0  # … to either side of them
MOST = (0.005, 0.995)  # quantiles of each class that the axis shows, as far as that
NEAR = 0.3  # extremes are shown too if they lengthen the axis by at most this share
MARGIN = 0.02
STATES = 300  # of a curve, before `simplified`


@dataclasses.dataclass(frozen=True)
class Axis:
    """The drawn scores, from `low` to `high`; `log`: their logarithms are evenly spaced.

    `least` and `largest` are the extremes of all scores, drawn or not, ±inf included.
    """

    low: float
    high: float
    log: bool
    least: float = np.inf
    largest: float = -np.inf

    def share(self, score: ArrayLike) -> Array:
        """Where scores lie along the axis, from 0 to 1; those beyond an end lie there."""
        clipped = self.clip(score)
        if self.log:
            return np.asarray(np.log(clipped / self.low) / np.log(self.high / self.low))
        return np.asarray((clipped - self.low) / (self.high - self.low))

    def at(self, share: ArrayLike) -> Array:
        """Undo `share`; the ends are exact."""
        part = np.asarray(share, np.float64)
        if self.log:
            found = self.low * (self.high / self.low) ** part
        else:
            found = self.low + (self.high - self.low) * part
        return self.clip(found)

    def clip(self, score: ArrayLike) -> Array:
        return np.asarray(np.clip(np.asarray(score, np.float64), self.low, self.high))

    def options(self, n: int = 301) -> Array:
        """n ascending thresholds, evenly spaced along the drawn axis. The first flags every score
        (but −inf, which nothing flags), the last none, also where scores lie beyond the axis."""
        found = self.at(np.linspace(0, 1, n))
        with np.errstate(over="ignore"):  # below the least of all numbers comes −inf
            below = np.nextafter(max(self.least, -np.finfo(np.float64).max), -np.inf)
        found[0] = min(self.low, below)
        found[-1] = max(self.high, self.largest)
        return found

    @property
    def digits(self) -> int:
        """How many significant digits tell the options apart."""
        return evaluation.digits(self.low, self.high)

    def text(self, score: float) -> str:
        """A score as it is written everywhere."""
        return f"{score:.{self.digits}g}"

    @property
    def range(self) -> list[float]:
        """As Plotly wants it: of logarithms on a logarithmic axis."""
        ends = np.array([self.low, self.high])
        return [float(end) for end in (np.log10(ends) if self.log else ends)]


@dataclasses.dataclass(frozen=True, eq=False)
class Drawn:
    """Everything that is drawn of one data set; compared by identity, so keep it between moves.

    `test`: the scores. `curve`: theirs, or None without labels. `calibration`: held-out normals.
    `second`: the curve of another detector on the same samples. `names`: of both detectors.
    `base_rate`: π at which precision and cost are meant, None for the sample's own. `cost_ratio`:
    how many false alarms a miss costs. `bands`: intervals, computed at the same base rate.
    `abnormal`: what people call the anomalies.
    """

    test: Scored
    curve: Curve | None
    calibration: Scored | None = None
    second: Curve | None = None
    names: tuple[str, str | None] = ("detector", None)
    base_rate: float | None = None
    cost_ratio: float = 1.0
    bands: Bands | None = None
    log_counts: bool = False
    abnormal: str = "anomaly"

    @property
    def two_classes(self) -> bool:
        """Whether there are curves to draw: labels, and both of them."""
        return self.curve is not None and 0 < self.curve.n_anomalies < self.curve.n

    @property
    def second_drawn(self) -> bool:
        return self.second is not None and 0 < self.second.n_anomalies < self.second.n

    @property
    def pi(self) -> float:
        """The base rate that is meant; NaN where nobody knows."""
        if self.base_rate is not None:
            return self.base_rate
        return self.curve.base_rate if self.curve is not None else np.nan

    @property
    def world(self) -> str:
        """In which world precision and cost are meant, in words."""
        return f"at {share_text(self.pi)} anomalies"

    @cached_property
    def axis(self) -> Axis:
        return _axis(self.test)

    @property
    def beyond(self) -> tuple[int, int]:
        """How many scores lie below and above what is drawn of the axis, infinite ones too."""
        score, axis = self.test.score, self.axis
        return int((score < axis.low).sum()), int((score > axis.high).sum())

    def costs(self, states: NDArray[Any]) -> Array:
        """Expected cost per 1,000 samples in these states of the curve, in false alarms."""
        if self.curve is None:
            raise ValueError("Expected labels for a cost; found none. Draw the other panels only.")
        return 1000 * evaluation.costs(self.curve, self.cost_ratio, self.base_rate, states)

    @cached_property
    def cost_end(self) -> float:
        """Where the axis of costs ends: flagging all, or nothing, can cost so much that the valley
        would be flat."""
        if self.curve is None:
            return 1.0
        cost = self.costs(evaluation.states_to_draw(self.curve, STATES))
        high = float(cost.max())
        return 1.12 * min(high, 4 * float(min(cost[0], cost[-1])) or high) or 1.0


def _axis(test: Scored) -> Axis:
    """Most of the scores, whatever a few extreme ones do."""
    score = test.score
    drawable = np.abs(score) <= LARGEST
    finite = score[drawable]
    if not len(finite):
        return Axis(0.0, 1.0, False, *_extremes(score))
    log = wants_log(finite)
    label = np.zeros(len(finite)) if test.label is None else test.label[drawable]
    seen = np.log10(finite) if log else finite
    low, high = _view([seen[label == kind] for kind in np.unique(label)], seen)
    if log:
        low, high = 10**low, 10**high
    return Axis(float(low), float(high), log, *_extremes(score))


def _extremes(score: Array) -> tuple[float, float]:
    return (float(score.min()), float(score.max())) if len(score) else (np.inf, -np.inf)


def _view(groups: list[Array], seen: Array) -> tuple[float, float]:
    """The stretch of positions that shows most of every group without squeezing the centre."""
    ends = np.array([np.quantile(group, MOST) for group in groups])
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    first, last = np.quantile(seen, CENTRE).tolist()
    if last > first:
        reach = REACH * (last - first)
        low, high = max(low, first - reach), min(high, last + reach)
    span = high - low
    least, largest = float(seen.min()), float(seen.max())
    low = least if low - least <= NEAR * span else low
    high = largest if largest - high <= NEAR * span else high
    if high - low <= 1e-12 * max(abs(low), abs(high)):  # all the same, as far as can be drawn
        pad = 0.5 * abs(low) or 1.0
    else:
        pad = MARGIN * (high - low)
    return low - pad, high + pad
