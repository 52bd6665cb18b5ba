"""How results get too good: figures worked out by hand, and those that ship, measured again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from tests import digit_models, window_models
from tests.test_board import AUPRC, LABEL, SCORE, row
from tests.test_scores import table
from wganad_core import board, evaluation, leaks
from wganad_core.__main__ import main
from wganad_core.commands import study
from wganad_core.leaks import Leaks, Pair, epochs, measure, subjects, tables
from wganad_core.records import ScoreTable
from wganad_core.run.loop import Stage
from wganad_core.use_cases import HAR, MNIST, USE_CASES

SMALL = dataclasses.replace(MNIST, classes=("0", "1", "2"))


def pair(honest: float, leaky: float, **changes) -> Pair:
    unchanged = Pair("mnist", "4", "critic", honest, leaky, 0.4, 0.4, 10)
    return dataclasses.replace(unchanged, **changes)


# ---------------------------------------------------------------- from score tables


def test_hindsight_takes_the_best_on_the_class_itself():
    figures = {"ours": (0.5, 0.9, 0.9), "critic": (0.8, 0.2, 0.3), "knn": (0.4, 0.95, 0.1)}
    rows = [
        row(str(k), value, detector=detector)
        for detector, values in figures.items()
        for k, value in enumerate(values)
    ]
    # Neither counts: one scored a subset only, the other not every class.
    rows += [row(str(k), 1.0, detector="anogan", n=4) for k in range(3)]
    rows += [row("0", 1.0, detector="pca")]
    found = list(tables.hindsight(SMALL, rows))
    assert [(p.abnormal, p.honest, p.leaky) for p in found] == [
        ("0", 0.5, 0.8),  # ours is best on 1 and 2; the critic on 0
        ("1", 0.9, 0.95),
        ("2", 0.9, 0.9),
    ]
    assert (found[0].honest_by, found[0].leaky_by) == ("Ours", "Critic")
    assert found[0].what == "3 detectors"
    assert (found[0].n, found[0].honest_base_rate) == (10, 0.4)


def test_hindsight_averages_seeds():
    rows = [
        row(str(k), 0.2 + 0.6 * seed, seed, detector="ours") for k in range(3) for seed in (0, 1)
    ]
    assert [p.leaky for p in tables.hindsight(SMALL, rows)] == pytest.approx([0.5] * 3)


def test_a_rarer_anomaly_makes_the_same_ranking_worth_less():
    more = [table(SCORE, label=LABEL, detector=["knn"] * 4), table(SCORE, label=LABEL)]
    found = list(tables.rates(MNIST, [ScoreTable.stack(more)]))
    assert [p.honest_base_rate for p in found] == list(tables.RARE)
    for p in found:
        # Half of the anomalies come before any normal; then half of the normals come first.
        rate = p.honest_base_rate
        second = rate / (rate + (1 - rate) / 2)
        assert p.honest == pytest.approx((1 + second) / 2)
        assert p.leaky == pytest.approx(AUPRC)
        assert p.leaky_base_rate == 0.5
        assert p.what == f"Ours at π = {rate:.0%}"


def test_weights_are_the_mean_of_thinning_out():
    rng = np.random.default_rng(0)
    score = np.concatenate([rng.normal(0, 1, 20_000), rng.normal(1.5, 1, 10_000)])
    label = np.repeat([0, 1], [20_000, 10_000])
    exact = evaluation.auprc(evaluation.curve(label, score), 0.05)
    thinned = []
    for _ in range(30):
        kept = np.concatenate([np.arange(20_000), rng.choice(np.arange(20_000, 30_000), 1_053)])
        thinned.append(evaluation.auprc(evaluation.curve(label[kept], score[kept])))
    assert exact == pytest.approx(float(np.mean(thinned)), abs=0.01)


# ---------------------------------------------------------------- from data


def test_a_random_split_has_the_sizes_of_the_honest_one():
    split = window_models.make_split(window_models.WINDOWS, "walking")
    fit, test = subjects.at_random(split)
    assert (len(fit), len(test)) == (len(split.parts["fit"]), len(split.parts["test"]))
    assert not set(fit) & set(test)
    assert not (split.classes[fit] == "walking").any()
    assert (split.classes[test] == "walking").sum() == split.labels("test").sum()


def test_subjects_known_or_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wganad_core.data.har.split_har", window_models.make_split)
    found = list(subjects.measure(HAR, window_models.POOL, ("walking",)))
    assert [p.what for p in found] == list(subjects.PLACES)
    for p in found:
        assert p.honest_base_rate == p.leaky_base_rate
        assert 0 < p.honest <= 1


def test_the_best_step_is_at_least_the_last(monkeypatch: pytest.MonkeyPatch):
    digit_models.in_place_of_mnist(monkeypatch)
    stages = [Stage(s.training.replace(steps=4, batch_size=8), s.network) for s in epochs.STAGES]
    monkeypatch.setattr(epochs, "STAGES", stages)
    monkeypatch.setattr(epochs, "N_JUDGED", 4)
    found = list(epochs.measure(MNIST, digit_models.POOL, ("4",)))
    assert [p.what for p in found] == ["critic", "encoder"]
    for p in found:
        assert p.leaky >= p.honest
        assert p.honest_by == "step 4"
        assert p.n == len(digit_models.SPLIT.parts["test"])


# ---------------------------------------------------------------- files and the command


def test_leaks_come_back_from_their_file(tmp_path: Path):
    one = Leaks({"rates": [pair(0.2, 0.9)]}, {"rates": 1.5}, "command")
    two = Leaks({"subjects": [pair(0.5, 0.4)], "rates": [pair(0.1, 0.2)]}, {"subjects": 1.0}, "c")
    path = tmp_path / "leaks.safetensors"
    leaks.save(one, path)
    assert leaks.load(path) == one
    both = one.updated(two)
    assert both.ways == ["subjects", "rates"]
    assert both.pairs["rates"] == two.pairs["rates"]
    assert leaks.mean_gain([pair(0.2, 0.9), pair(0.5, 0.4)]) == pytest.approx(0.3)


def test_the_command_knows_every_way():
    assert tuple(leaks.WAYS) == study.NAMES == tuple(measure._MEASURES)


def test_the_command_keeps_what_it_does_not_measure(tmp_path, monkeypatch, capsys):
    path = tmp_path / "leaks.safetensors"
    leaks.save(Leaks({"epochs": [pair(0.2, 0.9)]}, {"epochs": 2.0}, "command"), path)
    monkeypatch.setitem(
        measure._MEASURES, "rates", lambda case: iter([pair(0.1, 0.5, use_case=case.name)])
    )
    assert main(["study", "leaks", "--leak", "rates", "--out", str(path)]) == 0
    assert "mean difference +40.0 points" in capsys.readouterr().out
    assert leaks.load(path).ways == ["epochs", "rates"]
    assert main(["study", "leaks", "--leak", "rates", "--out", str(path), "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["pairs"]["rates"]) == len(USE_CASES)


# ---------------------------------------------------------------- what ships


@pytest.fixture(scope="module")
def shipped() -> Leaks:
    if not leaks.shipped_path().exists():
        pytest.skip("No measured leaks are here.")
    return leaks.load(leaks.shipped_path())


def same(found: list[Pair], shipped: list[Pair], way: str) -> None:
    again = f"run: {measure.COMMAND} --leak {way}"
    assert len(found) == len(shipped), again
    for one, other in zip(found, shipped, strict=True):
        assert (one.abnormal, one.what, one.n) == (other.abnormal, other.what, other.n), again
        assert (one.honest, one.leaky) == pytest.approx((other.honest, other.leaky), abs=1e-3), (
            again
        )


def test_every_way_ships(shipped: Leaks):
    assert shipped.ways == list(leaks.WAYS)
    for pairs in shipped.pairs.values():
        assert leaks.mean_gain(pairs) > 0


@pytest.mark.parametrize("use_case", USE_CASES)
def test_shipped_tables_give_the_shipped_leaks(shipped: Leaks, use_case: str):
    """New tables, new leaks: the message says how."""
    case, found = USE_CASES[use_case], list(board.shipped_scores(use_case))
    for way, made in (
        ("hindsight", list(tables.hindsight(case, board.rows(found)))),
        ("rates", list(tables.rates(case, found))),
    ):
        before = [p for p in shipped.pairs[way] if p.use_case == use_case]
        made.sort(key=lambda p: case.classes.index(p.abnormal))
        same(made, before, way)


def test_data_give_the_shipped_leaks(shipped: Leaks, data_directory: Path):
    before = [p for p in shipped.pairs["subjects"] if p.abnormal == "downstairs"]
    same(list(subjects.measure(HAR, HAR.pool(), ("downstairs",))), before, "subjects")
