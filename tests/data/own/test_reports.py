"""Inputs with which something went wrong for somebody in public, built anew; docs/cases.md says
where and what."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.data.own.test_masks import opened, save
from wganad_core.data import DataError
from wganad_core.data.own.look import look
from wganad_core.data.own.masks import masks_of, read_masks
from wganad_core.data.own.recordings import recordings
from wganad_core.data.own.samples import read_samples

N = 100
RNG = np.random.default_rng(0)
HEAT, FLOW = RNG.normal(size=(2, N)).round(3)
LOG = Path(__file__).resolve().parents[3] / "docs" / "cases.md"


def csv(separator: str = ",", **columns: object) -> str:
    return str(pd.DataFrame(columns).to_csv(index=False, sep=separator))


def test_a_line_that_tells_excel_the_separator() -> None:
    found = read_samples(b"sep=;\r\n" + csv(";", heat=HEAT, flow=FLOW).encode(), "a.csv")
    assert found.features == ("heat", "flow")
    np.testing.assert_array_equal(found.x[:, 0], HEAT)


def test_names_of_rows_as_r_writes_them() -> None:
    times = pd.date_range("2014-11-09", periods=N, freq="min")
    rows = "".join(
        f'"{i + 1}","{t}",{v}\n' for i, (t, v) in enumerate(zip(times, HEAT, strict=True))
    )
    found = read_samples(f'"date","size"\n{rows}'.encode(), "a.csv")
    assert found.features == ("size",)
    assert found.time_name == "date"
    assert found.sample_id is not None
    assert found.sample_id[-1] == str(N)
    assert any("as R writes them" in line for line in found.remarks)
    np.testing.assert_array_equal(found.x[:, 0], HEAT)


def test_a_mark_of_byte_order_is_no_part_of_a_name() -> None:
    data = b"\xef\xbb\xbf" + csv(country=HEAT, flow=FLOW).encode()
    assert read_samples(data, "a.csv").features == ("country", "flow")


def test_when_clocks_are_put_back() -> None:
    """An hour that comes twice is two hours where zones tell, and one with a remark where not."""
    times = pd.date_range("2022-10-29 22:00", periods=N, freq="h", tz="CET")
    told = recordings(read_samples(csv(time=times, heat=HEAT).encode(), "a.csv"), None, 8)
    assert (len(told.stretches), len(told.stretches[0].x)) == (1, N)
    local = csv(time=times.tz_localize(None), heat=HEAT)
    found = recordings(read_samples(local.encode(), "a.csv"), None, 8)
    assert len(found.stretches[0].x) == N - 1
    assert found.remarks[0].startswith("1 row with a time that was there before")


def test_days_without_hours_are_days() -> None:
    days = pd.date_range("2020-01-01", periods=N).strftime("%Y-%m-%d")
    found = recordings(read_samples(csv(date=days, heat=HEAT).encode(), "a.csv"), None, 8)
    assert found.rate == pytest.approx(1 / 86_400, rel=1e-5)


def test_numbers_beyond_single_precision() -> None:
    large = np.where(np.arange(N) == 7, 1e300, HEAT)
    found = read_samples(csv(heat=large, flow=FLOW).encode(), "a.csv")
    assert np.isnan(found.x[7, 0])
    assert any("beyond 3.4e38" in line for line in found.remarks)


def test_a_column_called_quality_tells_what_is_good() -> None:
    words = np.where(np.arange(N) % 25 == 0, "bad", "good")
    found = look(csv(heat=HEAT, quality=words).encode(), "a.csv")
    assert [column.guess for column in found.columns] == ["feature", "label"]


def test_pictures_and_masks_below_their_kind(tmp_path: Path) -> None:
    for name in (
        *("train/normal/images/0.tif", "train/normal/images/1.tif", "test/normal/images/0.tif"),
        *("test/anomalous/images/0.tif", "test/anomalous/masks/0.tif"),
    ):
        save(tmp_path / name, np.zeros((30, 30)))
    found = read_samples(tmp_path)
    assert found.label is not None
    assert found.kept is not None
    assert dict(zip(found.sample_id.tolist(), found.label.tolist(), strict=True)) == {  # type: ignore[union-attr]
        "test/anomalous/images/0.tif": 1,
        "test/normal/images/0.tif": 0,
        "train/normal/images/0.tif": 0,
        "train/normal/images/1.tif": 0,
    }
    assert found.learned.sum() == 2
    pairs = masks_of(opened(tmp_path))
    assert pairs["test/anomalous/images/0.tif"] == ("test/anomalous/masks/0.tif",)


def test_masks_that_look_black(tmp_path: Path) -> None:
    """They hold the numbers of kinds, from 1."""
    kinds = np.zeros((9, 9), np.uint8)
    kinds[2, 2:5], kinds[6, 6] = 1, 4
    save(tmp_path / "Data/Images/Anomaly/000.JPG", np.zeros((9, 9)))
    save(tmp_path / "Data/Images/Normal/000.JPG", np.zeros((9, 9)))
    save(tmp_path / "Data/Masks/Anomaly/000.png", kinds)
    pictures = opened(tmp_path)
    anomaly, normal = read_masks(pictures, masks_of(pictures), set())
    np.testing.assert_array_equal(anomaly, kinds > 0)
    assert not normal.any()


def test_a_mask_that_was_scaled(tmp_path: Path) -> None:
    mask = np.zeros((64, 64), np.uint8)
    mask[20:40, 20:40] = 255
    save(tmp_path / "test/hole/0.png", np.zeros((128, 128)))
    save(tmp_path / "test/good/0.png", np.zeros((128, 128)))
    larger = Image.fromarray(mask).resize((128, 128), Image.Resampling.BILINEAR)
    save(tmp_path / "ground_truth/hole/0_mask.png", np.asarray(larger))
    pictures, remarks = opened(tmp_path), set[str]()
    _, hole = read_masks(pictures, masks_of(pictures), remarks)
    assert hole.sum() == 40 * 40
    assert any("several greys" in line for line in remarks)


def test_names_in_a_comment_above_the_rows() -> None:
    rows = "".join(f"S{i}\t{h}\t{f}\t\n" for i, (h, f) in enumerate(zip(HEAT, FLOW, strict=True)))
    found = read_samples(f"# run 7\n#SampleID\theat\tflow\n{rows}".encode(), "a.tsv")
    assert found.features == ("heat", "flow")
    np.testing.assert_array_equal(found.x, np.column_stack([HEAT, FLOW]))
    numbers = "".join(f"{h} {f}\n" for h, f in zip(HEAT, FLOW, strict=True))
    found = read_samples(f"# heat flow\n{numbers}".encode(), "a.txt")
    assert found.features == ("heat", "flow")
    assert len(found.x) == N


@pytest.mark.parametrize(
    "form", ["{i},   {h},  {f},0x{i:x},\n", "0,tcp,{h},{f}\n", "0,tcp,{i},0,{i},0\n", "5,a,{i}\n"]
)
def test_a_first_row_of_words_and_numbers_gives_no_names(form: str) -> None:
    rows = [form.format(i=i + 7, h=h, f=f) for i, (h, f) in enumerate(zip(HEAT, FLOW, strict=True))]
    found = look("".join(rows).encode(), "a.csv")
    assert found.n_rows == N
    assert found.columns[0].name == "x0"
    assert any("taken for a row, not for names" in line for line in found.remarks)


@pytest.mark.parametrize("names", ["country,1990,1991,1992", "sample,400.5,401.0,401.5", "a,1,b,2"])
def test_numbers_may_be_names(names: str) -> None:
    rows = "".join(
        f"r{i},{h},{f},{i % 3}\n" for i, (h, f) in enumerate(zip(HEAT, FLOW, strict=True))
    )
    found = look(f"{names}\n{rows}".encode(), "a.csv")
    assert [column.name for column in found.columns] == names.split(",")


def test_logs_that_have_more_cells_than_names() -> None:
    """Ecobee: comments, then rows that end with a comma more than the names."""
    rows = "".join(f"2020-12-22,00:{i // 2:02},{h},,\n" for i, h in enumerate(HEAT))
    text = f"#,Thermostat,name,X\n\nDate,Time,Heat (F),Nook\n{rows}"
    found = read_samples(text.encode(), "a.csv")
    assert found.features == ("Heat (F)",)
    np.testing.assert_array_equal(found.x[:, 0], HEAT)


def test_blanks_behind_commas_and_a_line_of_units() -> None:
    rows = "".join(f"{i}, {h}, {f}\n" for i, (h, f) in enumerate(zip(HEAT, FLOW, strict=True)))
    found = read_samples(f"time, heat, flow\ns, C, L/min\n{rows}".encode(), "a.csv")
    assert found.features == ("heat", "flow")
    np.testing.assert_array_equal(found.x, np.column_stack([HEAT, FLOW]))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2\n" + "3,4\n" * 30 + "5,6,,\n", "line 33 holds 4"),
        ("a,b\n1,2, \n" + "3,4\n" * 30, "line 2 holds 3"),
        ("Heat,Flow\n1,2\n\n" + "1,2,3\n" * 30, "line 4 holds 3"),
    ],
)
def test_rows_of_other_lengths_are_never_shifted(text: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        read_samples(text.encode(), "a.csv")


@pytest.mark.parametrize("odd", ["heat,flow", "100C,1"])
def test_a_word_among_numbers_is_told_with_its_line(odd: str) -> None:
    """A second line of names where files were put together; a code among codes."""
    rows = [f"{h},{f}\n" for h, f in zip(HEAT, FLOW, strict=True)]
    found = look(f"heat,flow\n{''.join(rows[:40])}{odd}\n{''.join(rows)}".encode(), "a.csv")
    assert any("in line 42; expected numbers" in line for line in found.remarks)
    assert found.columns[0].guess == "leave out"


def test_true_and_false_are_seen() -> None:
    found = read_samples(csv(heat=HEAT, id35=HEAT > 0, id36=FLOW > 0).encode(), "a.csv")
    assert found.features == ("heat", "id35", "id36")
    assert len(found.words[1]) == 2


def test_the_log_names_tests_that_are_there() -> None:
    log = LOG.read_text(encoding="utf-8")
    named = re.findall(r"`(test_\w+)`", log)
    tests = Path(__file__).resolve().parents[2]
    there = {
        name
        for path in tests.rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text(encoding="utf-8"))
    }
    assert named
    assert set(named) <= there
