"""Where a command may write: never over what it reads, nor over what it cannot recognise as its
own, and never twice at the same place."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

from wganad_core.jobs import Refused

HEAD, MAX_HEADER = 1 << 12, 1 << 26  # bytes
# Our tables by the names of their columns: those that each has, in their order, and may have.
TABLES = {
    "scores": (("row", "score", "flagged"), ("id", "label", "class", "why")),
    "flagged rows": (("row", "score"), ("id", "class", "subject", "label")),
    "events": (
        ("first_row", "last_row", "moments", "peak_row", "peak_score"),
        ("first_id", "last_id", "peak_id", "subject", "labelled_moments", "why"),
    ),
}
PAGE, PNG_SOFTWARE = b"<!-- a figure of wganad_core -->\n", "wganad_core"  # what figures carry


@dataclasses.dataclass(frozen=True)
class Output:
    """`what` is written there: "detector", "checkpoint", "run", "model", "scores", "score table",
    "flagged rows", "events", "ONNX model", "figure", or of which study its figures are. `beside`:
    another kind is never replaced, whatever `overwrite` says."""

    path: Path
    what: str
    beside: bool = False


def check_outputs(
    outputs: Sequence[Output], read: Sequence[Path] = (), overwrite: bool = False
) -> None:
    """Refuse, before any work, places that cannot be written, or that hold what must stay; clear
    away what runs that were killed left there. `read`: files that are read; `overwrite`: whether
    files of other kinds may be replaced, too. Raises `Refused` and `StorageError`."""
    from wganad_core import storage

    for at, output in enumerate(outputs):
        path = output.path
        _check_possible(path)
        if path.is_dir():
            raise Refused(f"{path} is a folder; name the file to write.")
        storage.check_regular(path)
        if any(same_file(path, other) for other in read):
            raise Refused(f"{path} is what is read; choose another file to write.")
        for other in outputs[:at]:
            if same_file(path, other.path):
                raise Refused(
                    f"{path} is to hold both the {other.what} and the {output.what}; name two "
                    "files."
                )
        if not overwrite or output.beside:
            _check_kind(output)
        storage.sweep(path.resolve().parent)
    for output in outputs:
        storage.check_place(output.path)


def _check_possible(path: Path) -> None:
    """Refuse a name that no file can have, or that leads through one."""
    try:
        path.stat()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise Refused(f"{str(path)[:80]!r} cannot be written ({why}); choose another.") from error


def same_file(one: Path, other: Path) -> bool:
    """Whether both lead to one file, by whatever name or link."""
    if one.exists() and other.exists():
        return one.samefile(other)
    return os.path.realpath(one) == os.path.realpath(other)


def _check_kind(output: Output) -> None:
    path = output.path
    if not path.exists() or not path.stat().st_size or holds(path) == output.what:
        return
    way = "move it away" if output.beside else "choose another name, or replace it by --overwrite"
    raise Refused(f"{path} is there and is no {output.what} of this project; {way}.")


def holds(path: Path) -> str | None:
    """What this project wrote there, told by its first bytes; None for anything else."""
    with path.open("rb") as file:
        head = file.read(HEAD)
        if head.startswith(b"PAR1"):
            return _parquet(path)
        first = head.partition(b"\n")[0].strip().decode(errors="replace").split(",")
        names = tuple(name.strip('"') for name in first)
        for what, (always, perhaps) in TABLES.items():
            if [name for name in names if name not in perhaps] == [*always]:
                return what
        if head.startswith(b"\x08") and b"wganad_core" in head[:32]:  # its producer
            return "ONNX model"
        if head.startswith(b'{\n "wganad": "choice of evidence"'):
            return "choice of evidence"
        note = f"tEXtSoftware\0{PNG_SOFTWARE}".encode()
        if head.startswith(PAGE) or (head.startswith(b"\x89PNG") and note in head):
            return "figure"
        size = int.from_bytes(head[:8], "little")
        if 0 < size <= min(path.stat().st_size, MAX_HEADER):
            file.seek(0)
            return _container(file.read(8 + size))
    return None


def _parquet(path: Path) -> str | None:
    import pyarrow.parquet

    from wganad_core import storage

    try:
        schema = pyarrow.parquet.read_schema(path)
    except (OSError, ValueError):
        return None
    if (schema.metadata or {}).get(b"wganad") == storage.SCORES.encode():
        return "score table"
    return "scores" if schema.names[:1] == ["row"] and "flagged" in schema.names else None


def _container(data: bytes) -> str | None:
    """The kind of one of our safetensors files."""
    from wganad_core import storage

    try:
        kind = storage.read_header(data).get("wganad")
    except storage.StorageError:
        return None
    return "checkpoint" if kind and kind.startswith("checkpoint") else kind
