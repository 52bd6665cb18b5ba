"""`score mnist`: the score tables that ship, from trained models and the full data."""

from __future__ import annotations

import argparse
from pathlib import Path

from wganad_core.commands.console import Command, say
from wganad_core.config import DIGITS, PROTOCOLS


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--abnormal", choices=(*DIGITS, "all"), required=True)
    parser.add_argument("--protocol", choices=PROTOCOLS, default=PROTOCOLS[0])
    parser.add_argument("--seed", type=int, default=0, help="of the models (default: 0)")
    parser.add_argument("--models", type=Path, metavar="FOLDER",
                        help="with DIGIT/METHOD.safetensors (default: models/mnist in the data "
                        "directory)")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FOLDER",
                        help="gets DIGIT.parquet (default: scores beside the models)")  # fmt: skip
    parser.add_argument("--beside", type=Path, metavar="FOLDER",
                        help="score tables of other detectors (*DIGIT.parquet) to put into the "
                        "same file, the baselines' for example")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="without inversion and AnoGAN")


def score_mnist(arguments: argparse.Namespace) -> int:
    """Fit our rules where they are missing, score, write one table per digit."""
    from wganad_core import storage
    from wganad_core.data.cache import data_directory
    from wganad_core.data.fetch import mnist_folder
    from wganad_core.data.mnist import load_mnist, split_mnist
    from wganad_core.live import images
    from wganad_core.records import ScoreTable

    models = arguments.models or data_directory() / "models" / "mnist"
    out = arguments.out or models / "scores"
    digits = load_mnist(mnist_folder())
    for abnormal in DIGITS if arguments.abnormal == "all" else (arguments.abnormal,):
        split = split_mnist(digits, abnormal, arguments.protocol)
        panel = images.fitted_panel(
            models, digits, split, seed=arguments.seed, protocol=arguments.protocol
        )
        table = images.score_split(panel, digits, split, slow=not arguments.quick)
        if arguments.beside:
            others = sorted(arguments.beside.glob(f"*{abnormal}.parquet"))
            table = ScoreTable.stack([table, *map(storage.load_scores, others)])
        path = out / f"{abnormal}.parquet"
        storage.save_scores(table, path)
        say(f"{path}: {len(table):,} scores of {len(set(table.detector))} detectors")
    return 0


MNIST = Command(
    "score mnist",
    "score mnist --abnormal DIGIT|all [options]",
    "score MNIST with trained models, into score tables",
    """\
  everything that one digit's models can say of calibration and test images:
    python -m wganad_core score mnist --abnormal 4""",
    options,
    score_mnist,
)
