"""The page of sensor windows without a browser: its headline, its strip, its choices, refusals."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.case import data
from tests import app_pages
from tests.app_pages import choose
from wganad_core import pretrained
from wganad_core.config import ACTIVITIES
from wganad_core.data.har import SIGNALS
from wganad_core.evaluation import summary
from wganad_core.storage import load_scores
from wganad_core.use_cases import HAR

pytestmark = pytest.mark.usefixtures("page_workers")
NEEDED = ("wgan-gp", "encoder", "ours")


def complete(activity: str) -> bool:
    """Whether an activity's scores and the models that the page cannot do without are here."""
    folder = pretrained.SHIPPED / "har"
    models = [pretrained.model_file(folder, activity, name, architecture="conv") for name in NEEDED]
    return all(path.exists() for path in (*models, pretrained.scores_path("har", activity)))


@pytest.fixture(scope="module")
def activity() -> str:
    """An activity that ships, laying if it does."""
    there = [name for name in ("laying", *ACTIVITIES) if complete(name)]
    if not there:
        pytest.skip("No activity's models and scores are in pretrained/har.")
    return there[0]


def opened(**query: str) -> AppTest:
    return app_pages.opened("har.py", **query)


def figures(activity: str, model: str, detector: str, protocol: str) -> list[str]:
    """AUPRC and base rate as the headline writes them, from the shipped table."""
    table = load_scores(pretrained.scores_path("har", activity)).where(
        model=model, detector=detector, protocol=protocol, part="test", seed=0
    )
    found = summary(table.label, table.score)
    return [f"{found.auprc:.2f}", f"{found.base_rate:.2f}"]


def in_headline(test: AppTest) -> list[str]:
    return re.findall(r"\d\.\d\d", test.title[0].value)


def test_the_headline_has_the_shipped_figures(activity: str) -> None:
    test = opened(activity=activity)
    assert f"never seen anybody {HAR.describe(activity)}" in test.title[0].value
    assert in_headline(test) == figures(activity, "wgan-gp-conv", "ours-others", "test")
    choose(test, protocol="test+all")
    assert in_headline(test) == figures(activity, "wgan-gp-conv", "ours-others", "test+all")
    choose(test, model="dense")  # which has no rule of ours
    assert in_headline(test) == figures(activity, "wgan-gp-dense", "encoder", "test+all")


def test_the_address_names_a_window(activity: str) -> None:
    sample = data.samples(HAR)
    number = int((sample.classes != activity).argmax())
    test = opened(activity=activity, window=str(sample.position[number]))
    what = HAR.describe(str(sample.classes[number]))
    assert test.subheader[0].value.startswith(
        f"Window {sample.position[number]:,}: person {sample.subjects[number]}, {what} "
        "(a normal activity). Ours"
    )
    test = opened(activity=activity, window="anything")
    assert "(never seen in training)" in test.subheader[0].value


def test_people_and_activities_are_filtered(activity: str) -> None:
    test = opened(activity=activity)
    test.selectbox(key="subject").set_value("9").run()
    assert "person 9, " in test.subheader[0].value
    other = next(name for name in ACTIVITIES if name != activity)
    test.selectbox(key="shown").set_value(other).run()
    assert f"person 9, {HAR.describe(other)} (a normal" in test.subheader[0].value
    choose(test, order="misses")
    assert "No test window is of this kind" in test.info[0].value


def test_the_marked_cell_is_said_in_words(activity: str) -> None:
    sample = data.samples(HAR)
    position = str(sample.position[5])
    test = opened(activity=activity, window=position, cell="20-50", sensor="body_gyro", axis="z")
    signal = sample.take(np.array([5]))[0, SIGNALS.index("body_gyro_z")]
    (words,) = [m.value for m in test.markdown if "R[i, j]" in m.value and "compares" in m.value]
    assert "*i* = 0.40 s" in words
    assert "*j* = 1.00 s" in words
    assert f"**{abs(signal[20].round(3) - signal[50].round(3)):.3f} rad/s**" in words
    choose(test, axis="joint")
    (words,) = [m.value for m in test.markdown if "R[i, j]" in m.value and "compares" in m.value]
    assert "‖sᵢ − sⱼ‖" in words
    test = opened(activity=activity, cell="20-500")  # beyond the window
    assert any("*i* = 0.72 s" in m.value for m in test.markdown)


def test_the_threshold_of_the_recurrence_plot_is_in_the_address(activity: str) -> None:
    test = opened(activity=activity, classical="1", epsilon="0.25")
    assert test.select_slider(key="epsilon").value == 0.25
    test.select_slider(key="epsilon").set_value(0.3).run()
    assert test.query_params["epsilon"] == "0.3"
    test = opened(activity=activity, classical="1", epsilon="7")
    assert test.select_slider(key="epsilon").value == 0.1


def test_every_detector_that_scored_is_listed(activity: str) -> None:
    test = opened(activity=activity)
    table = next(t.value for t in test.dataframe if "Odder than" in t.value)
    assert {"Ours", "Encoder", "Critic", "Nearest neighbour"} <= set(table["Detector"])
    assert (table.set_index("Detector")["Time"][["Ours", "Encoder"]] > 0).all()


def test_a_missing_activity_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pretrained, "scores_path", lambda case, name: tmp_path / f"{name}.parquet")
    test = opened(activity="walking")
    (error,) = test.error
    assert error.value.startswith("The scores with walking as the unseen activity are not here")
    assert [group.key for group in test.button_group] == ["view", "activity"]  # choices stay


def test_a_missing_model_leaves_signals_and_says_one_sentence(
    activity: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pretrained, "model_file", lambda *given, **named: tmp_path / "gone")
    test = opened(activity=activity)
    (error,) = test.error
    assert error.value.startswith("The model “1-D convolutions” that has never seen")
    assert any("compares" in m.value for m in test.markdown)
