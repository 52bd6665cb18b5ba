"""An unfinished fit on disk, from which the same fit goes on."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.detector.settings import Settings

KIND = "checkpoint of a fit"
EVERY = 2.0  # seconds from one to the next, at least
log = logging.getLogger("wganad.fit")

State = tuple[dict[str, NDArray[Any]], dict[str, Any]]


class Checkpoint:
    """A file that is written now and then. Only a fit of the same rows and settings, under the
    same PyTorch, reads it: any other would end elsewhere than an unbroken fit does.

    It is a courtesy: what cannot be written or used is told to the log, and the fit goes on
    without it.
    """

    def __init__(
        self, path: Path, settings: Settings, arrays: storage.Arrays, n_before: int
    ) -> None:
        """`settings`, `arrays` and the steps before: all that decides what the training does."""
        self.path = path
        about = json.dumps([settings.to_dict(), n_before], sort_keys=True)
        self._of = storage.digest(KIND, torch.__version__, arrays, about)
        self._written = time.monotonic()

    def load(self) -> State | None:
        """What an earlier try of this fit left; None where there is nothing of use."""
        if not self.path.exists():
            return None
        try:
            arrays, meta = storage.load(self.path, KIND)
        except storage.StorageError as error:
            log.warning("%s The fit starts over.", error)
            return None
        if meta["of"] != self._of:
            log.warning("%s is of other rows or settings; this fit starts over.", self.path)
            return None
        return arrays, meta

    def save_if_due(self, state: Callable[[], State]) -> None:
        """Write it atomically, unless that was done a moment ago."""
        if time.monotonic() - self._written < EVERY:
            return
        arrays, meta = state()
        try:
            storage.save(self.path, KIND, arrays, {**meta, "of": self._of})
        except storage.StorageError as error:
            log.warning("%s", error)
        self._written = time.monotonic()
