"""The digits page without a browser: its headline, its gallery, its views, what it refuses."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.case import data
from tests import app_pages
from tests.app_pages import choose
from wganad_core import board, pretrained
from wganad_core.config import DIGITS
from wganad_core.use_cases import MNIST

pytestmark = pytest.mark.usefixtures("page_workers")
NEEDED = ("wgan-gp", "encoder", "ours")


def complete(digit: str) -> bool:
    """Whether a digit's scores and the models that the page cannot do without are here."""
    models = [pretrained.model_file(pretrained.SHIPPED / "mnist", digit, m) for m in NEEDED]
    return all(path.exists() for path in (*models, pretrained.scores_path("mnist", digit)))


@pytest.fixture(scope="module")
def digit() -> str:
    """A digit that ships, 4 if it does."""
    there = [digit for digit in ("4", *DIGITS) if complete(digit)]
    if not there:
        pytest.skip("No digit's models and scores are in pretrained/mnist.")
    return there[0]


def opened(**query: str) -> AppTest:
    return app_pages.opened("mnist.py", **query)


def headline(test: AppTest) -> str:
    return test.title[0].value


def gallery(test: AppTest):
    return next(table.value for table in test.dataframe if "rank" in table.value)


def figures(digit: str, detector: str) -> board.Row:
    (table,) = board.shipped_scores("mnist", digit)
    return next(
        row
        for row in board.rows([table])
        if (row.detector, row.protocol, row.seed) == (detector, "80/20", 0)
    )


def test_the_headline_has_the_shipped_figures(digit: str) -> None:
    test = opened(digit=digit, detector="encoder")
    row = figures(digit, "encoder")
    assert f"never seen {MNIST.describe(digit)}" in headline(test)
    found = re.findall(r"\d\.\d\d", headline(test))
    assert found == [f"{row.auprc:.2f}", f"{row.base_rate:.2f}"]
    choose(test, detector="ours")
    assert f"AUPRC {figures(digit, 'ours').auprc:.2f}" in headline(test)


def test_a_slow_detector_says_on_how_many_images(digit: str) -> None:
    test = opened(digit=digit, detector="inversion")
    some, n = (figures(digit, name).n for name in ("inversion", "encoder"))
    assert f", on {some:,} of {n:,} test images" in headline(test)
    table = next(table.value for table in test.dataframe if "Detector" in table.value)
    assert {"Inversion (on 1,000)", "AnoGAN (on 1,000)", "Encoder"} <= set(table["Detector"])
    choose(test, view="boxes")
    said = [caption.value for caption in test.caption]
    assert any("chance" in words and f"on {some:,} test images" in words for words in said)


def test_misses_and_false_alarms(digit: str) -> None:
    test = choose(opened(digit=digit), order="misses")
    misses = gallery(test)
    assert set(misses["class"]) == {digit}
    assert misses["score"].is_monotonic_increasing
    assert all(cell.startswith("data:image/png;base64,") for cell in misses["difference"])
    alarms = gallery(choose(test, order="alarms"))
    assert digit not in set(alarms["class"])
    assert alarms["rank"].is_monotonic_increasing
    test.selectbox(key="shown").set_value(digit).run()
    assert "No test image is of this kind" in test.info[0].value


def test_the_address_names_an_image(digit: str) -> None:
    sample = data.samples(MNIST)
    other = next(d for d in DIGITS if d != digit)
    number = sample.position[sample.first(other)]
    test = opened(digit=digit, image=str(number))
    assert f"Autopsy of {MNIST.describe(other)} (a normal digit)" in test.subheader[0].value
    test = opened(digit=digit, image="anything")
    assert f"Autopsy of {MNIST.describe(digit)} (never seen" in test.subheader[0].value


def test_an_autopsy_lists_every_detector_that_scored(digit: str) -> None:
    test = opened(digit=digit)
    table = next(table.value for table in test.dataframe if "Detector" in table.value)
    assert {"Ours", "Encoder", "Critic"} <= set(table["Detector"])
    assert (table.set_index("Detector")["Time"][["Ours", "Encoder"]] > 0).all()


def test_a_search_ends_and_is_shown(digit: str) -> None:
    test = opened(digit=digit)
    next(slider for slider in test.slider if slider.label == "Steps").set_value(20)
    next(b for b in test.button if b.label == "Start the search").click().run()
    deadline = time.monotonic() + 60
    while "Score at the end" not in {metric.label for metric in test.metric}:
        assert not test.exception
        assert time.monotonic() < deadline
        test.run()
    assert not test.error
    assert {metric.label for metric in test.metric} == {
        "Score at the end",
        "Time for this one query",
    }


def test_every_view_can_be_opened(digit: str) -> None:
    test = choose(opened(digit=digit), view="boxes")
    assert "Fig. 22" in test.subheader[0].value
    choose(test, view="board")
    table = test.dataframe[0].value
    assert {"Detector", "0", "9", "Seeds"} <= set(table.columns)
    assert table["Detector"].tolist()[:2] == [
        "Encoder (the paper's, here)",
        "Paper, WGAN and encoder",
    ]
    assert not table[[*DIGITS, "Seeds"]].isna().any(axis=None)
    # Seeds are averaged in the title as in the table, and chance stands beside.
    means = table.set_index("Detector")["mean"]
    assert f"“Ours” {means['Ours']:.1f}%" in headline(test)
    assert f"chance {means['Chance (base rate π)']:.0f}%" in headline(test)
    assert "Inversion (on 1,000)" in means
    choose(test, view="generator")
    next(button for button in test.button if button.label == "New samples").click().run()
    assert not test.exception
    assert "seed 1" in " ".join(caption.value for caption in test.caption)
    assert test.query_params["seed"] == "1"


def test_the_address_names_generated_samples_and_the_walk(digit: str) -> None:
    test = opened(digit=digit, view="generator", seed="7", **{"from": "3", "to": "40"})
    assert "seed 7" in " ".join(caption.value for caption in test.caption)
    assert [number.value for number in test.number_input] == [3, 40]
    test.number_input(key="to").set_value(5).run()
    assert test.query_params["to"] == "5"
    test = opened(digit=digit, view="generator", seed="x", **{"from": "0", "to": "41"})
    assert "seed 0" in " ".join(caption.value for caption in test.caption)
    assert [number.value for number in test.number_input] == [1, 2]


def test_your_own_digit(digit: str) -> None:
    test = choose(opened(digit=digit), view="own")
    test.file_uploader[0].set_value(("bad.png", b"no picture", "image/png")).run()
    assert not test.exception
    assert test.error[0].value.startswith("bad.png ")


def test_a_missing_digit_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(
        pretrained, "scores_path", lambda case, digit: tmp_path / f"{digit}.parquet"
    )
    test = opened(digit="7")
    (error,) = test.error
    assert error.value.startswith("The scores with 7 as the unseen digit are not here")
    assert [group.key for group in test.button_group] == ["view", "digit"]  # choices stay
