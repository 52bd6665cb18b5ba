"""`choose USE_CASE`: which evidence our rules join, by how it finds the other classes."""

from __future__ import annotations

import argparse
import functools
import shlex
import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from wganad_core.commands.console import Command, json_option, natural, print_json, say
from wganad_core.jobs.outputs import Output, check_outputs
from wganad_core.use_cases import UseCase

if TYPE_CHECKING:
    from wganad_core.records import Choice


def options(case: UseCase, parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--models",
        type=Path,
        metavar="FOLDER",
        help=f"with {case.noun.upper()}/METHOD-ARCHITECTURE.safetensors of every "
        f"{case.noun}; gets the fitted rules (default: models/{case.name} in the data directory)",
    )
    parser.add_argument(
        "--architecture",
        choices=tuple(case.ours),
        default=tuple(case.ours)[-1],
        help="of the networks (default: %(default)s)",
    )
    parser.add_argument("--seed", type=natural, default=0, help="of the models (default: 0)")
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=f"of the choice (default: pretrained/{case.name}/choice.json, which scoring reads)",
    )
    json_option(parser)


def choose_rules(case: UseCase, arguments: argparse.Namespace) -> int:
    """Choose, write the choice and the rules that follow from it, and print it."""
    import torch

    from wganad_core import pretrained
    from wganad_core.data.cache import data_directory
    from wganad_core.panels import criterion
    from wganad_core.panels.panel import Panel, fit_panel, with_rules

    torch.set_num_threads(1)
    folder = arguments.models or data_directory() / "models" / case.name
    out = arguments.out or pretrained.choice_path(case.name)
    check_outputs([Output(out, "choice of evidence", beside=True)])
    pool, protocol = case.pool(), case.protocols[0]
    panels, fitted, trials = {}, {}, {}
    for name in case.classes:
        panels[name] = Panel(folder, name, arguments.seed, protocol, arguments.architecture)
        fitted[name] = fit_panel(case, panels[name], pool, pool.split(name, protocol))
        trials[name] = criterion.trial(case, panels[name], fitted[name], pool)
        say(f"{name}: evidence of {', '.join(trials[name].normals)}")
    words = ["python", "-m", "wganad_core", "choose", case.name]
    words += ["--architecture", arguments.architecture]
    words += ["--seed", str(arguments.seed)] if arguments.seed else []
    choice = criterion.choose(
        case, arguments.architecture, trials, arguments.seed, shlex.join(words)
    )
    pretrained.save_choice(choice, out)
    for name, panel in panels.items():
        with_rules(panel, fitted[name].narrowed(choice.of(name)))
    if arguments.json:
        from wganad_core.packing import pack

        print_json(pack(choice)[1])
    else:
        _print(choice)
    return 0


def _print(choice: Choice) -> None:
    print(f"{choice.measure.upper()} in % of a class's train samples, by models without it")
    print("  mean  " + "  ".join(f"{name:>5.5}" for name in choice.n))
    rows = {pieces: list(found.values()) for pieces, found in choice.figures.items()}
    for pieces, values in sorted(rows.items(), key=lambda row: -statistics.fmean(row[1])):
        cells = "  ".join(f"{100 * value:5.1f}" for value in values)
        print(f"  {100 * statistics.fmean(values):4.1f}  {cells}  {pieces}")
    for rule, pieces_of in choice.rules.items():
        print(f"{rule}: over all, {' + '.join(choice.everywhere[rule])}")
        for name, joined in pieces_of.items():
            print(f"  for {name}, by the others: {' + '.join(joined)}")


def of(case: UseCase) -> Command:
    """`choose CASE`."""
    return Command(
        f"choose {case.name}",
        f"choose {case.name} [options]",
        f"choose what our rules join for each {case.noun}, by how it finds the others",
        f"""\
  from models of one's own, after which `score {case.name}` uses what was chosen:
    python -m wganad_core choose {case.name} --models models""",
        functools.partial(options, case),
        functools.partial(choose_rules, case),
    )
