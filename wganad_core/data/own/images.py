"""Pictures of one's own: a zip or a folder of them, or a single one. Nothing is ever extracted."""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from wganad_core.data import DataError
from wganad_core.data.decoding import MAX_PICTURE_BYTES
from wganad_core.data.own.archives import (
    CUT_OFF,
    MAX_FILES,
    check_entry,
    is_clutter,
    natural,
    opened_zip,
    unpacked,
)
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.folders import told_by_folders
from wganad_core.data.own.image import SUFFIXES, Pixels, looks_like_image, read_image, seen
from wganad_core.data.own.image_arrays import ArrayImages
from wganad_core.data.own.npy_rows import MAGIC, OwnArray
from wganad_core.data.own.picture_size import LOOKED_AT, TEACHING, PictureSize, proposed

MAX_TOTAL = 2_000_000_000  # bytes of all pictures of a zip, unpacked
# Of all pictures of a zip: half a minute's work, and what honest pictures hold.
MAX_PIXELS, PIXELS_A_BYTE = 2_000_000_000, 100
PIXELS = TEACHING.names
TABLES = (".csv", ".tsv", ".txt", ".parquet")  # in a folder or a zip
DATED = re.compile(r"(^|/)\d{4}([._-]\d\d){5}$")  # files of NASA's bearings: 2003.10.22.12.06.24
T = TypeVar("T")


class OwnImages(Protocol):
    """`n` pictures in a fixed order, their `names` and, told by their folders, labels."""

    n: int
    names: tuple[str, ...] | None
    label: NDArray[np.int64] | None
    class_: NDArray[np.object_] | None  # kinds of anomalies
    kept: NDArray[np.bool_] | None  # for testing
    masks: tuple[str, ...]  # pictures of where defects are
    remarks: set[str]  # grows while pictures are read

    def proposed(self) -> tuple[PictureSize, str]:
        """At which size to see them, and a remark on it."""

    def images(self, size: PictureSize) -> Iterator[Pixels]:
        """Each at this size, in [0, 1]; NaN throughout where a value was missing."""


def open_images(file: OwnFile) -> OwnImages | None:
    """The pictures of a file or folder, told by its first bytes; None for anything else."""
    try:
        if file.is_folder:
            return FolderImages(file)
        start = file.first(16)
        if start.startswith(b"PK"):
            return ZipImages(file)
    except NoPictures as error:
        if any(map(_may_be_table, error.names)):
            return None
        raise
    if looks_like_image(start):
        return SingleImage(file)
    if start.startswith(MAGIC) and len((array := OwnArray(file)).shape) != 2:
        return ArrayImages(array)
    return None


class NoPictures(DataError):
    """A folder or a zip without pictures; `names` are the files in it."""

    def __init__(self, names: Sequence[str]) -> None:
        some = ", ".join(map(repr, names[:3])) + (", …" if len(names) > 3 else "")
        super().__init__(
            f"Expected pictures ({', '.join(SUFFIXES)}) or tables ({', '.join(TABLES)}); found "
            f"{some or 'nothing'}."
        )
        self.names = tuple(names)


def _may_be_table(name: str) -> bool:
    return name.casefold().endswith(TABLES) or DATED.search(name) is not None


class FolderFiles:
    """The tables in a folder and the folders in it, by their `names`, but for hidden ones."""

    def __init__(self, root: Path) -> None:
        kept = (path for path in _in_folder(root) if not is_clutter(path))
        self.names = sorted(filter(_may_be_table, kept), key=natural)


def _in_folder(root: Path) -> list[str]:
    paths: list[str] = []
    for folder, _, names in os.walk(root):
        inside = Path(folder).relative_to(root)
        paths += [(inside / n).as_posix() for n in names if _may_be_file(Path(folder, n))]
        if len(paths) > 2 * MAX_FILES:
            raise DataError(f"Expected at most {MAX_FILES:,} pictures; found more files.")
    return paths


def open_archive(
    file: OwnFile, stack: ExitStack
) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """A zip, and the tables in it by name."""
    archive = opened_zip(file, stack)
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    for entry in entries:
        check_entry(entry)
    names = (entry.filename for entry in entries)
    kept = [name for name in names if _may_be_table(name) and not is_clutter(name)]
    known = {entry.filename: entry for entry in entries}
    return archive, {name: known[name] for name in sorted(kept, key=natural)}


class PictureFiles:
    """What zip and folder share: which files are pictures, their order, labels and errors."""

    def __init__(self, paths: Sequence[str]) -> None:
        kept = [path for path in paths if not is_clutter(path)]
        pictures = sorted((p for p in kept if p.casefold().endswith(SUFFIXES)), key=natural)
        told = told_by_folders(pictures)
        self.names: tuple[str, ...] | None = told.names
        self.n = len(told.names)
        self.remarks: set[str] = set(told.remarks)
        self.label, self.class_, self.kept = told.label, told.class_, told.kept
        self.masks = told.masks
        if not self.n:
            raise NoPictures(kept)
        if self.n > MAX_FILES:
            raise DataError(f"Expected at most {MAX_FILES:,} pictures; found {self.n:,}.")
        if others := len(kept) - len(pictures):
            self.remarks.add(f"{others:,} file{'s' * (others > 1)} of another kind left out.")

    def proposed(self) -> tuple[PictureSize, str]:
        """By `LOOKED_AT` of them; as `picture_size.proposed`."""
        names = self.names or ()
        some = [names[at] for at in np.unique(np.linspace(0, self.n - 1, LOOKED_AT).astype(int))]
        return proposed(self.each(some, lambda data: seen(data, self.spend)), self.n)

    def images(self, size: PictureSize) -> Iterator[Pixels]:
        yield from self.each(
            self.names or (), lambda data: read_image(data, self.remarks, self.spend, size)
        )

    def each(self, names: Sequence[str], made: Callable[[bytes], T]) -> Iterator[T]:
        """What is `made` of the bytes of these files. What is wrong with one, in half a sentence,
        is said with its name."""
        with self._opened() as content:
            for name in names:
                try:
                    data = content(name)
                except CUT_OFF as error:
                    reason = re.sub(r"\s+", " ", str(error))[:120].rstrip(".")
                    raise DataError(
                        f"{name!r} cannot be read ({reason}); make the file again."
                    ) from None
                try:
                    yield made(data)
                except DataError as error:
                    raise DataError(f"{name!r} {error}") from None

    def _opened(self) -> AbstractContextManager[Callable[[str], bytes]]:
        """Gives the bytes of a file by its name."""
        raise NotImplementedError

    def spend(self, pixels: int) -> None:
        """Told of pixels before they are decoded; a folder's are somebody's own machine's."""


class FolderImages(PictureFiles):
    """The pictures in a folder and the folders in it, but for hidden ones, links to folders, pipes
    and devices."""

    def __init__(self, file: OwnFile) -> None:
        assert isinstance(file.content, Path)
        self._root = file.content
        super().__init__(_in_folder(self._root))

    def _opened(self) -> AbstractContextManager[Callable[[str], bytes]]:
        return nullcontext(lambda name: _limited(self._root / name))


class ZipImages(PictureFiles):
    """The pictures of a zip, read one by one, each no further than the limits allow."""

    def __init__(self, file: OwnFile) -> None:
        self._file = file
        with ExitStack() as stack:
            archive = opened_zip(file, stack)
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            if any(entry.filename == "[Content_Types].xml" for entry in entries):
                raise DataError("This is an Excel file; save the table as CSV or parquet.")
            for entry in entries:
                check_entry(entry)
        super().__init__([entry.filename for entry in entries])
        self._entries = {entry.filename: entry for entry in entries}
        if len(self._entries) < len(entries):
            raise DataError("The zip holds several files of the same name; make it again.")
        total = sum(self._entries[name].file_size for name in (*(self.names or ()), *self.masks))
        if total > MAX_TOTAL:
            raise DataError(
                f"Expected pictures of at most {MAX_TOTAL // 10**9} GB when unpacked; found "
                f"{total / 1e9:,.1f} GB. Keep fewer, or scale them down."
            )

    @contextmanager
    def _opened(self) -> Iterator[Callable[[str], bytes]]:
        self._left = self._most = MAX_PIXELS + PIXELS_A_BYTE * self._file.size
        with ExitStack() as stack:
            archive = opened_zip(self._file, stack)
            yield lambda name: unpacked(archive, self._entries[name])

    def spend(self, pixels: int) -> None:
        """A few bytes can hold a million pixels of one colour, which take time all the same."""
        self._left -= pixels
        if self._left < 0:
            raise DataError(
                f"is too much: expected at most {self._most / 1e9:.1f} billion pixels in a zip of "
                "this size, and more came with it. Scale the pictures down."
            )


class SingleImage(PictureFiles):
    """One picture."""

    def __init__(self, file: OwnFile) -> None:
        self._file = file
        if file.size > MAX_PICTURE_BYTES:
            raise DataError(
                f"Expected at most {MAX_PICTURE_BYTES // 10**6} MB; scale the picture down."
            )
        super().__init__(["1.png"])
        self.names = None

    def proposed(self) -> tuple[PictureSize, str]:
        return self._made(lambda data: proposed([seen(data)], 1))

    def images(self, size: PictureSize) -> Iterator[Pixels]:
        yield self._made(lambda data: read_image(data, self.remarks, size=size))

    def _made(self, made: Callable[[bytes], T]) -> T:
        try:
            return made(self._file.first(MAX_PICTURE_BYTES + 1))
        except DataError as error:
            raise DataError(f"This picture {error}") from None


def _may_be_file(path: Path) -> bool:
    """Not a pipe, whose end may never come. A link to nothing is told when it is read."""
    return path.is_file() or not path.exists()


def _limited(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_PICTURE_BYTES + 1)
