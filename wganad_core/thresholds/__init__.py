"""Choosing a threshold without labels. A sample is flagged when its score > threshold.

Everything here rests on the scores of held-out normals, used for nothing else: `advise` asks all
rules, each of which says what it assumes and when the sample is too small for it; `regret` tells,
where there are labels, what a threshold gives away.
"""

from wganad_core.thresholds.advice import Advice, share_text
from wganad_core.thresholds.advisor import RULES, advice_of, advise
from wganad_core.thresholds.conformal import (
    conformal_advice,
    conformal_p_values,
    conformal_threshold,
)
from wganad_core.thresholds.decisions import Decision, merged, read_decisions
from wganad_core.thresholds.discovery import discovery_advice
from wganad_core.thresholds.interval import interval_advice
from wganad_core.thresholds.mad import mad_advice
from wganad_core.thresholds.quantile import quantile_advice, quantile_threshold, rate_interval
from wganad_core.thresholds.regret import Regret, regret
from wganad_core.thresholds.segments import Segment, Segments, segments
from wganad_core.thresholds.stream import Change, change_in, stream_p_values
from wganad_core.thresholds.tail import Tail, fit_tail, tail_advice

__all__ = [
    "RULES",
    "Advice",
    "Change",
    "Decision",
    "Regret",
    "Segment",
    "Segments",
    "Tail",
    "advice_of",
    "advise",
    "change_in",
    "conformal_advice",
    "conformal_p_values",
    "conformal_threshold",
    "discovery_advice",
    "fit_tail",
    "interval_advice",
    "mad_advice",
    "merged",
    "quantile_advice",
    "quantile_threshold",
    "rate_interval",
    "read_decisions",
    "regret",
    "segments",
    "share_text",
    "stream_p_values",
    "tail_advice",
]
