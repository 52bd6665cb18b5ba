"""A threshold for one batch of samples: how many of the alarms may be false."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.thresholds.advice import Advice, check_rate, share_text
from wganad_core.thresholds.conformal import conformal_p_values, conformal_threshold


def discovery_advice(
    calibration: NDArray[Any], score: NDArray[Any], false_discovery_rate: float
) -> Advice:
    """Benjamini and Hochberg's rule on conformal p-values (Bates et al. 2023).

    Of what is flagged in this batch, at most the wanted share are normals, in expectation over
    calibration and batch, if normals of both are exchangeable. Unlike other rules it looks at the
    samples to be judged: another batch has another threshold.

    Parameters
    ----------
    calibration : (n,), scores of normals that were used for nothing else
    score : (m,), of the samples to be judged
    false_discovery_rate : in [0, 1], the share of false alarms among alarms

    Raises
    ------
    ValueError
        For an empty sample, NaN, or a rate outside [0, 1].

    Examples
    --------
    >>> from wganad_core.thresholds import discovery_advice
    >>> batch = np.append(np.arange(90) / 90, np.full(10, 9.0))
    >>> discovery_advice(np.arange(999) / 999, batch, 0.1).threshold
    0.998998998998999
    """
    check_rate(false_discovery_rate)
    scores = np.asarray(score, np.float64)
    if scores.ndim != 1 or not len(scores):
        raise ValueError(f"Expected the scores of a batch; found the shape {scores.shape}.")
    p = np.sort(conformal_p_values(calibration, scores))
    n, m = len(calibration), len(scores)
    # Of whole numbers, with one rounding: adjusted p-values that equal the rate lie above it by
    # what scipy's false_discovery_control rounds twice.
    ranks, places = np.rint(p * (n + 1)), np.arange(1, m + 1)
    found = np.flatnonzero(ranks * m / ((n + 1) * places) <= false_discovery_rate)
    threshold = conformal_threshold(calibration, float(p[found[-1]])) if len(found) else math.inf
    warning = None
    if not len(found):
        needed = math.ceil(m / false_discovery_rate) - 1 if false_discovery_rate else 0
        warning = (
            f"Nothing is flagged: no p-value is below 1/{n + 1:,}, and among {m:,} samples no set "
            "of them is small enough together"
            + (f"; for a single one it takes {needed:,} calibration scores." if needed else ".")
        )
    return Advice(
        "discovery",
        "False discoveries",
        threshold,
        f"Of what is flagged among these {m:,} samples, {share_text(false_discovery_rate)} at most "
        "are normals, in expectation, if normals here are exchangeable with the calibration "
        "scores. Another batch has another threshold.",
        warning,
    )
