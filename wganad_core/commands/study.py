"""`study leaks`: how results get too good, measured."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from wganad_core.commands.console import Command, json_option, print_json, say
from wganad_core.jobs.outputs import Output, check_outputs

if TYPE_CHECKING:
    from wganad_core.leaks import Leaks

NAMES = ("subjects", "hindsight", "epochs", "rates")  # of `leaks.WAYS`, as help needs no NumPy


def figures_option(parser: argparse.ArgumentParser, words: str) -> None:
    """`--out` of a study."""
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"{words} (default: the file that ships, which the app draws)",
    )


def figures_file(arguments: argparse.Namespace, shipped: Path, what: str) -> Path:
    """Where the figures go. Raises `Refused` and `StorageError`, before any work, for a place that
    cannot be written, or that holds anything but `what`."""
    out: Path = arguments.out or shipped
    check_outputs([Output(out, what, beside=True)])
    return out


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--leak",
        choices=NAMES,
        action="append",
        default=[],
        help="only this one, once or more; what the file has of the others stays",
    )
    figures_option(parser, "where the figures go")
    json_option(parser)


def study_leaks(arguments: argparse.Namespace) -> int:
    """Measure, write and print every honest figure beside its leaky one."""
    import torch

    from wganad_core import leaks
    from wganad_core.leaks.measure import measure

    torch.set_num_threads(1)  # two change the bits and gain little
    out = figures_file(arguments, leaks.shipped_path(), leaks.KIND)
    found = measure(arguments.leak, say)
    if arguments.leak and out.exists():
        found = leaks.load(out).updated(found)
    leaks.save(found, out)
    if arguments.json:
        print_json({"path": str(out), **dataclasses.asdict(found)})
    else:
        _print(found)
        print(f"written to {out}")
    return 0


def _print(found: Leaks) -> None:
    """A line per figure: honest, leaky, difference, in %."""
    from wganad_core.leaks import WAYS, mean_gain, use_cases_of

    for name in found.ways:
        way, pairs = WAYS[name], found.pairs[name]
        print(f"{way.title}: {way.honest.lower()} → {way.leaky.lower()} ({found.seconds[name]} s)")
        for use_case in use_cases_of(pairs):
            of_it = [pair for pair in pairs if pair.use_case == use_case]
            for pair in of_it:
                by = f"  {pair.honest_by} → {pair.leaky_by}" if pair.honest_by else ""
                print(
                    f"  {use_case:<6} {pair.abnormal:<11} {pair.what:<14} "
                    f"{100 * pair.honest:5.1f} → {100 * pair.leaky:5.1f}  "
                    f"{100 * pair.gain:+5.1f}  π {pair.honest_base_rate:.0%} → "
                    f"{pair.leaky_base_rate:.0%}{by}"
                )
            print(f"  {use_case:<6} mean difference {100 * mean_gain(of_it):+.1f} points")
        print()


LEAKS = Command(
    "study leaks",
    "study leaks [options]",
    "measure how results get too good, each honest figure beside the leaky one",
    """\
  all of them, on the full data sets; about ten minutes:
    python -m wganad_core study leaks
  after new score tables, only what they tell:
    python -m wganad_core study leaks --leak hindsight --leak rates
  elsewhere, for a program to read:
    python -m wganad_core study leaks --leak subjects --out leaks.safetensors --json""",
    options,
    study_leaks,
)
