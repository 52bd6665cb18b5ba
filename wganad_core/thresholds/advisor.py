"""All rules at once, for one sample of held-out normals."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.records import Scored
from wganad_core.thresholds.advice import Advice, check_rate, checked, share_text
from wganad_core.thresholds.conformal import conformal_advice
from wganad_core.thresholds.interval import interval_advice
from wganad_core.thresholds.mad import mad_advice
from wganad_core.thresholds.quantile import quantile_advice
from wganad_core.thresholds.tail import tail_advice

# By name; whoever adds a function here finds it in the estimators, the shell and the cockpit.
RULES: dict[str, Callable[[NDArray[Any], float], Advice]] = {
    "quantile": quantile_advice,
    "conformal": conformal_advice,
    "tail": tail_advice,
    "mad": mad_advice,
}
LISTED = 4  # subjects that are told one by one
DEPENDENT = (
    "Neighbouring moments resemble each other and share windows: neither an interval nor a "
    "guarantee holds for single ones."
)


def advise(
    calibration: Scored,
    false_alarm_rate: float,
    fit_range: tuple[float, float] | None = None,
    dependent: bool = False,
) -> tuple[Advice, ...]:
    """What every rule says: quantile, conformal, tail, mad and, with `fit_range`, interval.

    Parameters
    ----------
    calibration : scores of held-out normals, used for nothing else
        If it names subjects that have several scores each, these are not exchangeable with a new
        subject's: every rule then says what its threshold does to each of them, instead of a
        guarantee for single scores.
    false_alarm_rate : the share of normals that may be flagged, in [0, 1]
    fit_range : lowest and highest score of the part that the model was trained on
    dependent : whether the scores are of moments of one recording: nothing is guaranteed then

    Raises
    ------
    ValueError
        For an empty sample, NaN, anomalies in it, or a rate outside [0, 1].

    Examples
    --------
    >>> from wganad_core.records import Scored
    >>> from wganad_core.thresholds import advise
    >>> calibration = Scored(np.arange(200) / 200)
    >>> [(advice.rule, round(advice.threshold, 3)) for advice in advise(calibration, 0.05)]
    [('quantile', 0.945), ('conformal', 0.95), ('tail', 0.945), ('mad', 1.107)]
    """
    advice = [advice_of(rule, calibration, false_alarm_rate) for rule in RULES]
    if fit_range is not None:
        advice.append(_by_subject(interval_advice(fit_range, calibration.score), calibration))
    return tuple(_without_guarantee(one, DEPENDENT) if dependent else one for one in advice)


def advice_of(rule: str, calibration: Scored, false_alarm_rate: float) -> Advice:
    """What one of `RULES` says; arguments and errors as for `advise`, `KeyError` for another rule.

    Examples
    --------
    >>> from wganad_core.records import Scored
    >>> from wganad_core.thresholds import advice_of
    >>> advice_of("conformal", Scored(np.arange(99) / 99), 0.005).warning
    'Nothing is flagged: 99 scores cannot guarantee a rate of 0.5%; it takes 199 at least.'
    """
    check_rate(false_alarm_rate)
    checked(calibration.score)
    if calibration.label is not None and calibration.label.any():
        raise ValueError(
            "Expected calibration scores of normals only; found "
            f"{int(np.count_nonzero(calibration.label))} of anomalies."
        )
    return _by_subject(RULES[rule](calibration.score, false_alarm_rate), calibration)


def _by_subject(advice: Advice, calibration: Scored) -> Advice:
    """The advice with the statement that holds for scores which come in several per subject."""
    subject = calibration.subject
    if subject is None:
        return advice
    names, member = np.unique(subject, return_inverse=True)
    if len(names) == len(subject):  # one score each
        return advice
    shares = {
        str(name): float(share)
        for name, share in zip(
            names,
            np.bincount(member, calibration.score > advice.threshold) / np.bincount(member),
            strict=True,
        )
    }
    return _without_guarantee(advice, _subject_sentence(shares))


def _without_guarantee(advice: Advice, why: str) -> Advice:
    """The same for scores that are not exchangeable with new ones; a threshold that nothing
    exceeds needs no guarantee."""
    if advice.threshold == math.inf:
        return advice
    ranked = advice.rule in ("conformal", "quantile")  # their warnings count on exchangeability
    kept = [advice.warning] if advice.warning and not ranked else []
    return dataclasses.replace(advice, warning=" ".join([*kept, why]), expected=None)


def _subject_sentence(shares: Mapping[str, float]) -> str:
    """What the threshold does to every subject, and what follows for a new one."""
    m = len(shares)
    if m <= LISTED:
        told = " and ".join(f"{share_text(v)} of subject {k}'s" for k, v in shares.items())
    else:
        low, high = share_text(min(shares.values())), share_text(max(shares.values()))
        told = f"between {low} and {high} of each of {m:,} subjects'"
    both = {1: "that", 2: "both"}.get(m, f"all {m:,}")
    return (
        "One subject's scores resemble each other, so nothing is guaranteed for single scores. "
        f"This threshold flags {told} scores; had it been fixed beforehand, a new subject's share "
        f"would lie above {both} with probability 1/{m + 1} at most."
    )
