"""`fit FILE`: the paper's detector on normal rows of one's own."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from wganad_core.commands.console import (
    Command,
    json_option,
    print_facts,
    print_json,
    progress_bar,
    say,
)
from wganad_core.commands.fit_options import add_parameters, given
from wganad_core.commands.own_options import (
    column_options,
    overwrite_option,
    path_option,
    ranges_of,
    roles_of,
    row_range,
)
from wganad_core.jobs.beside import Beside, verdict
from wganad_core.jobs.fit import Fitted, fit
from wganad_core.jobs.orders import KINDS, FitOrder


def options(parser: argparse.ArgumentParser) -> None:
    words = "CSV, parquet or npy, or a folder or zip of images; what a label calls an anomaly is "
    path_option(parser, "file", "FILE", f"{words}left out")
    path_option(parser, "--out", "MODEL", "gets the detector, a safetensors file")
    parser.add_argument(
        "--kind",
        choices=KINDS,
        help="what a sample is: a row, an image, or a window of a recording "
        "whose rows follow each other in time (default: by the file)",
    )
    parser.add_argument(
        "--rows",
        type=row_range,
        metavar="FIRST:LAST",
        help="learn from these rows of the file alone, counted from 1 without a header",
    )
    parser.add_argument(
        "--beside",
        action="store_true",
        help="fit nearest neighbours, PCA and an isolation forest, too, and compare: seconds more",
    )
    column_options(parser, "(default: all columns of numbers that are nothing else)")
    overwrite_option(parser)
    json_option(parser)
    add_parameters(parser)


def order_of(arguments: argparse.Namespace) -> FitOrder:
    """What the words ask for."""
    return FitOrder(
        arguments.file,
        arguments.out,
        roles_of(arguments),
        arguments.kind,
        arguments.rows,
        tuple(given(arguments).items()),
        arguments.overwrite,
        arguments.beside,
        ranges_of(arguments),
    )


def fit_file(arguments: argparse.Namespace) -> int:
    """Fit with a progress bar, and say what came of it."""
    order = order_of(arguments)
    try:
        found = fit(order, _shown, say)
    except KeyboardInterrupt:
        if order.checkpoint.exists():
            say(f"The same command goes on from {order.checkpoint}.")
        raise
    if arguments.json:
        print_json({"path": str(order.out), **facts_of(found)})
    else:
        _print(found)
        print(f"written to {order.out}")
    return 0


def facts_of(found: Fitted) -> dict[str, Any]:
    """What --json says."""
    arrays = ("row", "part", "set_aside", "apart")
    names = [field.name for field in dataclasses.fields(found) if field.name not in arrays]
    facts = {name: getattr(found, name) for name in names}
    facts |= {name: getattr(found, name).tolist() for name in ("set_aside", "apart")}
    return facts | {"threshold_text": repr(found.threshold)}  # JSON has no infinity


def _shown(steps: Iterator[Any]) -> None:
    with progress_bar(unit=" steps") as bar:
        for progress in steps:
            bar.total = progress.n_steps
            bar.set_description(progress.stage, refresh=False)
            if progress.w_estimate == progress.w_estimate:  # not NaN
                bar.set_postfix_str(f"W {progress.w_estimate:.3g}", refresh=False)
            bar.update(progress.step - bar.n)


def _print(found: Fitted) -> None:
    left: Mapping[str, int] = {
        "that lack every feature": found.without_all_features,
        "labelled as anomalies": found.anomalies_left_out,
        "without a label": found.unlabelled_left_out,
    }
    expected = found.expected_false_alarm_rate
    print_facts(
        {
            "detector": f"{found.detector}, score_method {found.score_method}",
            "rows": f"{found.n:,} of {found.n_features:,} features",
            "left out": ", ".join(f"{n:,} {what}" for what, n in left.items() if n) or None,
            "set aside": _some(found.set_aside.tolist(), "as likely anomalies"),
            "apart": _some(found.apart.tolist(), "lie together, apart from all others"),
            "steps": f"{found.steps:,} in {found.seconds:.1f} s",
            "threshold": f"{found.threshold!r} ({found.rule}, meant to flag "
            f"{100 * found.false_alarm_rate:g}% of normals)",
            "expected": expected
            and "{:.3g} to {:.3g} of normals are flagged (95% interval)".format(*expected),
            "assumption": found.assumption,
            "warning": found.warning,
            "command": found.command,
        }
    )
    _print_beside(tuple(Beside(**one) for one in found.beside))


def _some(rows: list[int], what: str) -> str | None:
    """How many rows, and the first of them."""
    listed = ", ".join(f"{row:,}" for row in rows[:10]) + ", …" * (len(rows) > 10)
    return f"{len(rows):,} rows {what}: {listed}" if rows else None


def _print_beside(found: tuple[Beside, ...]) -> None:
    for one in found:
        figures = f"{one.flagged:,} of {one.n:,} flagged"
        if one.auprc is not None and one.auroc is not None:
            figures = (
                f"AUPRC {one.auprc:.1%}, AUROC {one.auroc:.1%}, "
                f"{one.caught:,} of {one.anomalies:,} anomalies caught, {one.alarms:,} false "
                f"alarms among {one.normals:,}"
            )
        print(f"beside: {one.title}: {figures}; {one.seconds:.1f} s")
    said, instead = verdict(found)
    if said:
        print(f"beside: {said}" + f" Take it by --score-method {instead}." * bool(instead))


FILE = Command(
    "fit",
    "fit FILE --out MODEL [options]",
    "fit the paper's detector to normal rows of one's own",
    """\
  a table of normal operation; text, ids and labels are recognised and left out:
    python -m wganad_core fit normal.csv --out model.safetensors
  chosen columns, another seed:
    python -m wganad_core fit data.parquet --out m.safetensors --features flow,pressure --seed 1
  images of what is right, all sizes:
    python -m wganad_core fit photos/ --out model.safetensors
  rows with a fault are left out, and the report is for a program:
    python -m wganad_core fit a.csv --out m.safetensors --label-column fault --json

Then `score FILE --model MODEL --out scores.csv`. The same file, options and seed give the same
detector here, on the page and in Python. Ctrl-C leaves nothing half-written: the same command
goes on from a checkpoint beside the model.""",
    options,
    fit_file,
)
