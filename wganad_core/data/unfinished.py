"""What is half done: it lies beside its place, or in the system's temporary folder, under a name
that tells whose it is, locked as long as it is in use. So what a killed process has left is told
from what another one is writing, and goes; what another machine has left stays, and so does
anything else, whatever it is called."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import re
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import IO

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows, where nothing is swept
    fcntl = None

# How names begin: of a file on its way to its place, of a folder among the system's temporary ones.
UNFINISHED, TEMPORARY = ".unfinished-", "wganad-"
OLD = 86_400.0  # seconds after which nobody is still writing, and a process's number is another's
UNKNOWN = (errno.EBADF, errno.ENOLCK, errno.ENOTSUP, errno.EINVAL)  # a file system without locks


def owned(prefix: str) -> str:
    """How the names of this process's temporary files begin; letters and digits follow."""
    return f"{prefix}{platform.node()}-{os.getpid()}-"


def lock(place: int) -> None:
    """Say that an open file or folder is in use, until it is closed or this process ends."""
    if fcntl is not None:
        with contextlib.suppress(OSError):
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Scratch:
    """A folder of this process for what is half done, which `end` removes with all that is in it;
    without `within` among the temporary ones of the system.

    Examples
    --------
    >>> from wganad_core.data.unfinished import Scratch
    >>> with Scratch() as folder:
    ...     _ = (folder / "half").write_bytes(b"done")
    >>> folder.exists()
    False
    """

    def __init__(self, prefix: str = TEMPORARY, within: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=owned(prefix), dir=within))
        self._place: int | None = None
        if fcntl is not None:
            self._place = os.open(self.folder, os.O_RDONLY)
            lock(self._place)

    def end(self) -> None:
        place, self._place = self._place, None
        if place is not None:
            os.close(place)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Path:
        return self.folder

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()


class Replacement:
    """A file beside `path` that takes the place of it, or of what it is a link to, when all went
    well: fsync, rename, fsync of the folder. Raises `OSError` if that fails; then, and after any
    other error, what was there stays.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from wganad_core.data.unfinished import Replacement
    >>> path = Path(tempfile.mkdtemp()) / "whole"
    >>> with Replacement(path) as file:
    ...     _ = file.write(b"all of it")
    ...     path.exists()
    False
    >>> path.read_bytes()
    b'all of it'
    """

    def __init__(self, path: Path) -> None:
        self._target = Path(os.path.realpath(path))
        folder = self._target.parent
        folder.mkdir(parents=True, exist_ok=True)
        self._temporary = folder / f"{owned(UNFINISHED)}{secrets.token_hex(8)}"
        self.file: IO[bytes] = self._temporary.open("xb")
        lock(self.file.fileno())

    def finish(self) -> None:
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        os.replace(self._temporary, self._target)
        _sync_folder(self._target.parent)

    def end(self) -> None:
        """What is not finished goes."""
        with contextlib.suppress(OSError):  # of a full disk, which has been told
            self.file.close()
        with contextlib.suppress(OSError):
            self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> IO[bytes]:
        return self.file

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self.end()


def _sync_folder(folder: Path) -> None:
    """Make a rename durable where the system can (Windows has no such call)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path, *prefixes: str) -> int:
    """Delete the files and folders that killed processes left in `folder` under names that begin
    like that; returns how many. What cannot be deleted stays."""
    n = 0
    for path in _left(folder, prefixes):
        with contextlib.suppress(OSError):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            n += not path.exists()
    return n


def sweep_temporary() -> int:
    """The same among the temporary folders of the system."""
    return sweep(Path(tempfile.gettempdir()), TEMPORARY)


def _left(folder: Path, prefixes: tuple[str, ...]) -> Iterator[Path]:
    try:
        there = list(folder.iterdir()) if fcntl is not None else []
    except OSError:  # no folder, or one that may not be read
        return
    begins = "|".join(map(re.escape, prefixes))
    form = re.compile(rf"(?:{begins}){re.escape(platform.node())}-(\d{{1,10}})-[0-9a-z_]{{8,16}}")
    for path in there:
        if (name := form.fullmatch(path.name)) and _is_left(path, int(name[1])):
            yield path


def _is_left(path: Path, process: int) -> bool:
    """Whether it is this user's, nobody holds it, and its process has ended: there is none of that
    number, or the number is another's by now."""
    try:
        about = path.lstat()
        if about.st_uid != os.getuid() or stat.S_ISLNK(about.st_mode) or _is_held(path):
            return False
    except OSError:  # it has gone meanwhile, or may not be opened
        return False
    return not _runs(process) or time.time() - about.st_mtime > OLD


def _is_held(path: Path) -> bool:
    assert fcntl is not None
    place = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in UNKNOWN
    finally:
        os.close(place)
    return False


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # it runs for someone else, or cannot be asked
        return True
    return True
