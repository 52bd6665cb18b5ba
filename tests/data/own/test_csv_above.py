"""Tables below lines about a device, a report or a title, and names in two lines."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from wganad_core.data import DataError
from wganad_core.data.own.look import look
from wganad_core.data.own.samples import read_samples

N = 30
X = np.random.default_rng(0).normal([20, 5], 1, (N, 2)).round(3)
ROWS = "".join(f"{a},{b}\n" for a, b in X)
SEMICOLONS = "".join(f"01.03.2024 08:00:{i:02d};{a};{b}\n" for i, (a, b) in enumerate(X))
BLANKS = "".join(f"  {i:4d}   {a:8.3f}  {b:8.3f}\n" for i, (a, b) in enumerate(X))


@pytest.mark.parametrize(
    "above",
    [
        "Pump 7\n",
        "Device: X200\nSerial: 12345\nRate: 10 Hz\n\n",
        "Device,X200,v2\nStart,2024-03-01,08:00:00\n",
        "Report of the day,\n,\n",
        "\n\nPump 7, room 3, hall 2\n\n",
        "% made by X\n% 2024\n",
        '"Pump 7, the new one"\n',
    ],
)
@pytest.mark.parametrize("units", ["", "°C,L/s\n"])
def test_lines_about_a_device_are_no_names(above: str, units: str) -> None:
    found = read_samples(f"{above}heat,flow\n{units}{ROWS}".encode(), "t.csv")
    assert found.features == ("heat", "flow")
    assert np.array_equal(found.x, X)
    assert found.row.tolist() == list(range(1, N + 1))
    assert any(remark.startswith("Left out above the table: ") for remark in found.remarks)


def test_with_semicolons_and_commas_in_numbers() -> None:
    above = "Gerät;X200\nBemerkung;Pumpe, Raum 3\n\nZeit;heat;flow\n"
    found = read_samples(
        (above + SEMICOLONS.replace(".", ",").replace("01,03,", "01.03.")).encode()
    )
    assert found.features == ("heat", "flow")
    assert found.time is not None
    assert np.array_equal(found.x, X)


def test_with_blanks_that_part_columns() -> None:
    above = "Instrument XY   serial 55\nOperator: me\n\n  time   heat   flow\n"
    found = read_samples((above + BLANKS).encode())
    assert found.features == ("heat", "flow")
    assert np.array_equal(found.x, X)


def test_without_names() -> None:
    found = read_samples(f"Device: X200\nSerial: 12345\n{ROWS}".encode())
    assert found.features == ("x0", "x1")
    assert np.array_equal(found.x, X)


def test_a_wrong_cell_is_told_with_its_line_in_the_file() -> None:
    content = f"Pump 7\n\nMade in 2024\nheat,flow\n{ROWS}1,off\n".encode()
    with pytest.raises(DataError, match=f"'off' in line {5 + N}"):
        read_samples(content, features=("heat", "flow"))


def test_a_measurement_of_labview_is_read() -> None:
    """Its names have a column for comments more, of which rows have no cell."""
    above = "LabVIEW Measurement\t\nSeparator\tTab\n***End_of_Header***\t\n\t\nChannels\t2\t\t\n"
    names = "X_Value\tVoltage_0\tVoltage_1\tComment\n"
    rows = "".join(f"{i / 1000}\t{a}\t{b}\n" for i, (a, b) in enumerate(X))
    found = read_samples((above + names + rows).encode(), "m.lvm")
    assert found.features == ("Voltage_0", "Voltage_1")
    assert found.time is not None
    assert np.array_equal(found.x, X)


@pytest.mark.parametrize(
    ("text", "n"),
    [
        (f"heat,flow\n{ROWS}", N),
        (ROWS, N),
        (f"heat\n{ROWS}", N),  # R: rows have a name more
        (f"{ROWS}heat,flow\n{ROWS}", 2 * N + 1),  # names amid the rows
        ("a,b\n" + "x,y\n" * 20, 20),
        ("heat,flow\n°C,L/s\n" + ROWS, N),
        ("id,note,,\n" + "1,a,b,c\n" * 20, 20),
    ],
)
def test_tables_that_begin_at_once_stay_whole(text: str, n: int) -> None:
    found = look(text.encode(), "t.csv")
    assert found.n_rows == n
    assert not any("above the table" in remark for remark in found.remarks)


@pytest.mark.parametrize("index", [True, False])
def test_names_in_two_lines_as_pandas_writes_them(index: bool) -> None:
    columns = pd.MultiIndex.from_product([["acc", "gyr"], ["x", "y"]])
    frame = pd.DataFrame(np.hstack([X, X + 1]), columns=columns)
    found = read_samples(frame.to_csv(index=index).encode())
    assert found.features == ("acc x", "acc y", "gyr x", "gyr y")
    assert np.array_equal(found.x, frame)
    assert any("Names are those of two lines together" in remark for remark in found.remarks)


def test_names_that_stand_over_several_columns() -> None:
    text = f"Report\n\npump,,motor,\nheat,flow,heat,speed\n{ROWS.replace(',', ',1,2,')}"
    assert read_samples(text.encode()).features == (
        *("pump heat", "pump flow", "motor heat", "motor speed"),
    )


def test_names_that_come_twice_above_units_are_still_refused() -> None:
    with pytest.raises(DataError, match="Several columns have the name 'heat'"):
        read_samples(f"heat,heat\n°C,°C\n{ROWS}".encode())


def test_names_in_quotes_may_span_lines() -> None:
    """Excel writes the breaks that people put into a cell."""
    found = read_samples(f'"Heat\n(°C)","Flow\r\n(L/s)"\n{ROWS}'.encode())
    assert found.features == ("Heat (°C)", "Flow (L/s)")
    assert np.array_equal(found.x, X)
    with pytest.raises(DataError, match=f"'off' in line {4 + N}"):
        read_samples(
            f'"Heat\n(°C)","Flow\n(L/s)"\n{ROWS}1,off\n'.encode(),
            features=("Heat (°C)", "Flow (L/s)"),
        )
