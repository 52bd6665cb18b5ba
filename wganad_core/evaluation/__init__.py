"""What scores are worth: curves, rates at a threshold, rankings of samples, and how sure that is.

A sample is flagged when its score > threshold; label 1 = anomaly, 0 = normal.
"""

from __future__ import annotations

from wganad_core.evaluation.agreement import Agreement, agreement
from wganad_core.evaluation.choices import (
    at_false_alarm_rate,
    at_recall,
    best_f,
    costs,
    f_scores,
    lowest_cost,
)
from wganad_core.evaluation.curves import Curve, auprc, auroc, curve
from wganad_core.evaluation.drawing import digits, states_to_draw
from wganad_core.evaluation.events import (
    EventReport,
    EventRule,
    Events,
    event_report,
    events,
)
from wganad_core.evaluation.intervals import Bands, Difference, bands, paired_difference
from wganad_core.evaluation.listing import Listed, listed
from wganad_core.evaluation.points import OperatingPoint
from wganad_core.evaluation.range_aware import vus_pr
from wganad_core.evaluation.ranking import Ranking
from wganad_core.evaluation.rates import alarms_per_day, precision_at, worst_precision
from wganad_core.evaluation.summaries import (
    auprc_floor,
    false_alarms_by_group,
    false_alarms_by_subject,
    summary,
)

__all__ = [
    "Agreement",
    "Bands",
    "Curve",
    "Difference",
    "EventReport",
    "EventRule",
    "Events",
    "Listed",
    "OperatingPoint",
    "Ranking",
    "agreement",
    "alarms_per_day",
    "at_false_alarm_rate",
    "at_recall",
    "auprc",
    "auprc_floor",
    "auroc",
    "bands",
    "best_f",
    "costs",
    "curve",
    "digits",
    "event_report",
    "events",
    "f_scores",
    "false_alarms_by_group",
    "false_alarms_by_subject",
    "listed",
    "lowest_cost",
    "paired_difference",
    "precision_at",
    "states_to_draw",
    "summary",
    "vus_pr",
    "worst_precision",
]
