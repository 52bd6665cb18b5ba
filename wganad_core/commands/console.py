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
from pathlib import Path
from typing import Any, Protocol

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
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")


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


def positive(text: str) -> int:
    """An argument's type: whole numbers from 1."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1; found {text}")
    return value


def natural(text: str) -> int:
    """An argument's type: whole numbers from 0."""
    return positive(text) if text != "0" else 0


class Resumable(Protocol):
    """A run that a training command can take to its end."""

    @property
    def step(self) -> int: ...
    @property
    def n_steps(self) -> int: ...
    @property
    def finished(self) -> bool: ...
    def steps(self) -> Iterator[int]: ...
    def save(self, path: Path) -> None: ...
    def resume(self, path: Path) -> None: ...


def train_to_the_end(run: Resumable, title: str, checkpoint: Path, every: int) -> bool:
    """From the checkpoint if there is one, with a progress bar and a checkpoint at `every` so
    many steps; False if Ctrl-C came first (a checkpoint is there then)."""
    from tqdm import tqdm

    if checkpoint.exists():
        run.resume(checkpoint)
        say(f"Continuing {checkpoint} at step {run.step:,}.")
    bar = tqdm(
        total=run.n_steps,
        initial=run.step,
        unit=" steps",
        desc=title,
        mininterval=0.5 if sys.stderr.isatty() else 10,
        dynamic_ncols=True,
    )
    with bar, interrupt_as_flag() as interrupted:
        for step in run.steps():
            bar.update(step - bar.n)
            stopping = interrupted() and not run.finished
            if stopping or step % every == 0:
                run.save(checkpoint)
            if stopping:
                break
        else:
            return True
    say(f"Stopped at step {run.step:,}; the same command continues from {checkpoint}.")
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
