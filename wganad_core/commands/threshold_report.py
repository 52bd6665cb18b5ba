"""What `threshold` tells: facts for people and for programs, and the flagged rows."""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wganad_core.commands.console import Refused, print_facts

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wganad_core.data.own.scores import OwnScores
    from wganad_core.evaluation import Curve, OperatingPoint


SHOWN = ("name", "n", "threshold", "flagged", "anomalies", "caught", "false_alarms", "precision")
BOTH = ("flagged", "caught", "false_alarms")  # by a threshold each, and by the one
TOTALS = (*BOTH, *(f"{name}_by_one" for name in BOTH), "anomalies")


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


def by_group(own: OwnScores, threshold: float) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """A threshold for each row, by its group, and what is told of them. Raises `Refused`."""
    from wganad_core import thresholds

    if own.scored.subject is None:
        raise Refused(
            f"--by-group needs a column that tells groups apart, and no name in {own.name} says "
            "so; say which it is (--group-column)."
        )
    found = thresholds.segments(own.scored, threshold, own.calibration)
    facts: dict[str, Any] = {"rate": found.rate}
    facts |= {name: found.total(name) for name in TOTALS}
    facts |= {"precision": found.precision, "precision_by_one": found.precision_by_one}
    return found.threshold, {**facts, "groups": found.facts()}


def _print_groups(found: dict[str, Any]) -> None:
    names = [name for name in SHOWN if any(name in group for group in found["groups"])]
    rows = [[name.replace("_", " ") for name in names]]
    for group in found["groups"]:
        cells = (group.get(name, "") for name in names)
        rows.append([f"{c:.4g}" if isinstance(c, float) else str(c)[:40] for c in cells])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip())
    for group in found["groups"]:
        if "warning" in group:
            print(f"warning: {group['name']}: {group['warning']}")


def print_for_people(facts: dict[str, Any]) -> None:
    groups = facts.get("by_group")
    hidden = ("columns", "remarks", "threshold", "by_group")
    shown = {k: v for k, v in facts.items() if k not in hidden}
    if groups:
        totals = {k: v for k, v in groups.items() if k != "groups"}
        shown |= {f"by group: {name}": value for name, value in totals.items()}
    text = shown.pop("threshold_text")
    infinite = {"inf": "+∞: nothing is flagged", "-inf": "−∞: everything above −∞ is flagged"}
    shown = {"threshold": infinite.get(text, text)} | shown
    if expected := shown.pop("expected_false_alarm_rate", None):
        low, high = (f"{value:.3g}" for value in expected)
        shown["expected false-alarm rate"] = f"{low} to {high} (95% interval)"
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
    if groups:
        _print_groups(groups)
    for remark in facts["remarks"]:
        print(f"remark: {remark}")


def write_flagged(own: OwnScores, threshold: float | NDArray[np.float64], path: Path) -> None:
    from wganad_core.data.own.flagged import flagged_csv
    from wganad_core.storage import write_atomically

    write_atomically(path, flagged_csv(own.scored, own.row, threshold, negated=own.negated))
