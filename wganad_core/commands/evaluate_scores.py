"""`evaluate FILE`: what scores of one's own are worth, by their labels."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from wganad_core.commands.console import (
    Command,
    Refused,
    json_option,
    positive,
    print_facts,
    print_json,
)
from wganad_core.commands.own_options import few, score_options, scores_of

if TYPE_CHECKING:
    from wganad_core.data.own.scores import OwnScores
    from wganad_core.evaluation import Bands

CONFIDENCE = 0.95
FEWEST = 20  # resamples below which percentiles say nothing


def options(parser: argparse.ArgumentParser) -> None:
    score_options(parser)
    parser.add_argument(
        "--resamples",
        type=positive,
        default=400,
        metavar="N",
        help="for the 95%% intervals; of whole subjects, where a column names "
        "them (default: %(default)s)",
    )
    json_option(parser)


def evaluate_file(arguments: argparse.Namespace) -> int:
    """Print AUPRC, AUROC and the best F1 of a file's scores, with intervals."""
    if arguments.resamples < FEWEST:
        raise Refused(f"--resamples must be at least {FEWEST}; found {arguments.resamples}.")
    own = scores_of(arguments)
    facts = evaluated(own, arguments.resamples)
    if arguments.json:
        print_json(facts)
    else:
        _print(facts)
    return 0


def evaluated(own: OwnScores, n_resamples: int) -> dict[str, Any]:
    """What --json prints. Raises `Refused` for scores without labels of both kinds."""
    from wganad_core import evaluation

    label, score = own.scored.label, own.scored.score
    if label is None or not 0 < label.sum() < len(label):
        raise _nothing_to_tell(own)
    curve = evaluation.curve(label, score)
    summary = evaluation.summary(label, score)
    best = curve.at(evaluation.best_f(curve))
    bands = _bands(own, n_resamples)
    scarce = few(curve)
    return {
        "n": curve.n,
        "n_anomalies": curve.n_anomalies,
        "base_rate": summary.base_rate,
        "auprc": summary.auprc,
        "auprc_interval": bands and bands.auprc,
        "floor": summary.floor,
        "auroc": summary.auroc,
        "auroc_interval": bands and bands.auroc,
        "best_f1": best.f(),
        "best_f1_threshold": best.threshold,
        "best_f1_threshold_text": repr(best.threshold),  # JSON has no infinity
        "best_f1_precision": best.precision,
        "best_f1_recall": best.recall,
        "best_f1_false_alarm_rate": best.false_alarm_rate,
        "intervals": bands and f"95% bootstrap, {bands.n_resamples} resamples by {bands.by}",
        "warning": scarce and f"Only {scarce}: expect other figures on new samples.",
        "columns": dict(own.columns),
        "remarks": list(own.remarks),
    }


def _nothing_to_tell(own: OwnScores) -> Refused:
    label = own.scored.label
    found = "no labels" if label is None else f"{'anomalies' if label[0] else 'normals'} only"
    return Refused(
        f"{own.name} has {found}; evaluating needs a column 'label' with normals (0) and anomalies "
        "(1). Without labels, `threshold FILE --false-alarm-rate RATE` still chooses a threshold."
    )


def _bands(own: OwnScores, n_resamples: int) -> Bands | None:
    """By subject where there are subjects, as their samples are not independent of each other."""
    from wganad_core import evaluation

    label, subject = own.scored.label, own.scored.subject
    assert label is not None
    if subject is not None and len(set(subject.tolist())) < 2:
        subject = None
    if min(label.sum(), len(label) - label.sum()) < 2:
        return None  # resampling one sample gives that sample: an interval would lie
    return evaluation.bands(
        label, own.scored.score, subject, n_resamples=n_resamples, confidence=CONFIDENCE
    )


def _print(facts: dict[str, Any]) -> None:
    def percent(name: str) -> str:
        text = f"{facts[name]:.1%}"
        if interval := facts.get(f"{name}_interval"):
            low, high = (f"{100 * value:.1f}" for value in interval)
            text += f" ({low} to {high})"
        return text

    print_facts(
        {
            "samples": f"{facts['n']:,}, {facts['n_anomalies']:,} of them anomalies",
            "AUPRC": percent("auprc"),
            "chance": f"{percent('base_rate')}, the share of anomalies",
            "floor": f"{percent('floor')}, the lowest AUPRC that any order of these samples has",
            "AUROC": f"{percent('auroc')}, chance: 50%",
            "best F1": f"{percent('best_f1')} at a threshold of {facts['best_f1_threshold_text']}: "
            f"precision {percent('best_f1_precision')}, recall {percent('best_f1_recall')}",
            "intervals": facts["intervals"] or "none: they need two samples of each kind",
            "warning": facts["warning"],
        }
    )
    for remark in facts["remarks"]:
        print(f"remark: {remark}")


FILE = Command(
    "evaluate",
    "evaluate FILE [options]",
    "say what scores of one's own are worth, by their labels",
    """\
  AUPRC, AUROC and best F1 with intervals, of the columns 'score' and 'label':
    python -m wganad_core evaluate scores.csv
  other column names, for a program to read:
    python -m wganad_core evaluate scores.parquet --score-column s --label-column fault --json
  one detector of a table that ships:
    python -m wganad_core evaluate pretrained/mnist/scores/3.parquet --detector ours""",
    options,
    evaluate_file,
)
