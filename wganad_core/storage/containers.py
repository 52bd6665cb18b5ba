"""One file = one safetensors container: named arrays plus, in its own metadata, a JSON with the
kind of content, a schema version and a SHA-256 over everything. Never a pickle. The same bytes
travel through the worker's pipe (`encode`, `decode`)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from wganad_core import older
from wganad_core.packing import pack, unpack
from wganad_core.storage.files import StorageError, read_bytes, write_atomically

SCHEMA = 1

Arrays = Mapping[str, NDArray[Any]]
R = TypeVar("R")


def encode(kind: str, arrays: Arrays, meta: Mapping[str, Any]) -> bytes:
    """Arrays and JSON-compatible `meta` as safetensors bytes, hashed."""
    contiguous = {
        name: np.asarray(value, value.dtype.newbyteorder("="), order="C")
        for name, value in arrays.items()
    }
    text = json.dumps(meta, sort_keys=True)
    header = {
        "wganad": kind,
        "schema": str(SCHEMA),
        "meta": text,
        "sha256": digest(kind, str(SCHEMA), contiguous, text),
    }
    return safetensors.numpy.save(contiguous, header)


def decode(
    data: bytes, kind: str, source: str = "the data"
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Undo `encode`, checking kind, schema and hash. `source` names the file in errors."""
    header = read_header(data, source)
    found = header.get("wganad")
    if found is None:
        raise StorageError(f"{source} was not written by this project; choose a file that was.")
    check_schema(header.get("schema", ""), source)
    if found != kind:
        raise StorageError(f"{source} holds a {found}; expected a {kind}. Choose another file.")
    try:
        arrays = safetensors.numpy.load(data)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise StorageError(
            f"{source} is damaged ({error}); restore it from where it came from."
        ) from error
    if digest(kind, header["schema"], arrays, header.get("meta", "")) != header.get("sha256"):
        raise StorageError(
            f"{source} does not match its own hash, so it was changed or damaged; "
            "restore it from where it came from."
        )
    return arrays, _meta(header, source)


def read_meta(data: bytes, source: str = "the data") -> dict[str, Any]:
    """The JSON alone, unverified: to route or list a container without reading its arrays."""
    return _meta(read_header(data, source), source)


def _meta(header: Mapping[str, str], source: str) -> dict[str, Any]:
    try:
        found = json.loads(header.get("meta", ""))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise StorageError(
            f"{source} lacks the JSON that says what it holds; restore it from where it came from."
        )
    return found


def check_schema(found: str, source: str) -> None:
    """Refuse a newer schema than ours, or what is no number."""
    if not found.isdecimal() or len(found) > 9 or int(found) > SCHEMA:
        raise StorageError(
            f"{source} has schema {found[:20] or 'none'}; this version reads up to {SCHEMA}. "
            "Update the project."
        )


def read_header(data: bytes, source: str = "the data") -> dict[str, str]:
    """The metadata of a safetensors file, unverified: its kind as `wganad`, `sha256` and so on."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > len(data) - 8:
        raise StorageError(
            f"{source} is truncated or not a safetensors file "
            f"({len(data):,} bytes); restore it from where it came from."
        )
    try:
        metadata = json.loads(data[8 : 8 + size]).get("__metadata__", {})
    except (ValueError, AttributeError, RecursionError) as error:
        raise StorageError(
            f"{source} is not a safetensors file; choose one that this project wrote."
        ) from error
    if not isinstance(metadata, dict):
        return {}
    return {name: value for name, value in metadata.items() if isinstance(value, str)}


def digest(kind: str, schema: str, arrays: Arrays, meta: str) -> str:
    """SHA-256 over everything in a container, names and types of arrays included."""
    digest = hashlib.sha256(f"{kind}\n{schema}\n{meta}\n".encode())
    for name in sorted(arrays):
        value = arrays[name]
        digest.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
        digest.update(np.ascontiguousarray(value).view(np.uint8).data)
    return digest.hexdigest()


def prefixed(prefix: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    return {f"{prefix}.{name}": value for name, value in arrays.items()}


def below(prefix: str, arrays: Arrays) -> dict[str, NDArray[Any]]:
    """The arrays whose names start with `prefix.`, without it."""
    start = f"{prefix}."
    return {name[len(start) :]: value for name, value in arrays.items() if name.startswith(start)}


def save(path: Path, kind: str, arrays: Arrays, meta: Mapping[str, Any]) -> None:
    """Write atomically: a reader, a crash or a full disk leaves the old file or the new one."""
    write_atomically(path, encode(kind, arrays, meta))


def load(path: Path, kind: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what `save` wrote. Raises `StorageError` for anything else, with one sentence."""
    return decode(read_bytes(path), kind, str(path))


def save_record(path: Path, kind: str, record: Any) -> None:
    """`save` a dataclass as `packing.pack` takes it apart."""
    save(path, kind, *pack(record))


def load_record(path: Path, kind: str, record: type[R]) -> R:
    """Undo `save_record`, also for files of earlier versions. Raises `StorageError` for anything
    else, with one sentence."""
    data = read_bytes(path)
    arrays, meta = decode(data, kind, str(path))
    return as_record(record, kind, arrays, meta, str(path))


def as_record(
    record: type[R], kind: str, arrays: Arrays, meta: Mapping[str, Any], source: str
) -> R:
    """A container's content as a dataclass. Raises `StorageError` for what it is not."""
    try:
        if earlier := older.UPGRADES.get(kind):
            arrays, meta = earlier(arrays, meta)
        return unpack(record, arrays, meta)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        why = f"it lacks {error}" if isinstance(error, KeyError) else error
        raise StorageError(
            f"{source} is no usable {kind} ({why}); restore it from where it came from."
        ) from error
