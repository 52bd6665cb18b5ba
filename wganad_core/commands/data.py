"""`data fetch` and `data check`: the published data sets in the data directory."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from wganad_core.commands.console import Command, json_option, print_json
from wganad_core.data.fetch import DATASETS, Progress, dataset_folder


def data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", choices=DATASETS, metavar="NAME", help=f"the data set: {', '.join(DATASETS)}"
    )
    json_option(parser)


def fetch_data(arguments: argparse.Namespace) -> int:
    """Download the files that are missing and verify all of them."""
    with _bars() as progress:
        dataset_folder(DATASETS[arguments.name], fetch=True, progress=progress)
    return _report(arguments)


def check_data(arguments: argparse.Namespace) -> int:
    """Verify the files that are there."""
    dataset_folder(DATASETS[arguments.name])
    return _report(arguments)


def _report(arguments: argparse.Namespace) -> int:
    dataset = DATASETS[arguments.name]
    if arguments.json:
        found = [file.find(dataset.folder) or dataset.folder / file.name for file in dataset.files]
        files = [path.name for path in found]
        print_json({"name": dataset.name, "folder": str(dataset.folder), "files": files})
    else:
        print(f"{dataset.title} is complete in {dataset.folder}, {dataset.verdict}.")
    return 0


@contextlib.contextmanager
def _bars() -> Iterator[Progress]:
    """A progress bar for each file that arrives, one after the other."""
    from tqdm import tqdm

    bars: dict[str, Any] = {}
    with contextlib.ExitStack() as current:

        def show(name: str, done: int, total: int) -> None:
            if name not in bars:
                current.close()
                bar = tqdm(
                    total=total or None,
                    desc=name,
                    unit="B",
                    unit_scale=True,
                    mininterval=0.5 if sys.stderr.isatty() else 10,
                    dynamic_ncols=True,
                )
                bars[name] = current.enter_context(bar)
            bars[name].update(done - bars[name].n)

        yield show


FETCH = Command(
    "data fetch",
    "data fetch NAME [--json]",
    "download a published data set and verify it",
    """\
  the 70,000 digits of MNIST (11 MB), into the folder that WGANAD_DATA names or the cache:
    python -m wganad_core data fetch mnist
  the 10,299 windows of UCI HAR (about 60 MB):
    python -m wganad_core data fetch uci_har

Files that are there already are verified and not downloaded again.""",
    data_options,
    fetch_data,
)
CHECK = Command(
    "data check",
    "data check NAME [--json]",
    "verify a published data set that is here",
    """\
  are the files of MNIST there, and what was published:
    python -m wganad_core data check mnist
  is UCI HAR there, as its zip, in the published archive around it, or extracted:
    python -m wganad_core data check uci_har""",
    data_options,
    check_data,
)
