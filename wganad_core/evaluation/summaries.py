"""How good a score is, beside what chance would give."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wganad_core.evaluation import curves
from wganad_core.records import Scored, Summary


def auprc_floor(base_rate: float) -> float:
    """The smallest AUPRC that any ranking can have: 1 + (1 − π) ln(1 − π)/π, 0 for π = 0.

    Examples
    --------
    >>> from wganad_core.evaluation import auprc_floor
    >>> round(auprc_floor(0.5), 4)
    0.3069
    """
    if base_rate >= 1:
        return 1.0
    if base_rate < 0.1:  # the formula's own series, as its terms nearly cancel
        return sum(base_rate**k / (k * (k + 1)) for k in range(1, 18))
    return 1 + (1 - base_rate) * math.log1p(-base_rate) / base_rate


def summary(label: NDArray[np.integer], score: NDArray[np.floating]) -> Summary:
    """AUPRC (scikit-learn's average precision), AUROC, base rate and floor.

    Raises `ValueError` unless both classes are present and all scores are numbers.

    Examples
    --------
    >>> from wganad_core.evaluation import summary
    >>> summary(np.array([0, 1, 1]), np.array([0.1, 0.4, 0.9])).auroc
    1.0
    """
    if len(label) != len(score) or not 0 < label.sum() < len(label):
        raise ValueError(
            f"Expected one score per label and both classes; found {len(label)} labels of which "
            f"{int(label.sum())} anomalies, and {len(score)} scores."
        )
    found = curves.curve(label, score)
    return Summary(
        auprc=curves.auprc(found),
        auroc=curves.auroc(found),
        base_rate=found.base_rate,
        floor=auprc_floor(found.base_rate),
        n=found.n,
    )


def false_alarms_by_group(
    flagged: NDArray[np.bool_], label: NDArray[np.integer], group: NDArray[np.integer], n: int
) -> NDArray[np.float64]:
    """Share of normals that are flagged, per group 0 … n − 1; NaN for a group without normals.

    Examples
    --------
    >>> from wganad_core.evaluation import false_alarms_by_group
    >>> flagged, label = np.array([True, False, True]), np.zeros(3, int)
    >>> false_alarms_by_group(flagged, label, group=np.array([0, 0, 1]), n=2)
    array([0.5, 1. ])
    """
    normal = label == 0
    alarms = np.bincount(group[normal & flagged], minlength=n).astype(float)
    members = np.bincount(group[normal], minlength=n)
    with np.errstate(invalid="ignore"):
        return alarms / members


def false_alarms_by_subject(scored: Scored, threshold: float) -> dict[str, float]:
    """Share of a subject's normals that score above a threshold, for every subject with normals.

    Raises `ValueError` without labels or subjects.

    Examples
    --------
    >>> from wganad_core.evaluation import false_alarms_by_subject
    >>> from wganad_core.records import Scored
    >>> label, subject = np.array([0, 0, 1]), np.array(["a", "a", "b"])
    >>> false_alarms_by_subject(Scored(np.array([1.0, 3, 5]), label, subject=subject), 2)
    {'a': 0.5}
    """
    if scored.label is None or scored.subject is None:
        raise ValueError("Expected scores with labels and subjects; found some without.")
    people, group = np.unique(scored.subject, return_inverse=True)
    above = scored.score > threshold
    shares = false_alarms_by_group(above, scored.label, group, len(people))
    return {
        person: float(share)
        for person, share in zip(people.tolist(), shares, strict=True)
        if not np.isnan(share)
    }
