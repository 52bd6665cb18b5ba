"""`score FILE`: scores of one's own rows from a saved detector, chunk by chunk."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import hashlib
import math
import sys
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wganad_core.commands import engines
from wganad_core.commands.console import (
    Command,
    Refused,
    json_option,
    positive,
    print_facts,
    print_json,
    say,
)
from wganad_core.commands.score_recording import pieces, put_together
from wganad_core.commands.score_writer import ScoredRows, ScoreWriter, check_scores_place
from wganad_core.commands.threshold import number

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from wganad_core.data.own.samples import OwnSamples

ENGINES = ("threads", "dask")
SEARCHING = ("inversion", "anogan")  # hundreds of times slower: a block is enough at a time
LEARNED_FROM = (
    "The detector was fitted to these very rows, and those that it learned from score lower than "
    "new ones would; evaluate it and choose thresholds on others."
)


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help="CSV, parquet or npy, of any length, or a folder or zip of images",
    )
    parser.add_argument(
        "--model",
        type=Path,
        required=True,
        metavar="MODEL",
        help="the detector, as `fit` or its method save wrote it",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="OUT",
        help="gets row, id, label, score, flagged: .csv or .parquet",
    )
    parser.add_argument(
        "--threshold",
        type=number,
        metavar="T",
        help="a row is flagged when its score exceeds it; --threshold=-1.5 if "
        "negative (default: the detector's)",
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
        help=f"of this process (default: one per core, {engines.MAX_THREADS} at most)",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="of the Dask cluster, tcp://…:8786 (default: the one of Dask's own "
        "settings, else workers on this machine)",
    )
    json_option(parser)


def column_options(parser: argparse.ArgumentParser, which: str) -> None:
    """The options that say which column is what, shared with `fit`."""
    group = parser.add_argument_group("columns")
    group.add_argument("--features", metavar="NAME,…", type=names, help=f"{which}")
    for role in ("label", "id"):
        group.add_argument(
            f"--{role}-column",
            metavar="NAME",
            type=name,
            help=f"which column is the {role}; '' for none (default: by its name)",
        )


def names(text: str) -> list[str]:
    """An argument's type: names parted by commas; quotes hold a name with a comma together."""
    import csv

    try:
        found = [n.strip() for n in next(csv.reader([name(text)], skipinitialspace=True), [])]
    except csv.Error as error:
        raise argparse.ArgumentTypeError(f"must be names parted by commas; {error}") from None
    if not any(found):
        raise argparse.ArgumentTypeError(
            f"must name a column or several, parted by commas; found {text!r}"
        )
    return found


def name(text: str) -> str:
    """An argument's type: the name of a column."""
    if text and text.splitlines() != [text]:
        raise argparse.ArgumentTypeError(
            f"must be a name in one line; found {text[:40]!r}; rename that column"
        )
    return text


def score_file(arguments: argparse.Namespace) -> int:
    """Score every row of a file, in bounded memory, and say how it went."""
    check_scores_place(arguments.out, arguments.file, arguments.model)
    if arguments.engine != "dask" and arguments.scheduler:
        raise Refused("--scheduler is the address of a Dask cluster; add --engine dask.")
    if arguments.engine == "dask" and arguments.threads:
        raise Refused("--threads is of this process; a Dask worker has its own. Leave it out.")
    from wganad_core import detector

    found = detector.load(arguments.model)
    threshold = found.threshold_ if arguments.threshold is None else arguments.threshold
    count = _Count()
    began = time.perf_counter()
    scored = _scored(arguments, found, _opened(arguments, found))
    with contextlib.closing(scored), ScoreWriter(arguments.out) as writer, _bar() as bar:
        for samples, scores in scored:
            rows = scored_rows(samples, scores, threshold)
            writer.write(rows)
            count.add(rows, samples)
            bar.total = max(samples.about, count.n)
            bar.update(len(rows.row))
    if count.all_of(found.rows_sha256_):
        count.remarks.append(LEARNED_FROM)
    facts = count.facts(threshold, time.perf_counter() - began)
    for remark in count.remarks:
        say(f"remark: {remark}")
    if arguments.json:
        print_json({"path": str(arguments.out), **facts, "remarks": count.remarks})
    else:
        _print(facts)
        print(f"written to {arguments.out}")
    return 0


def _opened(arguments: argparse.Namespace, detector: Any) -> Iterator[OwnSamples]:
    """The file in chunks that suit the detector."""
    from wganad_core.data.own import samples as own_samples
    from wganad_core.data.own.roles import Roles

    features = arguments.features or _names_of(detector)
    rows = own_samples.chunk_rows(int(detector.n_features_in_))
    if detector.model_.score_method in SEARCHING:
        rows = min(rows, own_samples.FEWEST)
    chunks = own_samples.chunks(
        arguments.file,
        Roles(features and tuple(features), arguments.label_column, arguments.id_column),
        rows,
    )
    chunks = _fitting(chunks, detector, arguments.file, by_order=features is None)
    if hasattr(detector, "anomaly_score_along"):
        return pieces(chunks, detector.window_, detector.stride_)
    return chunks


def _names_of(detector: Any) -> list[str] | None:
    """Of the columns that a detector takes, where it knows them."""
    from wganad_core.data.own.images import PIXELS
    from wganad_core.detector import WGANImageDetector

    if (found := getattr(detector, "feature_names_in_", None)) is not None:
        return list(found)
    return list(PIXELS) if isinstance(detector, WGANImageDetector) else None


def _fitting(
    chunks: Iterator[OwnSamples], detector: Any, path: Path, by_order: bool
) -> Iterator[OwnSamples]:
    """The chunks, when they have as many features as the detector."""
    for samples in chunks:
        found, expected = len(samples.features), int(detector.n_features_in_)
        listed = ", ".join(samples.features[:20]) + (", …" if found > 20 else "")
        if found != expected:
            raise Refused(
                f"{path}: the detector takes {expected:,} features; found {found:,} ({listed}). "
                "Name those it was fitted with by --features."
            )
        if by_order and samples.named:
            remark = f"The detector knows no names; columns are taken in their order: {listed}."
            samples = dataclasses.replace(samples, remarks=(*samples.remarks, remark))
        yield samples


def _scored(
    arguments: argparse.Namespace, detector: Any, chunks: Iterator[OwnSamples]
) -> Generator[tuple[OwnSamples, NDArray[np.float64]]]:
    """Chunks, or steps of a recording, with their scores."""
    if arguments.engine == "dask":
        from wganad_core.commands.engine_dask import on_cluster

        made = on_cluster(detector, chunks, arguments.scheduler)
    else:
        made = engines.in_threads(detector, chunks, arguments.threads)
    with contextlib.closing(made):
        try:
            if hasattr(detector, "anomaly_score_along"):
                yield from put_together(made, detector.stride_)
            else:
                yield from made
        except engines.RowsRefused as error:
            raise Refused(f"{arguments.file}: {error}") from error


def scored_rows(samples: OwnSamples, scores: NDArray[np.float64], threshold: float) -> ScoredRows:
    """A chunk as it is written: with the rows that could not be scored, in the file's order."""
    import numpy as np

    if not len(samples.missing):
        return ScoredRows(
            samples.row,
            scores,
            scores > threshold,
            np.ones(len(scores), np.bool_),
            samples.sample_id,
            samples.label,
        )
    order = np.argsort(np.append(samples.row, samples.missing))
    n = len(samples.missing)

    def joined(one: Any, other: Any) -> Any:
        return None if one is None else np.append(one, other)[order]

    return ScoredRows(
        joined(samples.row, samples.missing),
        joined(scores, np.full(n, np.nan)),
        joined(scores > threshold, np.zeros(n, np.bool_)),
        joined(np.ones(len(scores), np.bool_), np.zeros(n, np.bool_)),
        joined(samples.sample_id, samples.missing_id),
        joined(samples.label, samples.missing_label),
    )


@dataclasses.dataclass
class _Count:
    """What is told at the end."""

    n: int = 0
    missing: int = 0
    flagged: int = 0
    remarks: list[str] = dataclasses.field(default_factory=list)
    # Of the values of all samples, and of those that are not labelled anomalies.
    digests: tuple[Any, Any] = dataclasses.field(
        default_factory=lambda: (hashlib.sha256(), hashlib.sha256())
    )

    def add(self, rows: ScoredRows, samples: OwnSamples) -> None:
        self.n += len(rows.row)
        self.missing += int((~rows.scored).sum())
        self.flagged += int(rows.flagged.sum())
        self.remarks += [remark for remark in samples.remarks if remark not in self.remarks]
        every, normal = self.digests
        every.update(samples.x)
        if samples.label is not None:
            normal.update(samples.x[samples.label == 0])

    def all_of(self, digest: str) -> bool:
        """Whether the samples, or the normals among them, are those of a fit."""
        return digest in [found.hexdigest() for found in self.digests]

    def facts(self, threshold: float, seconds: float) -> dict[str, Any]:
        return {
            "n": self.n,
            "without_score": self.missing,
            "flagged": self.flagged,
            "threshold": threshold,
            "threshold_text": repr(threshold),  # JSON has no infinity
            "seconds": seconds,
            "rows_per_second": self.n / seconds if seconds else math.inf,
        }


def _bar() -> Any:
    from tqdm import tqdm

    return tqdm(
        unit=" rows",
        unit_scale=True,
        desc="scoring",
        mininterval=0.5 if sys.stderr.isatty() else 10,
        dynamic_ncols=True,
    )


def _print(facts: dict[str, Any]) -> None:
    scored = facts["n"] - facts["without_score"]
    share = f" ({100 * facts['flagged'] / scored:.3g} %)" if scored else ""
    print_facts(
        {
            "rows": f"{facts['n']:,}",
            "without score": f"{facts['without_score']:,}, as a feature is missing or infinite"
            if facts["without_score"]
            else None,
            "flagged": f"{facts['flagged']:,}{share}, score > {facts['threshold_text']}",
            "seconds": facts["seconds"],
            "rows a second": f"{facts['rows_per_second']:,.0f}",
        }
    )


FILE = Command(
    "score",
    "score FILE --model MODEL --out OUT [options]",
    "score rows of one's own with a saved detector",
    """\
  every row of a table; the columns are found by the names that the detector was fitted with:
    python -m wganad_core score data.csv --model model.safetensors --out scores.csv
  ten million rows, in bounded memory, with a threshold that was chosen in the cockpit:
    python -m wganad_core score big.parquet --model model.safetensors --out s.csv --threshold 2.5
  where one machine is not enough, on a Dask cluster that is there (--scheduler ADDRESS, or Dask's
  own DASK_SCHEDULER_ADDRESS; the workers need this project and no files):
    python -m wganad_core score a.parquet --model m.safetensors --out s.parquet --engine dask

A row with a missing or infinite feature gets no score; a recording must lack none. Ctrl-C leaves
nothing half-written.""",
    options,
    score_file,
)
