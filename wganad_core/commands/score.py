"""`score USE_CASE`, `score mixture`: the score tables that ship, from trained models."""

from __future__ import annotations

import argparse
import functools
import itertools
from pathlib import Path
from typing import TYPE_CHECKING

from wganad_core.commands.console import Command, say
from wganad_core.jobs.outputs import Output, check_outputs
from wganad_core.use_cases import UseCase

if TYPE_CHECKING:
    from wganad_core.records import ScoreTable


def options(case: UseCase, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--abnormal", choices=(*case.classes, "all"), required=True)
    if case.protocols_train_apart:
        parser.add_argument("--protocol", choices=case.protocols, default=case.protocols[0])
    else:
        parser.set_defaults(protocol=None)
    parser.add_argument("--seed", type=int, default=0, help="of the models (default: 0)")
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        help=f"with {case.noun.upper()}/METHOD.safetensors (default: models/"
        f"{case.name} in the data directory)",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help=f"gets {case.noun.upper()}.parquet (default: scores beside the models)",
    )
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="FOLDER",
        help=f"score tables of other detectors (*{case.noun.upper()}.parquet) to "
        "put into the same file, the baselines' for example",
    )
    parser.add_argument(
        "--detector",
        action="append",
        default=[],
        metavar="NAME",
        help="only this quick one of the models', once or more; what the table has of others stays",
    )
    if case.searched:
        parser.add_argument("--quick", action="store_true", help="without inversion and AnoGAN")
    else:
        parser.set_defaults(quick=True)


def score_models(case: UseCase, arguments: argparse.Namespace) -> int:
    """Fit our rules where they are missing, score, write one table per class."""
    from wganad_core import storage
    from wganad_core.data.cache import data_directory
    from wganad_core.panels.tables import score_all
    from wganad_core.records import ScoreTable

    models = arguments.models or data_directory() / "models" / case.name
    out = arguments.out or models / "scores"
    pool = case.pool()
    protocols = [arguments.protocol] if arguments.protocol else case.protocols
    classes = case.classes if arguments.abnormal == "all" else (arguments.abnormal,)
    _check(out, *classes)
    for abnormal in classes:
        splits = [pool.split(abnormal, protocol) for protocol in protocols]
        slow, seed, only = not arguments.quick, arguments.seed, arguments.detector
        kept = storage.load_scores(out / f"{abnormal}.parquet") if only else None
        tables = [score_all(case, models, pool, split, seed, slow, only) for split in splits]
        if kept is not None:
            for protocol, name in itertools.product(protocols, only):
                kept = kept.without(detector=name, seed=seed, protocol=protocol)
            tables = [kept, *tables]
        if arguments.beside:
            others = sorted(arguments.beside.glob(f"*{abnormal}.parquet"))
            tables += map(storage.load_scores, others)
        _write(ScoreTable.stack(tables), out / f"{abnormal}.parquet")
    return 0


def _check(folder: Path, *classes: str) -> None:
    """Refuse, before any work, to replace what is no score table."""
    paths = (folder / f"{abnormal}.parquet" for abnormal in classes)
    check_outputs([Output(path, "score table", beside=True) for path in paths])


def _write(table: ScoreTable, path: Path) -> None:
    from wganad_core import storage

    storage.save_scores(table, path)
    detectors = set(zip(table.model, table.detector, strict=True))
    say(f"{path}: {len(table):,} scores of {len(detectors)} detectors")


def mixture_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="gets outside.parquet (default: scores/mixture in the data directory)",
    )


def score_mixture(arguments: argparse.Namespace) -> int:
    """Score fresh points of the ring with the recorded runs that ship."""
    from wganad_core.data.cache import data_directory
    from wganad_core.data.mixture import OUTSIDE
    from wganad_core.panels.plane import score_runs

    out = arguments.out or data_directory() / "scores" / "mixture"
    _check(out, OUTSIDE)
    _write(score_runs(), out / f"{OUTSIDE}.parquet")
    return 0


def of(case: UseCase) -> Command:
    """`score CASE`."""
    first = case.classes[0]
    return Command(
        f"score {case.name}",
        f"score {case.name} --abnormal {case.noun.upper()}|all [options]",
        f"score {case.title} with trained models, into score tables",
        f"""\
  everything that the models without one {case.noun} can say of calibration and test samples:
    python -m wganad_core score {case.name} --abnormal {first}
  after one of the models was trained anew, what it says alone:
    python -m wganad_core score {case.name} --abnormal {first} --detector critic""",
        functools.partial(options, case),
        functools.partial(score_models, case),
    )


MIXTURE = Command(
    "score mixture",
    "score mixture [options]",
    "score fresh points of the ring with the recorded runs, into a score table",
    """\
  the table that ships:
    python -m wganad_core score mixture --out pretrained/mixture/scores""",
    mixture_options,
    score_mixture,
)
