"""UCI HAR's parsed arrays, kept in one file: 160 MB of text take seconds to read, this a tenth."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import os
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from wganad_core.data import cache, har_archive
from wganad_core.data.har_archive import OFFICIAL, Flaw, Raw
from wganad_core.data.unfinished import UNFINISHED, Replacement, sweep

NAME, VERSION = "uci_har-parsed.npz", 1  # a reader that reads anew needs a new version

log = logging.getLogger(__name__)


def flaw(path: Path) -> str:
    """Why what lies at `path` is not UCI HAR; empty if it is."""
    try:
        parsed(path)
    except Flaw as found:
        return str(found)
    return ""


def parsed(path: Path) -> Raw:
    """What `har_archive.read` makes of `path`, remembered for that content.

    The key is the hash of all that was read, so a source that was changed, or damaged since, is
    read again. Raises `Flaw`; a cache that cannot be read or written is no error.
    """
    key = hashlib.sha256(
        f"{VERSION}\n{OFFICIAL}\n{har_archive.digest(path, OFFICIAL)}".encode()
    ).hexdigest()
    place = _cache_file()
    if place is not None and (remembered := _remembered(place, key)):
        return remembered
    raw = har_archive.read(path, OFFICIAL)
    if place is not None:
        _remember(place, key, raw)
    return raw


def _cache_file() -> Path | None:
    """In the data directory, or, where that is for reading only, in the platform's cache."""
    for folder in (cache.data_directory(), user_cache_path("wganad", appauthor=False)):
        if _writable(folder):
            return folder / NAME
    return None


def _writable(folder: Path) -> bool:
    """By its permission bits as well: root may write everywhere, yet is told what not to touch."""
    there = next((place for place in (folder, *folder.parents) if os.path.exists(place)), folder)
    try:
        return bool(there.stat().st_mode & 0o222) and there.is_dir() and os.access(there, os.W_OK)
    except OSError:
        return False


def _remembered(place: Path, key: str) -> Raw | None:
    """What was parsed from the content of this key, if the file holds that and is whole."""
    try:
        with place.open("rb") as file:
            content = np.lib.npyio.NpzFile(file)
            if content["key"].item() != key:
                return None
            raw = Raw(*(content[field.name] for field in dataclasses.fields(Raw)))
    except FileNotFoundError:
        return None
    except Exception as error:  # of a dozen kinds, from zipfile, zlib, tokenize and NumPy
        log.info("%s is of no use (%s) and is made again.", place, error)
        return None
    return raw


def _remember(place: Path, key: str, raw: Raw) -> None:
    """Write the cache atomically; a full disk leaves what was there."""
    try:
        sweep(place.parent, UNFINISHED)
        with Replacement(place) as file:
            np.savez(file, key=np.array(key), **vars(raw))
    except OSError as error:
        log.warning("%s could not be written (%s).", place, error.strerror)
