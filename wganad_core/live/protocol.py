"""Messages through a pipe: a length, then one `storage` container (arrays + JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from numpy.typing import NDArray

from wganad_core import storage

KIND = "message"
Message = tuple[dict[str, NDArray[Any]], dict[str, Any]]


def write(stream: IO[bytes], arrays: storage.Arrays, meta: Mapping[str, Any]) -> None:
    data = storage.encode(KIND, arrays, meta)
    stream.write(len(data).to_bytes(8, "little") + data)
    stream.flush()


def read(stream: IO[bytes]) -> bytes | None:
    """The next message's bytes, for `storage.decode`; None at the end of the stream."""
    header = stream.read(8)
    if len(header) < 8:
        return None
    size = int.from_bytes(header, "little")
    data = stream.read(size)
    return data if len(data) == size else None


def peek(data: bytes) -> dict[str, Any]:
    """The JSON of a message, without its arrays."""
    return storage.read_meta(data)


def parse(data: bytes) -> Message:
    return storage.decode(data, KIND, "a message between the app and its worker")
