"""What a rule says, and what all rules check."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Advice:
    """A threshold, what it rests on in one sentence, and what speaks against it (None: nothing).

    `expected`: the interval that holds the true false-alarm rate in 95% of calibration samples,
    where the rule has one.
    """

    rule: str
    name: str
    threshold: float
    assumption: str
    warning: str | None = None
    expected: tuple[float, float] | None = None


def checked(calibration: NDArray[Any]) -> Values:
    """Calibration scores (n,) in increasing order; infinite ones are the lowest and highest.

    Raises `ValueError` for an empty sample, NaN, or anything but one column.
    """
    found = np.asarray(calibration, np.float64)
    if found.ndim != 1 or not len(found) or np.isnan(found).any():
        raise ValueError(
            "Expected at least one calibration score, none of them NaN; found "
            f"{int(np.isnan(found).sum())} NaN in the shape {found.shape}."
        )
    return np.sort(found)


def check_rate(false_alarm_rate: float) -> None:
    if not 0 <= false_alarm_rate <= 1:
        raise ValueError(f"Expected a false-alarm rate in [0, 1]; found {false_alarm_rate}.")


def exceeding(ordered: Values, threshold: float) -> int:
    """How many of the scores are flagged at this threshold."""
    return len(ordered) - int(np.searchsorted(ordered, threshold, side="right"))


def share_text(share: float) -> str:
    """A share in percent, to three digits, small ones in scientific form.

    Examples
    --------
    >>> from wganad_core.thresholds import share_text
    >>> share_text(0.0125)
    '1.25%'
    """
    percent = 100 * share
    return f"{percent:.3g}%" if percent == 0 or percent >= 1e-4 else f"{percent:.1e}%"
