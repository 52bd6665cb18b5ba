"""Published data sets: found in the data directory or downloaded into it, and verified.

What a set consists of, its own module says (`mnist.PUBLISHED`, `har.PUBLISHED`). A file is judged
by its content, so that one that was compressed anew passes and another data set under the same
names (Fashion-MNIST) does not: by its hash, or, where none was published, by its form.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import logging
import os
import textwrap
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from wganad_core.data import DataError, cache
from wganad_core.data.unfinished import Scratch, sweep

# What is told while a file arrives: its name, bytes so far, bytes in all (0 = not known).
OnBytes = Callable[[str, int, int], None]

BROKEN = (OSError, EOFError, zlib.error)  # what `unpacked` raises
SLACK = 2**16  # bytes by which compression may make a file longer
CHUNK = 2**16
FETCHING = ".fetching-"  # begins the name of the folder of an unfinished download

log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class File:
    """A published file; size and SHA-256 are those of its content, uncompressed."""

    name: str
    size: int
    sha256: str

    def find(self, folder: Path) -> Path | None:
        """Where it is in `folder`, if it is there."""
        path = folder / self.name
        return path if os.path.exists(path) else None

    def flaw(self, path: Path) -> str:
        """Why what lies at `path` is not this file; empty if it is."""
        try:
            content = unpacked(path, self.size + 1)
        except BROKEN as error:
            return reason(error)
        if len(content) != self.size:
            found = "more" if len(content) > self.size else f"{len(content):,}"
            return f"expected {self.size:,} bytes of content, found {found}"
        found = hashlib.sha256(content).hexdigest()
        if found != self.sha256:
            return f"expected content with the SHA-256 {self.sha256[:12]}…, found {found[:12]}…"
        return ""


@dataclasses.dataclass(frozen=True)
class Archive:
    """A published file of at most `size` bytes that may be packed anew; see `File` for the rest.

    `find` may know it by other names, or unpacked; `flaw` judges what is in it. `sha256` is that
    of the file as others have downloaded it: another one is worth a warning, no refusal.
    """

    name: str
    size: int
    sha256: str
    find: Callable[[Path], Path | None]
    flaw: Callable[[Path], str]


@dataclasses.dataclass(frozen=True)
class Dataset:
    """What belongs into the folder `name` of the data directory, and where it can be had.

    Each of `mirrors` is an address, ending in `/`, below which all `files` lie. `verdict` is what
    is known of files that have passed.
    """

    name: str
    title: str
    files: tuple[File | Archive, ...]
    mirrors: tuple[str, ...]
    verdict: str = "every file as published"

    @property
    def folder(self) -> Path:
        return cache.data_directory() / self.name

    @property
    def command(self) -> str:
        return f"python -m wganad_core data fetch {self.name}"

    def missing(self, folder: Path) -> list[File | Archive]:
        return [file for file in self.files if file.find(folder) is None]


def dataset_folder(dataset: Dataset, fetch: bool = False, progress: OnBytes | None = None) -> Path:
    """The data set's folder, all files in it verified; `fetch` downloads those that are missing.

    Files that are there are never replaced. Raises `DataError` with one sentence for a file that
    is not the published one or cannot be had.
    """
    folder = dataset.folder
    missing = dataset.missing(folder)
    if fetch:
        sweep(folder, FETCHING)
    if not (fetch and missing):
        check_dataset(dataset, folder)
        return folder
    for file in set(dataset.files) - set(missing):
        _check_file(dataset, folder, file)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with Scratch(FETCHING, folder) as temporary:
            _download(dataset, missing, temporary, progress or (lambda *_: None))
    except OSError as error:
        raise DataError(
            f"{folder} cannot be written ({reason(error)}); free some space or set "
            f"{cache.VARIABLE} to another folder."
        ) from error
    return folder


def check_dataset(dataset: Dataset, folder: Path) -> None:
    """Raises `DataError` unless `folder` holds the published files of the data set."""
    if missing := dataset.missing(folder):
        names = ", ".join(file.name for file in missing)
        raise DataError(
            f"{dataset.title} is not complete in {folder} (missing: {names}); fetch it with "
            f"`{dataset.command}` or set {cache.VARIABLE} to the folder that holds {dataset.name}/."
        )
    for file in dataset.files:
        _check_file(dataset, folder, file)


def _check_file(dataset: Dataset, folder: Path, file: File | Archive) -> None:
    path = file.find(folder) or folder / file.name
    if flaw := file.flaw(path):
        raise DataError(
            f"{path} is not the file that {dataset.title} was published with "
            f"({flaw}); put it right, or delete it and run `{dataset.command}`."
        )


def _download(
    dataset: Dataset, files: list[File | Archive], temporary: Path, progress: OnBytes
) -> None:
    """Each file from the first mirror that has it; once verified it moves up from `temporary`.

    A mirror that fails is the last one to be asked for the files that follow.
    """
    mirrors = list(dataset.mirrors)
    for file in files:
        path, flaws = temporary / file.name, []
        for mirror in tuple(mirrors):
            host = urlsplit(mirror).netloc
            flaw = _retrieve(mirror + file.name, path, file, progress) or file.flaw(path)
            if not flaw:
                break
            flaws.append(f"{host}: {flaw}")
            mirrors.append(mirrors.pop(0))
        else:
            raise DataError(
                f"{file.name} could not be fetched ({'; '.join(flaws)}); try again later, or put "
                f"the files of {dataset.title} into {temporary.parent} yourself."
            )
        if flaws:
            log.warning("%s came from %s; refused were %s.", file.name, host, "; ".join(flaws))
        if isinstance(file, Archive):  # a `File` that passed has its hash
            _warn_of_another_hash(path, file, host)
        os.replace(path, temporary.parent / file.name)


def _warn_of_another_hash(path: Path, file: Archive, host: str) -> None:
    with path.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        known = f"has the SHA-256 {found[:12]}…; known is {file.sha256[:12]}…."
        log.warning("%s from %s holds what it should, but %s", file.name, host, known)


def _retrieve(url: str, path: Path, file: File | Archive, progress: OnBytes) -> str:
    """Download to `path`; returns what went wrong on the way, empty if nothing did."""
    from pooch import HTTPDownloader  # 0.2 s that only a download is worth
    from requests import HTTPError, RequestException

    with path.open("wb") as output:
        sink = _Sink(output, file, progress)
        try:
            HTTPDownloader(progressbar=sink, chunk_size=CHUNK)(url, sink, None)
        except HTTPError as error:
            return str(error).partition(" for url")[0]
        except (RequestException, _TooLong) as error:
            return reason(_first(error))
    return ""


def _first(error: BaseException) -> BaseException:
    """The system's own error, which libraries have wrapped in theirs."""
    inner = error.__cause__ or error.__context__
    return _first(inner) if inner else error


class _TooLong(Exception):
    """A mirror sends more than the file can have."""


class _Sink:
    """Takes what pooch downloads, as its output file and its progress bar in one.

    pooch tells a bar the sizes of its reads, not what was read, so this counts what is written.
    """

    def __init__(self, output: IO[bytes], file: File | Archive, progress: OnBytes) -> None:
        self.output, self.file, self.progress = output, file, progress
        self.done = self.total = 0  # pooch sets `total`, from the length that the mirror announces

    def write(self, chunk: bytes) -> None:
        self.done += len(chunk)
        if self.done > self.file.size + SLACK:
            raise _TooLong(f"more than the {self.file.size:,} bytes of its content")
        self.output.write(chunk)
        self.progress(self.file.name, self.done, self.total)

    def update(self, n: int = 0) -> None: ...

    flush = reset = close = update


def unpacked(path: Path, limit: int) -> bytes:
    """The content of a file, gzipped or not, as far as `limit`: a small file may hold terabytes.

    Raises one of `BROKEN`.
    """
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if not packed:
            return file.read(limit)
        with gzip.GzipFile(fileobj=file) as content:
            return content.read(limit)


def reason(error: BaseException) -> str:
    """An error in a few words."""
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return textwrap.shorten(words, 120, placeholder=" …")
