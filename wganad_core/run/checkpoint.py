"""Unfinished runs on disk: one format for the command line, the estimators and the races."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.run.loop import State
from wganad_core.storage import StorageError

KIND = "checkpoint"


class OtherRunError(StorageError):
    """A checkpoint belongs to runs with other settings or data."""


class Resumable(Protocol):
    """A run, or a lane of a race."""

    def state(self) -> State: ...
    def load_state(self, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> None: ...


class Checkpoint:
    """A file from which the same runs go on, to the same end as runs that were never cut off.

    `plan` (JSON) and `data` are all that decides what the runs do; with another plan, other data
    or another PyTorch they would end elsewhere, so `load` refuses them. `keep_data`: the data are
    in the file, too, for who goes on with nothing but the file (`of`).
    """

    def __init__(
        self,
        path: Path,
        plan: Mapping[str, Any],
        data: storage.Arrays | None = None,
        keep_data: bool = False,
    ) -> None:
        self.path, self.data, self.keep_data = path, dict(data or {}), keep_data
        self.plan = json.loads(json.dumps(plan))
        self._digest = storage.digest(KIND, torch.__version__, self.data, "")

    @classmethod
    def of(cls, path: Path) -> Checkpoint:
        """The checkpoint that a file holds, for runs that its own plan describes. Raises
        `StorageError` for any other file."""
        arrays, meta = storage.load(path, KIND)
        with as_words(path, KIND):
            plan = dict(meta["plan"])
        return cls(path, plan, storage.below("data", arrays), keep_data=True)

    def save(self, *runs: Resumable) -> None:
        """Write atomically. Raises `StorageError`, and then what was there is unchanged."""
        arrays = storage.prefixed("data", self.data if self.keep_data else {})
        states = []
        for i, run in enumerate(runs):
            more, meta = run.state()
            arrays |= storage.prefixed(str(i), more)
            states.append(meta)
        found = {"plan": self.plan, "digest": self._digest, "runs": states}
        storage.save(self.path, KIND, arrays, found)

    def load(self, *runs: Resumable) -> bool:
        """Go on from the file if it is there. Raises `StorageError` for a file that is no
        checkpoint, or one of other runs."""
        if not self.path.exists():
            return False
        arrays, meta = storage.load(self.path, KIND)
        with as_words(self.path, KIND):
            self._check(meta, len(runs))
            for i, (run, state) in enumerate(zip(runs, meta["runs"], strict=True)):
                run.load_state(storage.below(str(i), arrays), state)
        return True

    def _check(self, meta: Mapping[str, Any], n_runs: int) -> None:
        """Refuse a file of other runs, and say what differs."""
        differences = [
            f"{name} {values.get(name)} there, {asked} here"
            for values, name, asked in _compared(meta["plan"], self.plan)
            if values.get(name) != asked
        ]
        if not differences and (meta["digest"] != self._digest or len(meta["runs"]) != n_runs):
            differences = ["other data, or another version of PyTorch"]
        if differences:
            raise OtherRunError(
                f"{self.path} belongs to a run with other settings ({'; '.join(differences)}); "
                "repeat those settings, name another --checkpoint, or delete the file."
            )

    def delete(self) -> None:
        self.path.unlink(missing_ok=True)


@contextmanager
def as_words(path: Path, kind: str) -> Iterator[None]:
    """What does not fit together in a file, in a `StorageError`: a hash tells of damage only."""
    try:
        yield
    except StorageError:
        raise
    except (ValueError, TypeError, LookupError, AttributeError, RuntimeError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else str(error).splitlines()[0]
        raise StorageError(
            f"{path} is no usable {kind} ({why}); restore it from where it came from, or delete it."
        ) from error


def _compared(found: Any, asked: Any) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """The leaves of `asked`, each with the dictionary where `found` should hold it too."""
    for name, value in asked.items():
        if isinstance(value, dict):
            inner = found.get(name)
            yield from _compared(inner if isinstance(inner, dict) else {}, value)
        else:
            yield found, name, value
