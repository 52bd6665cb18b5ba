"""Messages through a pipe: a length, then one `storage` container (arrays + JSON)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from wganad_core import storage
from wganad_core.packing import pack, unpack

KIND = "message"
RECORD, TEXTS, ALONE = "record", "texts", "array"
Message = tuple[dict[str, NDArray[Any]], dict[str, Any]]
R = TypeVar("R")


def write(stream: IO[bytes], arrays: storage.Arrays, meta: Mapping[str, Any]) -> None:
    data = storage.encode(KIND, arrays, meta)
    stream.write(len(data).to_bytes(8, "little"))
    stream.write(data)
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


def pack_record(value: Any) -> Message:
    """A record, or an array alone, for a message: texts (n,) as codes, and each text once."""
    import pandas as pd

    arrays, meta = ({ALONE: value}, {}) if isinstance(value, np.ndarray) else pack(value)
    texts: dict[str, list[str]] = {}
    for name, array in arrays.items():
        if array.dtype.kind in "OU":
            codes, found = pd.factorize(array)
            arrays[name], texts[name] = codes.astype(np.int32), [str(text) for text in found]
    return arrays, {RECORD: meta, TEXTS: texts}


def unpack_record(kind: type[R], arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> R:
    """Undo `pack_record`; rows of one text share it."""
    for name, texts in meta[TEXTS].items():
        arrays[name] = np.array(texts, object)[arrays[name]]
    if ALONE in arrays:
        return arrays[ALONE]  # type: ignore[return-value]
    return unpack(kind, arrays, meta[RECORD])
