"""The server's side of reading people's files: in processes of their own, a few at a time.

What a file costs while it is read ends with it, and never takes the server along. Nothing here
imports what reads.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np

from wganad_core.data import DataError
from wganad_core.data.unfinished import sweep_temporary
from wganad_core.live import protocol
from wganad_core.live.client import ROOT

R = TypeVar("R")
MOST = 2  # files at a time
MEMORY, SECONDS = 1_500_000_000, 120  # bytes and seconds of work for each
LOOK = 0.2  # seconds between two looks whether somebody still waits
PATIENCE, LONGEST = 180.0, 900.0  # seconds: for a turn, for an answer


class Unwanted(Exception):
    """Nobody waits for the file any longer."""


class ReadingProcess:
    """One process, whose imports begin at once."""

    def __init__(self, memory: int, seconds: int) -> None:
        program = ["-m", "wganad_core.live.reading", f"--memory={memory}", f"--seconds={seconds}"]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        # Arrow's own allocator reserves a gigabyte, which would count.
        more = {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
        self.process = subprocess.Popen(
            [sys.executable, *program],
            env={**os.environ, **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # a group that ends together
        )

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def ask(self, arrays: dict[str, Any], meta: dict[str, Any]) -> bytes | None:
        """The answer; None where the process ended before."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):
            protocol.write(self.process.stdin, arrays, meta)
        return protocol.read(self.process.stdout)

    def end(self) -> int:
        """At once, with what it has begun; the exit status, negative for a signal."""
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        code = self.process.wait()
        sweep_temporary()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return code


class Readers:
    """All that a server reads of people's files."""

    def __init__(self, most: int = MOST, memory: int = MEMORY, seconds: int = SECONDS) -> None:
        self._start = functools.partial(ReadingProcess, memory, seconds)
        self._turns = threading.BoundedSemaphore(most)
        self._idle: list[ReadingProcess] = []
        self._lock = threading.Lock()
        atexit.register(self.stop)

    def warm(self) -> None:
        """Start a process ahead of its first file: its imports take a second."""
        with self._lock, contextlib.suppress(OSError):
            if not any(one.alive for one in self._idle):
                self._idle.append(self._start())

    def read(
        self,
        kind: type[R],
        what: str,
        source: Path | IO[bytes],
        wanted: Callable[[], bool] = lambda: True,
        **arguments: Any,
    ) -> R:
        """What `reading.READS` calls `what` finds in a file, a record of this `kind`.

        Raises
        ------
        DataError
            With one sentence, for a file that cannot be used, or costs too much.
        Unwanted
            As soon as `wanted` says so; the work has ended then.
        """
        if isinstance(source, Path):
            name, arrays = source.name, {}
            arguments["path"] = str(source)
        else:
            source.seek(0)
            name = arguments["file_name"] = str(getattr(source, "name", "The file"))
            arrays = {"data": np.frombuffer(source.read(), np.uint8)}
        with self._turn(wanted), self._process() as process:
            meta = {"what": what, "arguments": arguments}
            data = _answer(process, arrays, meta, wanted)
            if data is None:
                raise DataError(f"{name}: {_died(process.end())}")
        found, told = protocol.parse(data)
        if "error" in told:
            raise DataError(told["error"])
        return protocol.unpack_record(kind, found, told)

    @contextmanager
    def _turn(self, wanted: Callable[[], bool]) -> Iterator[None]:
        deadline = time.monotonic() + PATIENCE
        while not self._turns.acquire(timeout=LOOK):
            if not wanted():
                raise Unwanted
            if time.monotonic() > deadline:
                raise DataError("The server is busy reading other files; try again in a minute.")
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def _process(self) -> Iterator[ReadingProcess]:
        """One that is free; it ends with whatever goes wrong with it."""
        with self._lock:
            while self._idle and not self._idle[-1].alive:
                self._idle.pop().end()
            found = self._idle.pop() if self._idle else self._start()
        try:
            yield found
        except BaseException:
            found.end()
            raise
        with self._lock:
            self._idle.append(found)

    def stop(self) -> None:
        """End everything, with the server."""
        with self._lock:
            idle, self._idle = self._idle, []
        for one in idle:
            one.end()
        atexit.unregister(self.stop)


def _answer(
    process: ReadingProcess,
    arrays: dict[str, Any],
    meta: dict[str, Any],
    wanted: Callable[[], bool],
) -> bytes | None:
    """What it answers, waited for as long as it is wanted."""
    answers: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    # A daemon, which nobody waits for when the server ends.
    threading.Thread(
        target=lambda: answers.put(process.ask(arrays, meta)), name="_answer", daemon=True
    ).start()
    deadline = time.monotonic() + LONGEST
    while True:
        with contextlib.suppress(queue.Empty):
            return answers.get(timeout=LOOK)
        if time.monotonic() > deadline:
            raise DataError("This file could not be read within 15 minutes.")
        if not wanted():
            raise Unwanted


def _died(code: int) -> str:
    if code == -signal.SIGXCPU:
        return "This takes minutes to read; keep fewer rows, columns or pictures."
    how = signal.Signals(-code).name if code < 0 else f"exit status {code}"
    return (
        f"What read this file was ended ({how}), as happens when memory runs out; keep fewer rows, "
        "columns or pictures."
    )
