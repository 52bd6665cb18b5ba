"""What `threshold` tells: facts for people and for programs, and the flagged rows."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wganad_core.commands.console import print_facts

if TYPE_CHECKING:
    from wganad_core.data.own.scores import OwnScores
    from wganad_core.evaluation import Curve, OperatingPoint


def facts_of(
    own: OwnScores, choice: dict[str, Any], curve: Curve | None, arguments: argparse.Namespace
) -> dict[str, Any]:
    """What --json prints; what is not known is left out."""
    threshold = choice["threshold"]
    facts = {
        "threshold": threshold,
        "threshold_text": repr(threshold),  # JSON has no infinity
        **choice,
        **_origin(own),
        "n": len(own.scored),
        "flagged": int((own.scored.score > threshold).sum()),
    }
    if curve is not None:
        point = curve.at(threshold, arguments.base_rate)
        facts |= _rates(curve, point, arguments.cost_ratio)
    facts |= {"columns": dict(own.columns), "remarks": list(own.remarks)}
    return {name: value for name, value in facts.items() if value is not None}


def _origin(own: OwnScores) -> dict[str, Any]:
    """Whose scores these are, where a score table says so; a seed is a number."""
    known = {key: value for key, value in own.origin.items() if value}
    seed = known.get("seed", "")
    return known | ({"seed": int(seed)} if seed.isdecimal() else {})


def _rates(curve: Curve, point: OperatingPoint, cost_ratio: float | None) -> dict[str, Any]:
    from wganad_core import evaluation

    rates: dict[str, Any] = {
        "n_anomalies": curve.n_anomalies,
        "precision": point.precision,
        "recall": point.recall,
        "false_alarm_rate": point.false_alarm_rate,
        "f1": point.f(),
        "base_rate": point.base_rate,
    }
    if 0 < curve.n_anomalies < curve.n and point.base_rate > 0:
        best = curve.at(evaluation.best_f(curve, 1.0, point.base_rate), point.base_rate)
        rates["best_f1"] = best.f()
    if cost_ratio is not None:
        rates |= {"cost_ratio": cost_ratio, "cost": point.cost(cost_ratio)}
    return rates


def print_for_people(facts: dict[str, Any]) -> None:
    shown = {k: v for k, v in facts.items() if k not in ("columns", "remarks", "threshold")}
    text = shown.pop("threshold_text")
    infinite = {"inf": "+∞: nothing is flagged", "-inf": "−∞: everything above −∞ is flagged"}
    shown = {"threshold": infinite.get(text, text)} | shown
    if expected := shown.pop("expected_false_alarm_rate", None):
        low, high = (f"{value:.3g}" for value in expected)
        shown["expected false-alarm rate"] = f"{low} to {high} (95 % interval)"
    shown.pop("n_calibration", None)
    shown |= {f"events: {name}": value for name, value in shown.pop("events", {}).items()}
    shown["n"], shown["flagged"] = f"{facts['n']:,}", f"{facts['flagged']:,}"
    print_facts(
        {
            name.replace("_", " ").replace("false alarm", "false-alarm"): "none"
            if isinstance(value, float) and math.isnan(value)
            else value
            for name, value in shown.items()
        }
    )
    for remark in facts["remarks"]:
        print(f"remark: {remark}")


def write_flagged(own: OwnScores, threshold: float, path: Path) -> None:
    from wganad_core.data.own.flagged import flagged_csv
    from wganad_core.storage import write_atomically

    write_atomically(path, flagged_csv(own.scored, own.row, threshold, negated=own.negated))
