"""Text that is made readable while it is read: unpacked, recoded, without comments, with one tab
for any number of blanks. Nothing is held but a piece."""

from __future__ import annotations

import bz2
import codecs
import dataclasses
import gzip
import io
import lzma
import re
import shutil
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any, BinaryIO, cast

from wganad_core.data import DataError
from wganad_core.data.own.containers import MAX_HELD_BYTES
from wganad_core.data.own.file import OwnFile
from wganad_core.data.unfinished import Scratch

# How packed files begin: what they are called, and who unpacks them.
PACKED: Mapping[bytes, tuple[str, Any]] = {
    b"\x1f\x8b": ("gzip", gzip.open),
    b"BZh91AY&SY": ("bzip2", bz2.open),
    b"\xfd7zXZ\0": ("xz", lzma.open),
}
LONGEST = max(map(len, PACKED))
DAMAGED = (EOFError, zlib.error, lzma.LZMAError, OSError)
PIECE = 1 << 20
COMMENT = re.compile(rb"(?m)^[ \t]*#[^\r\n]*")
EDGES, BLANKS = re.compile(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)"), re.compile(rb"[ \t]+")

Change = Callable[[Iterator[bytes]], Iterator[bytes]]


@dataclasses.dataclass(frozen=True)
class ChangedFile(OwnFile):
    """A file as it is after a change, made anew at each reading."""

    before: OwnFile
    change: Change

    def open(self) -> BinaryIO:
        made = io.BufferedReader(_Made(self.change(_pieces(self.before))), PIECE)
        return cast(BinaryIO, made)

    @contextmanager
    def native(self) -> Iterator[Any]:
        """From a file of its own, as what Python makes may not be read ahead."""
        import pyarrow as pa

        with ExitStack() as stack:
            with _unpacking():
                path = stack.enter_context(Scratch()) / "table"
                with self.open() as made, path.open("wb") as to:
                    shutil.copyfileobj(made, to, PIECE)
            yield stack.enter_context(pa.OSFile(str(path)))


@contextmanager
def _unpacking() -> Iterator[None]:
    """What goes wrong with the system's temporary folder, in a sentence."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"This file is unpacked into the temporary folder {tempfile.gettempdir()}, which "
            f"cannot be written ({error.strerror or error}); free some space there, or set TMPDIR "
            "to another folder."
        ) from error


class _Made(io.RawIOBase):
    """Bytes as they are made, piece by piece."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._left = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = memoryview(piece)
        n = min(len(into), len(self._left))
        into[:n] = self._left[:n]
        self._left = self._left[n:]
        return n


def changed(file: OwnFile, change: Change) -> OwnFile:
    return ChangedFile(file.name, file.content, file, change)


def unpacked(file: OwnFile) -> OwnFile:
    """The content of a file that gzip, bzip2 or xz has packed; others as they are."""
    start = file.first(LONGEST)
    found = next((who for mark, who in PACKED.items() if start.startswith(mark)), None)
    if found is None:
        return file
    name, opener = found

    def change(_: Iterator[bytes]) -> Iterator[bytes]:
        most = MAX_HELD_BYTES if isinstance(file.content, bytes) else None
        n = 0
        try:
            with file.open() as packed, opener(packed) as opened:
                while piece := opened.read(PIECE):
                    n += len(piece)
                    if most and n > most:
                        raise DataError(
                            f"Expected at most {most // 10**6:,} MB, unpacked; found more. Keep "
                            "fewer rows, or use the command line, which streams a file from disk."
                        )
                    yield piece
        except DAMAGED:
            raise DataError(f"This {name} file is damaged or cut off; save it again.") from None

    return changed(file, change)


def recoded(file: OwnFile, encoding: str) -> OwnFile:
    """Text of another encoding, in UTF-8."""

    def change(pieces: Iterator[bytes]) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for piece in pieces:
                yield decoder.decode(piece).encode()
            yield decoder.decode(b"", final=True).encode()
        except UnicodeError:
            raise DataError(
                f"This is no text in {encoding.upper()} throughout; save it as CSV in UTF-8."
            ) from None

    return changed(file, change)


def without_comments(file: OwnFile) -> OwnFile:
    """Lines that begin with # are empty, so that lines keep their numbers."""
    return changed(file, lambda pieces: (COMMENT.sub(b"", lines) for lines in whole_lines(pieces)))


def by_tabs(file: OwnFile) -> OwnFile:
    """A tab for blanks within a line, none at its ends."""

    def change(pieces: Iterator[bytes]) -> Iterator[bytes]:
        for lines in whole_lines(pieces):
            yield BLANKS.sub(b"\t", EDGES.sub(b"", lines))

    return changed(file, change)


def _pieces(file: OwnFile) -> Iterator[bytes]:
    with file.open() as opened:
        while piece := opened.read(PIECE):
            yield piece


def whole_lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces of whole lines."""
    rest = b""
    for piece in pieces:
        whole, mark, last = (rest + piece).rpartition(b"\n")
        rest = last
        if mark:
            yield whole + mark
    if rest:
        yield rest
