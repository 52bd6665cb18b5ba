"""Files that nobody should bring: honest ones that were damaged, and some made to be a burden."""

from __future__ import annotations

import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

CELLS = ["", " ", "nan", "inf", "-inf", "1e400", "-0", "1,5", "0x1f", "=1+1", "@a", "\t", '"', "'"]
CELLS += ["\0", "é", "🎯", "null", "None", "TRUE", "2026-11-27", "9" * 400, "x" * 5_000, "[p](x)"]
CELLS += ["<b>", "\ufeff", "\u202e", "1;2", "9007199254740993", "1_000", "१", "#N/A", "\r", "{}"]
HEADERS = ["score,label,id,class", "label,label", ",,", "id,score", "=a,+b", "part,score,label"]
ENCODINGS = ["utf-8-sig", "utf-16", "utf-32", "latin-1", "cp037"]


def table(n: int = 60, seed: int = 0) -> pd.DataFrame:
    """An honest one, which every command takes."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.normal(size=n).round(4) for name in ("heat", "flow", "score")}
    odd = (rng.random(n) < 0.2).astype(int)
    return pd.DataFrame({"id": [f"s{i}" for i in range(n)], **columns, "label": odd})


def picture(side: int = 28) -> bytes:
    kept = io.BytesIO()
    Image.fromarray(np.full((side, side), 128, np.uint8)).save(kept, "png")
    return kept.getvalue()


def zipped(entries: Mapping[str, bytes]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return kept.getvalue()


def npy(array: np.ndarray) -> bytes:
    kept = io.BytesIO()
    np.save(kept, array, allow_pickle=array.dtype.hasobject)
    return kept.getvalue()


def parquet(columns: object, **options: object) -> bytes:
    kept = io.BytesIO()
    found = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(found, kept, **options)
    return kept.getvalue()


def honest() -> dict[str, bytes]:
    """By name; every kind of file that is taken."""
    found = table()
    numbers = found[["heat", "flow", "score"]].to_numpy()
    return {
        "a.csv": found.to_csv(index=False).encode(),
        "b.tsv": found.to_csv(index=False, sep="\t").encode(),
        "c.csv": "\n".join(f"{value}" for value in numbers[:, 2]).encode(),
        "d.parquet": parquet(pa.Table.from_pandas(found)),
        "e.npy": npy(numbers),
        "f.zip": zipped({f"{i}.png": picture() for i in range(4)}),
        "g.png": picture(),
    }


def damaged(rng: random.Random, of: Mapping[str, bytes]) -> tuple[str, bytes, str]:
    """A file's name, its bytes, and what was done to an honest one."""
    name = rng.choice(sorted(of))
    data = bytearray(of[name])
    ways: list[Callable[[bytearray, random.Random], object]] = [_cut, _flip, _insert, _twice]
    if name.endswith(("csv", "tsv")):
        ways = [*ways, _cell, _cell, _cell, _header, _encoded, _columns, _line_ends]
    way = rng.choice(ways)
    made = way(data, rng)
    other = rng.random() < 0.1  # under another's name
    return (rng.choice(sorted(of)) if other else name), bytes(made), way.__name__  # type: ignore[call-overload]


def _cut(data: bytearray, rng: random.Random) -> bytearray:
    return data[: rng.randrange(len(data))]


def _flip(data: bytearray, rng: random.Random) -> bytearray:
    for _ in range(rng.choice([1, 3, 30])):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return data


def _insert(data: bytearray, rng: random.Random) -> bytearray:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.choice([1, 4, 400])) + data[at:]


def _twice(data: bytearray, rng: random.Random) -> bytearray:
    return data + data


def _cell(data: bytearray, rng: random.Random) -> bytes:
    lines = data.decode().splitlines()
    for _ in range(rng.choice([1, 1, 5, 40])):
        row = rng.randrange(len(lines))
        sign = "\t" if "\t" in lines[row] else ","
        cells = lines[row].split(sign)
        cells[rng.randrange(len(cells))] = rng.choice(CELLS)
        lines[row] = sign.join(cells)
    return "\n".join(lines).encode()


def _header(data: bytearray, rng: random.Random) -> bytes:
    lines = data.decode().splitlines()
    return "\n".join([rng.choice(HEADERS), *lines[1:]]).encode()


def _encoded(data: bytearray, rng: random.Random) -> bytes:
    return data.decode().replace("heat", "Wärme").encode(rng.choice(ENCODINGS))


def _columns(data: bytearray, rng: random.Random) -> bytes:
    lines = data.decode().splitlines()
    for _ in range(rng.choice([1, 10])):
        row = rng.randrange(len(lines))
        lines[row] = rng.choice([lines[row] + ",1,2", lines[row].rpartition(",")[0], "", ",,,"])
    return "\n".join(lines).encode()


def _line_ends(data: bytearray, rng: random.Random) -> bytes:
    return bytes(data).replace(
        b"\n", rng.choice([b"\r", b"\r\n", b"\n\n", b"\x0b", b"\xe2\x80\xa8"])
    )


def burdens() -> Iterator[tuple[str, bytes]]:
    """Small files that ask for much, one after the other."""
    yield "empty.csv", b""
    yield "one.csv", b"score"
    yield "wide.csv", (",".join(f"c{i}" for i in range(200_000)) + "\n").encode() * 2
    yield "long-line.csv", b"a" * 20_000_000
    yield "quotes.csv", b'a,b\n"' + b"x\n" * 2_000_000
    yield "deep.csv", b"a\n" + b"[" * 1_000_000
    yield "many.csv", b"score\n" + b"1\n" * 6_000_000
    yield "kinds.csv", ("a,b\n" + "".join(f"k{i},{i}\n" for i in range(400_000))).encode()
    yield "nul.csv", b"a,b\n" + b"\0" * 5_000_000
    yield "packed.csv", gzip.compress(b"1,2\n" * 20_000_000)
    yield "packed.csv.gz", gzip.compress(b"1,2\n" * 20_000_000)
    yield "bomb.zip", zipped({"a.png": b"\0" * 500_000_000})
    yield "pictures.zip", zipped({f"{i}.png": _declared(7_000, 7_000) for i in range(300)})
    yield "names.zip", zipped({f"{'../' * 9}{i}.png": picture(4) for i in range(20_000)})
    yield "huge.png", _declared(60_000, 60_000)
    yield "cut.png", picture(2_000)[:300]
    yield "declared.npy", npy(np.zeros((3, 3))).replace(b"(3, 3)", b"(9999999999, 3)")
    yield "pickle.npy", npy(np.array([{"a": 1}], object))
    yield "complex.npy", npy(np.full((9, 2), 1j))
    yield "scalar.npy", npy(np.array(3.0))
    yield "five.npy", npy(np.zeros((2, 2, 2, 2, 2)))
    yield "times.npy", npy(np.array(["2026-11-27"], "datetime64[D]"))
    yield "records.npy", npy(np.zeros(3, [("a", "f8"), ("b", "U9")]))
    long = pa.array(["x" * 60_000]).dictionary_encode()
    codes = pa.DictionaryArray.from_arrays(np.zeros(2_000_000, np.int32), long.dictionary)
    many = np.arange(2_000_000.0)
    yield "texts.parquet", parquet({"class": codes, "score": many})
    yield "same.parquet", parquet({f"c{i}": np.ones(1_000_000) for i in range(60)})
    yield "nested.parquet", parquet({"a": [[1, 2], [3]], "b": [{"c": 1}, {"c": 2}]})
    yield "nothing.parquet", parquet({"a": pa.nulls(5), "score": pa.nulls(5, pa.float64())})
    yield "bytes.parquet", parquet({"a": [b"\xff", b"\0"], "score": [1.0, 2.0]})
    money = pa.array([1, 2], pa.decimal128(38, 3))
    yield "odd.parquet", parquet({"score": money, "a": [True, None]})
    yield "names.parquet", parquet({"a" * 100_000: [1.0], "\0": [2.0], "[p](http://x)": [3.0]})
    yield "table.json", json.dumps([{"a": 1}] * 9).encode()
    yield "page.csv", b"<!doctype html><p>Sign in"
    yield "book.csv", b"PK\x03\x04" + b"\0" * 90
    yield "self.zip", zipped({"in.zip": zipped({"a.png": picture()})})


def _declared(width: int, height: int) -> bytes:
    """A picture of one colour: very small, for its pixels."""
    kept = io.BytesIO()
    Image.new("1", (8, 8)).save(kept, "png")
    data = bytearray(kept.getvalue())
    if width * height > 10**9:  # only said to be so large
        data[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
        return bytes(data)
    kept = io.BytesIO()
    Image.new("1", (width, height)).save(kept, "png")
    return kept.getvalue()
