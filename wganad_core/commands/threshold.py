"""`threshold FILE`: a threshold for scores of one's own, with labels or without."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from wganad_core.commands import threshold_choice, threshold_events, threshold_report
from wganad_core.commands.console import Command, Refused, json_option, print_json, say
from wganad_core.commands.own_options import number, overwrite_option, score_options, scores_of
from wganad_core.jobs.outputs import Output, check_outputs


def options(parser: argparse.ArgumentParser) -> None:
    from wganad_core.thresholds import RULES

    score_options(parser)
    parser.set_defaults(misused=parser.error)
    goal = parser.add_mutually_exclusive_group()
    goal.add_argument(
        "--false-alarm-rate",
        type=share,
        metavar="RATE",
        help="of normals to be flagged: 0.01 or 1%%; needs no labels",
    )
    goal.add_argument(
        "--false-discovery-rate",
        type=share,
        metavar="RATE",
        help="of the flagged rows to be normals at most, by Benjamini and Hochberg's rule on "
        "conformal p-values; needs rows of a part calibration",
    )
    goal.add_argument(
        "--recall",
        type=share,
        metavar="RATE",
        help="of anomalies to be flagged at least; needs labels",
    )
    goal.add_argument("--best-f1", action="store_true", help="the highest F1; needs labels")
    goal.add_argument(
        "--threshold",
        type=number,
        metavar="T",
        help="this one, to see what it does: also inf, and =-1.5",
    )
    parser.add_argument(
        "--cost-ratio",
        type=ratio,
        metavar="K",
        help="a miss costs K false alarms: the lowest cost or, where something "
        "else chooses, the cost there; needs labels",
    )
    parser.add_argument(
        "--rule",
        choices=tuple(RULES),
        help="how --false-alarm-rate is met: the quantile of the normals "
        "(default), conformal with its guarantee, a fitted tail for rates that few "
        "normals reach, or median + k MAD",
    )
    parser.add_argument(
        "--base-rate",
        type=share,
        metavar="RATE",
        help="share of anomalies at which precision, F1 and cost are meant (default: the file's)",
    )
    parser.add_argument(
        "--flagged",
        type=Path,
        metavar="FILE.csv",
        help="gets the flagged rows, the highest score first",
    )
    parser.add_argument(
        "--by-group",
        action="store_true",
        help="a threshold for each group (--group-column) that flags the same share of its normals",
    )
    threshold_events.options(parser)
    overwrite_option(parser)
    json_option(parser)


def share(text: str) -> float:
    """An argument's type: a number from 0 to 1, or a percentage."""
    value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"must be from 0 to 1, or 0% to 100%; found {text}")
    return value


def ratio(text: str) -> float:
    """An argument's type: a finite number from 0."""
    value = float(text)
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of at least 0; found {text}")
    return value


def choose_threshold(arguments: argparse.Namespace) -> int:
    """Print a threshold for the file's scores, what it rests on and what it flags."""
    from wganad_core import evaluation
    from wganad_core.storage import write_atomically

    given = (
        arguments.false_alarm_rate,
        arguments.false_discovery_rate,
        arguments.cost_ratio,
        arguments.recall,
        arguments.best_f1 or None,
        arguments.threshold,
    )
    if all(value is None for value in given):
        arguments.misused(
            "one of --false-alarm-rate, --false-discovery-rate, --cost-ratio, --recall, --best-f1 "
            "and --threshold is required"
        )
    if arguments.rule and arguments.false_alarm_rate is None:
        raise Refused("--rule says how a --false-alarm-rate is met; leave it out here.")
    threshold_events.check(arguments)
    if arguments.by_group and arguments.events:
        raise Refused("--events takes one threshold for all rows; leave out --by-group.")
    _check_outputs(arguments)
    own = scores_of(arguments)
    label = own.scored.label
    curve = None if label is None else evaluation.curve(label, own.scored.score)
    choice = threshold_choice.choose(own, curve, arguments)
    facts = threshold_report.facts_of(own, choice, curve, arguments)
    if arguments.events:
        found, facts["events"] = threshold_events.found_in(own, choice["threshold"], arguments)
        write_atomically(arguments.events, threshold_events.csv_of(own, found))
        say(f"{len(found.runs):,} events are in {arguments.events}.")
    thresholds = choice["threshold"]
    if arguments.by_group:
        thresholds, facts["by_group"] = threshold_report.by_group(own, thresholds)
    if arguments.flagged:
        threshold_report.write_flagged(own, thresholds, arguments.flagged)
        n = int((own.scored.score > thresholds).sum())
        say(f"{n:,} flagged rows are in {arguments.flagged}.")
    if arguments.json:
        print_json(facts)
    else:
        threshold_report.print_for_people(facts)
    return 0


def _check_outputs(arguments: argparse.Namespace) -> None:
    """Refuse, before any work, places that cannot take what is to be written."""
    named = ((arguments.flagged, "flagged rows"), (arguments.events, "events"))
    outputs = [Output(path, what) for path, what in named if path]
    read = [arguments.file, *([arguments.label_ranges] if arguments.label_ranges else [])]
    check_outputs(outputs, read, arguments.overwrite)
    for output in outputs:
        if not (folder := output.path.absolute().parent).is_dir():
            raise Refused(
                f"{output.path} cannot be written: there is no folder {folder}; make it first."
            )


FILE = Command(
    "threshold",
    "threshold FILE --false-alarm-rate RATE | --cost-ratio K | --recall RATE | --best-f1 | "
    "--threshold T [options]",
    "choose a threshold for scores of one's own",
    """\
  1% false alarms; scores without labels are taken as held-out normals:
    python -m wganad_core threshold scores.csv --false-alarm-rate 0.01
  the same with a guarantee, and for a rate that no sample shows:
    python -m wganad_core threshold scores.csv --false-alarm-rate 1% --rule conformal
    python -m wganad_core threshold scores.csv --false-alarm-rate 0.0001 --rule tail
  with labels: a miss costs as much as 20 false alarms, and one sample in 1,000 is an anomaly:
    python -m wganad_core threshold scores.csv --cost-ratio 20 --base-rate 0.001
  with labels: find 95% of the anomalies, and write what is flagged:
    python -m wganad_core threshold scores.parquet --recall 0.95 --flagged flagged.csv --json
  rows of a recording in their order: alarms as events, and what these are worth:
    python -m wganad_core threshold scores.csv --best-f1 --events events.csv --merge-gap 10
  a threshold for each machine, and what they do together:
    python -m wganad_core threshold scores.csv --false-alarm-rate 1% --by-group
  what a threshold does and costs, and one detector of a score table that ships:
    python -m wganad_core threshold scores.csv --threshold 1.5 --cost-ratio 20
    python -m wganad_core threshold pretrained/mnist/scores/4.parquet --detector knn --best-f1""",
    options,
    choose_threshold,
)
