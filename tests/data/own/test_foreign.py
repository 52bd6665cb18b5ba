"""What is no table here is called what it is; JSON is read where it is one."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import tarfile
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from scipy.io import savemat

from wganad_core.data import DataError
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import read_samples

N = 30
X = np.random.default_rng(0).normal([20, 5], 1, (N, 2)).round(3)
TIMES = pd.date_range("2024-03-01 08:00", periods=N, freq="10s", tz="UTC")
FRAME = pd.DataFrame(X, columns=["heat", "flow"]).assign(time=TIMES.strftime("%FT%TZ"))
RECORDS = FRAME.to_dict("records")
CSV = FRAME.to_csv(index=False).encode()


def tar() -> bytes:
    made, entry = io.BytesIO(), tarfile.TarInfo("pump.csv")
    entry.size = len(CSV)
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.addfile(entry, io.BytesIO(CSV))
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"%PDF-1.4\n", "a PDF"),
        (b"{\\rtf1\\ansi heat,flow}", "a document in RTF"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(9), "a 7z archive"),
        (b"Rar!\x1a\x07\x00" + bytes(9), "a RAR archive"),
        (b"TDSm\x0e" + bytes(9), "a TDMS file"),
        (b"ARROW1\0\0" + bytes(9), "a Feather file"),
        (b"ORC\0" + bytes(9), "an ORC file"),
        (b"SQLite format 3\0", "an SQLite data base"),
        (b"<stata_dta><header>", "a Stata file"),
        (b"RIFF" + bytes(4) + b"WAVEfmt ", "a sound"),
        (b"SIMPLE  =                    T", "a FITS file"),
        (b"0       " + b"X" * 160 + b"01.03.2408.00.00", "an EDF recording"),
        (tar(), "a tar archive"),
        (gzip.compress(tar()), "a tar archive"),
    ],
)
def test_what_is_no_table_is_called_what_it_is(content: bytes, said: str) -> None:
    for read in (look, read_samples):
        with pytest.raises(DataError, match=f"This is {said}"):
            read(content)


@pytest.mark.parametrize("name", ["ORC", "FEA1", "Obj"])
def test_names_that_begin_alike_are_names(name: str) -> None:
    found = look(f"{name}a,flow\n1,2\n3,4\n".encode())
    assert [column.name for column in found.columns] == [f"{name}a", "flow"]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_tables_are_unpacked(pack: Any) -> None:
    for content in (CSV, json.dumps(RECORDS).encode()):
        assert np.array_equal(read_samples(pack(content)).x, X)
    with pytest.raises(DataError, match="damaged or cut off"):
        read_samples(pack(CSV * 9)[:-30])


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(RECORDS, indent=2),
        "\n".join(map(json.dumps, RECORDS)) + "\n",
        FRAME.to_json(),
        FRAME.to_json(orient="split"),
        json.dumps(FRAME.to_dict("list")),
        "\ufeff" + json.dumps(RECORDS),
        json.dumps([{**row, "heat": str(row["heat"])} for row in RECORDS]),
    ],
)
def test_json_that_is_a_table_is_read(content: str) -> None:
    found = read_samples(content.encode(), "pump.json")
    assert found.features == ("heat", "flow")
    assert np.array_equal(found.x, X)
    assert found.time is not None
    assert found.time[1].startswith("2024-03-01T08:00:10")


def test_json_with_records_in_records_and_gaps() -> None:
    rows = [{"pump": {"heat": a, "on": bool(a > 20)}, "flow": b} for a, b in X]
    rows[3]["flow"] = None
    found = look(json.dumps(rows).encode())
    assert [(c.name, c.kind) for c in found.columns] == [
        ("flow", "number"),
        ("pump.heat", "number"),
        ("pump.on", "text"),
    ]
    assert found.columns[0].n_missing == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"status": "success", "data": {"result": []}}, "an object of 'status', 'data'"),
        ([], "found none"),
        ([1, 2, 3], "Expected records of JSON"),
        ([{"a": 1}, [2]], "Expected records of JSON"),
    ],
)
def test_json_that_is_no_table_is_refused(content: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        read_samples(json.dumps(content).encode())


def test_json_that_is_cut_off_is_refused() -> None:
    with pytest.raises(DataError, match="This JSON file cannot be read"):
        read_samples(json.dumps(RECORDS).encode()[:-20])


def test_names_in_brackets_are_no_json() -> None:
    assert read_samples(b"[mm],[s]\n1,2\n3,4\n").features == ("[mm]", "[s]")
    assert read_samples(b"{mm},{s}\n1,2\n3,4\n").features == ("{mm}", "{s}")


def test_parquet_of_lists_alone_is_told_what_to_do() -> None:
    made = io.BytesIO()
    pa.parquet.write_table(pa.table({"emb": X.tolist()}), made)
    with pytest.raises(DataError, match="'emb' holds lists or structures"):
        look(made.getvalue())


def test_arrays_that_are_no_numbers_are_told_what_to_do() -> None:
    made = io.BytesIO()
    np.save(made, FRAME[["heat", "flow"]].to_records(index=False))
    with pytest.raises(DataError, match="one with the fields heat, flow"):
        look(made.getvalue())
    made = io.BytesIO()
    np.savez(made, a=np.array([1, None], object))
    with pytest.raises(DataError, match="Python objects, which are never unpickled"):
        look(made.getvalue())
    opened: Any = (made := io.BytesIO())
    savemat(opened, {"data": {"x": X}})
    with pytest.raises(DataError, match="Of a structure, save the arrays one by one"):
        look(made.getvalue())


def test_what_programs_write_that_could_not_measure_is_missing() -> None:
    words = ["#DIV/0!", "#WERT!", "1.#QNAN", "-nan", "unavailable", "NIL", "(null)", "---"]
    cells = [*words, *map(str, X[:, 0])]
    content = pd.DataFrame({"a": cells, "b": 1.5}).to_csv(index=False).encode()
    found = read_samples(content, features=("a", "b"))
    assert np.isnan(found.x[: len(words), 0]).all()
    assert np.array_equal(found.x[len(words) :, 0], X[:, 0])
    assert any("cell is missing" in remark for remark in found.remarks)


@pytest.mark.parametrize(
    ("name", "normal", "odd"),
    [
        ("defekt", "falsch", "wahr"),
        ("Störung", "Nein", "Ja"),
        ("Défaut", "non", "oui"),
        ("estado", "bueno", "averiado"),
        ("标签", "正常", "异常"),
        ("異常", "0", "1"),
        ("авария", "нет", "да"),
    ],
)
def test_labels_in_other_languages(name: str, normal: str, odd: str) -> None:
    label = np.where(np.arange(N) % 10, normal, odd)
    found = read_samples(FRAME.assign(**{name: label}).to_csv(index=False).encode())
    assert found.features == ("heat", "flow")
    assert found.label is not None
    assert np.array_equal(found.label, label == odd)
