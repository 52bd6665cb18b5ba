"""Commands for the app: words of `fit`, `score` and `export` come in, lines of JSON go out.

    python -m wganad_core.commands.reported

The first line of standard input is `{"folder": path, "commands": [[word, …], …]}`; they run one
after the other in that folder, as in a shell there. A line of output is `{"progress": {…}}`,
`{"result": {…}}` with what a command says with `--json`, or `{"error": sentence}`, which ends it
all. The end of standard input ends the process at once. Its imports are done before it reads, so
that a process that waits starts without delay.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

from wganad_core import detector, storage
from wganad_core.commands import export, fit, score_file
from wganad_core.commands.console import Refused
from wganad_core.config import ConfigError
from wganad_core.data import DataError
from wganad_core.records import PARTS
from wganad_core.storage import StorageError

log = logging.getLogger("wganad.fitting")
Tell = Callable[[dict[str, Any]], None]
PARTS_KIND = "parts"
EVERY = 0.1  # seconds between two reports, at least
REFUSALS = (ConfigError, DataError, StorageError, Refused)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong with words as commands say what is wrong with files."""

    def error(self, message: str) -> NoReturn:
        raise Refused(message)


def run(commands: Sequence[Sequence[str]], tell: Tell) -> bool:
    """All commands, until one refuses; whether none did."""
    for words in commands:
        try:
            found = fit_reported(words[1:], tell) if words[0] == "fit" else _other(words)
        except REFUSALS as problem:
            tell({"error": str(problem)})
            return False
        except Exception as problem:
            log.exception("%s failed", words[0])
            tell(
                {
                    "error": f"This failed in a way that nobody foresaw ({problem}); please report "
                    "it with the server's log."
                }
            )
            return False
        tell({"result": found})
    return True


def fit_reported(words: Sequence[str], tell: Tell) -> dict[str, Any]:
    """What `fit` does with these words, told step by step; and `parts_path`, beside the model."""
    parser = _Parser()
    fit.options(parser)
    arguments = parser.parse_args(words)
    done = fit.fitted(arguments, lambda steps: _told(steps, tell))
    storage.save(parts_path(arguments.out), PARTS_KIND, parts(done), {})
    return done.facts


def _told(steps: Iterator[detector.Progress], tell: Tell) -> None:
    last, latest = 0.0, None
    for progress in steps:
        latest = progress
        if time.perf_counter() - last > EVERY or progress.validation is not None:
            last = time.perf_counter()
            tell({"progress": dataclasses.asdict(progress)})
    if latest is not None:
        tell({"progress": dataclasses.asdict(latest)})


def parts_path(model: Path) -> Path:
    """Where `fit_reported` writes which rows it used for what."""
    return model.with_suffix(".parts")


def parts(done: fit.Fitted) -> dict[str, Any]:
    """Every row of the file that can be scored, `row` (n,) from 1, and its `part` (n,), a number
    in `records.PARTS`: "test" are those that had no part in the fit."""
    import numpy as np

    estimator, samples, x = done.estimator, done.samples, done.x
    used = np.full(len(x), PARTS.index("test"), np.int8)
    # Steps of a recording are in several windows: what was learned from counts first.
    for number, members in reversed(list(enumerate(estimator.parts_))):
        used[_rows_of(estimator, members, len(x))] = number
    part = np.full(len(samples.x), PARTS.index("test"), np.int8)
    whole = len(x) == len(samples.x)
    part[slice(None) if whole or samples.label is None else samples.label == 0] = used
    return {"row": samples.row, "part": part}


def _rows_of(estimator: Any, members: Any, n: int) -> Any:
    """Rows of X that an estimator's own rows are made of: themselves, or the steps of windows."""
    import numpy as np

    if not isinstance(estimator, detector.WGANSeriesDetector):
        return members
    starts = estimator.window_starts(n)[members]
    return np.unique(starts[:, None] + np.arange(estimator.window_))


def _other(words: Sequence[str]) -> dict[str, Any]:
    """`score` or an `export`, whose result is its JSON."""
    known = (score_file.FILE, export.ONNX, export.DETECTOR)
    command = next(one for one in known if one.name.split() == list(words[: len(one.name.split())]))
    parser = _Parser()
    command.options(parser)
    chosen = parser.parse_args([*words[len(command.name.split()) :], "--json"])
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        command.run(chosen)
    found: dict[str, Any] = json.loads(said.getvalue())
    return found


def _finite(value: Any) -> Any:
    """What is not finite becomes null, as JSON has no word for it."""
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _end_with(stdin: IO[str]) -> None:
    """Wait for the end of input; leave at once, whatever is being done."""
    stdin.read()
    os._exit(3)


def main() -> None:
    lines = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    sys.stdout = sys.stderr  # a stray print must not come between the lines

    def tell(message: dict[str, Any]) -> None:
        lines.write(json.dumps(_finite(message), default=str) + "\n")
        lines.flush()

    tell({"ready": True})
    line = sys.stdin.readline()
    if not line:
        return
    wanted = json.loads(line)
    os.chdir(wanted["folder"])
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    done = run(wanted["commands"], tell)
    os._exit(0 if done else 1)  # at once: taking torch apart takes a second


if __name__ == "__main__":
    main()
