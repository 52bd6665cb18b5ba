"""What a threshold chosen without labels gives away, where there are labels after all."""

from __future__ import annotations

import dataclasses
import math

from wganad_core import evaluation
from wganad_core.thresholds.advice import Advice


@dataclasses.dataclass(frozen=True)
class Regret:
    """A threshold on the labelled test part beside the best possible there.

    `cost` is expected per sample, in false alarms. What needs a class that is absent is NaN.
    """

    f1: float
    best_f1: float
    cost: float
    best_cost: float
    false_alarm_rate: float
    recall: float


def regret(
    advice: Advice | float, curve: evaluation.Curve, ratio: float, base_rate: float | None = None
) -> Regret:
    """F1 and cost at an advised threshold and at the thresholds that are best for each.

    Parameters
    ----------
    advice : an advice, or a threshold in units of the scores
    curve : of the labelled test part
    ratio : how many false alarms one miss costs, ≥ 0
    base_rate : in [0, 1], the share of anomalies at which both are meant; by default that of the
        test part; at 0 there is no F1

    Raises
    ------
    ValueError
        For a threshold that is NaN, or a base rate outside [0, 1].

    Examples
    --------
    >>> from wganad_core.evaluation import curve
    >>> from wganad_core.thresholds import regret
    >>> found = regret(0.35, curve([0, 0, 1, 1], [0.1, 0.4, 0.3, 0.9]), ratio=1)
    >>> found.f1, round(found.best_f1, 2)
    (0.5, 0.8)
    """
    threshold = advice.threshold if isinstance(advice, Advice) else float(advice)
    here = curve.at(threshold, base_rate)
    if not 0 < curve.n_anomalies < curve.n:
        unknown = math.nan
        return Regret(unknown, unknown, unknown, unknown, here.false_alarm_rate, here.recall)
    best_f1 = math.nan
    if base_rate != 0:
        best_f1 = curve.at(evaluation.best_f(curve, 1.0, base_rate), base_rate).f()
    cheapest = curve.at(evaluation.lowest_cost(curve, ratio, base_rate), base_rate)
    rates = here.false_alarm_rate, here.recall
    return Regret(here.f(), best_f1, here.cost(ratio), cheapest.cost(ratio), *rates)
