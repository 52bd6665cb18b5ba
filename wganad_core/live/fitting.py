"""The server's side of jobs on people's files: one process each, a few at a time, cancellable.

Each runs its orders (`live.job`) in a folder. Nothing here imports PyTorch.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from wganad_core import storage
from wganad_core.data.unfinished import sweep_temporary
from wganad_core.jobs.export import Exported
from wganad_core.jobs.fit import Fitted
from wganad_core.jobs.orders import ExportOrder, FitOrder, Order, ScoreOrder, packed
from wganad_core.jobs.score import FileScored
from wganad_core.live import protocol
from wganad_core.live.client import ROOT

State = Literal["waiting", "running", "done", "failed", "cancelled"]
Result = Fitted | FileScored | Exported
RESULTS: dict[type[Order], type[Result]] = {
    FitOrder: Fitted,
    ScoreOrder: FileScored,
    ExportOrder: Exported,
}
MAX_RUNNING = min(2, max(1, (os.cpu_count() or 1) - 1))  # each takes a core and half a gigabyte
MEMORY = 4_000_000_000  # bytes for each
IDLE = 600.0  # seconds that a process waits for its orders
PROGRAM = ("-m", "wganad_core.live.job")
log = logging.getLogger("wganad.fitting")


class Runner(Protocol):
    """Where the orders of one fitting run."""

    @property
    def alive(self) -> bool: ...
    def run(
        self, folder: Path, orders: Sequence[Order], take: Callable[[protocol.Message], None]
    ) -> int:
        """Run them, giving every message to `take`; the exit status, negative for a signal."""

    def kill(self) -> None:
        """End at once, and free everything."""


class JobProcess:
    """A process of its own, whose imports begin at once; it may take so many bytes."""

    def __init__(self, memory: int = MEMORY) -> None:
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        more = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
        self._reading = False
        self.process = subprocess.Popen(
            [sys.executable, *PROGRAM, f"--memory={memory}"],
            env={**os.environ, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def run(
        self, folder: Path, orders: Sequence[Order], take: Callable[[protocol.Message], None]
    ) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._reading = True
        wanted = {"folder": str(folder), "orders": [packed(order) for order in orders]}
        with contextlib.suppress(OSError):
            protocol.write(self.process.stdin, {}, wanted)
        while (data := protocol.read(self.process.stdout)) is not None:
            take(protocol.parse(data))
        code = self.process.wait()
        self._close()
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        if not self._reading:  # whoever reads the pipe sees its end, and closes it
            self._close()

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


@dataclass(eq=False)
class Fitting:
    """Orders on their way. `reports` are `Progress` as dictionaries, in order; `results` what
    came of each that is done; `error` the sentence of a refusal."""

    folder: Path
    orders: tuple[Order, ...]
    state: State = "waiting"
    reports: list[dict[str, Any]] = field(default_factory=list)
    results: list[Any] = field(default_factory=list)
    error: str = ""
    runner: Runner | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        return self.state in ("waiting", "running")

    def wait(self, seconds: float | None = None) -> None:
        """Until it has ended, or for so long."""
        self.ended.wait(seconds)

    def take(self, message: protocol.Message) -> None:
        arrays, meta = message
        if "progress" in meta:
            _report(self.reports, meta["progress"])
        elif "result" in meta:
            facts: dict[str, Any] = {**meta["result"], **arrays}
            self.results.append(RESULTS[type(self.orders[len(self.results)])](**facts))
        else:
            self.error = meta["error"]


class Fittings:
    """All fits of a server: `max_running` at a time, the others wait in the order they came.
    `start` makes what one runs in."""

    def __init__(
        self, max_running: int = MAX_RUNNING, start: Callable[[], Runner] = JobProcess
    ) -> None:
        self.max_running, self.start = max_running, start
        self._running: list[Fitting] = []
        self._waiting: list[Fitting] = []
        self._spare: Runner | None = None
        self._lock = threading.Lock()
        atexit.register(self.stop)

    def warm(self) -> None:
        """Start a process ahead of its orders: its imports take seconds."""
        with self._lock:
            if self._spare is not None and not self._spare.alive:
                self._spare.kill()
                self._spare = None
            if self._spare is None and len(self._running) < self.max_running:
                try:
                    self._spare = self.start()
                except OSError as error:  # it will be told when a fit needs one
                    log.warning("no spare process: %s", error)
                    return
                timer = threading.Timer(IDLE, self._tire, [self._spare])
                timer.daemon = True
                timer.start()

    def _tire(self, spare: Runner) -> None:
        """A process that nobody has used for long frees its memory."""
        with self._lock:
            if self._spare is spare:
                self._spare = None
                spare.kill()

    def submit(
        self, folder: Path, orders: Sequence[Order], told: Sequence[dict[str, Any]] = ()
    ) -> Fitting:
        """Run orders one after the other in a folder, as soon as there is room. `told`: what an
        earlier try that they go on from has reported."""
        made = Fitting(folder, tuple(orders), reports=list(told))
        with self._lock:
            self._waiting.append(made)
        self._admit()
        return made

    def place(self, fitting: Fitting) -> int:
        """Its place in the queue, from 1; 0 when it does not wait."""
        with self._lock:
            return self._waiting.index(fitting) + 1 if fitting in self._waiting else 0

    def cancel(self, fitting: Fitting) -> None:
        """End it now, whatever it is doing; what it has not finished is gone."""
        with self._lock:
            if not fitting.active:
                return
            fitting.state = "cancelled"
            if fitting in self._waiting:
                self._waiting.remove(fitting)
        if fitting.runner is not None:
            fitting.runner.kill()
            storage.sweep(fitting.folder)
            sweep_temporary()
        fitting.ended.set()

    def stop(self) -> None:
        """End everything, with the server."""
        for fitting in [*self._waiting, *self._running]:
            self.cancel(fitting)
        if self._spare is not None:
            self._spare.kill()
            self._spare = None
        atexit.unregister(self.stop)

    def _admit(self) -> None:
        with self._lock:
            while self._waiting and len(self._running) < self.max_running:
                fitting = self._waiting.pop(0)
                spare, self._spare = self._spare, None
                try:
                    fitting.runner = spare if spare is not None and spare.alive else self.start()
                except OSError as error:
                    fitting.error = (
                        f"No process could be started for the training ({error.strerror}); close "
                        "other programs and try again."
                    )
                    fitting.state = "failed"
                    fitting.ended.set()
                    continue
                fitting.state = "running"
                self._running.append(fitting)
                threading.Thread(target=self._follow, args=(fitting,), daemon=True).start()

    def _follow(self, fitting: Fitting) -> None:
        """Take what is told until it ends."""
        assert fitting.runner is not None
        code = fitting.runner.run(fitting.folder, fitting.orders, fitting.take)
        with self._lock:
            self._running.remove(fitting)
            if fitting.state == "running":
                complete = len(fitting.results) == len(fitting.orders)
                fitting.state = "done" if complete and not fitting.error else "failed"
                fitting.error = fitting.error or ("" if complete else _died(code))
        fitting.ended.set()
        self._admit()


def _report(reports: list[dict[str, Any]], latest: dict[str, Any]) -> None:
    """Append a report; what an earlier try told beyond its checkpoint is told again."""
    while reports and (
        reports[-1]["step"] > latest["step"]
        or (reports[-1]["step"], reports[-1]["stage"]) == (latest["step"], latest["stage"])
    ):
        reports.pop()
    reports.append(latest)


def _died(code: int) -> str:
    why = "was ended from outside, as happens when memory runs out" if code < 0 else "failed"
    name = f" ({signal.Signals(-code).name})" if code < 0 else f" (exit status {code})"
    log.warning("a fitting process ended with %s", code)
    return f"The training process {why}{name}; try again, with fewer rows if it was memory."
