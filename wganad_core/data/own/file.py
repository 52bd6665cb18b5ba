"""A file of one's own, wherever it is: on disk, or in memory as an upload."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from wganad_core.data import DataError
from wganad_core.data.own.containers import MAX_HELD_BYTES, unwrapped

HEAD = 1 << 14  # bytes by which it is told what a file is

Source = Path | str | bytes | IO[bytes]


@dataclasses.dataclass(frozen=True)
class OwnFile:
    """`name` is for sentences; the bytes can be read as often as needed."""

    name: str
    content: Path | bytes

    def open(self) -> BinaryIO:
        if isinstance(self.content, Path):
            return cast(BinaryIO, self.content.open("rb"))
        return io.BytesIO(self.content)

    def native(self) -> Any:
        """Arrow's own way to read it. Arrow reads ahead in threads, which end the process by
        SIGABRT if they ask Python for bytes while it shuts down, as after a refused cell."""
        import pyarrow as pa

        path = isinstance(self.content, Path)
        return pa.OSFile(str(self.content)) if path else pa.BufferReader(self.content)

    def first(self, n: int) -> bytes:
        with self.open() as file:
            return file.read(n)

    @property
    def size(self) -> int:
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    @property
    def is_folder(self) -> bool:
        return isinstance(self.content, Path) and self.content.is_dir()


def own_file(source: Source, name: str | None = None, json_is_table: bool = True) -> OwnFile:
    """A path as it is, to be streamed, of a file or a folder; anything else, and what is wrapped
    (`containers`), read into memory, up to 1 GB. `json_is_table`: whether JSON is wrapped, too.

    An open file is read from its beginning, wherever it stands.
    """
    if isinstance(source, Path | str):
        path = Path(source)
        if path.exists() and not path.is_file() and not path.is_dir():  # it can be read once only
            raise DataError(
                f"{name or path} is no file but a pipe, a socket or a device; save its content as "
                "a file first."
            )
        return _unwrapped(OwnFile(name or str(path), path), json_is_table)
    if isinstance(source, bytes):
        data = source
    else:
        name = name or str(getattr(source, "name", "The file"))
        if source.seekable():
            source.seek(0)
        data = source.read(MAX_HELD_BYTES + 1)
    if len(data) > MAX_HELD_BYTES:
        raise DataError(
            f"{name or 'The file'}: Expected at most {MAX_HELD_BYTES // 10**6:,} MB, found more; "
            "keep fewer rows, or use the command line, which streams a file from disk."
        )
    return _unwrapped(OwnFile(name or "The file", data), json_is_table)


def _unwrapped(file: OwnFile, json_is_table: bool) -> OwnFile:
    """Of .npz, .mat, .arff and JSON what is inside, in memory."""
    if file.is_folder or (isinstance(file.content, Path) and not file.content.exists()):
        return file
    with named(file):
        inside = unwrapped(file.first(HEAD), lambda: file.first(file.size), json_is_table)
        return file if inside is None else dataclasses.replace(file, content=inside)


@contextmanager
def named(file: OwnFile) -> Iterator[None]:
    """Whatever is wrong with this file is said with its name, in a `DataError`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"{file.name} cannot be read: {reason}.") from error
    except MemoryError:
        raise DataError(
            f"{file.name} does not fit into memory; keep fewer rows or columns."
        ) from None
    except DataError as error:
        raise DataError(f"{file.name}: {error}") from None
