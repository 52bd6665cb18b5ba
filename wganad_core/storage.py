"""The only reader and writer of weights and of what is stored beside them.

One file = one safetensors container: named arrays plus, in its own metadata, a JSON with the
kind of content, a schema version and a SHA-256 over everything. Never a pickle. The same bytes
travel through the worker's pipe (`encode`, `decode`).
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

SCHEMA = 1
TEMPORARY_PREFIX = ".unfinished-"

Arrays = Mapping[str, NDArray[Any]]


class StorageError(ValueError):
    """A file cannot be used or written. The message says what is wrong and what to do."""


def encode(kind: str, arrays: Arrays, meta: Mapping[str, Any]) -> bytes:
    """Arrays and JSON-compatible `meta` as safetensors bytes, hashed."""
    contiguous = {name: np.asarray(value, order="C") for name, value in arrays.items()}
    text = json.dumps(meta, sort_keys=True)
    header = {
        "wganad": kind,
        "schema": str(SCHEMA),
        "meta": text,
        "sha256": _digest(kind, str(SCHEMA), contiguous, text),
    }
    return safetensors.numpy.save(contiguous, header)


def decode(
    data: bytes, kind: str, source: str = "the data"
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Undo `encode`, checking kind, schema and hash. `source` names the file in errors."""
    header = _header(data, source)
    found = header.get("wganad")
    if found is None:
        raise StorageError(f"{source} was not written by this project; choose a file that was.")
    if not header.get("schema", "").isdecimal() or int(header["schema"]) > SCHEMA:
        raise StorageError(
            f"{source} has schema {header.get('schema')}; this version reads up to {SCHEMA}. "
            "Update the project."
        )
    if found != kind:
        raise StorageError(f"{source} holds a {found}; expected a {kind}. Choose another file.")
    try:
        arrays = safetensors.numpy.load(data)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise StorageError(
            f"{source} is damaged ({error}); restore it from where it came from."
        ) from error
    if _digest(kind, header["schema"], arrays, header.get("meta", "")) != header.get("sha256"):
        raise StorageError(
            f"{source} does not match its own hash, so it was changed or damaged; "
            "restore it from where it came from."
        )
    return arrays, json.loads(header["meta"])


def read_meta(data: bytes, source: str = "the data") -> dict[str, Any]:
    """The JSON alone, unverified: to route or list a container without reading its arrays."""
    meta: dict[str, Any] = json.loads(_header(data, source).get("meta", "{}"))
    return meta


def _header(data: bytes, source: str) -> dict[str, str]:
    """The metadata of a safetensors file, before anything in it is trusted."""
    size = int.from_bytes(data[:8], "little")
    if len(data) < 8 or size > len(data) - 8:
        raise StorageError(
            f"{source} is truncated or not a safetensors file "
            f"({len(data):,} bytes); restore it from where it came from."
        )
    try:
        metadata = json.loads(data[8 : 8 + size]).get("__metadata__", {})
    except (ValueError, AttributeError) as error:
        raise StorageError(
            f"{source} is not a safetensors file; choose one that this project wrote."
        ) from error
    if not isinstance(metadata, dict):
        return {}
    return {name: value for name, value in metadata.items() if isinstance(value, str)}


def _digest(kind: str, schema: str, arrays: Arrays, meta: str) -> str:
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
    try:
        data = path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from error
    return decode(data, kind, str(path))


def write_atomically(path: Path, data: bytes) -> None:
    """Temporary file, fsync, rename, fsync of the folder. Raises `StorageError` if it fails."""
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.parent / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}"
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _sync_folder(path.parent)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise StorageError(
            f"{path} could not be written ({error.strerror}); free some space or choose another "
            "place. What was there before is unchanged."
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make a rename durable where the system can (Windows has no such call)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> int:
    """Delete temporary files that a killed process left in `folder`; returns how many."""
    stray = list(folder.glob(f"{TEMPORARY_PREFIX}*")) if folder.is_dir() else []
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)
