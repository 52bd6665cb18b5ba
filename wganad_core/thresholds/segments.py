"""A threshold for each group of samples, such as each machine, and what they do together."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import Scored
from wganad_core.thresholds.quantile import quantile_threshold

FEWEST = 30  # normals of a group that may have a threshold of its own


@dataclasses.dataclass(frozen=True)
class Segment:
    """One group of `n` samples and its own `threshold`, that rests on `n_normals`; how many it
    flags and, with labels, catches; `flagged_by_one` of them, `caught_by_one` and
    `false_alarms_by_one` under the one threshold of all. `warning`: why it keeps that one."""

    name: str
    n: int
    threshold: float
    n_normals: int
    flagged: int
    flagged_by_one: int
    anomalies: int | None = None
    caught: int | None = None
    false_alarms: int | None = None
    caught_by_one: int | None = None
    false_alarms_by_one: int | None = None
    warning: str = ""

    @property
    def precision(self) -> float:
        """NaN without labels or alarms."""
        return _precision(self.caught, self.false_alarms)


@dataclasses.dataclass(frozen=True)
class Segments:
    """All groups, in the order of their names; `rate`: of normals that each threshold may flag;
    `threshold` (n,): of every sample. `held_out`: whether they rest on other samples than these."""

    each: tuple[Segment, ...]
    rate: float
    threshold: NDArray[np.float64]
    held_out: bool = False

    def total(self, name: str) -> int | None:
        """The sum of one of the groups' numbers; None where there are no labels."""
        values = [getattr(segment, name) for segment in self.each]
        return None if None in values else sum(values)

    def facts(self) -> list[dict[str, Any]]:
        """A dictionary for each group, as JSON takes it; what is not known is left out."""
        rows = [
            {**dataclasses.asdict(one), "precision": None if math.isnan(p := one.precision) else p}
            for one in self.each
        ]
        return [{k: v for k, v in row.items() if v not in (None, "")} for row in rows]

    @property
    def precision(self) -> float:
        return _precision(self.total("caught"), self.total("false_alarms"))

    @property
    def precision_by_one(self) -> float:
        return _precision(self.total("caught_by_one"), self.total("false_alarms_by_one"))


def segments(scored: Scored, threshold: float, calibration: Scored | None = None) -> Segments:
    """A threshold for each group that flags the same share of its normals as one does of all.

    Parameters
    ----------
    scored : with a `subject`: the group of each sample
    threshold : the one of all samples
    calibration : held-out normals; those of a group choose its threshold, where they tell their
        groups. Otherwise its normals in `scored` do, or all of its samples where nobody knows.

    Raises
    ------
    ValueError
        Without groups.

    Examples
    --------
    >>> import numpy as np
    >>> from wganad_core.records import Scored
    >>> from wganad_core.thresholds import segments
    >>> score = np.r_[np.arange(100.0), 1000 + np.arange(100.0)]
    >>> found = segments(Scored(score, subject=np.repeat(["a", "b"], 100)), 1089)
    >>> [(one.name, one.threshold, one.flagged, one.flagged_by_one) for one in found.each]
    [('a', 94.0, 5, 0), ('b', 1094.0, 5, 10)]
    """
    if scored.subject is None:
        raise ValueError("Expected a group for each sample.")
    rests_on, held_out = _normals(scored, calibration)
    rate = float((rests_on.score > threshold).mean()) if len(rests_on) else 0.0
    least = max(FEWEST, math.ceil(1 / rate) if rate > 0 else FEWEST)
    assert rests_on.subject is not None
    thresholds = np.empty(len(scored))
    found = []
    for name in sorted(set(scored.subject.tolist())):
        mine = scored.subject == name
        normals = rests_on.score[rests_on.subject == name]
        own, warning = threshold, ""
        if len(normals) < least:
            warning = (
                f"{len(normals):,} normals are too few to choose by (needs {least:,}): it keeps "
                "the threshold of all."
            )
        elif 0 < rate < 1:
            own = quantile_threshold(normals, rate)
        thresholds[mine] = own
        found.append(_segment(name, scored.take(mine), own, threshold, len(normals), warning))
    return Segments(tuple(found), rate, thresholds, held_out)


def _normals(scored: Scored, calibration: Scored | None) -> tuple[Scored, bool]:
    """What thresholds rest on, and whether that was held out: calibration normals of these very
    groups, where there are some."""
    subject = None if calibration is None else calibration.subject
    if calibration is not None and subject is not None and scored.subject is not None:
        known = set(subject.tolist()) & set(scored.subject.tolist())
        return (calibration, True) if known else (_own(scored), False)
    return _own(scored), False


def _own(scored: Scored) -> Scored:
    """Its normals, or all where nobody knows."""
    return scored if scored.label is None else scored.take(scored.label == 0)


def _segment(
    name: str, mine: Scored, own: float, one: float, n_normals: int, warning: str
) -> Segment:
    flags = {"": mine.score > own, "_by_one": mine.score > one}
    counts = {f"flagged{end}": int(flag.sum()) for end, flag in flags.items()}
    if mine.label is not None:
        odd = mine.label == 1
        counts["anomalies"] = int(odd.sum())
        for end, flag in flags.items():
            counts[f"caught{end}"] = int((flag & odd).sum())
            counts[f"false_alarms{end}"] = int((flag & ~odd).sum())
    return Segment(name, len(mine), float(own), n_normals, **counts, warning=warning)


def _precision(caught: int | None, alarms: int | None) -> float:
    if caught is None or alarms is None or not caught + alarms:
        return math.nan
    return caught / (caught + alarms)
