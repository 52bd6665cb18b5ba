"""What ships for the digits: models, rules and score tables that belong together."""

from __future__ import annotations

import shlex

import numpy as np
import pytest

from tests.benchmarks import lab_weights
from wganad_core import board, pretrained, storage
from wganad_core.__main__ import make_parser
from wganad_core.config import DIGITS
from wganad_core.data import mnist
from wganad_core.panels.panel import SLOW, Panel
from wganad_core.use_cases import MNIST

FOLDER = pretrained.SHIPPED / "mnist"
DEEP = ("wgan-gp", "encoder", "contrast")
BASELINES = ("bigan", "vae")
SAMPLE = mnist.load_sample()
SOME = np.arange(0, len(SAMPLE.labels), 350)
IDS = mnist.sample_ids(SAMPLE.images[SOME])


@pytest.mark.parametrize("digit", DIGITS)
def test_stored_weights_give_the_shipped_scores(digit: str) -> None:
    """On bundled images, by every detector whose models ship, to the 12 bits that are kept."""
    panel = Panel(FOLDER, digit)
    assert panel.detectors.keys() == {
        "critic",
        "critic-interval",
        "encoder",
        "vae",
        "bigan",
        *MNIST.ours["image"].rules,
    }
    path = pretrained.scores_path("mnist", digit)
    table = storage.load_scores(path).where(part="test", seed=0)
    for name, judged in panel.judge(mnist.vectors(SAMPLE.images[SOME])).items():
        rows = table.where(detector=name)
        shipped = dict(zip(rows.sample_id.tolist(), rows.score.tolist(), strict=True))
        expected = np.array([shipped[i] for i in IDS.tolist()])
        np.testing.assert_allclose(judged.score, expected, rtol=2**-11, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("digit", DIGITS)
def test_a_model_file_tells_the_command_that_made_it(digit: str) -> None:
    """The deep networks of the first seed come from the design brief; what else ships is trained
    by our own command."""
    for method in (*DEEP, *BASELINES):
        model = pretrained.load_model(pretrained.model_file(FOLDER, digit, method))
        assert (model.abnormal, model.training.method, model.training.seed) == (digit, method, 0)
        assert model.training == MNIST.recipe(method, "image")
        assert model.network == MNIST.network(method, "image")
        if method in DEEP:
            assert model.command == lab_weights.COMMAND
            continue
        chosen = make_parser().parse_args(shlex.split(model.command)[3:])
        assert (chosen.method, chosen.abnormal, chosen.steps) == (method, digit, None)


@pytest.mark.parametrize("digit", DIGITS)
def test_a_table_holds_every_detector_on_the_same_images(digit: str) -> None:
    every = storage.load_scores(pretrained.scores_path("mnist", digit))
    table = every.where(seed=0)
    rows = {row.detector: row for row in board.rows([table])}
    assert {
        *MNIST.ours["image"].rules,
        "critic",
        "critic-interval",
        "encoder",
        "vae",
        "bigan",
        *SLOW,
        "knn",
        "pca",
        "iforest",
    } <= rows.keys()
    sizes = {row.n for name, row in rows.items() if name not in SLOW}
    assert len(sizes) == 1
    assert {rows[name].n for name in SLOW} == {1_000}
    calibration = table.where(part="calibration", detector="ours")
    assert 2_000 < len(calibration) < 3_000
    assert not calibration.label.any()
    again = every.where(seed=1)  # ours with features of its own, on the same images
    ours = table.where(detector="ours")
    assert set(again.detector) == {"ours"}
    assert again.where(part="test").sample_id.tolist() == ours.where(part="test").sample_id.tolist()
    assert not np.array_equal(again.score, ours.score)


def test_the_whole_is_small() -> None:
    files = [path for path in pretrained.SHIPPED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 75e6
