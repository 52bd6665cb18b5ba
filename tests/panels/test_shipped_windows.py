"""What ships for the activities: models, rules and score tables that belong together."""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
import pytest

from wganad_core import board, pretrained, storage
from wganad_core.__main__ import make_parser
from wganad_core.commands.train_model import task_of
from wganad_core.config import ACTIVITIES, HAR_PROTOCOLS
from wganad_core.data import har
from wganad_core.panels.panel import Panel
from wganad_core.records import FloatArray, ScoreTable
from wganad_core.use_cases import HAR

FOLDER = pretrained.SHIPPED / "har"
QUICK = {"critic", "encoder", "critic-features"}
BASELINES = {"knn", "knn-total", "knn-spectra", "pca-total"}
SAMPLE = har.load_sample()
SOME = SAMPLE.take(np.arange(0, len(SAMPLE), 7))
EVERY_ACTIVITY = pytest.mark.parametrize("activity", ACTIVITIES)
EVERY_ARCHITECTURE = pytest.mark.parametrize("architecture", HAR.architectures)


def panel_of(activity: str, architecture: str) -> Panel:
    path = pretrained.model_file(
        FOLDER, activity, "encoder", protocol="test", architecture=architecture
    )
    if not path.exists():
        pytest.skip(f"No {architecture} models without {activity} ship.")
    return Panel(FOLDER, activity, protocol="test", architecture=architecture)


def table_of(activity: str) -> ScoreTable:
    path = pretrained.scores_path("har", activity)
    if not path.exists():
        pytest.skip(f"No score table of {activity} ships.")
    return storage.load_scores(path)


def shipped(
    table: ScoreTable, model: str, detector: str, protocol: str = "test", seed: int = 0
) -> FloatArray:
    """Scores of the sampled windows, joined by their content."""
    rows = table.where(model=model, detector=detector, protocol=protocol, part="test", seed=seed)
    scores = dict(zip(rows.sample_id.tolist(), rows.score.tolist(), strict=True))
    ids = har.sample_ids(SOME.signals).tolist()
    return np.array([scores[name] for name in ids], np.float32)


@pytest.fixture(scope="module")
def full(shared_data: Path) -> har.Windows:
    return har.load_har(shared_data / "uci_har")


@EVERY_ACTIVITY
@EVERY_ARCHITECTURE
def test_stored_weights_give_the_shipped_scores(
    activity: str, architecture: str, full: har.Windows
) -> None:
    """By every detector whose models ship, to the 12 bits that are kept, in both protocols."""
    panel, table = panel_of(activity, architecture), table_of(activity)
    ours = {"critic-interval", *HAR.ours["conv"].rules, "ours-together"}
    ours = ours if architecture in HAR.ours else set()
    assert panel.detectors.keys() == QUICK | ours
    signals = full.signals[SOME.position]
    for name, judged in panel.judge(panel.rows(signals)).items():
        for protocol in HAR_PROTOCOLS:
            expected = shipped(table, f"wgan-gp-{architecture}", name, protocol)
            np.testing.assert_allclose(
                judged.score, expected, rtol=2**-11, atol=2e-5, err_msg=f"{name}, {protocol}"
            )


@EVERY_ACTIVITY
@pytest.mark.parametrize("seed", [1, 2])
def test_stored_features_of_further_seeds_give_the_shipped_scores(
    activity: str, seed: int, full: har.Windows
) -> None:
    """Beside the first seed's WGAN-GP; only detectors in which they take part are there."""
    panel = Panel(FOLDER, activity, seed, "test", "conv")
    assert panel.detectors.keys() == {"ours", "ours-others"}
    table, some = table_of(activity), slice(0, None, 3)
    for name, judged in panel.judge(panel.rows(full.signals[SOME.position[some]])).items():
        expected = shipped(table, "wgan-gp-conv", name, seed=seed)[some]
        np.testing.assert_allclose(judged.score, expected, rtol=2**-11, atol=2e-5, err_msg=name)
        other = shipped(table, "wgan-gp-conv", name)[some]
        assert not np.allclose(expected, other, rtol=0.01)


@EVERY_ACTIVITY
def test_rules_are_those_that_were_chosen(activity: str) -> None:
    """By how they find the other activities, or all alike; the same for every seed."""
    choice = pretrained.load_choice("har")
    assert choice is not None
    for seed in (0, 1, 2):
        fitted = Panel(FOLDER, activity, seed, "test", "conv").bundle.fitted
        assert fitted is not None
        expected = choice.of(activity)
        if seed:  # borrows the WGAN-GP of the first, of which it has nothing new to say
            del expected["ours-wgan"]
        assert {name: rule.names for name, rule in fitted.rules.items()} == expected
    for name in HAR.ours["conv"].everywhere:
        assert choice.of(activity)[name] == choice.everywhere[name]


@EVERY_ACTIVITY
@EVERY_ARCHITECTURE
def test_bundled_windows_are_judged_as_the_full_ones(activity: str, architecture: str) -> None:
    """They are in half precision, which changes little: here and there another peer."""
    panel, table = panel_of(activity, architecture), table_of(activity)
    for name, judged in panel.judge(panel.rows(SOME.signals)).items():
        expected = shipped(table, f"wgan-gp-{architecture}", name)
        allowed = 1e-3 * (np.abs(expected) + expected.std())
        assert (np.abs(judged.score - expected) <= allowed).mean() >= 0.95, name
        assert np.abs(judged.score - expected).max() <= 0.1 * expected.std(), name


@EVERY_ACTIVITY
@EVERY_ARCHITECTURE
def test_a_model_file_tells_the_command_that_made_it(activity: str, architecture: str) -> None:
    panel = panel_of(activity, architecture)
    for method in HAR.methods:
        if not panel.file(method).exists():
            assert method == "contrast"  # of one architecture
            assert architecture not in HAR.ours
            continue
        model = pretrained.load_model(panel.file(method))
        chosen = make_parser().parse_args(shlex.split(model.command)[3:])
        assert (chosen.method, chosen.abnormal) == (method, activity)
        assert chosen.architecture == architecture
        task = task_of(HAR, chosen, activity)
        assert task.training == model.training
        assert model.training.seed == 0
        assert model.view is not None
        undone = {"scales": model.view.scales} if method == "contrast" else {}
        assert task.network.replace(**undone) == model.network
        assert model.view == panel.view
        assert model.history["step"][-1] == model.training.steps


@EVERY_ACTIVITY
def test_a_table_holds_every_detector_on_the_same_windows(activity: str) -> None:
    table = table_of(activity)
    there = {
        f"wgan-gp-{name}"
        for name in HAR.architectures
        if pretrained.model_file(
            FOLDER, activity, "encoder", protocol="test", architecture=name
        ).exists()
    }
    by_protocol = {}
    for protocol in HAR_PROTOCOLS:
        rows = board.rows([table.where(protocol=protocol)])
        assert len({(row.n, row.base_rate) for row in rows}) == 1
        found = {(row.model, row.detector) for row in rows}
        assert {("none", name) for name in BASELINES} <= found
        assert {(model, name) for model in there for name in QUICK} <= found
        assert {("wgan-gp-conv", name) for name in HAR.ours["conv"].rules} <= found
        for detector, seeds in {"ours": {0, 1, 2}, "ours-others": {0, 1, 2}, "critic": {0}}.items():
            of_conv = (r for r in rows if (r.model, r.detector) == ("wgan-gp-conv", detector))
            assert {row.seed for row in of_conv} == seeds
        by_protocol[protocol] = found, rows[0]
    (few, narrow), (many, wide) = (by_protocol[protocol] for protocol in HAR_PROTOCOLS)
    assert few == many
    assert narrow.n == har.N_TEST
    assert narrow.n is not None
    assert wide.n is not None
    assert narrow.base_rate is not None
    assert wide.base_rate is not None
    # what is more is anomalies of the train subjects
    more = wide.n * wide.base_rate - narrow.n * narrow.base_rate
    assert more == pytest.approx(wide.n - narrow.n)
    assert set(table.protocol.tolist()) == set(HAR_PROTOCOLS)
    calibration = table.where(part="calibration")
    assert not calibration.label.any()
    assert len(set(calibration.subject.tolist())) == har.N_CALIBRATION


@EVERY_ACTIVITY
def test_baselines_are_what_scoring_anew_gives(activity: str, full: har.Windows) -> None:
    """One nearest neighbour, against every normal window of the fit part, one by one."""
    table = table_of(activity)
    fit = full.signals[har.split_har(full, activity).parts["fit"]]
    queries = full.signals[SOME.position[::9]]
    for name, first in (("knn", 0), ("knn-total", 6)):
        expected = [
            np.sqrt(np.square(fit[:, first:] - query[first:]).sum(axis=(1, 2)).min())
            for query in queries
        ]
        found = shipped(table, "none", name)[::9]
        np.testing.assert_allclose(found, expected, rtol=2**-11)
    # a window that was fitted on is not its own neighbour
    low, high = table.where(detector="knn", part="fit", protocol="test").score
    assert 0.05 < low < high
