"""The threshold cockpit on one's own scores: right whatever they are, refused in a sentence."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.cockpit import numbers as cockpit_numbers
from tests.pages.cockpit import (
    CASES,
    LABEL,
    SCORE,
    SECTIONS,
    Case,
    N,
    chart,
    choose_quietly,
    counts,
    csv,
    html,
    marked_threshold,
    of_core,
    opened,
    own,
    press,
    words,
)
from wganad_core import evaluation, pretrained
from wganad_core.__main__ import main
from wganad_core.data.own.flagged import flagged_csv
from wganad_core.records import Scored

pytestmark = pytest.mark.usefixtures("page_workers")


ENDS = np.where(np.arange(N) < 3, np.inf, np.where(np.arange(N) < 6, -np.inf, SCORE))
CORNERS: dict[str, tuple[Any, Any]] = {
    "with labels": (SCORE, LABEL),
    "without labels": (SCORE, None),
    "normals only": (SCORE, np.zeros(N, int)),
    "anomalies only": (SCORE, np.ones(N, int)),
    "one row": ([1.5], None),
    "one normal": ([1.5], [0]),
    "one anomaly": ([1.5], [1]),
    "constant": (np.full(N, 2.0), LABEL),
    "constant without labels": (np.zeros(N), None),
    "infinities": (ENDS, LABEL),
    "infinities without labels": (ENDS, None),
    "infinite only": (np.where(LABEL == 1, np.inf, -np.inf), LABEL),
    "ties": (np.arange(N) % 4, LABEL),
    "upside down": ([1, 0], [0, 1]),
    "as large as can be": (SCORE * 1e307, LABEL),
    "as small as can be": (SCORE * 1e-310, LABEL),
}


@pytest.fixture(params=list(CORNERS))
def corner(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray | None]:
    score, label = CORNERS[request.param]
    return np.asarray(score, float), None if label is None else np.asarray(label)


def assert_right(test: AppTest, score: np.ndarray, label: np.ndarray | None, where: str) -> None:
    """No exception, the right counts at the threshold in the address, and no NaN in the words."""
    assert not test.exception, where
    assert not test.error, where
    threshold = marked_threshold(test)
    flagged = score > threshold
    if label is None:
        assert counts(test) == {"flagged": int(flagged.sum())}, where
    else:
        assert counts(test) == {
            "tp": int((flagged & (label == 1)).sum()),
            "fn": int((~flagged & (label == 1)).sum()),
            "fp": int((flagged & (label == 0)).sum()),
            "tn": int((~flagged & (label == 0)).sum()),
        }, where
    said = [line.strip() for line in words(test).splitlines() if re.search(r"\bnan\b", line, re.I)]
    assert said == [], where
    for place in chart(test)["marks"].values():
        assert all(value is not None for value in place.values()), where


def steps(test: AppTest) -> Iterator[str]:
    """Everything that a reader can do on the page; yields after each."""
    yield "at first"
    for key in [b.key for b in test.button if b.key and b.key.startswith("aim-")]:
        test.button(key=key).click().run()
        yield key
    for rate in (0.0001, 0.5, 0.0):
        if any(s.key == "rate" for s in test.select_slider):
            test.select_slider(key="rate").set_value(rate).run()
            yield f"base rate {rate}"
    for toggle in ("bands", "log"):
        if any(t.key == toggle for t in test.toggle):
            test.toggle(key=toggle).set_value(toggle == "bands").run()
            yield toggle
    for section in SECTIONS:
        choose_quietly(test, section)
        yield section
        for key in [b.key for b in test.button if b.key and b.key.startswith("use-")]:
            if not test.button(key=key).disabled:
                test.button(key=key).click().run()
                yield key
    choose_quietly(test, "samples")
    yield "samples again"


def test_the_command_for_one_s_own_scores(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """With a base rate, a cost and columns that are called otherwise; and the same flagged rows."""
    monkeypatch.chdir(tmp_path)
    score = SCORE.round(0) + LABEL  # with ties
    data = pd.DataFrame({"s": score, "who": "x", "odd": LABEL, "score": 0}).to_csv().encode()
    (tmp_path / "mine.csv").write_bytes(data)
    test = own(data, below="export", rate="0.01", cost="50")
    for role, name in (("Score", "s"), ("Label", "odd"), ("Id", "who")):
        test.selectbox(key=f"own-column-{role}").set_value(name).run()
    assert not test.error
    assert_right(test, score, LABEL, "named columns")
    (code,) = [code.value for code in test.code if "wganad_core" in code.value]
    words_ = shlex.split(code)[3:]
    assert words_[2:5] == ["--score-column=s", "--label-column=odd", "--id-column=who"]
    assert main([*words_, "--json", "--flagged", "flagged.csv"]) == 0
    said = json.loads(capsys.readouterr().out)
    point = evaluation.curve(LABEL, score).at(marked_threshold(test), 0.01)
    assert (said["precision"], said["f1"], said["base_rate"]) == (point.precision, point.f(), 0.01)
    assert (said["cost"], said["cost_ratio"]) == (point.cost(50), 50)
    row, flagged = np.arange(1, N + 1), Scored(score, LABEL, np.repeat("x", N))
    written = (tmp_path / "flagged.csv").read_bytes()
    assert written == flagged_csv(flagged, row, point.threshold)


@pytest.mark.parametrize("section", SECTIONS)
def test_the_example_is_there_for_who_asks_and_says_that_it_is_one(section: str) -> None:
    test = opened(case="own", below=section)
    assert counts(test) == {}  # nothing is shown as if it were the reader's
    assert test.title[0].value.startswith("Your scores: choose a file")
    press(test, "own-example")
    assert not test.error
    shown = counts(test)
    assert (sum(shown.values()), shown["tp"] + shown["fn"]) == (5_100, 100)
    assert test.title[0].value.startswith("An example, not your scores: ")
    assert not test.get("bidi_component") or "An example" in test.title[0].value
    test.file_uploader(key="own-scores").set_value(("bad.csv", b"score\n\n", "text/csv")).run()
    assert "bad.csv" in test.error[0].value
    assert counts(test) == {}  # the example neither


def test_whatever_the_scores(corner: tuple[np.ndarray, np.ndarray | None]) -> None:
    """Every button, section and base rate, without an exception and with the right counts."""
    score, label = corner
    test = own(csv(score, label))
    for where in steps(test):
        assert_right(test, score, label, where)


def test_who_cannot_see_the_chart_is_not_told_of_nan() -> None:
    for label in (LABEL, None, np.zeros(N, int), np.ones(N, int)):
        test = own(csv(SCORE, label))
        for _ in steps(test):
            assert "nan" not in chart(test)["alt"]


@pytest.mark.parametrize("rate", ["0", "0.01"])
@pytest.mark.parametrize("kind", [0, 1])
def test_of_one_kind_nothing_is_told_of_the_other(kind: int, rate: str) -> None:
    test = own(csv(SCORE, np.full(N, kind)), rate=rate)
    assert_right(test, SCORE, np.full(N, kind), "with a base rate from before")
    told = words(test)
    # Nobody knows how many alarms would be real, or false, or what would be missed.
    assert "are real" not in told
    assert "every anomaly is missed" not in told
    assert "rate" not in [each.key for each in test.select_slider]  # there is no world to choose
    choose_quietly(test, "advice")
    assert "gradient steps" not in words(test)  # as if the detector were slow


def test_rows_keep_their_numbers_in_the_file() -> None:
    """Calibration rows come first here, so the 41st row of the file is the first that is judged."""
    part = np.where(np.arange(N) < 40, "calibration", "test")
    score = np.where(np.arange(N) == 47, 99.0, SCORE)
    label = np.where(np.arange(N) < 40, 0, LABEL)
    test = own(csv(score, label, part=part))
    assert_right(test, score[40:], label[40:], "parts")
    press(test, "aim-False alarms ≤ 1%")
    shown = re.findall(r"row (\d+)", html(test))
    assert "48" in shown
    assert min(map(int, shown)) > 40


def test_nobody_is_told_of_labels_that_are_not_there() -> None:
    part = np.where(np.arange(N) < 40, "calibration", "test")
    test = own(csv(SCORE, part=part), below="advice")
    assert_right(test, SCORE[40:], None, "parts without labels")
    assert f"**{40} normal samples**" in words(test)
    assert "has labels" not in words(test)


def test_names_are_text() -> None:
    name = "<img src=x onerror=alert(1)>"
    test = own(csv(SCORE, LABEL, id=[f"{name}{i}" for i in range(N)], **{"class": [name] * N}))
    assert_right(test, SCORE, LABEL, "names")
    assert "<img" not in html(test)
    assert html(test).count("&#60;img") > 2


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "mine.csv"),
        (b"a,b\n1,2\n3,4\n", "Expected a column named score"),
        (b"score,label\n1,0\n2,1\n3,perhaps\n", "perhaps"),
        (b"score\n1\n\nx\n", "mine.csv"),
        (b"score\nnan\nnan\n", "missing or NaN"),
        (b"\x00\xff\x00\xff", "mine.csv"),
    ],
)
def test_a_bad_file_is_one_sentence_and_the_last_good_one_stays(data: bytes, sentence: str) -> None:
    test = own(csv(SCORE, LABEL))
    before = counts(test)
    test.file_uploader(key="own-scores").set_value(("mine.csv", data, "text/csv")).run()
    assert not test.exception
    (error,) = test.error
    assert sentence in error.value
    assert counts(test) == before
    press(test, "aim-Recall ≥ 95%")
    assert counts(test)["tp"] >= 0.95 * LABEL.sum()


def test_what_a_sentence_tells_to_choose_can_be_chosen() -> None:
    data = pd.DataFrame({"a": SCORE, "b": SCORE[::-1], "label": "maybe", "odd": LABEL}).to_csv(
        index=False
    )
    test = own(data.encode())
    assert "Rename or choose the score column" in test.error[0].value
    test.selectbox(key="own-column-Score").set_value("b").run()
    assert "choose another label column" in test.error[0].value
    test.selectbox(key="own-column-Label").set_value("odd").run()
    assert_right(test, SCORE[::-1], LABEL, "chosen")
    test.selectbox(key="own-column-Score").set_value("odd").run()
    assert "cannot be both the score and the label" in test.error[0].value
    assert sum(counts(test).values()) == N  # the last that could be read
    upload = test.file_uploader(key="own-scores")
    upload.set_value(("other.csv", csv(SCORE, LABEL), "text/csv")).run()
    assert_right(test, SCORE, LABEL, "another file, which has no such columns")


def test_a_score_table_of_this_project_can_be_uploaded() -> None:
    case = CASES["mnist"]
    path = pretrained.scores_path("mnist", "9")
    if not path.exists():
        pytest.skip(f"{path} is not here.")
    test = own(path.read_bytes(), "9.parquet", below="export")
    assert not test.error
    for name in ("encoder", "knn"):
        (detector,) = [box for box in test.selectbox if box.label == "Detector"]
        assert {"critic", "encoder", "knn"} <= set(detector.options)
        detector.set_value(name).run()
        assert not test.error
        assert not test.exception
        assert counts(test) == of_core(case.curve(name), marked_threshold(test))
        (code,) = [code.value for code in test.code if "wganad_core" in code.value]
        assert f"--detector={name}" in code


def test_of_a_table_of_several_models_the_model_is_asked_where_it_matters() -> None:
    path = pretrained.scores_path("har", "laying")
    if not path.exists():
        pytest.skip(f"{path} is not here.")
    test = own(path.read_bytes(), "laying.parquet")
    asked = {box.label: box for box in test.selectbox}
    assert {"Tested on", "Detector", "Model"} <= asked.keys()
    asked["Detector"].set_value("critic").run()
    asked["Model"].set_value("wgan-gp-dense").run()
    asked["Tested on"].set_value("test+all").run()
    assert not test.error
    other = Case(
        {},
        "har",
        "laying",
        {"detector": "critic", "protocol": "test+all", "model": "wgan-gp-dense"},
        "",
    )
    assert counts(test) == of_core(other.curve(), marked_threshold(test))
    asked["Detector"].set_value("knn").run()
    assert "Model" not in {box.label for box in test.selectbox}
    assert sum(counts(test).values()) == len(other.rows(detector="knn"))


def test_where_the_choice_came_from_is_forgotten_with_one_s_own_scores() -> None:
    test = opened(case="mnist", detector="encoder", against="knn", **{"class": "3"})
    test.radio(key="case").set_value("own").run()
    assert not test.exception
    assert not {"class", "detector", "against"} & set(test.query_params)
    assert counts(test) == {}


def test_the_oddest_of_scores_without_labels_come_first() -> None:
    score = np.random.default_rng(4).normal(size=400).round(4)
    test = own(csv(score, id=[f"s{i}" for i in range(400)]))
    first = re.findall(r"<tr><th[^>]*>(s\d+)</th>", html(test))[:3]
    assert first == [f"s{i}" for i in np.argsort(-score)[:3]]
    assert html(test).index("Oddest") < html(test).index("Closest calls")


def own_widget(widgets: Any, key: str) -> Any:
    return next(each for each in widgets if each.key and each.key.startswith(key))


def test_scores_of_which_lower_is_anomalous_are_turned_on_the_page() -> None:
    """AUROC below chance is remarked, and one switch sets it right."""
    test = own(csv(-(SCORE + 3 * LABEL), LABEL), below="export")
    below = 100 * evaluation.auroc(evaluation.curve(LABEL, -(SCORE + 3 * LABEL)))
    assert f"AUROC is {below:.1f}%, below chance" in words(test)
    own_widget(test.toggle, "own-lower").set_value(True).run()
    assert_right(test, SCORE + 3 * LABEL, LABEL, "turned")
    assert "below chance" not in words(test)
    assert "--lower-is-anomalous" in words(test)  # in the command


def test_which_value_is_normal_is_chosen_on_the_page() -> None:
    kind = np.where(LABEL == 1, "nut", "bolt")
    test = own(csv(SCORE + LABEL, kind), below="export")
    assert_right(test, SCORE + LABEL, LABEL, "the most frequent is normal")
    assert "is taken for normal, as the most frequent" in words(test)
    own_widget(test.selectbox, "own-normal").set_value("nut").run()
    assert_right(test, SCORE + LABEL, 1 - LABEL, "the other is normal")
    assert "--normal=nut" in words(test)


def test_several_columns_of_scores_are_compared() -> None:
    rng = np.random.default_rng(2)
    other = LABEL + rng.normal(size=N).round(3)
    data = csv(SCORE, LABEL, other=other)
    test = own(data, below="compare")
    assert "choose another one under “Beside”" in words(test)
    test.selectbox(key="own-beside").set_value("other").run()
    assert_right(test, SCORE, LABEL, "beside another")
    gained = evaluation.auprc(evaluation.curve(LABEL, SCORE)) - evaluation.auprc(
        evaluation.curve(LABEL, other)
    )
    assert f"**{100 * gained:+.1f} points**" in words(test)
    assert "AUPRC of “score” minus “other”" in words(test)


def test_every_rate_has_its_interval() -> None:
    label, score = np.arange(200) % 4 == 0, np.random.default_rng(0).normal(size=200)
    bands = evaluation.bands(label, score + label, n_resamples=50)
    point = evaluation.curve(label, score + label).at(0.5)
    tiles = cockpit_numbers.tiles(point, point, bands.at(0.5), 10)
    assert len(re.findall(r"% to [\d.]+%", tiles)) == 3
    assert "% to " not in cockpit_numbers.tiles(point, point, {}, 10)
    assert tiles.count("data-tip=") == len(cockpit_numbers.MEANINGS) == 6
