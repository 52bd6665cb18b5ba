"""`evaluate mnist`: the board in text and JSON, and whether scoring again gives it again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.test_board import AUPRC, KEYS, LABEL, SCORE
from tests.test_scores import table
from wganad_core import pretrained, storage
from wganad_core.__main__ import main
from wganad_core.panels import tables
from wganad_core.records import ScoreTable
from wganad_core.use_cases import MNIST, UseCase

PERFECT, WORST = [4.0, 1.0, 3.0, 2.0], [2.0, 3.0, 1.0, 4.0]
DIGITS = "0123456789"


def of(
    digit: str, detector: str = "ours", seed: int = 0, score: list[float] | None = None, **columns
) -> ScoreTable:
    """The four test samples of `test_board`, of which the digit's two are anomalies."""
    return table(
        score or SCORE,
        label=LABEL,
        abnormal=[digit] * 4,
        detector=[detector] * 4,
        seed=[seed] * 4,
        **columns,
    )


@pytest.fixture
def ship(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)

    def write(digit: str, *tables: ScoreTable) -> None:
        storage.save_scores(ScoreTable.stack(tables), pretrained.scores_path("mnist", digit))

    return write


@pytest.fixture
def whole_board(ship) -> None:
    """Two detectors on ten digits; `ours` has three seeds on digit 4 and is perfect on digit 9."""
    for digit in DIGITS:
        knn = of(digit, "knn", score=WORST, model=["none"] * 4)
        ours = of(digit, score=PERFECT if digit == "9" else SCORE)
        more = [of(digit, seed=1), of(digit, seed=2, score=PERFECT)] if digit == "4" else []
        official = of(digit, score=PERFECT, protocol=["official"] * 4)
        subset = table(
            [2.0, 1.0, 0.0], label=[1, 0, 0], abnormal=[digit] * 3, detector=["inversion"] * 3
        )
        ship(digit, knn, ours, *more, official, subset)


def evaluated(capsys, *words: str) -> list[dict]:
    assert main(["evaluate", "mnist", *words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, list)
    return found


def lines_of(shown: str) -> dict[str, list[str]]:
    """The cells of the AUPRC tables by what stands in front of them, the first of each name."""
    found: dict[str, list[str]] = {}
    for line in shown.partition("AUROC")[0].splitlines():
        name, *cells = [part for part in line.strip().split("  ") if part] or [""]
        found.setdefault(name, [cell.strip() for cell in cells])
    return found


def test_json_is_a_list_of_rows_with_exactly_these_keys(whole_board, capsys):
    rows = evaluated(capsys)
    assert all(list(row) == KEYS for row in rows)
    assert {row["abnormal"] for row in rows} == set(DIGITS)
    assert len(rows) == 10 * 3 + 2 + 30  # the protocol 80/20 alone, two more seeds, what is quoted
    (row,) = (r for r in rows if r["detector"] == "knn" and r["abnormal"] == "2")
    assert row == {
        "use_case": "mnist",
        "model": "none",
        "detector": "knn",
        "abnormal": "2",
        "protocol": "80/20",
        "seed": 0,
        "auprc": pytest.approx((1 / 3 + 2 / 4) / 2),
        "auroc": 0.0,
        "base_rate": 0.5,
        "floor": pytest.approx(1 - np.log(2)),
        "n": 4,
    }
    quoted = [r for r in rows if r["detector"] == "paper"]
    assert len(quoted) == 30
    assert all(r["seed"] is r["auroc"] is r["n"] is r["base_rate"] is None for r in quoted)


def test_options_choose_rows(whole_board, capsys):
    rows = evaluated(capsys, "--abnormal", "4", "--detector", "ours")
    assert [(r["abnormal"], r["seed"], r["n"]) for r in rows] == [("4", s, 4) for s in range(3)]
    rows = evaluated(capsys, "--protocol", "official")
    assert {(r["detector"], r["protocol"], r["auprc"]) for r in rows} == {("ours", "official", 1)}
    assert [r["model"] for r in evaluated(capsys, "--abnormal", "4", "--detector", "paper")] == [
        "vae",
        "bigan",
        "wgan-gp",
    ]


def test_the_table_in_text(whole_board, capsys):
    assert main(["evaluate", "mnist"]) == 0
    shown = capsys.readouterr().out
    lines = lines_of(shown)
    assert lines["0"] == [*DIGITS[1:], "mean", "seeds"]
    assert lines["base rate π"] == ["50.0"] * 11
    assert lines["floor"] == ["30.7"] * 11
    # On digit 4 three seeds: 83.3, 83.3, 100. The mean over digits is of seed 0, which has all.
    assert lines["ours (wgan-gp)"] == [
        *["83.3"] * 4,
        "88.9±9.6",
        *["83.3"] * 4,
        "100.0",
        "85.0",
        "1–3",
    ]
    assert lines["knn"] == [*["41.7"] * 11, "1"]
    assert lines["paper (wgan-gp)"][0] == "97.0"
    assert lines["paper (wgan-gp)"][-2:] == ["77.4", "–"]
    assert round(100 * AUPRC, 1) == 83.3
    titles = [line for line in shown.splitlines() if " in %" in line]
    assert titles == [
        "AUPRC in %, MNIST 80/20, 4 test samples",
        "AUPRC in %, MNIST 80/20, 3 test samples",
        "AUPRC in %, MNIST 80/20, as the paper quotes it (Table 1, base rates not told)",
        "AUROC in % (chance: 50), MNIST 80/20, 4 test samples",
        "AUROC in % (chance: 50), MNIST 80/20, 3 test samples",
    ]
    assert shown.index("ours (wgan-gp)") < shown.index("knn")  # the best first
    assert not any(line != line.rstrip() for line in shown.splitlines())


def test_a_part_of_the_board_has_no_mean(ship, capsys):
    ship("4", of("4"))
    ship("7", of("7", "knn"))
    assert main(["evaluate", "mnist", "--abnormal", "4"]) == 0
    assert lines_of(capsys.readouterr().out)["4"] == ["seeds"]
    assert main(["evaluate", "mnist", "--detector", "knn"]) == 0
    assert lines_of(capsys.readouterr().out)["knn (wgan-gp)"] == ["83.3", "1"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("--detector rocket", "No scores ship for the protocol 80/20 and the detector rocket;"),
        ("--protocol official --abnormal 4", "No scores ship for the abnormal 4 and the protocol"),
        ("--abnormal 5", "5.parquet cannot be read"),
        ("--detector paper --recompute", "No scores ship for"),
    ],
)
def test_what_does_not_ship_is_refused(words: str, reason: str, ship, capsys):
    ship("4", of("4"))
    assert main(["evaluate", "mnist", *words.split()]) == 1
    printed, said = capsys.readouterr()
    assert printed == ""
    assert reason in said
    assert len(said.splitlines()) == 1


def test_nothing_ships(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(pretrained, "SHIPPED", tmp_path)
    assert main(["evaluate", "mnist"]) == 1
    assert "holds no score tables" in capsys.readouterr().err


# ---------------------------------------------------------------- --recompute


@pytest.fixture
def recompute(monkeypatch):
    """Stands in for the scoring: answers with the given tables by digit."""
    answers: dict[str, ScoreTable] = {}
    asked: list[tuple[str, str]] = []

    def answer(case: UseCase, abnormal: str, protocol: str) -> ScoreTable:
        assert case is MNIST
        asked.append((abnormal, protocol))
        return answers[abnormal]

    monkeypatch.setattr(tables, "recompute", answer)
    return answers, asked


def test_equal_figures(ship, recompute, capsys):
    answers, asked = recompute
    for digit in "47":
        ship(digit, of(digit), of(digit, "knn", model=["none"] * 4))
        answers[digit] = of(digit, score=[4.1, 3.2, 2.3, 1.4])  # other scores, the same ranking
    assert main(["evaluate", "mnist", "--recompute"]) == 0
    shown = capsys.readouterr().out
    assert asked == [("4", "80/20"), ("7", "80/20")]
    assert shown.splitlines()[-1] == (
        "2 of 4 shipped rows recomputed (without knn): the figures equal the shipped ones, by 0 "
        "at most."
    )
    assert lines_of(shown)["ours (wgan-gp)"] == ["83.3", "83.3", "1"]
    assert main(["evaluate", "mnist", "--recompute", "--abnormal", "4", "--json"]) == 0
    printed, said = capsys.readouterr()
    assert [list(row) for row in json.loads(printed)] == [KEYS]
    assert "the figures equal the shipped ones" in said


def test_other_figures(ship, recompute, capsys):
    answers, _ = recompute
    ship("4", of("4"))
    answers["4"] = of("4", score=PERFECT)
    assert main(["evaluate", "mnist", "--recompute"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == (
        "1 of 1 shipped rows recomputed: the figures differ from the shipped ones, by 0.25 at most."
    )


def test_the_largest_difference_that_passes(ship, recompute, capsys):
    """Of 1001 × 1 pairs, one more in order: the AUROC rises by 1/1001, just within 1e-3."""
    answers, _ = recompute
    n = 1001
    label = np.eye(1, n + 1, dtype=int)[0]
    normals = np.arange(n, 0, -1.0)

    def one(rank: float) -> ScoreTable:
        return table([rank, *normals.tolist()], label=label, abnormal=["4"] * (n + 1))

    ship("4", one(500.5))
    answers["4"] = one(501.5)
    assert main(["evaluate", "mnist", "--recompute"]) == 0
    assert "by 0.001 at most" in capsys.readouterr().out
    answers["4"] = one(502.5)
    assert main(["evaluate", "mnist", "--recompute"]) == 1
    assert "by 0.002 at most" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("scored", "reason"),
    [
        (of("4", "rocket"), "Nothing was recomputed that has shipped figures."),
        (
            table([1.0, 0.0], label=[1, 0]),
            "ours on 4: expected 4 test samples as shipped, scored 2; fetch the full data set.",
        ),
    ],
)
def test_what_cannot_be_compared_fails(scored, reason: str, ship, recompute, capsys):
    ship("4", of("4"))
    recompute[0]["4"] = scored
    assert main(["evaluate", "mnist", "--recompute"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == reason
