"""Zips that people bring, never extracted: what an honest one holds, each file up to a limit."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from contextlib import ExitStack
from pathlib import PurePosixPath

from wganad_core.data import DataError
from wganad_core.data.decoding import MAX_PICTURE_BYTES
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.image import SUFFIXES

MAX_FILES = 100_000  # pictures or tables
MAX_DIRECTORY = 24_000_000  # bytes of a zip's list of files
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
CUT_OFF = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError)


def opened_zip(file: OwnFile, stack: ExitStack) -> zipfile.ZipFile:
    """Open until the stack ends. Raises `DataError` for one that is damaged or too large."""
    opened = stack.enter_context(file.open())
    opened.seek(max(0, file.size - (1 << 16) - 22))
    tail = opened.read()
    if (at := tail.rfind(b"PK\5\6")) >= 0:
        listed = int.from_bytes(tail[at + 12 : at + 16], "little")
        if listed > MAX_DIRECTORY:  # before a million entries become objects
            raise DataError(f"Expected at most {MAX_FILES:,} pictures in a zip; found more.")
    try:
        return stack.enter_context(zipfile.ZipFile(opened))
    except CUT_OFF as error:
        reason = str(error)[:120].rstrip(".")
        raise DataError(f"This zip is damaged or cut off ({reason}); make it again.") from None


def check_entry(entry: zipfile.ZipInfo) -> None:
    """Refuse whatever an honest zip of pictures does not hold, wherever it would be unpacked."""
    name = entry.orig_filename
    parts = name.replace("\\", "/").split("/")
    if parts[0] == "" or ".." in parts or re.match("[A-Za-z]:", name) or "\0" in name:
        raise DataError(f"The zip holds the path {name[:60]!r}, which leads out of it; refused.")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise DataError(f"The zip holds the link {name[:60]!r}; put the picture itself there.")
    if entry.flag_bits & 0x1:
        raise DataError(f"{name[:60]!r} is encrypted; make the zip without a password.")
    if is_clutter(entry.filename):
        return
    if name.casefold().endswith(ARCHIVES):
        raise DataError(f"The zip holds another archive, {name[:60]!r}; put its files there.")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{name[:60]!r} is packed in an unusual way; make an ordinary zip.")
    if entry.file_size > MAX_PICTURE_BYTES and entry.filename.casefold().endswith(SUFFIXES):
        raise DataError(
            f"{name[:60]!r} unpacks to {entry.file_size / 1e6:,.0f} MB; expected at most "
            f"{MAX_PICTURE_BYTES // 10**6} MB. Scale it down."
        )


def unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Never more than the limit, whatever size the zip claims; its checksum is checked."""
    with archive.open(entry) as packed:
        data = packed.read(MAX_PICTURE_BYTES + 1)
        if len(data) != entry.file_size:
            raise EOFError(f"{len(data):,} of {entry.file_size:,} bytes")
    return data


def is_clutter(path: str) -> bool:
    """What file managers leave behind, and whatever is hidden."""
    parts = PurePosixPath(path).parts
    return any(p.startswith(".") or p == "__MACOSX" for p in parts) or path.endswith("Thumbs.db")


def natural(path: str) -> list[tuple[int, str]]:
    """For 9.png before 10.png."""
    return [(int(p), "") if p.isdecimal() else (-1, p) for p in re.split(r"(\d+)", path)]
