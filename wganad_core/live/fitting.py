"""The server's side of fits of people's own data: one process each, a few at a time, cancellable.

Each runs the words of the command line (`commands.reported`) in a folder, so that page, shell and
Python give the same. Nothing here imports PyTorch.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from wganad_core import storage
from wganad_core.live.client import ROOT

State = Literal["waiting", "running", "done", "failed", "cancelled"]
MAX_RUNNING = min(2, max(1, (os.cpu_count() or 1) - 1))  # each takes a core and half a gigabyte
IDLE = 600.0  # seconds that a process waits for its commands
PROGRAM = ("-m", "wganad_core.commands.reported")
log = logging.getLogger("wganad.fitting")


@dataclass(eq=False)
class Fitting:
    """Commands on their way. `reports` are `Progress` as dictionaries, in order; `results` what
    each finished command found; `error` the sentence of a refusal."""

    folder: Path
    commands: tuple[tuple[str, ...], ...]
    state: State = "waiting"
    reports: list[dict[str, Any]] = field(default_factory=list)
    results: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    process: subprocess.Popen[str] | None = None

    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def active(self) -> bool:
        return self.state in ("waiting", "running")

    def wait(self, seconds: float | None = None) -> None:
        """Until it has ended, or for so long."""
        self.ended.wait(seconds)


class Fittings:
    """All fits of a server: `max_running` at a time, the others wait in the order they came."""

    def __init__(self, max_running: int = MAX_RUNNING) -> None:
        self.max_running = max_running
        self._running: list[Fitting] = []
        self._waiting: list[Fitting] = []
        self._spare: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        atexit.register(self.stop)

    def warm(self) -> None:
        """Start a process ahead of its commands: its imports take seconds."""
        with self._lock:
            if self._spare is not None and self._spare.poll() is not None:
                _end(self._spare)
                self._spare = None
            if self._spare is None and len(self._running) < self.max_running:
                try:
                    self._spare = _started()
                except OSError as error:  # it will be told when a fit needs one
                    log.warning("no spare process: %s", error)
                    return
                timer = threading.Timer(IDLE, self._tire, [self._spare])
                timer.daemon = True
                timer.start()

    def _tire(self, process: subprocess.Popen[str]) -> None:
        """A process that nobody has used for long frees its memory."""
        with self._lock:
            if self._spare is process:
                self._spare = None
                _end(process)

    def submit(
        self,
        folder: Path,
        commands: Sequence[Sequence[str]],
        told: Sequence[dict[str, Any]] = (),
    ) -> Fitting:
        """Run commands one after the other in a folder, as soon as there is room. `told`: what an
        earlier try that they go on from has reported."""
        made = Fitting(folder, tuple(tuple(words) for words in commands), reports=list(told))
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
            process = fitting.process
        fitting.ended.set()
        if process is not None:
            process.kill()
            process.wait()
            storage.sweep(fitting.folder)

    def stop(self) -> None:
        """End everything, with the server."""
        for fitting in [*self._waiting, *self._running]:
            self.cancel(fitting)
        if self._spare is not None:
            _end(self._spare)
            self._spare = None
        atexit.unregister(self.stop)

    def _admit(self) -> None:
        with self._lock:
            while self._waiting and len(self._running) < self.max_running:
                fitting = self._waiting.pop(0)
                spare, self._spare = self._spare, None
                usable = spare is not None and spare.poll() is None
                try:
                    fitting.process = spare if usable and spare is not None else _started()
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
        """Send the commands, read what is told until the process ends."""
        process = fitting.process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        order = {"folder": str(fitting.folder), "commands": fitting.commands}
        with contextlib.suppress(OSError):
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
        for line in process.stdout:
            _take(fitting, line)
        code = process.wait()
        _end(process)
        with self._lock:
            self._running.remove(fitting)
            if fitting.state == "running":
                complete = len(fitting.results) == len(fitting.commands)
                fitting.state = "done" if complete and not fitting.error else "failed"
                fitting.error = fitting.error or ("" if complete else _died(code))
        fitting.ended.set()
        self._admit()


def _take(fitting: Fitting, line: str) -> None:
    try:
        message = json.loads(line)
    except ValueError:  # cut off, as the process was ended
        return
    if "progress" in message:
        _report(fitting.reports, message["progress"])
    elif "result" in message:
        fitting.results.append(message["result"])
    elif "error" in message:
        fitting.error = message["error"]


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


def _started() -> subprocess.Popen[str]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {
        **os.environ,
        "PYTHONPATH": path,
        "OMP_NUM_THREADS": "1",
        "TQDM_DISABLE": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    return subprocess.Popen(
        [sys.executable, *PROGRAM],
        env=environment,
        text=True,
        encoding="utf-8",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def _end(process: subprocess.Popen[str]) -> None:
    """The process and both ends of its pipe."""
    if process.poll() is None:
        process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
