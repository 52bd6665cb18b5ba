"""One detector's results as a file: opened from a disk, its counts are the core's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from wganad_core import evaluation
from wganad_core.browser import experiment
from wganad_core.browser.experiment import Experiment, experiment_html
from wganad_core.config import ConfigError
from wganad_core.records import Scored

RNG = np.random.default_rng(0)
LABEL = (np.arange(800) % 5 == 0).astype(np.int64)
SCORE = RNG.normal(size=800) + 2 * LABEL
CLASS = np.where(LABEL == 1, "<b>seven", "other")


def file_of(path: Path, scored: Scored, threshold: float = 1.5) -> str:
    made = Experiment(
        title="Digits <4>",
        scored=scored,
        row=np.arange(1, len(scored) + 1),
        threshold=threshold,
        facts={"rule": "by hand & eye", "cost": None},
        command="python -m wganad_core threshold 'my scores.csv' --threshold=1.5",
        pictures=[("flagged 4", '<img src="data:," alt="a 4">')],
    )
    path.write_bytes(experiment_html(made))
    return path.as_uri()


def test_its_counts_are_the_cores_at_every_threshold(
    page: Page, problems: list[str], tmp_path: Path
):
    page.goto(file_of(tmp_path / "one.html", Scored(SCORE, LABEL, None, CLASS)))
    page.wait_for_function("window.experiment?.made")
    curve = evaluation.curve(LABEL, SCORE)
    for threshold in (1.5, float(SCORE[3]), -9.0, 9.0, 0.0):
        script = "(t) => { experiment.threshold = t; return experiment.count(); }"
        made = page.evaluate(script, threshold)
        point = curve.at(threshold)
        assert (made["hits"], made["falseAlarms"], made["missed"], made["passed"]) == (
            point.true_positives,
            point.false_positives,
            point.false_negatives,
            point.true_negatives,
        )
    expect(page.get_by_role("heading", level=1)).to_have_text("Digits <4>")
    expect(page.locator("dl")).to_contain_text("by hand & eye")
    expect(page.locator("pre")).to_have_text(
        "python -m wganad_core threshold 'my scores.csv' --threshold=1.5"
    )
    handle = page.get_by_role("slider")
    handle.focus()
    before = page.locator(".said").text_content()
    handle.press("Shift+ArrowLeft")
    expect(page.locator(".said")).not_to_have_text(str(before))
    highest = int(np.argmax(SCORE))
    first = page.locator(".rows tbody tr").first
    expect(first).to_contain_text(f"{highest + 1}")
    expect(first).to_contain_text("<b>seven" if LABEL[highest] else "other")
    assert problems == []


def test_it_is_dragged_on_a_phone_too(page: Page, tmp_path: Path):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(file_of(tmp_path / "one.html", Scored(SCORE, LABEL)))
    page.wait_for_function("window.experiment?.made")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".edge").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] - 80, box["y"] + 20, steps=4)
    page.mouse.up()
    assert page.evaluate("experiment.threshold") < 1.4


@pytest.mark.parametrize(
    "scored",
    [
        Scored(np.array([1.0, 1.0])),
        Scored(np.array([np.inf, -np.inf, 0.0]), np.array([1, 0, 0])),
        Scored(np.array([3.0, 4.0]), np.array([0, 0])),
    ],
)
def test_odd_scores_are_drawn(page: Page, problems: list[str], tmp_path: Path, scored: Scored):
    page.goto(file_of(tmp_path / "odd.html", scored, threshold=np.inf))
    page.wait_for_function("window.experiment?.made")
    assert page.evaluate("experiment.made.flagged") == 0
    assert problems == []


def test_it_is_small_and_has_its_bounds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    path = tmp_path / "one.html"
    file_of(path, Scored(RNG.normal(size=20_000), RNG.integers(0, 2, 20_000)))
    assert path.stat().st_size < 350_000
    monkeypatch.setattr(experiment, "MOST", 10)
    with pytest.raises(ConfigError, match="at most 10 scores; found 800"):
        file_of(path, Scored(SCORE))
