"""Habits of people and programs that write CSV: a line of units, per cent, months in words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wganad_core.data import DataError
from wganad_core.data.clock import read_clock
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import read_samples


def rows(n: int = 40) -> list[tuple[float, float]]:
    return [(20 + i % 7, 3 + i % 5 / 10) for i in range(n)]


@pytest.mark.parametrize("units", ["ms,°C,bar", "[ms],[°C],[bar]", '"ms","°C","bar"'])
def test_a_second_line_of_units_is_no_row(units: str) -> None:
    lines = [f"{100 * i},{a},{b}" for i, (a, b) in enumerate(rows())]
    found = read_samples("\n".join(["time,temp,pressure", units, *lines]).encode(), "pump.csv")
    assert found.features == ("temp", "pressure")
    assert np.array_equal(found.x, rows())
    assert found.row.tolist() == list(range(1, 41))
    assert any("The second line holds units, not a row: " in remark for remark in found.remarks)
    assert found.time_name == "time (ms)"  # so that the clock knows what it counts


def test_a_wrong_cell_below_a_line_of_units_is_where_it_is() -> None:
    text = "a,b\nV,A\n" + "1,2\n" * 30 + "1,x\n"
    with pytest.raises(DataError, match="'x' in line 33"):
        read_samples(text.encode(), features=("a", "b"))


@pytest.mark.parametrize("first", ["off,low", "1,V", "2024-01-01,V", "V"])
def test_words_above_words_and_numbers_are_rows(first: str) -> None:
    """A category in its first row, or a row with a number, is no line of units."""
    header, row = ("a,b", "on,high") if first == "off,low" else ("a,b", "1,2")
    if first == "V":
        header, row = "a", "on"
    text = "\n".join([header, first, *[row] * 30])
    assert not any("units" in remark for remark in look(text.encode(), "t.csv").remarks)


@pytest.mark.parametrize("form", ["{:.1f}%", "{:.1f} %"])
def test_per_cent_are_numbers(form: str) -> None:
    lines = [f"{i % 9},{form.format(load)}" for i, (load, _) in enumerate(rows())]
    found = read_samples("\n".join(["flow,load", *lines, "3,"]).encode(), "t.csv")
    assert found.features == ("flow", "load")
    assert np.array_equal(found.x[:40, 1], [load for load, _ in rows()])
    assert np.isnan(found.x[40, 1])
    assert any("In the column 'load', 12% is read as 12." in remark for remark in found.remarks)


def test_per_cent_with_decimal_commas() -> None:
    text = "flow;load\n" + "\n".join(f"{i % 9},5;{20 + i % 7},25 %" for i in range(40))
    assert read_samples(text.encode(), "t.csv").x[1].tolist() == [1.5, 21.25]


@pytest.mark.parametrize(
    ("cells", "step"),
    [
        (["1-Mar-2024 10:00", "1-Mar-2024 10:30"], 1800),
        (["01 March 2024", "02 March 2024"], 86_400),
        (["Jan 2024", "Feb 2024"], 31 * 86_400),
        (["Mar 1, 2024 08:00:00", "Mar 1, 2024 08:00:02"], 2),
    ],
)
def test_months_in_words_are_times(cells: list[str], step: float) -> None:
    assert read_clock(pd.Series(cells, dtype=str), "when").seconds.tolist() == [0, step]
    text = "when,flow\n" + "\n".join(f'"{cell}",{i}.5' for i, cell in enumerate(cells * 20))
    found = {column.name: column.guess for column in look(text.encode(), "t.csv").columns}
    assert found["when"] == "time"


def test_rooms_and_years_are_no_months() -> None:
    text = "room,flow\n" + "\n".join(f"Room {2020 + i % 3},{i}.5" for i in range(40))
    found = {column.name: column.guess for column in look(text.encode(), "t.csv").columns}
    assert found["room"] == "category"


@pytest.mark.parametrize(
    ("usual", "odd", "place"),
    [
        ("1.234,5", "12.5", "line 22"),  # which was read as 125
        ("1,234.5", "12,5", "line 22"),
        ("12.5 %", "1,5 %", "line 22"),
        ("12,5", "1.5", "line 22"),
    ],
)
def test_the_wrong_decimal_mark_is_never_passed_over(usual: str, odd: str, place: str) -> None:
    text = "a;b\n" + f"{usual};1\n" * 20 + f"{odd};2\n"
    said = f"{place}; expected numbers, all with a point or all with a comma"
    with pytest.raises(DataError, match=said):
        read_samples(text.encode(), "t.csv")


def test_parted_thousands_beside_plain_numbers() -> None:
    cells = ["1.234", "-1.234.567", "12,5", "1234", "NA", "1,5e3"]
    text = "a;b\n" + "1.234,5;1\n" * 20 + "".join(f"{cell};2\n" for cell in cells)
    found = read_samples(text.encode(), "t.csv").x[20:, 0]
    assert np.array_equal(found, [1234, -1234567, 12.5, 1234, np.nan, 1500], equal_nan=True)
