"""Files that hold a table in a wrapping: .npz, .mat, .arff and JSON, as CSV or parquet bytes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

from wganad_core.data import DataError
from wganad_core.data.own.foreign import refuse_foreign
from wganad_core.data.own.json_table import begins_as_json, table_of_json

T = TypeVar("T")
MAX_HELD_BYTES = 1_000_000_000  # of a file that is held in memory, also when it is unpacked
ZIP, MATLAB, HDF5 = b"PK\x03\x04", b"MATLAB 5.0 MAT-file", b"\x89HDF\r\n"
PICKLES = (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")


def unwrapped(start: bytes, read: Callable[[], bytes], json_is_table: bool = True) -> bytes | None:
    """What is inside, told by its first bytes; None for a file without a wrapping. Raises
    `DataError` with one sentence for what cannot be read."""
    refuse_foreign(start)
    if json_is_table and begins_as_json(start):
        return _in_words("JSON file", lambda: table_of_json(read()))
    name = start[30 : 30 + int.from_bytes(start[26:28], "little")]  # of a zip's first file
    if start.startswith(ZIP) and name.endswith(b".npy"):
        return _table(_in_words("NumPy archive (.npz)", lambda: _npz(read())))
    if start.startswith(MATLAB):
        return _table(_in_words("MATLAB file", lambda: _mat(read())))
    if start.startswith(HDF5) or start.startswith(b"MATLAB 7.3"):
        raise DataError("This is HDF5 (.h5, or .mat since 7.3); save the table as CSV or parquet.")
    if start.startswith(PICKLES):
        raise DataError(
            "This is a Python pickle, which may run any code when it is opened and is never read "
            "here; save the table by to_parquet or to_csv."
        )
    text = b"\n" + start.lstrip(b"\xef\xbb\xbf \r\n").lower()
    if b"\n@relation" in text and text.startswith((b"\n@relation", b"\n%")):
        return _in_words("ARFF file", lambda: _arff(read()))
    if b"\n@problemname" in text and text.startswith((b"\n@", b"\n#", b"\n%")):
        raise DataError(
            "This is a .ts file of series (UEA, UCR); save it as CSV with a row per series and a "
            "column per time, and the class in a column 'label'."
        )
    return None


def _in_words(what: str, work: Callable[[], T]) -> T:
    try:
        return work()
    except DataError:
        raise
    except Exception as error:  # of many kinds, from zipfile, zlib, NumPy and SciPy
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:120]
        raise DataError(f"This {what} cannot be read ({reason}); save it again.") from None


def _npz(data: bytes) -> Mapping[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
        if size > MAX_HELD_BYTES:
            raise DataError(f"Expected at most {MAX_HELD_BYTES // 10**6:,} MB when unpacked.")
    with np.load(io.BytesIO(data)) as found:
        try:
            return dict(found)
        except ValueError as error:
            if "allow_pickle" not in str(error):
                raise
            raise DataError(
                "It holds an array of Python objects, which are never unpickled here; convert it, "
                "such as by astype(float), and save it again."
            ) from None


def _mat(data: bytes) -> Mapping[str, Any]:
    from scipy.io import loadmat

    opened: Any = io.BytesIO(data)
    found = loadmat(opened)
    return {name: value for name, value in found.items() if not name.startswith("__")}


def _table(arrays: Mapping[str, Any]) -> bytes:
    """Arrays (n,), (n, 1) or (n, d) of numbers side by side; single numbers go, and arrays of
    another length are refused, as nobody can tell which of them are meant."""
    kept = {}
    for name, value in arrays.items():
        array = np.asarray(value)
        if array.dtype.kind not in "fiub" or array.size <= 1:
            continue
        if array.ndim > 2:
            raise DataError(
                f"The array {name!r} has the shape {array.shape}; expected (rows,) or (rows, "
                "columns). Save it as a .npy file of its own."
            )
        array = array.T if array.ndim == 2 and array.shape[0] == 1 else array
        kept[name] = array.reshape(len(array), -1)
    shapes = ", ".join(f"{name!r} {value.shape}" for name, value in kept.items())
    if not kept:
        structure = any(np.asarray(value).dtype.names for value in arrays.values())
        hint = " Of a structure, save the arrays one by one (save FILE -struct NAME)." * structure
        raise DataError(
            f"Expected an array of numbers; found {', '.join(arrays) or 'nothing'}.{hint}"
        )
    if len({len(value) for value in kept.values()}) > 1:
        raise DataError(
            f"Expected arrays with one number of rows; found {shapes}. Keep one, or those that "
            "belong together."
        )
    columns = {
        (name if value.shape[1] == 1 else f"x{at}" if len(kept) == 1 else f"{name}{at}"): value[
            :, at
        ]
        for name, value in kept.items()
        for at in range(value.shape[1])
    }
    import pandas as pd  # not before: pages that read no such file shall not wait for it

    return bytes(pd.DataFrame(columns).to_parquet(index=False))


def _arff(data: bytes) -> bytes:
    import pandas as pd

    limit = csv.field_size_limit()  # which SciPy lifts for the whole process
    try:
        from scipy.io import arff

        rows, _ = arff.loadarff(io.StringIO(data.decode("utf-8", errors="replace")))
    finally:
        csv.field_size_limit(limit)
    table = pd.DataFrame(rows)
    for name in table.select_dtypes(object):  # nominal values come as bytes
        table[name] = table[name].str.decode("utf-8").replace("?", "")
    return bytes(table.to_parquet(index=False))
