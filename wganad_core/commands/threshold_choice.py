"""What `threshold` chooses, and what it rests on: given, from normals alone, or by labels."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from wganad_core.commands.console import Refused
from wganad_core.commands.own_options import few

if TYPE_CHECKING:
    from wganad_core.data.own.scores import OwnScores
    from wganad_core.evaluation import Curve
    from wganad_core.records import Scored


def choose(own: OwnScores, curve: Curve | None, arguments: argparse.Namespace) -> dict[str, Any]:
    """A `threshold` and what it rests on, by the one goal that is given. Raises `Refused` for what
    the scores do not allow."""
    if curve is None or not 0 < curve.n_anomalies < curve.n:
        _need_no_labels(arguments, own)
    if arguments.threshold is not None:
        return {
            "threshold": arguments.threshold,
            "rule": "given",
            "assumption": "The threshold was given; nothing was chosen from these scores.",
        }
    if arguments.false_alarm_rate is not None:
        return _without_labels(own, arguments.false_alarm_rate, arguments.rule or "quantile")
    if arguments.false_discovery_rate is not None:
        return _by_discoveries(own, arguments.false_discovery_rate)
    assert curve is not None
    return _by_labels(curve, arguments)


def _need_no_labels(arguments: argparse.Namespace, own: OwnScores) -> None:
    """Refuse what cannot be done without anomalies and normals to tell apart."""
    for option in ("cost_ratio", "recall", "best_f1", "base_rate"):
        if getattr(arguments, option) not in (None, False):
            label = own.scored.label
            kind = "none" if label is None else f"{'anomalies' if label[0] else 'normals'} only"
            raise Refused(
                f"--{option.replace('_', '-')} needs labels of normals and anomalies, and "
                f"{own.name} has {kind}; add a column 'label' (1 = anomaly), or choose by "
                "--false-alarm-rate, which needs none."
            )


def _without_labels(own: OwnScores, rate: float, rule: str) -> dict[str, Any]:
    from wganad_core import thresholds

    calibration, whence = _calibration(own)
    advice = thresholds.advice_of(rule, calibration, rate)
    return {
        "threshold": advice.threshold,
        "rule": advice.rule,
        "assumption": advice.assumption,
        "warning": advice.warning,
        "calibration": whence,
        "n_calibration": len(calibration),
        "expected_false_alarm_rate": advice.expected,
    }


def _by_discoveries(own: OwnScores, rate: float) -> dict[str, Any]:
    from wganad_core import thresholds

    if own.calibration is None:
        raise Refused(
            "--false-discovery-rate compares rows with normals that are not among them, and "
            f"{own.name} has no rows of a part calibration; add a column 'part' that tells "
            "calibration from test."
        )
    advice = thresholds.discovery_advice(own.calibration.score, own.scored.score, rate)
    return {
        "threshold": advice.threshold,
        "rule": advice.rule,
        "assumption": advice.assumption,
        "warning": advice.warning,
        "calibration": f"the {len(own.calibration):,} rows of the part calibration",
        "n_calibration": len(own.calibration),
    }


def _calibration(own: OwnScores) -> tuple[Scored, str]:
    """The scores that a label-free rule rests on, and which those are."""
    scored = own.scored
    if own.calibration is not None:
        return own.calibration, f"the {len(own.calibration):,} rows of the part calibration"
    if scored.label is None:
        return scored, (
            f"all {len(scored):,} scores: they have no labels and are taken as held-out normals"
        )
    normals = scored.take(scored.label == 0)
    if not len(normals):
        raise Refused(f"{own.name} has anomalies only; add scores of normals to calibrate on.")
    return normals, (
        f"the {len(normals):,} normals of the file, on which the false-alarm rate is counted, too"
    )


def _by_labels(curve: Curve, arguments: argparse.Namespace) -> dict[str, Any]:
    from wganad_core import evaluation

    rate = arguments.base_rate
    where = "" if rate is None else f" at a base rate of {rate:.4g}"
    if arguments.recall is not None:
        threshold = evaluation.at_recall(curve, arguments.recall)
        rule, goal, where = "recall", f"highest threshold with a recall of {arguments.recall:g}", ""
    elif arguments.best_f1:
        if rate == 0:
            raise Refused("--best-f1 needs a --base-rate above 0, as F1 is about anomalies.")
        threshold = evaluation.best_f(curve, 1.0, rate)
        rule, goal = "best-f1", "highest F1"
    else:
        threshold = evaluation.lowest_cost(curve, arguments.cost_ratio, rate)
        rule, goal = "cost", f"a miss costs {arguments.cost_ratio:g} false alarms: lowest cost"
    scarce = few(curve)
    return {
        "threshold": threshold,
        "rule": rule,
        "assumption": "New samples are like these, on which the threshold was chosen by their "
        f"labels ({goal}{where}).",
        "warning": scarce and f"Only {scarce}: expect other rates on new samples.",
    }
