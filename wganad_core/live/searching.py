"""Searches over latents in the worker: each goes on slice by slice, and is told frame by frame."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wganad_core.live.messages import Search
from wganad_core.live.session import SLICE
from wganad_core.methods.descent import Descent, judgement
from wganad_core.panels.panel import Panel


class SearchUnderWay:
    """A slow detector's search for samples x (n, d), and how far it has come."""

    def __init__(
        self,
        panel: Panel,
        x: NDArray[np.floating],
        name: str,
        descent: dict[str, Any],
        frames: int,
        weight: float | None = None,
    ) -> None:
        began = time.perf_counter()
        rows = panel.rows(x)
        self._search = panel.searching(name, rows, Descent(**descent), max(frames, 1), weight)
        self._n = max(1, len(rows))
        self._spent = time.perf_counter() - began
        self.error = ""

    @property
    def finished(self) -> bool:
        return self._search.finished or bool(self.error)

    def work(self, seconds: float = SLICE) -> bool:
        """Steps for so long, or until there is a new frame; whether there is one."""
        began, before = time.perf_counter(), len(self._search.images)
        while not self._search.finished:
            self._search.step()
            if len(self._search.images) > before or time.perf_counter() - began > seconds:
                break
        self._spent += time.perf_counter() - began
        return len(self._search.images) > before or self._search.finished

    def view(self) -> Search:
        """As it stands; of a finished search, with its judgement."""
        began, judged = time.perf_counter(), None
        if self.error:
            nothing = np.empty((0, self._n), np.float32)
            return Search(None, nothing[..., None], nothing, self._search.n_steps, 0.0, self.error)
        if self._search.finished:
            verdict, path = self._search.end()
            judged = judgement([verdict])
            self._spent += time.perf_counter() - began
        else:
            path = self._search.path()
        milliseconds = self._spent * 1e3 / self._n
        return Search(judged, path.images, path.losses, self._search.n_steps, milliseconds)
