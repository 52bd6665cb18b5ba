"""The server's side of the worker: starts it, talks to it, keeps only the newest frame."""

from __future__ import annotations

import atexit
import contextlib
import dataclasses
import itertools
import math
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wganad_core.config import RaceConfig
from wganad_core.live import protocol
from wganad_core.live.messages import (
    Frames,
    Generated,
    Judged,
    ModelKey,
    RaceView,
    Replays,
    Search,
)
from wganad_core.packing import unpack
from wganad_core.records import Detection, FloatArray, Frame, Replay, StepTrace

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 4_000_000_000  # bytes that one worker may take
R = TypeVar("R")


class WorkerError(RuntimeError):
    """The worker refused or could not do something; the message is one sentence for a person."""


class WorkerClient:
    """One worker process and its pipe; safe to use from many session threads."""

    def __init__(self, max_live: int = 4, memory: int = MEMORY) -> None:
        module, bound = "wganad_core.live.worker", f"--memory={memory}"
        command = [sys.executable, "-m", module, f"--max-live={max_live}", bound]
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        environment = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self._newest: dict[str, bytes] = {}
        self._replies: dict[int, queue.SimpleQueue[protocol.Message | None]] = {}
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        atexit.register(self.stop)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def stop(self) -> None:
        """End of input means stop; a worker that does not is killed."""
        with contextlib.suppress(OSError):
            assert self.process.stdin is not None
            self.process.stdin.close()
        try:
            self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(timeout=5)
        assert self.process.stdout is not None
        self.process.stdout.close()
        atexit.unregister(self.stop)

    def _read(self) -> None:
        assert self.process.stdout is not None
        while (data := protocol.read(self.process.stdout)) is not None:
            self._deliver(data)
        for waiting in list(self._replies.values()):
            waiting.put(None)

    def _deliver(self, data: bytes) -> None:
        # Frames are parsed when a page draws them; most are overtaken by a newer one before.
        meta = protocol.peek(data)
        if "closed" in meta:  # the last that is heard of a race
            self._newest.pop(meta["closed"], None)
        elif watched := meta.get("race") or meta.get("search"):
            self._newest[watched] = data
        elif (waiting := self._replies.get(meta["id"])) is not None:
            waiting.put(protocol.parse(data))

    def tell(
        self, op: str, arrays: dict[str, NDArray[Any]] | None = None, **arguments: Any
    ) -> None:
        """Send without waiting for an answer."""
        self._send(arrays or {}, {"op": op, "arguments": arguments})

    def ask(
        self,
        op: str,
        arrays: dict[str, NDArray[Any]] | None = None,
        *,
        timeout: float = 60.0,
        **arguments: Any,
    ) -> protocol.Message:
        """Send and wait for the answer. Raises `WorkerError` with the worker's sentence."""
        key = next(self._ids)
        waiting = self._replies[key] = queue.SimpleQueue()
        try:
            self._send(arrays or {}, {"op": op, "arguments": arguments, "id": key})
            answer = waiting.get(timeout=timeout)
        except queue.Empty:
            raise WorkerError(
                f"The training process has not answered for {timeout:.0f} s; reload the page."
            ) from None
        finally:
            del self._replies[key]
        if answer is None:
            raise WorkerError("The training process has stopped; reload the page to restart it.")
        arrays, meta = answer
        if "error" in meta:
            raise WorkerError(meta["error"])
        return arrays, {name: value for name, value in meta.items() if name != "id"}

    def _send(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            with self._lock:
                protocol.write(self.process.stdin, arrays, meta)
        except (OSError, ValueError) as error:
            raise WorkerError(
                "The training process has stopped; reload the page to restart it."
            ) from error

    # Races.

    def open(
        self,
        race: str,
        config: RaceConfig,
        own: NDArray[np.floating] | None = None,
        checkpoint: Path | None = None,
    ) -> None:
        """Make a race and wait until its first frame is there. Raises `WorkerError`."""
        arrays = {} if own is None else {"own": own}
        where = str(checkpoint) if checkpoint else None
        self.ask("open", arrays, race=race, config=config.to_dict(), checkpoint=where)

    def close(self, race: str) -> None:
        """Forget a race, leaving a checkpoint; silent if the worker is gone."""
        self._newest.pop(race, None)
        with contextlib.suppress(WorkerError):
            self.tell("close", race=race)

    def view(self, race: str) -> RaceView | None:
        """The newest state of a race, or None before its first frame."""
        data = self._newest.get(race)
        return None if data is None else unpack(RaceView, *protocol.parse(data))

    def replay(self, race: str, step: int) -> list[Frame]:
        """Per lane, the recorded frame nearest to `step`."""
        return list(self._asked(Frames, "replay", race=race, step=step).lanes)

    def recordings(self, race: str) -> list[Replay]:
        """Per lane, everything recorded."""
        return list(self._asked(Replays, "recordings", race=race).lanes)

    def trace(self, race: str, lane: int) -> StepTrace:
        """Make one step and tell what happened inside one lane."""
        return self._asked(StepTrace, "trace", race=race, lane=lane)

    def _asked(
        self,
        kind: type[R],
        op: str,
        arrays: dict[str, NDArray[Any]] | None = None,
        **arguments: Any,
    ) -> R:
        """The answer as a record. Raises `WorkerError`."""
        answer, meta = self.ask(op, arrays, **arguments)
        return unpack(kind, answer, {name: meta[name] for name in meta if name != "id"})

    # Detectors.

    def detect(self, source: dict[str, Any]) -> Detection:
        """The detector of {"run": name, "step": n} (shipped) or {"race": key, "lane": i}."""
        return self._asked(Detection, "detect", source=source)

    def score(self, source: dict[str, Any], x: NDArray[np.floating]) -> dict[str, Any]:
        """Every score, by name, of points x (n, 2)."""
        arrays, _ = self.ask("score", {"x": np.asarray(x, np.float32)}, source=source)
        return arrays

    # Models of images and of windows.

    def judge(self, model: ModelKey, x: NDArray[np.floating], names: Sequence[str] = ()) -> Judged:
        """Samples (n, …) by the quick detectors of a class's models (all, or those named). Images
        come as rows (n, 784), windows as (n, 9, 128) in g and rad/s. Raises `WorkerError`."""
        sent = {"x": _rows(x)}
        return self._asked(
            Judged, "judge", sent, model=_sent(model), names=list(names), timeout=120
        )

    def search(
        self,
        model: ModelKey,
        name: str,
        x: NDArray[np.floating],
        frames: int = 24,
        weight: float | None = None,
        **descent: Any,
    ) -> Search:
        """Images x (n, 784) by `inversion` or `anogan`, whose λ is `weight`; `descent` has the
        settings of `methods.descent.Descent`, `frames` is at least 1. Raises `WorkerError`."""
        return self._asked(
            Search,
            "search",
            {"x": _rows(x)},
            timeout=120,
            **_wanted(model, name, frames, weight, **descent),
        )

    def begin_search(
        self,
        key: str,
        model: ModelKey,
        name: str,
        x: NDArray[np.floating],
        frames: int = 24,
        **more: Any,
    ) -> None:
        """The same, watched by `search_view(key)` while it goes on. Raises `WorkerError`."""
        self.ask("search", {"x": _rows(x)}, search=key, **_wanted(model, name, frames, **more))

    def search_view(self, key: str) -> Search | None:
        """How far a search has come that was begun; None before its first frame."""
        if (data := self._newest.get(key)) is None:
            return None
        arrays, meta = protocol.parse(data)
        return unpack(Search, arrays, meta["view"])

    def end_search(self, key: str) -> None:
        """Stop a search and forget what it has found; silent if the worker is gone."""
        self._newest.pop(key, None)
        with contextlib.suppress(WorkerError):
            self.tell("end_search", search=key)

    def generate(self, model: ModelKey, z: NDArray[np.floating]) -> Generated:
        """G(z) of the WGAN-GP that never saw the class, for latents (n, n_latent)."""
        sent = {"z": np.asarray(z, np.float32)}
        return self._asked(Generated, "generate", sent, model=_sent(model))

    def encode(self, model: ModelKey, x: NDArray[np.floating]) -> FloatArray:
        """E(x) (n, n_latent) of samples (n, …) by the encoder that never saw the class. Raises
        `WorkerError`."""
        sent = {"x": _rows(x)}
        z = self.ask("encode", sent, model=_sent(model), timeout=120)[0]["z"]
        return np.asarray(z, np.float32)

    def theory_fit(self, n: int, seed: int) -> tuple[float, float]:
        """JS from the data and ‖θ̂ − θ̄‖ of one fit to n samples. Raises `WorkerError`."""
        js, moved = self.ask("theory_fit", n=n, seed=seed, timeout=120)[1]["found"]
        return js, moved

    # Detectors of people's own data, by the path of their file.

    def own_about(self, path: Path) -> dict[str, Any]:
        """What a saved detector is. Raises `WorkerError` for any other file."""
        return self.ask("own_about", path=str(path), timeout=60)[1]

    def own_explain(
        self, path: Path, x: NDArray[np.float64]
    ) -> Mapping[str, NDArray[np.float64]] | None:
        """What `own_detectors.explained` tells of rows x (n, d); None where the score method
        rebuilds nothing. Raises `WorkerError`."""
        arrays, _ = self.ask("own_explain", {"x": x}, path=str(path), timeout=60)
        return arrays or None


def _sent(model: ModelKey) -> dict[str, str]:
    """As the worker names a model; without an architecture it takes the usual one."""
    return {name: value for name, value in dataclasses.asdict(model).items() if value}


def _wanted(
    model: ModelKey, name: str, frames: int, weight: float | None = None, **descent: Any
) -> dict[str, Any]:
    """A search as the worker is asked for it."""
    settings = {"name": name, "descent": descent, "frames": frames, "weight": weight}
    return {"model": _sent(model), **settings}


def _rows(x: NDArray[np.floating]) -> FloatArray:
    return np.asarray(x, np.float32).reshape(len(x), math.prod(x.shape[1:]))
