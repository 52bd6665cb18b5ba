"""Habits of people and programs that write CSV: a line of units, currencies, months in words, R's
names of rows, tables drawn with lines."""

from __future__ import annotations

from typing import Any

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
    ("form", "said"),
    [
        ("${:,.1f}", "12 $ is read as 12."),
        ("{:.1f} €", "12 € is read as 12."),
        ("{:.1f} kg", "12 kg is read as 12."),
        ("CHF {:.1f}", "12 CHF is read as 12."),
        ("{:.1f} A", "12 A is read as 12."),
    ],
)
def test_currencies_and_units_stand_beside_numbers(form: str, said: str) -> None:
    wanted = [1_000 * load for load, _ in rows()]
    lines = [f'{i % 9},"{form.format(value)}"' for i, value in enumerate(wanted)]
    found = read_samples("\n".join(["flow,cost", *lines, "3,-"]).encode(), "t.csv")
    assert np.array_equal(found.x[:40, 1], wanted)
    assert np.isnan(found.x[40, 1])
    assert f"In the column 'cost', {said}" in found.remarks


@pytest.mark.parametrize("mark", ["'", "’", "\u202f", "\u00a0", " "])
def test_thousands_as_in_switzerland_and_france(mark: str) -> None:
    text = "flow;load\n" + "\n".join(f"{i % 9};{1 + i % 7}{mark}{i:03}.5" for i in range(40))
    found = read_samples(text.encode(), "t.csv")
    assert np.array_equal(found.x[:, 1], [1_000.5 + 1_000 * (i % 7) + i for i in range(40)])


@pytest.mark.parametrize(
    ("cell", "value"), [("(4.5)", -4.5), ("4.5-", -4.5), ("−4.5", -4.5), ("-$4.5", -4.5)]
)
def test_a_minus_in_four_ways(cell: str, value: float) -> None:
    more = ["7.5"] if "$" not in cell else ["$7.5"]
    text = "\n".join(
        ["paid,flow", f"{cell},1", f"{more[0]},2", *[f"{more[0]},{i}" for i in range(9)]]
    )
    found = read_samples(text.encode(), "t.csv")
    assert found.x[:2, 0].tolist() == [value, 7.5]


@pytest.mark.parametrize(
    ("cells", "last", "expected"),
    [
        (["5 kg", "7.5 kg"], "70 g", "numbers in kg"),
        (
            ["1,234", "5,678"],
            "1,23",
            "numbers, all with a point",
        ),  # no thousands: it was read as 123
        (["$3", "$4"], "(5", "numbers in \\$"),
    ],
)
def test_what_another_unit_has_is_no_number(cells: list[str], last: str, expected: str) -> None:
    lines = [f'"{cell}",{i % 3}' for i, cell in enumerate(cells * 1_000)]
    text = "\n".join(["load,flow", *lines, f'"{last}",1'])
    with pytest.raises(DataError, match=f"line 2,002; expected {expected}"):
        read_samples(text.encode(), "t.csv", features=("load", "flow"))


@pytest.mark.parametrize("cells", [["5 kg", "70 g"], ["2A", "3A"], ["$3", "€4"], ["A 2", "A 3"]])
def test_codes_and_mixed_units_stay_words(cells: list[str]) -> None:
    text = "load,flow\n" + "\n".join(f"{cell},{i % 9}" for i, cell in enumerate(cells * 20))
    found = {column.name: column.guess for column in look(text.encode(), "t.csv").columns}
    assert found["load"] == "category"


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ('"heat in" "flow" "kind of it"', '"{name}" {a} {b} "{kind}"'),  # write.table
        ("heat flow kind", "{at} {a} {b} {word}"),  # quote = FALSE
        ("heat\tflow\tkind", "run{at}\t{a}\t{b}\t{word}"),
        ("heat,flow,kind", "run{at},{a},{b},{word}"),
    ],
)
def test_tables_as_r_writes_them(header: str, form: str) -> None:
    words = ["all well", "not so"]
    lines = [
        form.format(at=i + 1, name=f"Mazda RX{i}", a=a, b=b, kind=words[i % 2], word="ab"[i % 2])
        for i, (a, b) in enumerate(rows())
    ]
    found = read_samples("\n".join([header, *lines]).encode(), "t.txt")
    assert np.array_equal(found.x[:, :2], rows())
    assert found.sample_id is not None
    assert len(set(found.sample_id.tolist())) == 40
    assert len(found.features) == 3
    assert any("as R writes them" in remark for remark in found.remarks)


def test_rows_that_end_with_a_comma_lose_no_number() -> None:
    """Pandas shifts them all by a column."""
    text = "\n".join(["heat,flow", *(f"{a},{b}," for a, b in rows())])
    found = read_samples(text.encode(), "t.csv")
    assert found.features == ("heat", "flow")
    assert np.array_equal(found.x, rows())


def test_a_number_too_many_is_no_name_of_a_row() -> None:
    text = "\n".join(["heat,flow", *(f"{a},{b},{a}" for a, b in rows())])
    with pytest.raises(DataError, match="Expected 2 columns in every row"):
        read_samples(text.encode(), "t.csv")


DRAWN: Any = {
    "markdown": ("| heat | flow | state |\n|------|-----:|:------|\n", "| {} | {} | {} |", ""),
    "psql": (" heat | flow | state \n------+------+-------\n", " {} | {} | {}", "(40 rows)\n"),
    "mysql": (
        "+------+------+-------+\n| heat | flow | state |\n+------+------+-------+\n",
        "| {} | {} | {} |",
        "+------+------+-------+\n",
    ),
    "bars only": ("heat|flow|state\n", "{}|{}|{}", ""),
}


@pytest.mark.parametrize("how", DRAWN)
def test_tables_that_are_drawn(how: str) -> None:
    start, form, end = DRAWN[how]
    lines = [form.format(a, "" if i == 3 else b, "ok") for i, (a, b) in enumerate(rows())]
    lines[7] = form.format(1, 2, "bad")
    found = read_samples((start + "\n".join(lines) + "\n" + end).encode(), "t.md")
    assert found.features == ("heat", "flow")
    assert found.label is not None
    assert np.flatnonzero(found.label).tolist() == [7]
    assert np.flatnonzero(np.isnan(found.x[:, 1])).tolist() == [3]
    assert found.x[8].tolist() == list(rows()[8])


def test_a_separator_for_excel_in_quotes() -> None:
    text = '"sep=;"\nheat;flow\n' + "\n".join(f"{a};{b}" for a, b in rows())
    assert read_samples(text.encode(), "t.csv").features == ("heat", "flow")


def test_a_well_log_is_told_what_to_do() -> None:
    text = b"# by X\n~Version information\n VERS. 2.0 :\n~A DEPTH DT\n1670.0 123.45\n"
    with pytest.raises(DataError, match="LAS file of a well; save its curves as CSV"):
        read_samples(text, "well.las")


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
