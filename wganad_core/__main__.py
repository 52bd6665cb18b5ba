"""The command line: `python -m wganad_core VERB NOUN …`, or `VERB FILE …` for a verb alone.

Results go to standard output, progress and complaints to standard error. Exit status: 0 done,
1 refused or failed (one sentence says why), 2 wrong usage, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

import wganad_core
from wganad_core.commands import (
    app,
    choose,
    data,
    evaluate,
    evaluate_scores,
    export,
    export_page,
    fit,
    info,
    inspect_file,
    render,
    score,
    score_file,
    study,
    study_latent,
    study_theory,
    threshold,
    train,
    train_model,
)
from wganad_core.commands.console import Command, Refused, say
from wganad_core.commands.grammar import PROGRAM, add_verbs
from wganad_core.use_cases import USE_CASES

STOPPED = 130
DESCRIPTION = """\
Fit, score and look into Wasserstein GANs that detect anomalies.

A command is a verb and a file of one's own, or a verb and a noun of this project.
Each explains itself:
  python -m wganad_core fit --help
  python -m wganad_core train mixture --help"""


def commands() -> tuple[Command, ...]:
    """All of them; those of use cases from their registry."""
    of_cases = (
        verb.of(case)
        for verb in (train_model, choose, score, evaluate)
        for case in USE_CASES.values()
    )
    return (
        inspect_file.FILE,
        fit.FILE,
        score_file.FILE,
        threshold.FILE,
        evaluate_scores.FILE,
        export.ONNX,
        export.DETECTOR,
        export_page.PAGE,
        train.MIXTURE,
        *of_cases,
        score.MIXTURE,
        render.MIXTURE,
        study.LEAKS,
        study_theory.THEORY,
        study_latent.LATENT,
        info.RUN,
        info.MODEL,
        data.FETCH,
        data.CHECK,
        app.APP,
    )


def make_parser() -> argparse.ArgumentParser:
    """One parser per command."""
    firsts = (
        next(line for line in command.examples.splitlines() if line.strip().startswith(PROGRAM))
        for command in commands()
    )
    examples = "\n".join(["examples:", *(f"  {line.strip()}" for line in firsts)])
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description=DESCRIPTION,
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=wganad_core.__version__)
    add_verbs(parser, commands())
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
        return STOPPED
    except BrokenPipeError:  # `… | head` has read enough; nothing more can be said there
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as problem:  # of the disk, the network, or a name that no file can have
        say(f"{str(problem.filename or 'A file')[:80]!r}: {problem.strerror or problem}.")
        return 1
    return status


def run() -> None:
    """`main` as a program, which ends with it: a thread that still scores is not waited for."""
    status = main()
    if status == STOPPED:
        sys.stdout.flush()
        os._exit(status)
    sys.exit(status)


if __name__ == "__main__":
    run()
