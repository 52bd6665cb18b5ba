"""The reproduction board, with figures worked out by hand."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import numpy as np
import pytest

from tests.test_scores import table
from wganad_core import board, pretrained, storage
from wganad_core.board import MEAN, Row
from wganad_core.data import DataError
from wganad_core.records import ScoreTable
from wganad_core.storage import StorageError

# Ranked from the top: anomaly, normal, anomaly, normal. Precision at the two anomalies is 1/1 and
# 2/3; of the four pairs of an anomaly and a normal, three are in order. π = 1/2.
LABEL, SCORE = [1, 0, 1, 0], [4.0, 3.0, 2.0, 1.0]
AUPRC, AUROC, FLOOR = (1 + 2 / 3) / 2, 3 / 4, 1 - math.log(2)

KEYS = [
    "use_case",
    "model",
    "detector",
    "abnormal",
    "protocol",
    "seed",
    "auprc",
    "auroc",
    "base_rate",
    "floor",
    "n",
]


def row(abnormal: str, auprc: float | None = 0.5, seed: int | None = 0, **changes) -> Row:
    unchanged = Row(
        "mnist",
        "wgan-gp",
        "ours",
        abnormal,
        "80/20",
        seed,
        auprc=auprc,
        auroc=0.75,
        base_rate=0.4,
        floor=0.25,
        n=10,
    )
    return dataclasses.replace(unchanged, **changes)


def test_a_row_holds_these_keys():
    assert [field.name for field in dataclasses.fields(Row)] == KEYS


def test_figures_of_the_test_part_alone():
    rest = table([9.0, 9.0, -9.0], part=["calibration", "fit", "fit"])
    (found,) = board.rows([ScoreTable.stack([rest, table(SCORE, label=LABEL)])])
    assert dataclasses.asdict(found) == {
        "use_case": "mnist",
        "model": "wgan-gp",
        "detector": "ours",
        "abnormal": "4",
        "protocol": "80/20",
        "seed": 0,
        "auprc": pytest.approx(AUPRC),
        "auroc": AUROC,
        "base_rate": 0.5,
        "floor": pytest.approx(FLOOR),
        "n": 4,
    }


def test_one_row_per_detector_seed_protocol_and_class():
    tables = [
        table(SCORE, label=LABEL),
        table(SCORE, label=LABEL, seed=[1] * 4),
        table(SCORE, label=LABEL, protocol=["official"] * 4),
        table(SCORE, label=LABEL, model=["none"] * 4, detector=["knn"] * 4),
    ]
    other = table([*SCORE, 0.0], label=[1, 1, 0, 0, 0], abnormal=["5"] * 5)
    found = board.rows([ScoreTable.stack(tables), other])
    assert [(r.model, r.detector, r.abnormal, r.protocol, r.seed, r.n) for r in found] == [
        ("wgan-gp", "ours", "4", "80/20", 0, 4),
        ("wgan-gp", "ours", "4", "80/20", 1, 4),
        ("wgan-gp", "ours", "4", "official", 0, 4),
        ("none", "knn", "4", "80/20", 0, 4),
        ("wgan-gp", "ours", "5", "80/20", 0, 5),
    ]
    assert (found[4].auprc, found[4].auroc, found[4].base_rate) == (1, 1, 0.4)


def test_the_order_of_rows_does_not_matter():
    one, two = table(SCORE, label=LABEL), table(SCORE[::-1], label=LABEL, seed=[1] * 4)
    both = ScoreTable.stack([one, two])
    mixed = np.array([0, 4, 5, 1, 6, 2, 7, 3])
    shuffled = ScoreTable(
        **{f.name: getattr(both, f.name)[mixed] for f in dataclasses.fields(ScoreTable)}
    )
    assert board.rows([shuffled]) == board.rows([both])
    assert [r.auroc for r in board.rows([both])] == [AUROC, 1 - AUROC]


def test_detectors_may_have_seen_other_samples():
    subset = table([2.0, 1.0], label=[1, 0], detector=["inversion"] * 2)
    found = board.rows([ScoreTable.stack([table(SCORE, label=LABEL), subset])])
    assert [(r.detector, r.n, r.auprc) for r in found] == [
        ("ours", 4, pytest.approx(AUPRC)),
        ("inversion", 2, 1.0),
    ]


def test_tables_without_a_test_part_have_no_rows():
    assert board.rows([]) == board.rows([table([])]) == board.rows([table([1], part=["fit"])]) == []


def test_a_test_part_of_one_class_is_refused():
    with pytest.raises(DataError, match=r"^ours \(wgan-gp\) on mnist 4, 80/20, seed 0 cannot be"):
        board.rows([table([1.0, 2.0])])


def test_figures_in_two_tables_are_refused():
    one = table(SCORE, label=LABEL)
    with pytest.raises(DataError, match="Two score tables hold ours"):
        board.rows([one, one])


# ---------------------------------------------------------------- means


def test_means_are_over_all_classes_of_one_seed():
    rows = [row("0", 0.2), row("1", 0.6, base_rate=0.2, n=30), row("0", 0.9, seed=1)]
    (mean,) = board.means(rows, "01")
    assert mean == row(MEAN, mean.auprc, base_rate=mean.base_rate, n=40)
    assert (mean.auprc, mean.base_rate) == pytest.approx((0.4, 0.3))
    assert board.means(rows, "012") == []
    assert [r.seed for r in board.means(rows, "0")] == [0, 1]


def test_the_mean_of_an_unknown_figure_is_unknown():
    rows = [row("0"), row("1", auroc=None, n=None)]
    (mean,) = board.means(rows, "01")
    assert (mean.auprc, mean.auroc, mean.n) == (0.5, None, None)


def test_the_spread_over_seeds():
    seeds = [row("0", 0.5, 0), row("0", 0.7, 1), row("0", 0.9, 2)]
    assert board.over_seeds(seeds, "auprc") == pytest.approx((0.7, 0.2))
    assert board.over_seeds(seeds[:1], "auprc") == (0.5, None)
    assert board.over_seeds([], "auprc") is None
    assert board.over_seeds([row("0", None)], "auprc") is None


def test_what_the_paper_prints():
    digits = [row for row in board.QUOTED if row.use_case == "mnist"]
    means = {r.model: r.auprc for r in board.means(digits, "0123456789")}
    assert means == pytest.approx({"vae": 0.332, "bigan": 0.538, "wgan-gp": 0.774})
    assert len(digits) == 30
    assert {row.protocol for row in digits} == {"80/20"}
    for quoted in board.QUOTED:
        assert quoted.detector == "paper"
        assert quoted.seed is quoted.auroc is quoted.base_rate is quoted.floor is quoted.n is None
    (four,) = (r for r in digits if r.model == "wgan-gp" and r.abnormal == "4")
    assert four.auprc == 0.83
    (laying,) = (r for r in board.QUOTED if r.use_case == "har")
    assert (laying.abnormal, laying.model, laying.auprc) == ("laying", "wgan-gp-dense", 0.7)


# ---------------------------------------------------------------- what ships


def test_shipped_tables_one_after_the_other(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    assert pretrained.scores_path("mnist", "4") == tmp_path / "mnist" / "scores" / "4.parquet"
    with pytest.raises(StorageError, match="holds no score tables; restore them"):
        board.shipped_scores("mnist")
    for digit in "41":
        scores = table(SCORE, label=LABEL, abnormal=[digit] * 4)
        storage.save_scores(scores, pretrained.scores_path("mnist", digit))
    assert [t.abnormal[0] for t in board.shipped_scores("mnist")] == ["1", "4"]
    assert [t.abnormal[0] for t in board.shipped_scores("mnist", "4")] == ["4"]
    with pytest.raises(StorageError, match=r"5\.parquet cannot be read"):
        board.shipped_scores("mnist", "5")


# ---------------------------------------------------------------- detector × class × seed


def test_a_line_holds_a_detectors_seeds_and_means():
    rows = [row("0", 0.2), row("1", 0.6), row("0", 0.4, 1), row("1", 0.8, 1)]
    ours, knn = board.lines([*rows, row("0", 0.5, detector="knn", model="none")], "01")
    assert (ours.detector, list(ours.cells)) == ("ours", ["0", "1", MEAN])
    assert ours.figure("0", "auprc") == pytest.approx((0.3, math.sqrt(0.02)))
    assert ours.figure(MEAN, "auprc") == pytest.approx((0.5, math.sqrt(0.02)))
    assert ours.n_seeds == (2, 2)
    assert knn.figure("1", "auprc") is None
    assert (knn.figure("0", "auprc"), knn.n_seeds) == ((0.5, None), (1, 1))


def test_lines_are_ranked_on_a_class_and_unknown_figures_come_last():
    rows = [row("0", 0.2), row("1", 0.9)]
    rows += [row("0", 0.3, detector="critic"), row("1", 0.1, detector="critic")]
    rows += [row("1", 0.99, detector="knn"), row("0", None, detector="odd", auroc=None)]
    found = board.lines(rows, "01")

    def ranking(by: str) -> list[str]:
        return [line.detector for line in board.ranked(found, by, "auprc")]

    assert ranking("0") == ["critic", "ours", "knn"]
    assert ranking("1") == ["knn", "ours", "critic"]
    assert ranking(MEAN) == ["ours", "critic", "knn"]


def test_the_largest_test_part_stands_for_a_class():
    rows = [row("0", n=10, base_rate=0.4), row("0", detector="inversion", n=4, base_rate=0.5)]
    rows.append(row("0", detector="paper", n=None, base_rate=None, seed=None))
    whole, part, quoted = found = board.lines(rows, "0")
    reference = board.references(found, "0")
    assert reference is not None
    assert reference.base_rate == 0.4
    assert board.references(found, "1") is None
    assert [board.subset_size(found, line) for line in found] == [None, 4, None]
    assert [line.quoted for line in (whole, part, quoted)] == [False, False, True]
