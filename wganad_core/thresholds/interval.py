"""The paper's rule (§5.1): outside the range of the scores that were trained on."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from wganad_core.thresholds.advice import Advice, checked, exceeding, share_text


def interval_advice(
    fit_range: tuple[float, float], calibration: NDArray[Any] | None = None
) -> Advice:
    """The paper's rule (§5.1): flag what lies outside the range of the fit part's scores.

    `fit_range`: lowest and highest score of the fit part. The threshold is the highest; for the
    two-sided score `critic-interval`, the distance to that range, it is 0 by construction. There
    is no rate to choose: were the fit part exchangeable with new normals, 1/(n_fit + 1) would
    exceed it, but the model was trained on that part. `calibration` tells how many do.

    Raises
    ------
    ValueError
        For a range whose ends are not in order, and for a calibration sample that is empty or
        holds NaN.

    Examples
    --------
    >>> from wganad_core.thresholds import interval_advice
    >>> interval_advice((0.2, 3.5)).threshold
    3.5
    """
    low, high = map(float, fit_range)
    if not low <= high:
        raise ValueError(f"Expected the lowest and the highest score; found {fit_range}.")
    warning = (
        "The model was trained on these very samples, so new normals may well score higher, and "
        "no rate can be chosen"
    )
    if calibration is not None:
        ordered = checked(calibration)
        flagged = exceeding(ordered, high)
        warning += f": of the held-out normals {share_text(flagged / len(ordered))} are flagged"
    return Advice(
        "interval",
        "Range of training scores",
        high,
        "No normal scores higher than the highest sample of the fit part (the paper's §5.1).",
        f"{warning}.",
    )
