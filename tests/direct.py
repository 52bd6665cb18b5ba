"""Trained models side by side, and a worker that answers without a process of its own."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core import pretrained
from wganad_core.live import protocol
from wganad_core.live.client import WorkerClient, WorkerError
from wganad_core.live.worker import Worker


def content(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    model = pretrained.load_model(path)
    metrics = {name: value for name, value in model.metrics.items() if name != "seconds"}
    meta = {**dataclasses.asdict(model), "metrics": metrics}
    return dict(meta.pop("arrays")), meta


def assert_same_model(one: Path, other: Path) -> None:
    (arrays, meta), (other_arrays, other_meta) = content(one), content(other)
    assert meta == other_meta
    assert arrays.keys() == other_arrays.keys()
    assert all(np.array_equal(value, other_arrays[name]) for name, value in arrays.items())


class Direct(WorkerClient):
    """A client whose worker answers in this process, through the same messages."""

    def __init__(self) -> None:
        self.stdout = io.BytesIO()
        self.worker = Worker(self.stdout, max_live=1)
        self._newest: dict[str, bytes] = {}

    def search_on(self) -> None:
        """Let every search go on for a slice, and hear what is told of it."""
        start = self.stdout.tell()
        for key, search in list(self.worker.searches.items()):
            self.worker._go_on_searching(key, search)
        self.stdout.seek(start)
        while (data := protocol.read(self.stdout)) is not None:
            self._deliver(data)

    def ask(
        self,
        op: str,
        arrays: dict[str, NDArray[Any]] | None = None,
        *,
        timeout: float = 30.0,
        **arguments: Any,
    ) -> protocol.Message:
        stream = io.BytesIO()
        protocol.write(stream, arrays or {}, {"op": op, "arguments": arguments, "id": 1})
        stream.seek(0)
        data = protocol.read(stream)
        assert data is not None
        start = self.stdout.tell()
        self.worker._handle(data)
        self.stdout.seek(start)
        answer = protocol.read(self.stdout)
        assert answer is not None
        found, meta = protocol.parse(answer)
        if "error" in meta:
            raise WorkerError(meta["error"])
        return found, {name: value for name, value in meta.items() if name != "id"}
