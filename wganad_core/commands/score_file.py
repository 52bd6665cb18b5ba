"""`score FILE`: scores of one's own rows from a saved detector, chunk by chunk."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from typing import Any

from wganad_core.commands.console import (
    Command,
    json_option,
    positive,
    print_facts,
    print_json,
    progress_bar,
    say,
)
from wganad_core.commands.own_options import (
    column_options,
    overwrite_option,
    path_option,
    ranges_of,
    roles_of,
    threshold_option,
)
from wganad_core.jobs.blame import MOST
from wganad_core.jobs.engines import MAX_THREADS
from wganad_core.jobs.orders import ScoreOrder
from wganad_core.jobs.score import FileScored, score

ENGINES = ("threads", "dask")


def options(parser: argparse.ArgumentParser) -> None:
    words = "CSV, parquet or npy, of any length, or a folder or zip of images"
    path_option(parser, "file", "FILE", words)
    path_option(parser, "--model", "MODEL", "the detector, as `fit` or its method save wrote it")
    path_option(parser, "--out", "OUT", "gets row, id, label, score, flagged: .csv or .parquet")
    threshold_option(parser)
    parser.add_argument(
        "--why",
        action="store_true",
        help="also the column that each flagged row hangs on, of a recording the channel of each "
        f"event; of the {MOST} highest in each chunk",
    )
    parser.add_argument(
        "--pixels",
        action="store_true",
        help="of pictures with masks (ground_truth/KIND/NAME_mask.png): how well the residual map "
        "finds the defective pixels, as pixel AUROC and PRO",
    )
    column_options(parser, "in the order of the detector's (default: by the detector's names)")
    group = parser.add_argument_group("where it is computed")
    group.add_argument(
        "--engine",
        choices=ENGINES,
        default=ENGINES[0],
        help="this process or a Dask cluster; the scores are the same",
    )
    group.add_argument(
        "--threads",
        type=positive,
        metavar="N",
        help=f"of this process (default: one per core, {MAX_THREADS} at most)",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of the Dask cluster, tcp://…:8786 (default: the one of Dask's own "
        "settings, else workers on this machine)",
    )
    overwrite_option(parser)
    json_option(parser)


def score_file(arguments: argparse.Namespace) -> int:
    """Score every row of a file, in bounded memory, and say how it went."""
    order = ScoreOrder(
        arguments.file,
        arguments.model,
        arguments.out,
        roles_of(arguments),
        arguments.threshold,
        arguments.engine,
        arguments.threads,
        arguments.scheduler,
        arguments.overwrite,
        ranges_of(arguments),
        arguments.why,
        arguments.pixels,
    )
    with progress_bar(unit=" rows", unit_scale=True, desc="scoring") as bar:

        def watch(rows: Any, about: int) -> None:
            bar.total = max(about, bar.n + len(rows.row))
            bar.update(len(rows.row))

        found = score(order, watch, say)
    for remark in found.remarks:
        say(f"remark: {remark}")
    if arguments.json:
        print_json({"path": str(order.out), **_facts(found), "remarks": found.remarks})
    else:
        _print(_facts(found))
        print(f"written to {order.out}")
    return int(arguments.pixels and found.pixels is None)


def _facts(found: FileScored) -> dict[str, Any]:
    return {
        "n": found.n,
        "without_score": found.without_score,
        "flagged": found.flagged,
        "threshold": found.threshold,
        "threshold_text": repr(found.threshold),  # JSON has no infinity
        "seconds": found.seconds,
        "rows_per_second": found.n / found.seconds if found.seconds else math.inf,
        **({} if found.pixels is None else {"pixels": found.pixels}),
    }


def _print(facts: dict[str, Any]) -> None:
    without = facts["without_score"]
    scored = facts["n"] - without
    share = f" ({100 * facts['flagged'] / scored:.3g}%)" if scored else ""
    print_facts(
        {
            "rows": f"{facts['n']:,}",
            "without score": f"{without:,}, as they lack what the detector needs"
            if without
            else None,
            "flagged": f"{facts['flagged']:,}{share}, score > {facts['threshold_text']}",
            "seconds": facts["seconds"],
            "rows a second": f"{facts['rows_per_second']:,.0f}",
            **_of_pixels(facts.get("pixels")),
        }
    )


def _of_pixels(pixels: Mapping[str, Any] | None) -> dict[str, str]:
    if pixels is None:
        return {}
    share = f"{100 * pixels['share']:.2g}% of the pixels"
    return {
        "pixel AUROC": f"{pixels['auroc']:.1%}, chance: 50%; {share} of "
        f"{pixels['n_pictures']:,} pictures are defective",
        "PRO": f"{pixels['pro']:.1%}, chance: 15%; mean overlap with "
        f"{pixels['n_regions']:,} regions, up to 30% false-positive pixels",
    }


FILE = Command(
    "score",
    "score FILE --model MODEL --out OUT [options]",
    "score rows of one's own with a saved detector",
    """\
  every row of a table; the columns are found by the names that the detector was fitted with:
    python -m wganad_core score data.csv --model model.safetensors --out scores.csv
  ten million rows, in bounded memory, with a threshold that was chosen in the cockpit:
    python -m wganad_core score big.parquet --model model.safetensors --out s.csv --threshold 2.5
  pictures with masks of their defects, in the layout of MVTec AD:
    python -m wganad_core score washer --model washer.safetensors --out scores.csv --pixels
  where one machine is not enough, on a Dask cluster that is there (--scheduler ADDRESS, or Dask's
  own DASK_SCHEDULER_ADDRESS; the workers need this project and no files):
    python -m wganad_core score a.parquet --model m.safetensors --out s.parquet --engine dask

Missing cells are evidence like others; a row of which nothing is there gets no score. Ctrl-C leaves
nothing half-written.""",
    options,
    score_file,
)
