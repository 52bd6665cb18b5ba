"""The board as a sentence and a table, with numbers worked out by hand."""

from __future__ import annotations

import dataclasses

import pytest

from tests.test_board import row
from wganad_core import board, catalogue
from wganad_core.board import MEAN
from wganad_core.figures import table as tables
from wganad_core.figures.board import bar_series
from wganad_core.use_cases import HAR, MNIST

TWO = dataclasses.replace(MNIST, classes=("0", "1"))
UNKNOWN = dict.fromkeys(("auroc", "base_rate", "floor", "n"))
ROWS = [
    *(row(name, 0.9 + 0.02 * seed, seed) for seed in (0, 1) for name in "01"),
    *(row(name, 0.6, detector="encoder") for name in "01"),
    *(row(name, 0.95, model="none", detector="knn") for name in "01"),
    *(row(name, 0.7, detector="inversion", n=5, base_rate=0.2) for name in "01"),
    row("0", 0.99, detector="critic"),
    *(row(name, 0.8, None, detector="paper", **UNKNOWN) for name in "01"),
]
LINES = board.ranked(board.lines(ROWS, "01"), MEAN, "auprc")


def test_the_sentence_says_mean_over_seeds_paper_and_chance() -> None:
    assert tables.headline(TWO, LINES, MEAN, "auprc") == (
        "MNIST, mean AUPRC over 2 unseen classes: “Ours” 91.0%, the paper 80%, chance 40%"
    )
    assert tables.headline(TWO, LINES, "0", "auroc").endswith("“Ours” 75.0%, chance 50%")


def test_the_table_begins_with_the_papers_and_ends_with_references() -> None:
    made = tables.table(TWO, LINES, ["0", "1", MEAN], "auprc")
    assert [line["Detector"] for line in made.rows] == [
        "Encoder (the paper's, here)",
        "Paper, WGAN and encoder",
        "Ours",
        "Inversion (on 5)",
        "Neighbours (pixels)",
        tables.CHANCE,
        tables.FLOOR,
    ]
    assert [made.rows[2][name] for name in ("0", "1", MEAN)] == pytest.approx([91, 91, 91])
    assert [made.rows[-2][name] for name in ("0", "1", MEAN)] == pytest.approx([40, 40, 40])
    assert [line["Seeds"] for line in made.rows[:3]] == ["1", "quoted", "2"]
    assert list(made.competing) == [0, 2, 3, 4]
    assert made.left_out == ["Critic"]
    assert made.most_seeds == 2


def test_chance_of_auroc_is_even() -> None:
    made = tables.table(TWO, LINES, ["0"], "auroc")
    assert made.rows[-1] == {"Detector": tables.EVEN, "0": 50.0, "Seeds": ""}
    assert all("quoted" not in str(line["Detector"]) for line in made.rows)


def test_what_the_paper_says_stands_beside_the_same_setting_and_chance() -> None:
    measured = [
        row("laying", 0.5, use_case="har", model="wgan-gp-dense", detector="encoder"),
        row("laying", 0.7, use_case="har", model="wgan-gp-conv"),
        row("laying", 0.9, 1, use_case="har", model="wgan-gp-conv"),
    ]
    lines = board.lines(measured, HAR.classes)
    first, second = tables.quotes(HAR, lines)
    assert first == (
        "Laying: the paper prints an AUPRC of 70%; the same setting here reaches 50%; our rule "
        "80%; chance is 40%."
    )
    assert "prints no figure." in second


def test_series_of_bars_hold_every_seed() -> None:
    series = bar_series(TWO, LINES)
    assert list(series)[:2] == ["Ours", "Encoder"]
    assert {(one.abnormal, one.seed) for one in series["Ours"]} >= {("0", 0), ("0", 1), ("1", 1)}
    assert series["Paper, WGAN and encoder"][0].detector == "paper"


def test_lines_of_a_protocol_leave_out_what_was_trained_for_another() -> None:
    official = [row("0", 0.9, protocol="official")]
    assert [line.detector for line in catalogue.lines_of(MNIST, official, "official")] == ["ours"]
    usual = catalogue.lines_of(MNIST, [row("0", 0.9)], "80/20")
    assert {line.detector for line in usual} == {"paper", "ours"}
