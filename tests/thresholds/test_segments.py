"""A threshold for each group: by hand, with few normals, pooled, and in the shell."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from wganad_core.__main__ import main
from wganad_core.records import Scored
from wganad_core.thresholds import quantile_threshold, segments


def plant() -> Scored:
    """Three machines; b scores 10 higher throughout, so that one threshold sees b's normals only,
    and c has 12 rows."""
    rng = np.random.default_rng(0)
    name = np.repeat(["a", "b", "c"], [500, 500, 12])
    score = rng.normal(size=1012) + 10 * (name == "b")
    label = np.zeros(1012, int)
    for first in (0, 500):  # anomalies stand 5 above their own machine
        label[first : first + 20] = 1
        score[first : first + 20] += 5
    return Scored(score, label, subject=name)


def test_each_group_flags_the_share_that_one_threshold_flags_of_all():
    scored = plant()
    assert scored.label is not None
    normal = scored.score[scored.label == 0]
    one = quantile_threshold(normal, 0.02)
    found = segments(scored, one)
    a, b, c = found.each
    assert found.rate == pytest.approx((normal > one).mean())
    assert a.threshold < 4 < 10 < b.threshold
    assert (a.caught, b.caught) == (20, 20)
    assert (a.caught_by_one, b.caught_by_one) == (0, 20)
    assert found.total("caught") == 40
    assert found.total("caught_by_one") == 20
    assert found.total("false_alarms") == sum(one.false_alarms or 0 for one in (a, b, c))
    flagged = scored.score > found.threshold
    assert flagged.sum() == found.total("flagged")
    truth = (flagged & (scored.label == 1)).sum() / flagged.sum()
    assert found.precision == pytest.approx(truth)
    assert not a.warning


def test_a_group_with_few_normals_keeps_the_one_threshold():
    found = segments(plant(), 11.0)
    assert found.each[2].threshold == 11.0
    assert "12 normals are too few to choose by" in found.each[2].warning
    assert (found.threshold[-12:] == 11.0).all()


def test_held_out_normals_of_a_group_choose_where_they_tell_it():
    scored = plant()
    held = Scored(
        np.r_[np.arange(100.0), np.arange(100.0) + 50], subject=np.repeat(["a", "b"], 100)
    )
    found = segments(scored, 130.0, held)
    assert found.rate == pytest.approx(0.095)
    assert (found.each[0].threshold, found.each[0].n_normals) == (90.0, 100)
    assert found.each[1].threshold == 140.0
    assert found.each[2].n_normals == 0
    assert found.each[2].warning


def test_held_out_normals_of_other_groups_choose_nothing():
    scored = plant()
    held = Scored(np.arange(100.0), subject=np.repeat("z", 100))
    found = segments(scored, 11.0, held)
    assert not found.held_out
    assert [one.threshold for one in found.each] == [
        one.threshold for one in segments(scored, 11.0).each
    ]


def test_without_labels_all_rows_count_and_precision_is_unknown():
    scored = plant()
    found = segments(Scored(scored.score, subject=scored.subject), 10.0)
    assert found.total("caught") is None
    assert math.isnan(found.precision)
    assert "caught" not in found.facts()[0]
    with pytest.raises(ValueError, match="a group for each sample"):
        segments(Scored(scored.score), 10.0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    scored, path = plant(), tmp_path / "scores.csv"
    table = {"score": scored.score, "label": scored.label, "machine": scored.subject}
    pd.DataFrame(table).to_csv(path, index=False)
    return path


def test_the_shell_pools_them(file: Path, capsys: pytest.CaptureFixture[str]):
    flagged = file.with_name("f.csv")
    words = ["threshold", str(file), "--false-alarm-rate", "2%", "--by-group"]
    assert main([*words, "--json", "--flagged", str(flagged)]) == 0
    said = json.loads(capsys.readouterr().out)
    assert "Column 'machine' tells groups apart." in said["remarks"]
    pooled = said["by_group"]
    assert (pooled["caught"], pooled["caught_by_one"]) == (40, 20)
    assert [one["name"] for one in pooled["groups"]] == ["a", "b", "c"]
    assert len(pd.read_csv(flagged)) == pooled["flagged"]
    assert pd.read_csv(flagged)["label"].sum() == 40
    assert main(words) == 0
    printed = capsys.readouterr().out
    assert "by group: caught" in printed
    assert "warning: c: 12 normals are too few" in printed


def test_what_cannot_be_grouped_is_one_sentence(file: Path, capsys: pytest.CaptureFixture[str]):
    words = ["threshold", str(file), "--threshold", "1", "--by-group"]
    assert main([*words, "--events", str(file.with_name("e.csv"))]) == 1
    assert "--events takes one threshold" in capsys.readouterr().err
    assert main([*words, "--group-column", "unit"]) == 1
    assert "There is no column 'unit'" in capsys.readouterr().err
    pd.read_csv(file).drop(columns="machine").to_csv(file, index=False)
    assert main(words) == 1
    assert "--by-group needs a column that tells groups apart" in capsys.readouterr().err
