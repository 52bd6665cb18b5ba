"""What stands under a table: totals, means, rows without a cell."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from wganad_core.__main__ import main as command
from wganad_core.data.own.csv_closing import CLOSED, TAIL
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import read_samples

HEAT = np.arange(40) % 7 + 20.5
FLOW = np.arange(40) % 5 / 10


def table(end: str, names: str = "shop,heat,flow", n: int = 40, mark: str = ",") -> bytes:
    rows = (f"s{i}{mark}{HEAT[i % 40]}{mark}{FLOW[i % 40]}\n" for i in range(n))
    return f"{names.replace(',', mark)}\n{''.join(rows)}{end}".encode()


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("Total,900,8\n", "'Total'"),
        ("TOTAL:,900,8", "'TOTAL:'"),
        (",Grand Total,8\r\n", "'Grand Total'"),
        ("Min,20,0\nMax,27,1\nMean,23,.2\n", "'Min', 'Max', 'Mean'"),
        ("Summe,900,8\n", "'Summe'"),
        (",,\n,,\n", "2 rows without a cell"),
        (",,\n\nTotal,900,8\n", "'Total' and 1 row without a cell"),
        ('"Total","1,234",8\n', "'Total'"),
    ],
)
def test_what_closes_a_table_is_no_row_and_is_said(end: str, said: str) -> None:
    found = read_samples(table(end), "t.csv")
    np.testing.assert_array_equal(found.x, np.column_stack([HEAT, FLOW]))
    assert f"{CLOSED}{said} (--keep-closing)." in found.remarks
    seen = look(table(end), "t.csv")
    assert seen.n_rows == 40
    assert f"{CLOSED}{said} (--keep-closing)." in seen.remarks


def test_it_can_be_kept() -> None:
    found = read_samples(table("Total,900,8\n"), "t.csv", keep_closing=True)
    assert found.x[-1].tolist() == [900, 8]
    assert not any(remark.startswith(CLOSED) for remark in found.remarks)


@pytest.mark.parametrize(
    "end",
    [
        "Max,27,1\nMax,27,1\n",  # a word that is a value like the others
        "Totality,900,8\n",
        "s40,Total,\n",  # behind a name of its own
        "Total,,\n",  # no number
        "Mean,23,.2\ns41,1,2\n",  # not at the end
    ],
)
def test_what_may_be_a_row_stays_one(end: str) -> None:
    found = look(table(end), "t.csv")
    assert found.n_rows == 40 + end.count("\n")
    assert not any(remark.startswith(CLOSED) for remark in found.remarks)


def test_a_counter_above_a_total_is_a_number() -> None:
    rows = "".join(f"{i + 1};{HEAT[i]}\n" for i in range(40))
    found = read_samples(f"no;heat\n{rows}Total;900\n".encode(), "t.csv")
    assert found.sample_id is None or found.sample_id[-1] == "40"
    assert found.x[:, -1].tolist() == HEAT.tolist()


@pytest.mark.parametrize("how", ["path", "gzip", "bytes", "blanks"])
def test_below_many_rows_and_however_it_comes(how: str, tmp_path: Path) -> None:
    n, mark = 9_000, " " if how == "blanks" else ","
    data = table(f"Total{mark}1{mark}2\n", n=n, mark=mark)
    assert len(data) > 2 * TAIL
    source: Path | bytes = gzip.compress(data) if how == "gzip" else data
    if how == "path":
        source = tmp_path / "t.csv"
        source.write_bytes(data)
    found = read_samples(source, "t.csv")
    assert len(found.x) == n
    assert found.row[-1] == n
    assert any(remark.startswith(f"{CLOSED}'Total'") for remark in found.remarks)


def test_in_a_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(table("Total,900,8\n"))
    line = ["fit", str(path), "--out", str(tmp_path / "m"), "--score-method", "neighbours"]
    assert command(line) == 0
    said = capsys.readouterr()
    assert "rows        40 of 2 features" in said.out
    assert f"remark: {CLOSED}'Total' (--keep-closing)." in said.err
    assert command([*line, "--keep-closing", "--overwrite"]) == 0
    said = capsys.readouterr()
    assert "rows        41 of 2 features" in said.out
    assert CLOSED not in said.err
    assert "--keep-closing" in next(x for x in said.out.splitlines() if x.startswith("command"))
