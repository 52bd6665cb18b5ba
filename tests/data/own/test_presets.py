"""Files that are known by their header, and folders and zips of recordings as one data set."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wganad_core.__main__ import main
from wganad_core.data import DataError
from wganad_core.data.own.look import look
from wganad_core.data.own.recordings import recordings
from wganad_core.data.own.samples import read_samples

N = 120
RNG = np.random.default_rng(0)
T = np.arange(N) * 0.01
NS = 1_698_501_144_401_528_000 + (T * 1e9).astype(np.int64)


def noise(*names: str) -> dict[str, np.ndarray]:
    return {name: RNG.normal(size=N).round(4) for name in names}


def noise_of(names: str, every: int) -> dict[str, np.ndarray]:
    return {name: values[::every] for name, values in noise(*names).items()}


def text(columns: Mapping[str, object], separator: str = ",", header: bool = True) -> str:
    return str(pd.DataFrame(dict(columns)).to_csv(index=False, sep=separator, header=header))


def phone(sensor: str = "xyz") -> str:
    return text({"time": NS, "seconds_elapsed": T, **noise(*sensor)})


def cmapss() -> str:
    rows = (
        f"{unit} {cycle} " + " ".join(f"{v:.4f}" for v in RNG.normal(size=24)) + "  \n"
        for unit in (1, 2, 3)
        for cycle in range(1, 41)
    )
    return "".join(rows)


SECONDS = pd.date_range("2015-12-28 10:00", periods=N, freq="s")
PICOQUAKE = (
    "# PLab PicoQuake Data\n# Time: 2024-04-21 15:54:46.333682, Device: D4E9 (E6632891E36F2029)\n"
    "# Num. samples: 120, Duration: 0.06 s\n# Config: data_rate = 2000.0 Hz\n"
)
FILES = {
    "phyphox": text(
        {
            "Time (s)": T,
            **noise("Acceleration x (m/s^2)", "Acceleration y (m/s^2)", "Acceleration z (m/s^2)"),
        }
    ),
    "Sensor Logger": phone(),
    "Physics Toolbox": text({"time": T, **noise("gFx", "gFy", "gFz", "TgF")}),
    "PicoQuake": PICOQUAKE
    + text({"count": np.arange(N), **noise("a_x", "a_y", "a_z", "g_x", "g_y", "g_z")}),
    "NAB": text({"timestamp": SECONDS, **noise("value")}),
    "SKAB": text(
        {
            "datetime": SECONDS,
            **noise("Accelerometer1RMS", "Current", "Volume Flow RateRMS"),
            "anomaly": (np.arange(N) > 90) * 1.0,
            "changepoint": (np.arange(N) == 91) * 1.0,
        },
        ";",
    ),
    "SWaT": text(
        {
            " Timestamp": SECONDS.strftime(" %d/%m/%Y %I:%M:%S %p"),
            **noise("FIT101", " LIT101"),
            "Normal/Attack": ["Normal"] * 100 + ["Attack"] * 10 + ["A ttack"] * 10,
        }
    ),
    "WADI": text(
        {
            "Row": np.arange(1, N + 1),
            "Date": "10/9/2017",
            "Time": SECONDS.strftime("%I:%M:%S.000 PM"),
            **noise("1_AIT_001_PV", "1_FIT_001_PV"),
            "Attack LABLE (1:No Attack, -1:Attack)": [1] * 100 + [-1] * 20,
        }
    ),
    "C-MAPSS": cmapss(),
}
ROLES = {  # those that are no features
    "phyphox": {"Time (s)": "time"},
    "Sensor Logger": {"time": "leave out", "seconds_elapsed": "time"},
    "Physics Toolbox": {"time": "time"},
    "PicoQuake": {"count": "leave out"},
    "NAB": {"timestamp": "time"},
    "SKAB": {"datetime": "time", "anomaly": "label", "changepoint": "second label"},
    "SWaT": {"Timestamp": "time", "Normal/Attack": "label"},
    "WADI": {
        "Row": "leave out",
        "Date": "date",
        "Time": "time",
        "Attack LABLE (1:No Attack, -1:Attack)": "label",
    },
    "C-MAPSS": {"x0": "group", "x1": "leave out"},
}


@pytest.mark.parametrize("name", FILES)
def test_a_known_header_tells_the_roles(name: str) -> None:
    found = look(FILES[name].encode(), "a.csv")
    others = {c.name: c.guess for c in found.columns if c.guess != "feature"}
    assert others == ROLES[name]
    assert any(f"that of {name}" in line or f"those of {name}" in line for line in found.remarks)
    samples = read_samples(FILES[name].encode(), "a.csv")
    assert samples.x.shape[1] == len(found.columns) - len(others)
    assert any(f" of {name}" in line for line in samples.remarks)


def test_clocks_with_am_and_pm_are_read() -> None:
    samples = read_samples(FILES["SWaT"].encode(), "a.csv")
    found = recordings(samples, None, 16)
    assert found.rate == 1
    assert samples.label is not None
    assert samples.label.sum() == 20  # also where the word has a blank in it


def test_a_day_and_an_hour_are_one_clock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = read_samples(FILES["WADI"].encode(), "a.csv")
    assert samples.time_name == "Date + Time"
    found = recordings(samples, None, 16)
    assert (found.rate, len(found.stretches)) == (1, 1)
    said = "Columns 'Date' and 'Time' together are the clock (--date-column, --time-column)."
    assert said in samples.remarks
    path, model = tmp_path / "wadi.csv", str(tmp_path / "m.safetensors")
    path.write_text(FILES["WADI"])
    quick = ["--score-method", "pca", "--window", "16"]
    assert main(["fit", str(path), "--out", model, "--kind", "series", *quick]) == 0
    score = ["score", str(path), "--model", model, "--out", str(tmp_path / "s.csv")]
    capsys.readouterr()
    assert main(score) == 0
    assert capsys.readouterr().err.count(said) == 1
    renamed = tmp_path / "renamed.csv"
    renamed.write_text(FILES["WADI"].replace("Row,Date,Time", "Row,Date,Stamp", 1))
    assert main(["score", str(renamed), *score[2:], "--time-column", "Stamp"]) == 0
    assert "The clock is column 'Stamp' (--time-column)." in capsys.readouterr().err
    assert (
        main(["score", str(renamed), *score[2:], "--time-column", "", "--date-column", "Date"]) == 1
    )
    assert "is the day of a time; choose that column, too" in capsys.readouterr().err


def test_days_and_hours_over_midnight() -> None:
    times = pd.date_range("2024-03-01 23:58", periods=N, freq="s")
    table = text({"Datum": times.strftime("%d.%m.%Y"), "Zeit": times.time, **noise("a", "b")})
    samples = read_samples(table.encode(), "a.csv")
    (stretch,) = recordings(samples, None, 16).stretches
    assert len(stretch.x) == N
    alone = read_samples(table.encode(), "a.csv", time="Zeit")
    assert alone.time_name == "Zeit"  # as it was asked for
    assert {c.name: c.guess for c in look(table.encode(), "a.csv").columns}["Datum"] == "date"


def test_units_are_recordings_of_their_own() -> None:
    found = recordings(read_samples(FILES["C-MAPSS"].encode(), "train_FD001.txt"), None, 16)
    assert [len(stretch.x) for stretch in found.stretches] == [40, 40, 40]


def test_26_columns_of_anything_are_no_engines() -> None:
    data = text({str(i): RNG.normal(size=N) for i in range(26)}, header=False)
    found = look(data.encode(), "a.csv")
    assert {column.guess for column in found.columns} == {"feature"}
    assert not any("C-MAPSS" in line for line in found.remarks)


def folder_of(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def zipped(files: dict[str, str]) -> bytes:
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return kept.getvalue()


THREE = {f"rec{i}.csv": text({"time": T, **noise("a", "b")}) for i in (2, 10, 1)}


def test_a_folder_and_a_zip_of_recordings_are_one_data_set(tmp_path: Path) -> None:
    files = {**THREE, "notes/readme.txt": "not a table at all, with words\n", ".hidden.csv": "x\n"}
    samples = read_samples(folder_of(tmp_path, files))
    packed = read_samples(zipped(files), "all.zip")
    assert samples.group is not None
    assert list(dict.fromkeys(samples.group.tolist())) == ["rec1.csv", "rec2.csv", "rec10.csv"]
    np.testing.assert_array_equal(samples.x, packed.x)
    first = read_samples(THREE["rec1.csv"].encode(), "rec1.csv")
    np.testing.assert_array_equal(samples.x[:N], first.x)
    assert samples.row.tolist() == list(range(1, 3 * N + 1))
    assert "3 files of the same columns are 3 recordings" in " ".join(samples.remarks)
    assert "Left out, with other columns or none: 'notes/readme.txt" in " ".join(samples.remarks)
    stretches = recordings(samples, None, 16).stretches
    assert [len(stretch.x) for stretch in stretches] == [N] * 3  # no window crosses


def test_bearings_have_no_names_and_their_files_no_suffix(tmp_path: Path) -> None:
    files = {
        f"1st_test/2003.10.22.12.{i:02}.24": text(noise("0", "1", "2", "3"), "\t", header=False)
        for i in range(3)
    }
    samples = read_samples(folder_of(tmp_path, files))
    assert samples.features == ("x0", "x1", "x2", "x3")
    assert samples.group is not None
    assert len(set(samples.group.tolist())) == 3


def test_sensors_of_one_recording_are_put_side_by_side() -> None:
    files = {
        "Accelerometer.csv": phone(),
        "Gyroscope.csv": text({"time": NS[::2], "seconds_elapsed": T[::2], "z": T[::2]}),
        "Metadata.csv": "version,device name\n1,phone\n",
    }
    samples = read_samples(zipped(files), "walk.zip")
    assert samples.features == (*(f"Accelerometer_{c}" for c in "xyz"), "Gyroscope_z")
    assert samples.group is None
    rebuilt = samples.x[:, 3]
    assert np.abs(rebuilt - T).max() <= 0.0101  # the nearest time
    assert "put side by side" in " ".join(samples.remarks)


@pytest.mark.parametrize("sensors", [["Accelerometer", "Gyroscope"], ["Accelerometer"]])
def test_folders_of_sensors_are_recordings(tmp_path: Path, sensors: list[str]) -> None:
    """Never merged into one; whichever sensor has more rows, columns are the same."""
    walks = ("walk1", "walk2", "walk3", "walk4")
    files = {f"{walk}/{sensor}.csv": phone() for walk in walks for sensor in sensors}
    files["walk2/Accelerometer.csv"] = text(
        {"time": NS[::2], "seconds_elapsed": T[::2], **noise_of("xyz", 2)}
    )
    files["other/Magnetometer.csv"] = phone()
    samples = read_samples(folder_of(tmp_path, files))
    assert samples.features == tuple(f"{sensor}_{c}" for sensor in sensors for c in "xyz")
    assert samples.group is not None
    n = {walk: int((samples.group == walk).sum()) for walk in walks}
    assert n == dict.fromkeys(walks, N) | ({"walk2": N // 2} if len(sensors) == 1 else {})
    told = " ".join(samples.remarks)
    assert "4 folders of the same sensors are 4 recordings" in told
    assert "Left out, with other columns or none: 'other'" in told
    assert len(recordings(samples, None, 16).stretches) == 4


def test_phyphoxs_archive_is_its_raw_data() -> None:
    files = {
        "Raw Data.csv": FILES["phyphox"],
        "meta/device.csv": '"property","value"\n"version","1.1"\n',
        "meta/time.csv": '"event","experiment time","system time"\n"START",0,1.7\n',
    }
    samples = read_samples(zipped(files), "phyphox.zip")
    assert len(samples.x) == N
    assert samples.group is None
    assert "The table is 'Raw Data.csv'." in samples.remarks


def test_what_is_wrong_in_one_file_is_said_with_its_name(tmp_path: Path) -> None:
    files = dict(THREE)
    rows = files["rec2.csv"].splitlines()
    rows[60] = "0.59,oops,1"
    files["rec2.csv"] = "\n".join(rows)
    with pytest.raises(DataError, match=r"rec2\.csv: Column 'a' holds 'oops' in line 61"):
        read_samples(folder_of(tmp_path, files))
    with pytest.raises(DataError, match=r"holds no table that can be read: a\.csv"):
        read_samples(zipped({"a.csv": "\n\n"}), "a.zip")


def test_the_shell_fits_a_folder_of_recordings(tmp_path: Path) -> None:
    data, model, scores = tmp_path / "all", tmp_path / "m.safetensors", tmp_path / "s.csv"
    folder_of(data, THREE)
    words = ["--kind", "series", "--window", "16", "--score-method", "pca"]
    assert main(["fit", str(data), "--out", str(model), *words]) == 0
    assert main(["score", str(data), "--model", str(model), "--out", str(scores)]) == 0
    assert pd.read_csv(scores)["score"].notna().sum() == 3 * N
