"""`threshold FILE --events EVENTS.csv`: rows as moments in their order, alarms as events."""

from __future__ import annotations

import argparse
import csv
import io
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wganad_core.commands.console import Refused
from wganad_core.commands.own_options import number

if TYPE_CHECKING:
    from wganad_core.data.own.scores import OwnScores
    from wganad_core.evaluation import EventRule, Events

OPTIONS = ("min_length", "merge_gap", "release", "per_day", "buffer", "point_adjust")
MOST_BUFFER = 100  # moments, where none is asked for


def options(parser: argparse.ArgumentParser) -> None:
    """For rows that are moments, in the order of time."""
    parser.add_argument(
        "--events",
        type=Path,
        metavar="FILE.csv",
        help="rows are moments in their order: gets a row per event, that is a run of alarms; a "
        "column `subject` keeps machines apart",
    )
    parser.add_argument("--min-length", type=int, metavar="N", help="moments of the shortest event")
    parser.add_argument(
        "--merge-gap", type=int, metavar="N", help="events with up to N moments between are one"
    )
    parser.add_argument(
        "--release",
        type=number,
        metavar="T",
        help="an event lasts while scores are above T, below the threshold (hysteresis)",
    )
    parser.add_argument("--per-day", type=float, metavar="N", help="how many moments a day has")
    parser.add_argument(
        "--buffer",
        type=int,
        metavar="N",
        help="moments around a labelled range that VUS-PR forgives (default: as many as half of "
        f"the ranges have, {MOST_BUFFER} at most)",
    )
    parser.add_argument(
        "--point-adjust",
        action="store_true",
        default=None,
        help="also F1 after point adjustment, and what as many random alarms get by it",
    )


def check(arguments: argparse.Namespace) -> None:
    """Refuse options that say how events are made where none are."""
    given = [name for name in OPTIONS if getattr(arguments, name) is not None]
    if given and not arguments.events:
        raise Refused(
            f"--{given[0].replace('_', '-')} is about events; add --events FILE.csv, or leave it "
            "out."
        )


def found_in(
    own: OwnScores, threshold: float, arguments: argparse.Namespace
) -> tuple[Events, dict[str, Any]]:
    """The events of a file, and what they are worth. Raises `Refused` for a rule that cannot be."""
    from wganad_core import evaluation

    try:
        rule = _rule(arguments)
        found = evaluation.events(own.scored.score, threshold, rule, own.scored.subject)
    except ValueError as error:
        raise Refused(f"{error} Choose --min-length, --merge-gap and --release anew.") from None
    facts: dict[str, Any] = {"n": len(found.runs), "moments": int(found.flagged.sum())}
    if (own.row[1:] - own.row[:-1] != 1).any():
        facts["remark"] = "Rows were left out; those on both sides are taken for neighbours."
    label = own.scored.label
    if label is None or not label.any():
        return found, facts
    worth = _worth(own, found, arguments)
    known = {name: None if math.isnan(value) else value for name, value in worth.items()}
    return found, facts | known


def _rule(arguments: argparse.Namespace) -> EventRule:
    from wganad_core.evaluation import EventRule

    given = {"min_length": arguments.min_length, "merge_gap": arguments.merge_gap}
    given |= {"release": arguments.release}
    return EventRule(**{name: value for name, value in given.items() if value is not None})


def _worth(own: OwnScores, found: Events, arguments: argparse.Namespace) -> dict[str, Any]:
    """By the labels: of events, and of moments by measures that know ranges."""
    import numpy as np

    from wganad_core import evaluation
    from wganad_core.evaluation.range_aware import affiliation, f1_of, point_adjusted

    label, flagged = own.scored.label, found.flagged
    assert label is not None
    report = evaluation.event_report(label, found)
    precision, recall = affiliation(label, flagged)
    lengths = report.ranges[:, 1] - report.ranges[:, 0]
    buffer = arguments.buffer
    buffer = min(int(np.median(lengths)), MOST_BUFFER) if buffer is None else max(buffer, 0)
    facts = {
        "labelled_ranges": len(report.ranges),
        "event_recall": report.recall,
        "event_precision": report.precision,
        "median_delay": report.median_delay,
        "false_events": int(report.false.sum()),
        "moment_f1": f1_of(label, flagged),
        "affiliation_precision": precision,
        "affiliation_recall": recall,
        "vus_pr": evaluation.vus_pr(label, own.scored.score, buffer),
        "vus_pr_buffer": buffer,
    }
    if arguments.per_day is not None:
        facts["false_events_per_day"] = report.false_per(arguments.per_day)
    if arguments.point_adjust:
        random = np.random.default_rng(0).permutation(flagged)
        facts["point_adjusted_f1"] = f1_of(label, point_adjusted(label, flagged))
        facts["point_adjusted_f1_of_random_alarms"] = f1_of(label, point_adjusted(label, random))
    return facts


def csv_of(own: OwnScores, found: Events) -> bytes:
    """A row per event, in the order of time: its rows in the file, its peak, its label."""
    from wganad_core import outside
    from wganad_core.evaluation.events import blamed

    scored, text = own.scored, io.StringIO(newline="")
    names = ["first_row", "last_row", "moments", "peak_row", "peak_score"]
    ids = None if scored.sample_id is None else outside.cells(scored.sample_id).tolist()
    names += ["first_id", "last_id", "peak_id"] * (ids is not None)
    names += ["subject"] * (scored.subject is not None)
    names += ["labelled_moments"] * (scored.label is not None)
    names += ["why"] * (own.why is not None)
    writer = csv.writer(text)
    writer.writerow(names)
    sign = -1 if own.negated else 1
    for (low, high), peak in zip(found.runs.tolist(), found.peak.tolist(), strict=True):
        rows = [own.row[low], own.row[high - 1], high - low, own.row[peak]]
        cells: list[Any] = [*map(int, rows), sign * float(scored.score[peak])]
        cells += [] if ids is None else [ids[low], ids[high - 1], ids[peak]]
        cells += [] if scored.subject is None else outside.cells([scored.subject[low]]).tolist()
        cells += [] if scored.label is None else [int(scored.label[low:high].sum())]
        if own.why is not None:
            cells += outside.cells([blamed(own.why, low, high, peak)]).tolist()
        writer.writerow(cells)
    return text.getvalue().encode()
