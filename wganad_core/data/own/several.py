"""A folder or a zip of tables as one: a recording each, told apart by one more column."""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa

from wganad_core.data import DataError
from wganad_core.data.own.containers import MAX_HELD_BYTES
from wganad_core.data.own.file import OwnFile
from wganad_core.data.own.images import FolderFiles, open_archive
from wganad_core.data.own.presets import preset_of
from wganad_core.data.own.rows import OwnRows, WrongCell, listed

MOST = 5_000  # tables
MARK = "recording"
ASIDE = ("meta",)  # folders of what is told about a recording


class SeveralRows(OwnRows):
    """Tables of the same columns, one after the other, and a last column with each one's name."""

    def __init__(self, tables: Sequence[tuple[str, OwnRows]], remarks: Sequence[str]) -> None:
        first = tables[0][1]
        self._tables = tables
        self._at = len(first.names)
        self._mark = MARK if MARK not in first.names else "file"
        self.names, self.named = (*first.names, self._mark), first.named
        self.kinds = (*first.kinds, "text")
        self.head = tuple((*row, tables[0][0]) for row in first.head)
        self.about = sum(table.about for _, table in tables)
        self.unnamed = first.unnamed
        told = [remark for _, table in tables for remark in table.remarks]
        self.remarks = list(dict.fromkeys((*remarks, *told)))

    def batches(self, numbers: Sequence[int], texts: Sequence[int]) -> Iterator[Any]:
        own = [at for at in texts if at != self._at]
        more = [] if own or numbers else [0]  # rows of no column cannot be counted
        for name, table in self._tables:
            with _naming(name):
                for batch in table.batches(numbers, own or more):
                    if self._at in texts:
                        mark = pa.array([name]).dictionary_encode()
                        code = pa.array([0] * len(batch), pa.int32())
                        column = pa.DictionaryArray.from_arrays(code, mark.dictionary)
                        batch = batch.append_column(str(self._at), column)
                    yield batch.drop_columns(["0"]) if more and not own else batch

    def place(self, row: int) -> str:
        """Within its own file."""
        for name, table in self._tables:
            n = sum(len(batch) for batch in table.batches([], [0]))
            if row < n:
                return f"{table.place(row)} of {name}"
            row -= n
        raise IndexError("There are fewer rows.")


@contextmanager
def _naming(name: str) -> Iterator[None]:
    try:
        yield
    except WrongCell as error:
        raise WrongCell(error.column, f"{name}: {error}") from None
    except DataError as error:
        raise DataError(f"{name}: {error}") from None


def open_several(file: OwnFile, open_one: Callable[[OwnFile], OwnRows]) -> OwnRows:
    """The tables of a folder or a zip, in the order of their names.

    Those with other columns than most are left out, with a remark; files of a sensor each, as
    Sensor Logger writes them, are joined by time, each folder's by themselves. Raises `DataError`.
    """
    opened: list[tuple[str, OwnRows]] = []
    left: list[str] = []
    for name, content in _files(file):
        if PurePosixPath(name).parts[0] in ASIDE:
            left.append(name)
            continue
        try:
            opened.append((name, open_one(OwnFile(name, content))))
        except DataError as error:
            left.append(f"{name} ({str(error)[:80]})")
    if not opened:
        raise DataError(f"It holds no table that can be read: {'; '.join(left[:3]) or 'nothing'}.")
    sensors = [pair for pair in opened if _is_sensor(pair[1])]
    if sensors:
        left += [name for name, table in opened if not _is_sensor(table)]
        opened = _by_folder(sensors, open_one) if len(sensors) > 1 else sensors
    usual = Counter(table.names for _, table in opened).most_common(1)[0][0]
    kept = [pair for pair in opened if pair[1].names == usual]
    left += [name for name, table in opened if table.names != usual]
    remarks = [f"Left out, with other columns or none: {listed(left, 5)}."] if left else []
    if len(kept) == 1:
        told = [] if len(sensors) > 1 else [f"The table is {kept[0][0]!r}."]
        kept[0][1].remarks[:0] = [*remarks, *told]
        return kept[0][1]
    what = "folders of the same sensors" if sensors else "files of the same columns"
    remarks.insert(
        0,
        f"{len(kept):,} {what} are {len(kept):,} recordings, told apart by {MARK!r}; no window "
        "crosses from one to another.",
    )
    return SeveralRows(kept, remarks)


def _is_sensor(table: OwnRows) -> bool:
    preset = preset_of(table.names, table.named)
    return preset is not None and preset.name == "Sensor Logger"


def _files(file: OwnFile) -> Iterator[tuple[str, Path | bytes]]:
    """Their names and what they hold."""
    if isinstance(file.content, Path) and file.is_folder:
        names = FolderFiles(file.content).names
        _few(names)
        yield from ((name, file.content / name) for name in names)
        return
    with ExitStack() as stack:
        archive, entries = open_archive(file, stack)
        _few(entries)
        if sum(entry.file_size for entry in entries.values()) > MAX_HELD_BYTES:
            raise DataError(
                f"Expected tables of at most {MAX_HELD_BYTES // 10**6:,} MB when unpacked; "
                "unpack the zip, and give the folder to the command line."
            )
        for name, entry in entries.items():
            try:
                yield name, archive.read(entry)
            except (zipfile.BadZipFile, EOFError, NotImplementedError, OSError) as error:
                reason = str(error)[:120].rstrip(".")
                raise DataError(
                    f"{name!r} cannot be read ({reason}); make the zip again."
                ) from None


def _few(names: Any) -> None:
    if len(names) > MOST:
        raise DataError(f"Expected at most {MOST:,} tables; found {len(names):,}.")


def _by_folder(
    sensors: Sequence[tuple[str, OwnRows]], open_one: Callable[[OwnFile], OwnRows]
) -> list[tuple[str, OwnRows]]:
    """A recording of each folder, whose name it has: its sensors joined."""
    folders: dict[str, list[tuple[str, OwnRows]]] = {}
    for name, table in sensors:
        folders.setdefault(str(PurePosixPath(name).parent), []).append((name, table))
    return [(folder, _joined(tables, open_one)) for folder, tables in folders.items()]


def _joined(
    tables: Sequence[tuple[str, OwnRows]], open_one: Callable[[OwnFile], OwnRows]
) -> OwnRows:
    """Sensors of one recording side by side, at the times of the one with the most rows."""
    import pandas as pd  # not before: pages that read no such file shall not wait for it

    clock = "seconds_elapsed"
    frames = []
    for name, table in tables:
        stem = PurePosixPath(name).stem
        at = table.names.index(clock)
        others = [
            i
            for i, (n, k) in enumerate(zip(table.names, table.kinds, strict=True))
            if k == "number" and n not in (clock, "time")
        ]
        columns = {clock: table.numbers(at)}
        columns |= {f"{stem}_{table.names[i]}": table.numbers(i) for i in others}
        frames.append((stem, pd.DataFrame(columns).dropna(subset=[clock]).sort_values(clock)))
    columns_in_order = list(dict.fromkeys(name for _, frame in frames for name in frame))
    frames.sort(key=lambda pair: -len(pair[1]))
    stem, whole = frames[0]
    for _, frame in frames[1:]:
        whole = pd.merge_asof(whole, frame, on=clock, direction="nearest")
    whole = whole[columns_in_order]  # the same in all recordings, whichever sensor has most rows
    found = open_one(OwnFile(f"{stem}.parquet", bytes(whole.to_parquet(index=False))))
    if len(frames) > 1:
        names = ", ".join(name for name, _ in frames)
        found.remarks.insert(
            0,
            f"The sensors {names} of one recording are put side by side, each at the time that is "
            f"nearest to {stem}'s.",
        )
    return found
