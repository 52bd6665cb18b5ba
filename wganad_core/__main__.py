"""The command line: `python -m wganad_core VERB NOUN …`.

Results go to standard output, progress and complaints to standard error. Exit status: 0 done,
1 refused or failed (one sentence says why), 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

import wganad_core
from wganad_core.commands import data, evaluate, info, render, score, train, train_model
from wganad_core.commands.console import Refused, say

DESCRIPTION = """\
Train, draw and look into Wasserstein GANs that detect anomalies.

A command is a verb and a noun. Each explains itself:
  python -m wganad_core train mixture --help"""

COMMANDS = (
    train.MIXTURE,
    train_model.MNIST,
    train_model.HAR,
    score.MNIST,
    score.HAR,
    evaluate.MNIST,
    evaluate.HAR,
    render.MIXTURE,
    info.RUN,
    info.MODEL,
    data.FETCH,
    data.CHECK,
)


def make_parser() -> argparse.ArgumentParser:
    """One parser per verb and noun, all from `COMMANDS`."""
    style: dict[str, Any] = {"formatter_class": argparse.RawDescriptionHelpFormatter}
    examples = "examples:\n" + "\n".join(
        f"  {example.strip()}"
        for command in COMMANDS
        for example in command.examples.splitlines()[1:2]
    )
    parser = argparse.ArgumentParser(
        prog="python -m wganad_core", description=DESCRIPTION, epilog=examples, **style
    )
    parser.add_argument("--version", action="version", version=wganad_core.__version__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    nouns: dict[str, Any] = {}
    for command in COMMANDS:
        verb, noun = command.name.split()
        if verb not in nouns:
            lines = [c.summary for c in COMMANDS if c.name.split()[0] == verb]
            nouns[verb] = verbs.add_parser(verb, help="; ".join(lines), **style).add_subparsers(
                metavar="NOUN", required=True
            )
        leaf = nouns[verb].add_parser(
            noun, help=command.summary, usage=f"python -m wganad_core {command.usage}",
            description=command.summary[0].upper() + command.summary[1:] + ".",
            epilog=f"examples:\n{command.examples}", **style,
        )  # fmt: skip
        command.options(leaf)
        leaf.set_defaults(run=command.run)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status (usage errors leave through `SystemExit`)."""
    chosen = make_parser().parse_args(arguments)

    # Not before: help needs no NumPy.
    from wganad_core.config import ConfigError
    from wganad_core.data import DataError
    from wganad_core.storage import StorageError

    try:
        status: int = chosen.run(chosen)
    except (ConfigError, DataError, StorageError, Refused) as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
        return 130
    except BrokenPipeError:  # `… | head` has read enough; nothing more can be said there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
