"""Files are written whole: a reader, a crash or a full disk finds the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from wganad_core.data import unfinished

PROBE = 1 << 16  # bytes; an empty file has room on a full device


class StorageError(ValueError):
    """A file cannot be used or written. The message says what is wrong and what to do."""


def read_bytes(path: Path) -> bytes:
    """All of a file. Raises `StorageError` where there is none."""
    check_regular(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from error


def write_atomically(path: Path, data: bytes) -> None:
    """All of `data`, or a `StorageError` and what was there before."""
    with written_atomically(path) as file, failing_in_words(path):
        file.write(data)


@contextlib.contextmanager
def written_atomically(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file that takes the place of `path`, or of what `path` is a link to, when all
    went well: fsync, rename, fsync of the folder. Raises `StorageError` if that fails."""
    check_regular(path)
    with failing_in_words(path):
        half = unfinished.Replacement(path)
    try:
        yield half.file
        with failing_in_words(path):
            half.finish()
    finally:
        half.end()


@contextlib.contextmanager
def failing_in_words(path: Path) -> Iterator[None]:
    """What goes wrong with writing, in a `StorageError` with one sentence."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path} could not be written ({error.strerror or error}); free some space or choose "
            "another place. What was there before is unchanged."
        ) from error


def check_regular(path: Path) -> None:
    """Refuse a pipe, which may never end, and a device, which a file would replace."""
    # Of os.path, which tells of no place at all, also where a name is too long to be one.
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        raise StorageError(f"{path} is no file but a pipe, a socket or a device; name a file.")


def check_place(path: Path) -> None:
    """Refuse, before any work, a place where no file can be written. That is tried, beside it and
    without a name: rights tell nothing of `/proc`, of a full device, or of a quota."""
    with failing_in_words(path), contextlib.suppress(FileNotFoundError):
        os.lstat(path)  # a name that is too long
    folder = next(parent for parent in Path(os.path.realpath(path)).parents if parent.exists())
    with failing_in_words(path), tempfile.TemporaryFile(dir=folder) as file:
        file.write(bytes(PROBE))
        file.flush()
        os.fsync(file.fileno())


def sweep(folder: Path) -> int:
    """Delete temporary files that killed processes left in `folder`; returns how many. Those of
    processes that run, or that may run on another machine, stay, and so does what is not ours."""
    return unfinished.sweep(folder, unfinished.UNFINISHED)
