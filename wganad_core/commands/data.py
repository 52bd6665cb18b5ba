"""`data fetch` and `data check`: the published data sets in the data directory."""

from __future__ import annotations

import argparse
import contextlib
import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from wganad_core.commands.console import Command, json_option, print_json, progress_bar

if TYPE_CHECKING:
    from wganad_core.data.fetch import Dataset, OnBytes


def published() -> dict[str, Dataset]:
    """The data sets that can be fetched, by the name of their folder."""
    from wganad_core.use_cases import USE_CASES

    found = [case.published() for case in USE_CASES.values() if case.published is not None]
    return {dataset.name: dataset for dataset in found}


def data_options(parser: argparse.ArgumentParser) -> None:
    names = tuple(published())
    parser.add_argument(
        "name", choices=names, metavar="NAME", help=f"the data set: {', '.join(names)}"
    )
    json_option(parser)


def data_folder(arguments: argparse.Namespace, fetch: bool) -> int:
    """Verify the files that are there; first download those that are missing if asked to."""
    from wganad_core.data.fetch import dataset_folder

    dataset = published()[arguments.name]
    with _bars() as progress:
        folder = dataset_folder(dataset, fetch, progress)
    if arguments.json:
        files = [(file.find(folder) or folder / file.name).name for file in dataset.files]
        print_json({"name": dataset.name, "folder": str(folder), "files": files})
    else:
        print(f"{dataset.title} is complete in {folder}, {dataset.verdict}.")
    return 0


@contextlib.contextmanager
def _bars() -> Iterator[OnBytes]:
    """A progress bar for each file that arrives, one after the other."""
    bars: dict[str, Any] = {}
    with contextlib.ExitStack() as current:

        def show(name: str, done: int, total: int) -> None:
            if name not in bars:
                current.close()
                bar = progress_bar(total=total or None, desc=name, unit="B", unit_scale=True)
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
    functools.partial(data_folder, fetch=True),
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
    functools.partial(data_folder, fetch=False),
)
