"""A threshold in words: the page's title, and what it means a day."""

from __future__ import annotations

import math

from pages._ui.cockpit.numbers import percent
from pages._ui.cockpit.scores import DetectorScores
from pages._ui.cockpit.world import Assumed
from wganad_core import evaluation, outside
from wganad_core.evaluation import OperatingPoint
from wganad_core.thresholds import share_text


def sentence(
    scores: DetectorScores, threshold: float, point: OperatingPoint | None, assumed: Assumed
) -> str:
    """The page's title: what this threshold does, and in which world."""
    who = outside.shown(scores.name if scores.source else scores.loaded.title)
    if point is None:
        n, flagged = len(scores.test), scores.ranking.n_flagged(threshold)
        return (
            f"{who}: {flagged:,} of {n:,} {scores.loaded.noun} are flagged, {percent(flagged / n)}"
        )
    colon = "" if scores.source else ":"
    if not scores.two_classes:
        share, of = (
            (point.false_alarm_rate, "normals")
            if point.true_negatives + point.false_positives
            else (point.recall, "anomalies")
        )
        return f"{who}{colon} flags {percent(share)} of the {of}; there are no others"
    rate = assumed.base_rate
    world = "in this test" if rate is None else f"in your world of {share_text(rate)} anomalies"
    caught = f"{who}{colon} catches {percent(point.recall)} of anomalies"
    if not point.flagged:
        return f"{caught}: there is no alarm at all"
    return f"{caught}; {_real(point.precision)} {world}"


def _real(precision: float) -> str:
    """How many alarms are real, of so many that it is a number to be seen."""
    of = next((n for n in (100, 1_000, 10_000) if n * precision >= 1), 1_000_000)
    return f"of {of:,} alarms {round(of * precision):,} are real"


def in_brief(scores: DetectorScores, threshold: float, point: OperatingPoint | None) -> str:
    """The same for who cannot see the chart."""
    if point is None:
        flagged, n = scores.ranking.n_flagged(threshold), len(scores.test)
        return f"{flagged:,} of {n:,} {scores.loaded.noun} flagged"
    return f"precision {percent(point.precision)}, recall {percent(point.recall)}"


def per_day(point: OperatingPoint, noun: str, per_day: float) -> str:
    """What the threshold means at so many samples a day, in a sentence."""
    true, false = evaluation.alarms_per_day(point, per_day)
    rate = f"If {share_text(point.base_rate)} of your {noun} are anomalies"
    if true + false == 0:
        return f"{rate}, this threshold raises **no alarm at all**, and every anomaly is missed."
    real = true / (true + false)
    return (
        f"{rate}: of 100 alarms about **{_about(100 * real)} are real**; you will see "
        f"**{_about(false)} false alarms a day** among {per_day:,.0f} {noun}, catch "
        f"{_about(true)} anomalies and miss {_about(per_day * point.base_rate - true)}."
    )


def _about(number: float) -> str:
    """Two figures are enough for what is an expectation."""
    number = max(0.0, number)
    if number >= 100:
        return f"{round(number, 1 - int(math.log10(number))):,.0f}"
    return f"{number:.0f}" if number >= 9.5 else f"{number:.2g}" if number >= 0.005 else "0"
