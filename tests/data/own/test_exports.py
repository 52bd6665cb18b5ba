"""What data bases, control rooms and spreadsheets export, and what may be silently wrong in it:
long tables, dates as numbers, keys, sentinels, counters that fall."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from wganad_core.data import DataError
from wganad_core.data.clock import read_clock
from wganad_core.data.own.look import Look, look
from wganad_core.data.own.samples import read_samples

N = 60
A, B = np.random.default_rng(0).normal([20, 5], 1, (N, 2)).round(3).T
TIMES = pd.date_range("2024-03-01 08:00", periods=N, freq="10s")


def seen(frame: pd.DataFrame | str) -> Look:
    text = frame if isinstance(frame, str) else frame.to_csv(index=False)
    return look(text.encode(), "export.csv")


def roles(found: Look) -> dict[str, str]:
    return {column.name: column.guess for column in found.columns}


def doubted(found: Look, words: str) -> bool:
    return any(words in doubt for doubt in found.doubts)


def test_the_index_of_times_that_pandas_writes_without_a_name_is_the_clock() -> None:
    frame = pd.DataFrame({"a": A, "b": B}, index=TIMES)
    as_parquet = io.BytesIO()
    frame.to_parquet(as_parquet)
    for content in (frame.to_csv().encode(), as_parquet.getvalue()):
        found = read_samples(content)
        assert found.features == ("a", "b")
        assert found.sample_id is None
        assert found.time is not None
        assert found.time[1].startswith("2024-03-01 08:00:10")


@pytest.mark.parametrize(("key", "value"), [("tag", "value"), ("VarName", "VarValue"), ("k", "q")])
def test_a_table_with_one_value_in_a_row_is_doubted(key: str, value: str) -> None:
    both = [
        pd.DataFrame({key: name, "time": TIMES, value: cells})
        for name, cells in (("heat", A), ("flow", B))
    ]
    said = f"Each row seems to hold one value, in {value!r}, of what {key!r} names"
    assert doubted(seen(pd.concat(both)), said)
    assert said in "".join(read_samples(pd.concat(both).to_csv(index=False).encode()).remarks)


def test_a_category_beside_a_number_is_not_doubted() -> None:
    frame = pd.DataFrame({"time": TIMES, "mode": np.resize(["on", "off"], N), "a": A})
    assert not seen(frame).doubts


def test_of_several_times_the_one_that_runs_is_the_clock() -> None:
    """InfluxDB writes the ends of what was asked for into each row."""
    frame = pd.DataFrame(
        {"_start": "2024-03-01T08:00:00Z", "_stop": "2024-03-01T09:00:00Z", "_time": TIMES, "a": A}
    )
    assert roles(seen(frame))["_time"] == "time"


@pytest.mark.parametrize(
    ("name", "cells", "step", "said"),
    [
        ("date", pd.date_range("2023-12-20", periods=N).strftime("%Y%m%d"), 86_400, "20231220"),
        ("timestamp", TIMES.strftime("%Y%m%d%H%M%S"), 10, "20240301080000"),
        ("Date", 45_352 + np.arange(N) / 1440, 60, "counts days as Excel does"),
        ("datum", 739_312 + np.arange(N) / 24, 3_600, "counts days as MATLAB does"),
        ("t", 20_240_301 + np.arange(N), 1, ""),  # there is no 32nd of March
        ("time", 45_352 + np.arange(N) / 1440, 1 / 1440, ""),  # seconds, as far as the name tells
    ],
)
def test_dates_that_are_written_as_numbers(
    name: str, cells: np.ndarray, step: float, said: str
) -> None:
    found = read_clock(pd.Series(cells).astype(str), name)
    assert np.diff(found.seconds) == pytest.approx(np.full(N - 1, step), abs=1e-3)
    assert said in found.remark
    assert found.since_1970 == bool(said)
    assert found.remark or not said
    if said.startswith("20240301"):
        assert pd.Timestamp(found.times[1], unit="s") == TIMES[1]


def test_days_that_excel_counts_begin_when_they_should() -> None:
    found = read_clock(pd.Series(["45352.5", "45353"]), "Date")
    assert pd.Timestamp(found.start, unit="s") == pd.Timestamp("2024-03-01 12:00")


@pytest.mark.parametrize("name", ["kundennummer", "customer_id", "PassengerId", "Serial No"])
def test_numbers_that_tell_rows_apart_are_no_feature(name: str) -> None:
    keys = np.random.default_rng(1).permutation(10**6)[:N] + 10**6
    found = seen(pd.DataFrame({name: keys, "a": A}))
    assert roles(found)[name] == "leave out"
    assert doubted(found, "another whole number in each row and is called as")
    repeated = seen(pd.DataFrame({name: np.resize([3, 1, 2, 5, 1], N), "a": A}))
    assert roles(repeated)[name] != "leave out"


def test_long_whole_numbers_that_all_differ_are_doubted() -> None:
    keys = np.random.default_rng(1).integers(10**17, 10**18, N)
    found = seen(pd.DataFrame({"bon": keys, "a": A}))
    assert doubted(found, "of ten digits or more; if it tells rows apart")


def test_a_counter_that_falls_is_one_too() -> None:
    found = seen(pd.DataFrame({"RUL": N - np.arange(N), "a": A, "left": np.sort(B)[::-1]}))
    assert roles(found)["RUL"] == "leave out"
    assert doubted(found, "'RUL' falls by the same step")


@pytest.mark.parametrize("cell", ["-9999", "-999.0", "9999", "65535", "1e31"])
def test_a_number_that_stands_for_nothing_is_doubted(cell: str) -> None:
    cells = np.where(np.arange(N) % 17, A.astype(str), cell)
    assert doubted(seen(pd.DataFrame({"a": cells, "b": B})), f"holds {cell} in 4 of the first rows")


@pytest.mark.parametrize("cells", [np.where(np.arange(N) % 17, A, 999.5), 9_990 + A.round()])
def test_other_large_numbers_are_not(cells: np.ndarray) -> None:
    assert not seen(pd.DataFrame({"a": cells, "b": B})).doubts


def test_a_state_that_is_true_half_of_the_time_is_no_label() -> None:
    on = np.random.default_rng(2).random(N) < 0.5
    found = seen(pd.DataFrame({"a": A, "flag": on}))
    assert roles(found)["flag"] == "category"
    assert doubted(found, "if it tells what is an anomaly, choose it as the label")
    rare = seen(pd.DataFrame({"a": A, "flag": np.arange(N) % 20 == 0}))
    assert roles(rare)["flag"] == "label"


def test_american_dates_are_not_said_to_have_the_day_first() -> None:
    frame = pd.DataFrame({"time": TIMES.strftime("%m/%d/%Y %I:%M:%S %p"), "a": A})
    assert not any("day first" in remark for remark in seen(frame).remarks)
    points = pd.DataFrame({"time": TIMES.strftime("%d.%m.%Y %H:%M:%S"), "a": A})
    assert any("day first" in remark for remark in seen(points).remarks)


@pytest.mark.parametrize(
    "line", ["pump,site=a temp=20.1,flow=5.2 1709280000000000000", "t=1 temp=20.1 flow=5.2"]
)
def test_lines_of_pairs_are_no_table(line: str) -> None:
    with pytest.raises(DataError, match=r"Its lines hold pairs such as name=value"):
        read_samples(f"{line}\n".encode() * 30)
    assert read_samples(b"a,note\n1,x=2 y=3\n2,x=2 y=3\n").x.shape[0] == 2
