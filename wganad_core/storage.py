"""The only reader and writer of weights and of what is stored beside them.

One file = one safetensors container: named arrays plus, in its own metadata, a JSON with the
kind of content, a schema version and a SHA-256 over everything. Never a pickle. The same bytes
travel through the worker's pipe (`encode`, `decode`). Score tables are parquet files
(`save_scores`, `load_scores`), which other tools read too.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from wganad_core import older
from wganad_core.data import cache
from wganad_core.packing import pack, unpack
from wganad_core.records import PARTS, ScoreTable

SCHEMA = 1
SCORES = "scores"
TEMPORARY_PREFIX = ".unfinished-"

# A score table's columns in a file: names and Arrow types; whatever is not listed is text.
SCORE_COLUMNS = tuple(field.name.rstrip("_") for field in dataclasses.fields(ScoreTable))
SCORE_NUMBERS = {"seed": "int64", "label": "int8", "score": "float"}

Arrays = Mapping[str, NDArray[Any]]
R = TypeVar("R")


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
    _check_schema(header.get("schema", ""), source)
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


def _check_schema(found: str, source: str) -> None:
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


def read_bytes(path: Path) -> bytes:
    """All of a file. Raises `StorageError` where there is none."""
    check_regular(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.") from error


def save_scores(table: ScoreTable, path: Path) -> None:
    """Write a score table as parquet, atomically. Raises `StorageError` for what `load_scores`
    would refuse. Rows of one detector after the other, samples in one order, make a small file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if wrong := _wrong_scores(table):
        raise StorageError(f"{path} was not written: {wrong}.")
    columns = {}
    for name, field in zip(SCORE_COLUMNS, dataclasses.fields(ScoreTable), strict=True):
        values = getattr(table, field.name)
        if name in SCORE_NUMBERS:
            columns[name] = pa.array(values, SCORE_NUMBERS[name])
        else:
            columns[name] = pa.array(values, pa.string()).dictionary_encode()
    meta = {"wganad": SCORES, "schema": str(SCHEMA)}
    buffer = io.BytesIO()
    pq.write_table(
        pa.table(columns, metadata=meta),
        buffer,
        compression="brotli",  # 3 to 6 % below zstd's best here
        compression_level=11,
        use_dictionary=[name for name in SCORE_COLUMNS if name != "score"],
        column_encoding={"score": "BYTE_STREAM_SPLIT"},
        # In one page, the repeated order of the samples is compressed away: a quarter of the file.
        max_rows_per_page=len(table) + 1,
        data_page_size=1 << 30,
        write_statistics=False,
        write_page_checksum=True,
    )
    write_atomically(path, buffer.getvalue())


def load_scores(path: Path) -> ScoreTable:
    """Read what `save_scores` wrote. Raises `StorageError` for anything else, with one sentence."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = read_bytes(path)
    try:
        file = pq.ParquetFile(io.BytesIO(data), page_checksum_verification=True)
        _check_score_file(file.schema_arrow, str(path))
        found = file.read(use_threads=False)
        if len(found) != file.metadata.num_rows:
            raise ValueError(f"{len(found)} of {file.metadata.num_rows} rows")
        table = ScoreTable(*(_column(found[name], name) for name in SCORE_COLUMNS))
    except StorageError:
        raise
    except (pa.ArrowException, OSError, ValueError, TypeError, IndexError, KeyError) as error:
        reason = (str(error).splitlines() or ["unreadable"])[0].rstrip(".")
        raise StorageError(
            f"{path} is damaged or not a parquet file ({reason}); restore it from where it came "
            "from."
        ) from error
    if wrong := _wrong_scores(table):
        raise StorageError(f"{path} is no usable score table: {wrong}.")
    return table


def _check_score_file(schema: Any, source: str) -> None:
    """Refuse an Arrow schema other than the one of `save_scores`."""
    meta = schema.metadata or {}
    if meta.get(b"wganad") != SCORES.encode():
        raise StorageError(
            f"{source} holds no score table of this project; choose a file that it wrote."
        )
    _check_schema(meta.get(b"schema", b"").decode(errors="replace"), source)
    text = "dictionary<values=string, indices=int32, ordered=0>"
    expected = {name: SCORE_NUMBERS.get(name, text) for name in SCORE_COLUMNS}
    found = {name: str(kind) for name, kind in zip(schema.names, schema.types, strict=True)}
    for name in expected | found:
        if expected.get(name) != found.get(name):
            raise StorageError(
                f"{source}: expected the column {name} to be {expected.get(name, 'absent')}; "
                f"found {found.get(name, 'none')}. Choose a file that this project wrote."
            )


def _column(column: Any, name: str) -> NDArray[Any]:
    """A column of an Arrow table as NumPy, whole numbers as int64; nulls raise `ValueError`."""
    if column.null_count:
        raise ValueError(f"{column.null_count} values of {name} are missing")
    if name in SCORE_NUMBERS:
        values: NDArray[Any] = column.to_numpy()
        return values if name == "score" else values.astype(np.int64)
    one = column.unify_dictionaries().combine_chunks()
    if not len(one):
        return np.empty(0, np.str_)
    index: NDArray[np.int32] = one.indices.to_numpy()
    return np.asarray(one.dictionary.to_pylist(), np.str_)[index]


def _wrong_scores(table: ScoreTable) -> str | None:
    """What makes a table unusable, or nothing."""
    if unknown := set(np.unique(table.part).tolist()) - set(PARTS):
        return f"expected the parts {', '.join(PARTS)}; found {min(unknown)!r}"
    if unlabelled := set(np.unique(table.label).tolist()) - {0, 1}:
        return f"expected the labels 0 and 1; found {min(unlabelled)}"
    if n := int(np.isnan(table.score).sum()):
        return f"expected scores that are numbers; found {n} NaN"
    return None


def write_atomically(path: Path, data: bytes) -> None:
    """All of `data`, or a `StorageError` and what was there before."""
    with written_atomically(path) as file, failing_in_words(path):
        file.write(data)


@contextlib.contextmanager
def written_atomically(path: Path) -> Iterator[IO[bytes]]:
    """A temporary file that takes the place of `path`, or of what `path` is a link to, when all
    went well: fsync, rename, fsync of the folder. Raises `StorageError` if that fails."""
    check_regular(path)
    target = Path(os.path.realpath(path))
    temporary = target.parent / f"{cache.owned(TEMPORARY_PREFIX)}{secrets.token_hex(8)}"
    with failing_in_words(path):
        target.parent.mkdir(parents=True, exist_ok=True)
        file = temporary.open("xb")
    try:
        yield file
        with failing_in_words(path):
            file.flush()
            os.fsync(file.fileno())
            file.close()
            os.replace(temporary, target)
            _sync_folder(target.parent)
    finally:
        with contextlib.suppress(OSError):  # of a full disk, which has been told
            file.close()
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


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
    if path.exists() and not path.is_file() and not path.is_dir():
        raise StorageError(f"{path} is no file but a pipe, a socket or a device; name a file.")


def _sync_folder(folder: Path) -> None:
    """Make a rename durable where the system can (Windows has no such call)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def sweep(folder: Path) -> int:
    """Delete temporary files that a killed process left in `folder`; returns how many. Those of
    processes that run, or that may run on another machine, stay."""
    stray = cache.abandoned(folder, TEMPORARY_PREFIX)
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)
