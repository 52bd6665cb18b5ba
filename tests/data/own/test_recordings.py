"""Samples as recordings: disorder, gaps, rates, several machines; the shared cases."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from wganad_core.__main__ import main
from wganad_core.data import DataError
from wganad_core.data.own.record import OwnSamples, joined
from wganad_core.data.own.recordings import as_they_come, recordings
from wganad_core.jobs import score
from wganad_core.jobs.recordings import Stretches, in_rows

CASES = Path(__file__).resolve().parents[4] / "shared" / "cases"
WAVE = np.column_stack([np.sin(np.arange(200) / 7), np.cos(np.arange(200) / 7)])


def samples(time: Any, x: np.ndarray = WAVE, **more: Any) -> OwnSamples:
    """Rows with these times in seconds."""
    x = x[: len(time)]
    row = np.arange(len(x)) + 1
    texts = np.array([str(t) for t in time])
    return OwnSamples("r.csv", x, ("a", "b"), row, time=texts, time_name="t", **more)


def test_rows_in_order_are_the_steps():
    found = recordings(samples(np.arange(200) / 50), None, 8)
    (stretch,) = found.stretches
    np.testing.assert_array_equal(stretch.x, WAVE)
    assert found.rate == 50
    np.testing.assert_array_equal(found.of_rows([np.arange(200.0)]), np.arange(200))
    assert found.remarks == ("A row every 0.02 s (50 Hz), by its time (t).",)


def test_a_shuffled_recording_is_the_same():
    order = np.random.default_rng(0).permutation(200)
    found = recordings(samples((np.arange(200) / 50)[order], WAVE[order]), None, 8)
    np.testing.assert_array_equal(found.stretches[0].x, WAVE)
    np.testing.assert_array_equal(found.of_rows([np.arange(200.0)]), order)
    assert "they are sorted" in found.remarks[0]


def test_a_few_lost_rows_are_interpolated_and_a_gap_parts_stretches():
    keep = np.setdiff1d(np.arange(200), [50, 51, 52, 53, *range(100, 105)])
    found = recordings(samples(keep / 50, WAVE[keep]), None, 8)
    assert [len(stretch.x) for stretch in found.stretches] == [100, 95]
    np.testing.assert_allclose(found.stretches[0].x, WAVE[:100], atol=0.1)
    remarks = " ".join(found.remarks)
    assert "About 4 missing rows are interpolated" in remarks
    assert "2 stretches, which gaps of more than 0.1 s part; no window crosses" in remarks


@pytest.mark.parametrize("rate", [50, 25])
def test_bridged_rows_are_counted_that_lack_a_cell_or_are_not_there(rate: int) -> None:
    """In both stretches, those that are lost at no end; what parts them is not bridged."""
    x = WAVE.copy()
    x[[20, 21, 150], 0] = np.nan
    keep = np.setdiff1d(np.arange(200), [50, *range(100, 105), 170, 171])
    found = recordings(samples(keep / 50, x[keep]), rate, 8)
    assert len(found.stretches) == 2
    assert any("About 6 missing rows are interpolated" in remark for remark in found.remarks)


def test_copies_have_the_score_of_what_they_repeat():
    order = [*range(100), *range(50, 100), *range(100, 200)]
    found = recordings(samples(np.array(order) / 50, WAVE[order]), None, 8)
    np.testing.assert_array_equal(found.of_rows([np.arange(200.0)]), order)


@pytest.mark.parametrize(("every", "length"), [(1, 100), (2, 200), (4, 397)])
def test_another_rate_is_brought_to_the_fitted_one(every: int, length: int):
    time = np.arange(0, 200, every) / 100
    found = recordings(samples(time, WAVE[::every]), 50.0 if every == 1 else 100.0, 8)
    (stretch,) = found.stretches
    assert abs(len(stretch.x) - (length if every == 1 else 200)) <= every
    scores = np.zeros(len(stretch.x))
    scores[len(scores) // 2] = 1
    rows = found.of_rows([scores])
    assert np.isfinite(rows).all()
    assert 1 <= rows.sum() <= 3
    assert "averaged" in found.remarks[0] or "interpolated" in found.remarks[0]


def test_a_much_slower_recording_is_refused():
    with pytest.raises(DataError, match=r"What happens in between cannot be known; fit a detector"):
        recordings(samples(np.arange(200.0)), 5.0, 8)


def test_groups_are_recordings_of_their_own():
    group = np.repeat(["a", "b"], 100)
    found = recordings(samples(np.tile(np.arange(100), 2), group=group), None, 8)
    assert [(s.recording, len(s.x)) for s in found.stretches] == [("a", 100), ("b", 100)]
    assert "2 recordings; no window crosses" in " ".join(found.remarks)


def test_machines_that_alternate_without_a_time_get_no_rows_between():
    group = np.random.default_rng(0).choice(["a", "b", "c"], 200).astype(object)
    found = samples(np.arange(200), group=group)
    found = dataclasses.replace(found, time=None)
    known = recordings(found, None, 8)
    for stretch in known.stretches:
        np.testing.assert_array_equal(stretch.x, WAVE[group == stretch.recording])
    assert "interpolated" not in " ".join(known.remarks)
    gone = np.flatnonzero(group == "b")[10:12]
    lost = found.without(np.isin(np.arange(200), gone))  # of the machine's own rows
    remarks = " ".join(recordings(lost, None, 8).remarks)
    assert "About 2 missing rows are interpolated" in remarks


def test_rows_that_may_not_be_used_end_a_stretch():
    use = np.ones(200, bool)
    use[[90, 91]] = False
    found = recordings(samples(np.arange(200)), None, 8, use)
    assert [len(stretch.x) for stretch in found.stretches] == [90, 108]
    rows = found.of_rows([np.zeros(90), np.ones(108)])
    assert np.flatnonzero(np.isnan(rows)).tolist() == [90, 91]


def test_rows_of_no_stretch_are_scored_as_missing_with_all_that_is_known_of_them():
    """Also where labels tell kinds, and where a part of the file lacks nothing."""
    time = np.append(np.arange(190), np.arange(10) + 1000)
    label = np.zeros(200, int)
    label[195:] = 1
    class_ = np.where(label, "dent", "normal").astype(object)
    found = samples(time, label=label, class_=class_, sample_id=class_)
    known = recordings(found, None, 32)
    (stretch,) = known.stretches
    rest, scores, _ = in_rows(found, known, [(Stretches((stretch,)), np.ones(190))])
    assert len(scores) == len(rest.x) == 190
    assert rest.missing.tolist() == list(range(191, 201))
    written = score.scored_rows(rest, scores, 0.5)
    assert written.class_ is not None
    assert written.class_[-5:].tolist() == ["dent"] * 5
    assert written.label is not None
    assert written.label.tolist() == label.tolist()
    both = joined([found.between(1, 100), found.between(101, 200).without(class_[100:] == "dent")])
    assert both.missing.tolist() == list(range(196, 201))
    assert both.missing_label is not None
    assert both.missing_label.tolist() == [1] * 5
    later = both.between(198, 200)
    assert later.missing.tolist() == [198, 199, 200]
    assert later.missing_label is not None
    assert later.missing_label.tolist() == [1] * 3


def test_short_stretches_are_left_out_or_refused():
    time = np.append(np.arange(190), np.arange(10) + 1000)
    found = recordings(samples(time), None, 32)
    assert (
        "1 stretch of fewer than 32 steps, the detector's window, is left out" in found.remarks[-1]
    )
    with pytest.raises(
        DataError, match="a stretch of 300 steps without a gap; the longest has 190"
    ):
        recordings(samples(time), None, 300)


def test_which_files_can_be_scored_as_they_come():
    def chunks(time: np.ndarray) -> Any:
        whole = samples(time)
        return (whole.take(slice(at, at + 30)) for at in range(0, 200, 30))

    even = np.arange(200) / 50
    assert as_they_come(chunks(even), None)
    assert as_they_come(chunks(even), 50.0)
    assert not as_they_come(chunks(even), 25.0)
    assert not as_they_come(chunks(even[::-1]), 50.0)
    assert not as_they_come(chunks(np.where(np.arange(200) < 150, even, even + 1)), 50.0)


# ---------------------------------------------------------------- shared cases, where they are


def flagged(capsys: Any, folder: Path, case: str, fit: str, *others: str) -> dict[str, Any]:
    """Shares of rows that are flagged, by name, of a short fit."""
    if not (CASES / case).is_dir():
        pytest.skip("the shared cases are not here")
    model = str(folder / "m.safetensors")
    words = ["--kind", "series", "--steps", "600", "--width", "32"]
    assert main(["fit", str(CASES / case / fit), "--out", model, *words]) == 0
    shares = {}
    for name in others:
        capsys.readouterr()
        out = str(folder / "s.csv")
        assert (
            main(["score", str(CASES / case / name), "--model", model, "--out", out, "--json"]) == 0
        )
        said = json.loads(capsys.readouterr().out)
        shares[name] = said["flagged"] / said["n"], " ".join(said["remarks"])
        assert pd.read_csv(out)["score"].notna().all()
    return shares


def test_times_in_disorder(tmp_path, capsys):
    files = {
        "newest_first": "newest row comes first",
        "shuffled": "they are sorted",
        "every_third": "values between are interpolated",
        "gap": "no window crosses",
        "doubled": "20 rows that repeat another one",
    }
    names = [f"{name}.csv" for name in files]
    found = flagged(capsys, tmp_path, "34-time-disorder", "regular.csv", *names)
    for name, said in files.items():
        share, remarks = found[f"{name}.csv"]
        assert share < 0.03, name
        assert said in remarks


def test_a_longer_recording_of_a_phone(tmp_path, capsys):
    name = "TotalAcceleration_longer.csv"
    found = flagged(capsys, tmp_path, "12-sensor-logger", "TotalAcceleration.csv", name)
    assert found[name][0] < 0.03
    assert main(["inspect", str(CASES / "12-sensor-logger" / name)]) == 0
    assert "Sensor Logger: its clock is seconds_elapsed" in capsys.readouterr().out
