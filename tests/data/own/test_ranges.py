"""Labels from a second file: which rows it means, what is said, and what it refuses."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wganad_core.__main__ import main
from wganad_core.data import DataError
from wganad_core.data.own import Counted, LabelRanges, Roles
from wganad_core.data.own.labels_beside import chunks_with_ranges, with_ranges
from wganad_core.data.own.range_labels import RowsToLabel, label_rows
from wganad_core.data.own.ranges import read_ranges
from wganad_core.data.own.record import joined
from wganad_core.data.own.samples import chunks, read_samples
from wganad_core.data.own.scores import read_scores

N = 600
TIMES = pd.date_range("2024-03-01", periods=N, freq="5min")


def recording(folder: Path, time: object = None, name: str = "pump.csv", **more: object) -> Path:
    """`N` moments, five minutes apart."""
    path = folder / name
    value = np.sin(np.arange(N)).round(3)
    time = TIMES if time is None else time
    pd.DataFrame({"timestamp": time, "value": value, **more}).to_csv(path, index=False)
    return path


def labels(path: Path, ranges: object, counted=None, zone=None, name: str = "faults.json", **roles):
    """Which rows, from 1, are anomalies, and what is said of it."""
    file = path.with_name(name)
    file.write_text(ranges if isinstance(ranges, str) else json.dumps(ranges))
    wanted = LabelRanges(file, counted, zone)
    samples = read_samples(path, label="", **roles)
    found = with_ranges(samples, wanted)
    assert found.label is not None
    parts = list(chunks_with_ranges(lambda: chunks(path, Roles(label="", **roles), 64), wanted))
    assert np.concatenate([part.label for part in parts]).tolist() == found.label.tolist()
    return np.flatnonzero(found.label) + 1, found.remarks[-1]


def test_windows_as_nab_has_them(tmp_path):
    path = recording(tmp_path)
    windows = {
        "realKnownCause/pump.csv": [
            ["2024-03-01 01:00:00.000000", "2024-03-01 01:30:00.000000"],
            ["2025-01-01 00:00:00.000000", "2025-01-02 00:00:00.000000"],
        ],
        "realKnownCause/fan.csv": [["2024-03-01 00:00:00.000000", "2024-03-02 00:00:00.000000"]],
    }
    rows, said = labels(path, windows)
    assert rows.tolist() == list(range(13, 20))  # both ends belong to it
    assert "2 ranges of faults.json: 7 of 600 rows; 1 range lies outside" in said
    rows, said = labels(path, {"a/pump.csv": [], "a/fan.csv": [["2024", "2025"]]})
    assert not len(rows)
    assert "has no range of pump.csv: every row is labelled normal" in said


def test_single_times_mark_the_nearest_row(tmp_path):
    path = recording(tmp_path)
    rows, _ = labels(path, {"pump": ["2024-03-01 01:01:00", "2024-03-01 01:04:00"]})
    assert rows.tolist() == [13, 14]


def test_rows_as_smap_has_them_count_from_0(tmp_path):
    path = recording(tmp_path, name="P-1.csv")
    table = (
        "chan_id,spacecraft,anomaly_sequences,class,num_values\n"
        'P-1,SMAP,"[[10, 12], [20, 20]]","[point, point]",600\n'
        'S-1,SMAP,"[[530, 540]]",[point],700\n'
    )
    rows, said = labels(path, table, name="labeled_anomalies.csv")
    assert rows.tolist() == [11, 12, 13, 21]
    assert "rows, counted from 0" in said


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("first_row,last_row\n1,2\n9,9\n", [1, 2, 9]),
        ("start;end\n3;4\n", [3, 4]),
        ("start,end\n0,1\n", [1, 2]),  # a row 0 is none of those that are counted from 1
        ("start_index\tstop_index\n599\t700\n", [599, 600]),
    ],
)
def test_numbers_of_rows(tmp_path, table, expected):
    rows, said = labels(recording(tmp_path), table, name="rows.csv")
    assert rows.tolist() == expected
    assert "rows, counted from" in said


def test_seconds_of_the_recordings_own_clock(tmp_path):
    path = tmp_path / "phone.csv"
    pd.DataFrame({"time (ms)": np.arange(N) * 20, "a": np.arange(N) % 7}).to_csv(path, index=False)
    rows, said = labels(path, "start,end\n200,240\n", name="r.csv")
    assert rows.tolist() == [11, 12, 13]  # in the recording's milliseconds
    assert "--ranges-count rows" in said
    rows, _ = labels(path, "start,end\n200,240\n", "rows", name="r.csv")
    assert rows.tolist() == list(range(200, 241))
    rows, _ = labels(path, "start (s),end (s)\n0.2,0.24\n", name="r.csv")
    assert rows.tolist() == [11, 12, 13]
    rows, _ = labels(recording(tmp_path), "start,end\n300,600\n", "seconds", name="r.csv")
    assert rows.tolist() == [2, 3]


def test_time_zones(tmp_path):
    zoned = recording(tmp_path, TIMES.tz_localize("Europe/Berlin").map(lambda t: t.isoformat()))
    plain = [["2024-03-01 01:00", "2024-03-01 01:05"]]
    rows, said = labels(zoned, plain)
    assert rows.tolist() == [13, 14]
    assert "taken to be in pump.csv's, +01:00" in said
    rows, said = labels(zoned, plain, zone="UTC")
    assert rows.tolist() == [25, 26]
    without = recording(tmp_path, name="fan.csv")
    aware = [["2024-03-01T03:00:00+01:00", "2024-03-01T03:05:00+01:00"]]
    rows, said = labels(without, aware)
    assert rows.tolist() == [25, 26]
    assert "fan.csv has no time zone: taken as UTC" in said
    rows, _ = labels(without, aware, zone="+01:00")
    assert rows.tolist() == [37, 38]
    epoch = [[1709254800, 1709255100]]  # 2024-03-01 01:00 UTC
    assert labels(without, epoch)[0].tolist() == [13, 14]


def test_recordings_of_a_file_have_their_own(tmp_path):
    path = recording(tmp_path, np.tile(TIMES[: N // 2], 2), machine=["a"] * 300 + ["b"] * 300)
    table = "machine,start,end\nb,2024-03-01 00:00,2024-03-01 00:10\nc,2024-03-01,2024-03-02\n"
    rows, said = labels(path, table, name="r.csv", group="machine")
    assert rows.tolist() == [301, 302, 303]
    assert "Ranges of other recordings are left out: 1." in said


@pytest.mark.parametrize(
    ("ranges", "how", "reason"),
    [
        ([["2030-01-01", "2030-01-02"]], {}, "None of the 1 ranges lies within pump.csv"),
        ([["2024-03-02", "2024-03-01"]], {}, "ends before it begins"),
        ([["2024-03-01", "2024-03-02"]], {"counted": "rows"}, "are times such as '2024-03-01'"),
        ([["2024-03-01", "2024-03-02"]], {"zone": "Nowhere"}, "There is no time zone 'Nowhere'"),
        ({"a.csv": [[1, 2]], "b.csv": [[1, 2]]}, {}, "none of them is called as pump.csv"),
        ([[1, 2, 3]], {}, "Expected [start, end]"),
        ([[1, None]], {}, "Expected [start, end]"),
        ({"pump.csv": 3}, {}, "Expected a list of [start, end]"),
        ("[1, 2", {}, "This is no JSON"),
        ("[" * 100_000, {}, "This is no JSON"),
        ("a,b,c\n1,2,3\n", {}, "Expected columns 'start' and 'end'"),
        ("start,end\nsoon,later\n", {}, "has the time 'soon'"),
        ("start,end\n1,2\n,4\n", {}, "Range 2 has the start '' and the end '4'; expected both"),
        ("start,end\n2024-03-01 10:00,NaT\n", {}, "Range 1 has the start '2024-03-01 10:00' and"),
        ([["2024-03-01", ""]], {}, "expected both"),
        ("start,end\n0,inf\n", {"counted": "rows"}, "from 0 to inf has no place"),
        ({"start": [1, 3], "end": [2]}, {}, "found 2 starts and 1 ends"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path, ranges, how, reason):
    path = recording(tmp_path)
    name = "r.csv" if isinstance(ranges, str) and "," in ranges and "[" not in ranges else "r.json"
    with pytest.raises(DataError, match=r"^r\.") as said:
        labels(path, ranges, name=name, **how)
    assert reason in str(said.value)


def test_a_clock_of_ones_own_is_no_date():
    ranges = read_ranges(b'[["2024-03-01", "2024-03-02"]]', "r.json")
    time = np.array(["0.0", "0.1", "0.2"], object)
    with pytest.raises(DataError, match="by a clock of its own"):
        label_rows(ranges, RowsToLabel("a.csv", np.arange(1, 4), time, "seconds_elapsed"))
    with pytest.raises(DataError, match="has no column of times"):
        label_rows(ranges, RowsToLabel("a.csv", np.arange(1, 4)))


def test_labels_of_scores(tmp_path):
    path = tmp_path / "scores.csv"
    score = np.where(np.isin(np.arange(N), [12, 13, 14]), 5.0, 0.5)
    table = pd.DataFrame({"timestamp": TIMES, "score": score})
    table.to_csv(path, index=False)
    file = tmp_path / "r.csv"
    file.write_text("start,end\n2024-03-01 01:00,2024-03-01 01:10\n")
    found = read_scores(path, ranges=LabelRanges(file))
    assert np.flatnonzero(found.scored.label == 1).tolist() == [12, 13, 14]
    table[10:].assign(row=np.arange(11, N + 1)).drop(columns="timestamp").to_csv(path, index=False)
    file.write_text("start_row,end_row\n13,15\n")
    found = read_scores(path, ranges=LabelRanges(file))
    assert np.flatnonzero(found.scored.label == 1).tolist() == [2, 3, 4]
    assert "They are those of column 'row'" in found.remarks[0]


def test_the_shell_takes_them_everywhere(tmp_path, capsys):
    path, model = recording(tmp_path), tmp_path / "m.safetensors"
    ranges, scores = tmp_path / "faults.csv", tmp_path / "scores.csv"
    ranges.write_text("start,end\n2024-03-01 01:00,2024-03-01 02:00\n")
    words = ["--label-ranges", str(ranges)]
    fit = ["fit", str(path), "--out", str(model), "--kind", "series", "--window", "8"]
    fast = ["--score-method", "neighbours"]
    assert main([*fit, *fast, "--json", *words]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["anomalies_left_out"] == 13
    assert f"--label-ranges {ranges}" in said["command"]
    assert main(["score", str(path), "--model", str(model), "--out", str(scores), *words]) == 0
    assert pd.read_csv(scores)["label"].sum() == 13
    plain = tmp_path / "plain.csv"
    pd.read_csv(scores).drop(columns="label").to_csv(plain, index=False)
    rows = tmp_path / "rows.csv"
    rows.write_text("first_row,last_row\n13,25\n")
    capsys.readouterr()
    assert main(["evaluate", str(plain), "--json", "--label-ranges", str(rows)]) == 0
    assert json.loads(capsys.readouterr().out)["n_anomalies"] == 13
    assert main(["evaluate", str(plain), "--ranges-zone", "UTC"]) == 1
    assert "are about --label-ranges" in capsys.readouterr().err
    assert main([*fit, *words, "--label-column", "value", "--overwrite"]) == 1
    assert "either a column or the ranges" in capsys.readouterr().err


def test_ranges_of_machines_that_the_scores_name(tmp_path: Path):
    """Their column is told as it is without ranges."""
    ranges = tmp_path / "faults.json"
    ranges.write_text('{"a": [[2, 3]], "b": [[7, 8]]}')
    scores = tmp_path / "scores.csv"
    rows = "".join(f"{'ab'[i // 5]},{i}.5\n" for i in range(10))
    scores.write_text("machine,score\n" + rows)
    found = read_scores(scores, ranges=LabelRanges(ranges, "rows"))
    assert found.scored.label is not None
    assert np.flatnonzero(found.scored.label).tolist() == [1, 2, 6, 7]


def test_rows_are_counted_in_each_recording_where_that_fits(tmp_path: Path):
    """Never through a folder that only we number; it is said, and can be changed."""
    folder, file = tmp_path / "pumps", tmp_path / "faults.json"
    folder.mkdir()
    for name in ("a", "b"):
        recording(folder, name=f"{name}.csv")
    file.write_text('{"a.csv": [[3, 4]], "b.csv": [[5, 6]]}')
    samples = read_samples(folder, label="", time="")
    found = with_ranges(samples, LabelRanges(file))
    assert found.row[found.label == 1].tolist() == [3, 4, N + 5, N + 6]
    assert "in each recording (through the whole file: --ranges-count rows)" in found.remarks[-1]
    found = with_ranges(samples, LabelRanges(file, "rows"))
    assert found.row[found.label == 1].tolist() == [3, 4]
    assert "1 range lies outside" in found.remarks[-1]


def test_rows_of_each_recording_count_what_holds_nothing(tmp_path: Path):
    ways: dict[Counted, list[int]] = {"rows-of-each": [4, 6], "rows": [3, 4]}
    rows = "a,1\na,\nb,1\na,2\nb,\nb,2\n" * 4
    path, file = tmp_path / "pumps.csv", tmp_path / "r.csv"
    path.write_text("machine,heat\n" + rows)
    file.write_text("machine,start,end\na,3,3\nb,3,3\n")
    for counted, expected in ways.items():
        wanted = LabelRanges(file, counted)
        samples = read_samples(path, label="", features=["heat"], group="machine")
        found = with_ranges(samples, wanted)
        assert found.row[found.label == 1].tolist() == expected
        parts = list(chunks(path, Roles(("heat",), "", group="machine"), 5))
        again = joined(list(chunks_with_ranges(functools.partial(iter, parts), wanted)))
        assert again.row[again.label == 1].tolist() == expected


def test_seconds_are_since_each_recordings_own_first_row(tmp_path: Path):
    start = TIMES + pd.to_timedelta(np.where(np.arange(N) < N // 2, 0, 30), unit="D")
    path = recording(tmp_path, start, machine=["a"] * (N // 2) + ["b"] * (N // 2))
    table = "machine,start,end\na,0,300\nb,300,600\n"
    rows, _ = labels(path, table, "seconds", name="r.csv", group="machine")
    assert rows.tolist() == [1, 2, N // 2 + 2, N // 2 + 3]
