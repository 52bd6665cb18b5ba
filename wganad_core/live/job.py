"""The process in which jobs on people's files run: orders come in, reports and results go out.

    python -m wganad_core.live.job --memory 4000000000

Messages are those of `protocol`. The first tells the folder and the orders, which run one after
the other. Answers are {"progress": …}, {"result": …}, or {"error": sentence}, which ends it all.
The end of input ends the process at once. Its imports are done before it reads, so that a process
that waits starts without delay.
"""

from __future__ import annotations

import argparse
import dataclasses
import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from wganad_core import detector, storage
from wganad_core.config import ConfigError
from wganad_core.data import DataError
from wganad_core.jobs import Refused
from wganad_core.jobs.export import export
from wganad_core.jobs.fit import fit
from wganad_core.jobs.orders import FitOrder, Order, ScoreOrder, located, unpacked
from wganad_core.jobs.score import score
from wganad_core.live import limits, protocol

log = logging.getLogger("wganad.fitting")
Tell = Callable[[storage.Arrays, dict[str, Any]], None]
EVERY = 0.1  # seconds between two reports, at least
NO_ROOM = (
    "This needs more memory than a page may give it, {most:,.1f} GB; keep fewer rows or columns, "
    "take smaller networks, or run the same in a shell, which has no such limit."
)
REFUSALS = (ConfigError, DataError, storage.StorageError, Refused)


def run(orders: Sequence[Order], folder: Path, tell: Tell, memory: int = 0) -> bool:
    """All orders in a folder, until one is refused; whether none was. `memory`: the bytes that
    this process may take."""
    for order in orders:
        try:
            found = done(located(order, folder), tell)
        except REFUSALS as problem:
            tell({}, {"error": str(problem).replace(f"{folder}{os.sep}", "")})
            return False
        except Exception as problem:
            log.exception("%s failed", order)
            if limits.is_out_of_memory(problem):
                tell({}, {"error": NO_ROOM.format(most=memory / 1e9)})
                return False
            sentence = f"This failed in a way that nobody foresaw ({problem}); please report it"
            tell({}, {"error": f"{sentence} with the server's log."})
            return False
        facts = {field.name: getattr(found, field.name) for field in dataclasses.fields(found)}
        arrays = {name: v for name, v in facts.items() if isinstance(v, np.ndarray)}
        tell(arrays, {"result": {k: v for k, v in facts.items() if k not in arrays}})
    return True


def done(order: Order, tell: Tell) -> Any:
    """The result of one order, told step by step."""
    if isinstance(order, FitOrder):
        return fit(order, lambda steps: _told(steps, tell))
    if not isinstance(order, ScoreOrder):
        return export(order)
    kept: list[Any] = [(np.empty(0, np.int64), np.empty(0))]
    found = score(order, lambda r, about: kept.append((r.row[r.scored], r.score[r.scored])))
    row, scores = (np.concatenate(column) for column in zip(*kept, strict=True))
    return dataclasses.replace(found, row=row, score=scores)


def _told(steps: Iterator[detector.Progress], tell: Tell) -> None:
    last, latest = 0.0, None
    for progress in steps:
        latest = progress
        if time.perf_counter() - last > EVERY or progress.validation is not None:
            last = time.perf_counter()
            tell({}, {"progress": _known(dataclasses.asdict(progress))})
    if latest is not None:
        tell({}, {"progress": _known(dataclasses.asdict(latest))})


def _known(value: Any) -> Any:
    """None for what is not finite."""
    if isinstance(value, dict):
        return {name: _known(entry) for name, entry in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _end_with(stdin: IO[bytes]) -> None:
    """Wait for the end of input; leave at once, whatever is being done."""
    stdin.read()
    os._exit(3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=int, required=True, help="bytes for the orders")
    memory = parser.parse_args().memory
    limits.bound(memory)
    stdout, stdin = sys.stdout.buffer, sys.stdin.buffer
    sys.stdout = sys.stderr  # a stray print must not come between the messages
    if (data := protocol.read(stdin)) is None:
        return
    wanted = protocol.parse(data)[1]
    threading.Thread(target=_end_with, args=(stdin,), daemon=True).start()
    orders = [unpacked(order) for order in wanted["orders"]]
    succeeded = run(
        orders,
        Path(wanted["folder"]),
        lambda arrays, meta: protocol.write(stdout, arrays, meta),
        memory,
    )
    os._exit(0 if succeeded else 1)  # at once: taking torch apart takes a second


if __name__ == "__main__":
    main()
