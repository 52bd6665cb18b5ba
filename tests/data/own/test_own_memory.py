"""Samples of one's own: large files in pieces and in bounded memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from tests.data.own.written import npy, parquet
from wganad_core.data.own import csv_rows as own_rows_csv
from wganad_core.data.own.file import own_file
from wganad_core.data.own.samples import chunk_rows, read_samples

PEAK = """
import resource, sys
from pathlib import Path
from wganad_core.data.own import Roles
from wganad_core.data.own.samples import chunks
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
before = peak()
print(sum(len(part.x) for part in chunks(Path(sys.argv[1]), Roles(), None)), peak() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="peaks are told in other units elsewhere")
@pytest.mark.parametrize("form", ["npy", "parquet"])
def test_large_files_pass_in_bounded_memory(tmp_path: Path, form: str):
    """A third of a gigabyte of numbers, within half of it."""
    n = 4_000_000
    path = tmp_path / "large"
    if form == "npy":
        with path.open("wb") as file:
            np.lib.format.write_array_header_1_0(
                file, {"descr": "<f8", "fortran_order": False, "shape": (n, 10)}
            )
            file.truncate(file.tell() + n * 80)  # zeros that take no space
    else:
        column = pa.array(np.zeros(n))
        table = pa.table({f"f{i}": column for i in range(10)})
        pyarrow.parquet.write_table(table, path, row_group_size=n)
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(path)], check=True, capture_output=True, text=True
    )
    rows, megabytes = map(int, done.stdout.split())
    assert rows == n
    assert megabytes < 160


def test_rows_longer_than_a_block_are_read_when_they_need_it(tmp_path: Path):
    """A block is larger only where it must be: Arrow reads many of them ahead."""
    usual = "1,x\n" * 600_000  # beyond what is read as the head
    lines = '2,"' + "x\n" * 1_500_000 + '"\n'
    for row, times in (('2,"x\ny"\n', 1), (lines, 4), (f"{'2' * 300},{'x' * 3_000_000}\n", 4)):
        (tmp_path / "t.csv").write_text(f"a,b\n{usual}{row}{usual}")
        rows = own_rows_csv.CsvRows(own_file(tmp_path / "t.csv"))
        assert rows._block == times * own_rows_csv.BLOCK
        assert sum(len(batch) for batch in rows.batches([0], [])) == 1_200_001


def test_chunk_rows():
    assert chunk_rows(10) == 65536
    assert chunk_rows(784) == 8192
    assert chunk_rows(5000) == 4096
    assert chunk_rows(10, most=1024) == 1024


def test_about_rows(tmp_path: Path):
    for name, content, n in (
        ("a.csv", b"# c\na,b\n1,2\n3,4", 2),
        ("b.csv", b"1\r2\r3\r", 3),
        ("c.npy", npy(np.zeros((7, 2))), 7),
        ("d", parquet(pd.DataFrame(np.zeros((50, 3)), columns=list("abc"))), 50),
    ):
        (tmp_path / name).write_bytes(content)
        assert read_samples(tmp_path / name).about == n
