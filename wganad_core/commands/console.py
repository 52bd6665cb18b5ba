"""What the commands share: their shape, refusals, options, printing, Ctrl-C."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import math
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wganad_core.run import Checkpoint
    from wganad_core.run.mixture import MixtureRun
    from wganad_core.run.model import ModelRun

    TrainingRun = MixtureRun | ModelRun

from wganad_core.jobs import Refused as Refused


@dataclasses.dataclass(frozen=True)
class Command:
    """A verb and its noun, what it does in a line, examples, its options and its work."""

    name: str
    usage: str
    summary: str
    examples: str
    options: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def json_option(parser: argparse.ArgumentParser) -> None:
    """The option that every command with a result takes."""
    parser.add_argument("--json", action="store_true", help="print each result as a JSON object")


def print_json(value: dict[str, Any]) -> None:
    """Strict JSON: what is not finite becomes null."""

    def strict(item: Any) -> Any:
        if isinstance(item, dict):
            return {str(key): strict(entry) for key, entry in item.items()}
        if isinstance(item, list | tuple):
            return [strict(entry) for entry in item]
        return None if isinstance(item, float) and not math.isfinite(item) else item

    print(json.dumps(strict(value), allow_nan=False, ensure_ascii=False))


def print_facts(values: dict[str, Any]) -> None:
    """One fact a line, names and values in columns; what is not known is left out."""
    width = max(map(len, values))
    for name, value in values.items():
        if value is not None:
            shown = f"{value:,.4g}" if isinstance(value, float) else value
            print(f"{name:<{width}}  {shown}")


def say(sentence: str) -> None:
    """Progress and complaints: to standard error, so that results can be piped on."""
    print(sentence, file=sys.stderr, flush=True)


def progress_bar(**settings: Any) -> Any:
    """tqdm's on standard error, which a log file gets a line of only now and then."""
    from tqdm import tqdm

    return tqdm(mininterval=0.5 if sys.stderr.isatty() else 10, dynamic_ncols=True, **settings)


def positive(text: str) -> int:
    """An argument's type: whole numbers from 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1; found {text}")
    return value


def natural(text: str) -> int:
    """An argument's type: whole numbers from 0."""
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 0; found {text}")
    return value


def train_to_the_end(run: TrainingRun, title: str, checkpoint: Checkpoint, every: int) -> bool:
    """From the checkpoint if there is one, with a progress bar and a checkpoint at `every` so
    many steps; False if Ctrl-C came first (a checkpoint is there then)."""
    if checkpoint.load(run):
        say(f"Continuing {checkpoint.path} at step {run.step:,}.")
    bar = progress_bar(total=run.n_steps, initial=run.step, unit=" steps", desc=title)
    with bar, interrupt_as_flag() as interrupted:
        for _ in run:
            bar.update(run.step - bar.n)
            stopping = interrupted() and not run.finished
            if stopping or run.step % every == 0:
                checkpoint.save(run)
            if stopping:
                break
        else:
            return True
    say(f"Stopped at step {run.step:,}; the same command continues from {checkpoint.path}.")
    return False


@contextlib.contextmanager
def interrupt_as_flag() -> Iterator[Callable[[], bool]]:
    """While training, Ctrl-C waits for the end of the step; a second one does not."""
    pressed: list[bool] = []

    def note(*_: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
