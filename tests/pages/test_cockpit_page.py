"""The threshold cockpit without a browser: its numbers beside the core's, whatever the scores."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.cockpit import numbers as cockpit_numbers
from pages._ui.cockpit.compare import conclusion
from pages._ui.cockpit.numbers import percent
from tests import app_pages
from wganad_core import evaluation, pretrained, thresholds
from wganad_core.__main__ import main
from wganad_core.data.own.flagged import flagged_csv
from wganad_core.evaluation import Curve
from wganad_core.figures.cockpit.drawn import Axis, Drawn
from wganad_core.records import Scored

pytestmark = pytest.mark.usefixtures("page_workers")

SECTIONS = ("samples", "advice", "compare", "export")
GUIDES: dict[str, Callable[[Curve], float]] = {
    "Best F1": evaluation.best_f,
    "Lowest cost": lambda curve: evaluation.lowest_cost(curve, 10),
    "Recall ≥ 95 %": lambda curve: evaluation.at_recall(curve, 0.95),
    "False alarms ≤ 1 %": lambda curve: evaluation.at_false_alarm_rate(curve, 0.01),
}


@dataclass(frozen=True)
class Case:
    """A shipped detector: its address, and where its rows are."""

    query: dict[str, str]
    case: str
    abnormal: str
    columns: dict[str, str]
    second: str

    def rows(self, part: str = "test", detector: str | None = None) -> pd.DataFrame:
        path = pretrained.scores_path(self.case, self.abnormal)
        if not path.exists():
            pytest.skip(f"{path} is not here.")
        wanted = self.columns | {"part": part} | ({"detector": detector} if detector else {})
        found = pd.read_parquet(path)
        found = found[found.seed == found.seed.min()]
        for name, value in wanted.items():
            found = found[found[name].isin([value, "none"] if name == "model" else [value])]
        assert len(found)
        return found

    def axis(self) -> Axis:
        rows = self.rows()
        return Drawn(Scored(rows.score.to_numpy(float), rows.label.to_numpy()), self.curve()).axis

    def curve(self, detector: str | None = None) -> Curve:
        rows = self.rows(detector=detector)
        return evaluation.curve(rows.label, rows.score)


CASES = {
    "mnist": Case(
        {"class": "9", "detector": "encoder"},
        "mnist",
        "9",
        {"detector": "encoder", "protocol": "80/20"},
        "knn",
    ),
    "har": Case(
        {"case": "har", "class": "laying", "detector": "critic", "protocol": "test+all"},
        "har",
        "laying",
        {"detector": "critic", "protocol": "test+all", "model": "wgan-gp-conv"},
        "knn",
    ),
    "mixture": Case(
        {"case": "mixture", "detector": "critic", "model": "wgan-gp"},
        "mixture",
        "outside",
        {"detector": "critic", "model": "wgan-gp"},
        "density",
    ),
}


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


# ---------------------------------------------------------------- what the page shows


def opened(**query: str) -> AppTest:
    return app_pages.opened("cockpit.py", **query)


def html(test: AppTest) -> str:
    return "\n".join(element.proto.body for element in test.get("html"))


class _Counts(HTMLParser):
    """The numbers that are marked as counts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, int] = {}
        self.name: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.name = dict(attrs).get("data-count")

    def handle_data(self, data: str) -> None:
        if self.name:
            self.found[self.name] = int(data.replace(",", ""))
            self.name = None


def counts(test: AppTest) -> dict[str, int]:
    return _Counts(html(test)).found


def of_core(curve: Curve, threshold: float) -> dict[str, int]:
    point = curve.at(threshold)
    return {
        "tp": point.true_positives,
        "fn": point.false_negatives,
        "fp": point.false_positives,
        "tn": point.true_negatives,
    }


def chart(test: AppTest) -> dict[str, Any]:
    """What the chart is sent: its marks, and its words for those who cannot see it."""
    (element,) = test.get("bidi_component")
    found: dict[str, Any] = json.loads(element.proto.bytes)
    return found


def marked_threshold(test: AppTest) -> float:
    """Exactly, as the address has it."""
    return float(chart(test)["address"]["t"])


def words(test: AppTest) -> str:
    """All that can be read on the page, but in the chart."""
    found = [
        e.value
        for kind in ("markdown", "caption", "info", "error", "warning", "code")
        for e in getattr(test, kind)
    ]
    text = re.sub(r"<style>.*?</style>", "", html(test), flags=re.DOTALL)
    found.append(re.sub(r"<[^>]*>", " ", text))
    return "\n".join([*found, *(widget.label for widget in (*test.select_slider, *test.button))])


def press(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    assert not test.exception, f"after {key}"
    return test


# ---------------------------------------------------------------- every case


def test_the_numbers_are_the_cores(case: Case) -> None:
    curve = case.curve()
    for share in (0.02, 0.4, 0.97):
        threshold = float(np.quantile(curve.levels, share))
        test = opened(**case.query, t=repr(threshold))
        assert marked_threshold(test) == threshold
        assert counts(test) == of_core(curve, threshold)
        point = curve.at(threshold)
        assert {percent(point.precision), percent(point.recall)} <= set(
            re.findall(r"[\d.]+%", html(test))
        )


def test_it_begins_at_the_best_f1_and_the_guides_keep_their_word(case: Case) -> None:
    curve = case.curve()
    test = opened(**case.query)
    assert counts(test) == of_core(curve, evaluation.best_f(curve))
    for name, aim in GUIDES.items():
        press(test, f"aim-{name}")
        assert marked_threshold(test) == aim(curve), name
        assert counts(test) == of_core(curve, aim(curve)), name
    shown = counts(test)  # of the last guide
    assert shown["fp"] <= 0.01 * (shown["fp"] + shown["tn"])
    shown = counts(press(test, "aim-Recall ≥ 95 %"))
    assert shown["tp"] >= 0.95 * (shown["tp"] + shown["fn"])


def test_the_slider_moves_the_threshold(case: Case) -> None:
    curve = case.curve()
    test = opened(**case.query)
    (slider,) = [s for s in test.select_slider if "Threshold" in s.label]
    options = [float(option) for option in slider.options]
    for place in (0, len(options) // 2, -1):
        # AppTest knows the options as they are printed only, so by their order.
        moved = opened(**case.query, t=repr(options[place]))
        assert counts(moved) == of_core(curve, options[place])
    n = curve.n_anomalies, curve.n_normals
    assert of_core(curve, -np.inf) == {"tp": n[0], "fn": 0, "fp": n[1], "tn": 0}
    assert counts(opened(**case.query, t="-inf")) == of_core(curve, -np.inf)
    assert counts(opened(**case.query, t="inf")) == of_core(curve, np.inf)


def own_slider(test: AppTest) -> Any:
    (slider,) = [s for s in test.select_slider if "Threshold" in s.label]
    return slider


@pytest.mark.parametrize(("base", "spread"), [(0, 1), (1000, 0.3), (1e6, 1), (1e9, 1e-3)])
def test_the_slider_goes_where_it_is_moved_also_far_from_zero(base: float, spread: float) -> None:
    score = base + spread * np.random.default_rng(0).normal(size=400)
    label = (np.arange(400) % 10 == 0).astype(int)
    curve = evaluation.curve(label, score)
    axis = Drawn(Scored(score, label), curve).axis
    options = axis.options().tolist()
    test = own(csv(score, label))
    assert len(set(own_slider(test).options)) == len(options)
    at = int(np.abs(np.array(options) - marked_threshold(test)).argmin())
    for step in (1, -1, 40, -200):
        at = min(max(at + step, 0), 300)
        own_slider(test).set_value(options[at]).run()
        assert marked_threshold(test) == options[at]
        # Told where it stands, a browser forgets the steps made since.
        assert not own_slider(test).proto.set_value
        assert counts(test) == of_core(curve, options[at])
        assert f"**Threshold {axis.text(options[at])}**" in own_slider(test).label
        assert f"at threshold {axis.text(options[at])}:" in chart(test)["alt"]
    choose_quietly(test, "samples")
    assert axis.text(options[at]) in words(test)  # where the last move led
    assert own_slider(press(test, "aim-Best F1")).proto.set_value
    own_slider(test).set_value(options[at]).run()
    choose_quietly(test, "advice")
    advice = thresholds.advise(Scored(score[label == 0]), 0.01)
    for one in advice:
        assert f"threshold] **{axis.text(one.threshold)}**" in words(test)


def world(test: AppTest) -> dict[str, float]:
    """The numbers of the reader's world."""
    found = re.findall(r'data-world="(\w+)">([\d,.e-]+)<', html(test))
    return {name: float(number.replace(",", "")) for name, number in found}


def test_every_number_says_of_which_world_it_is(case: Case) -> None:
    """Two matrices, the test's and the reader's, the title, and the detectors' difference."""
    curve, other = case.curve(), case.curve(case.second)
    test = opened(**case.query, below="compare", against=case.second)
    for rate in (None, 0.01):
        if rate is not None:
            test.select_slider(key="rate").set_value(rate).run()
        point = curve.at(marked_threshold(test), rate)
        assert counts(test) == of_core(curve, point.threshold)
        share = point.shares
        expected = {
            "tp": share.true_positives,
            "fn": share.false_negatives,
            "fp": share.false_positives,
            "tn": share.true_negatives,
        }
        for name, part in expected.items():
            assert world(test)[name] == pytest.approx(10_000 * part, rel=0.01), (name, rate)
        alarms = round(100 * point.precision)
        where = "in this test" if rate is None else f"in your world of {100 * rate:g} % anomalies"
        if point.precision >= 0.01:
            assert test.title[0].value.endswith(f"of 100 alarms {alarms} are real {where}")
        gained = evaluation.auprc(curve, rate) - evaluation.auprc(other, rate)
        assert f"**{100 * gained:+.1f} points**" in words(test)
        if rate is not None:
            assert f"in the test {percent(curve.at(point.threshold).precision)}" in html(test)
            assert f"in your world, where {100 * rate:g} % are anomalies" in words(test)


def test_another_base_rate_changes_precision_only(case: Case) -> None:
    curve = case.curve()
    test = opened(**case.query)
    threshold, before = marked_threshold(test), counts(test)
    for rate in (0.001, 0.05):
        test.select_slider(key="rate").set_value(rate).run()
        assert not test.exception
        point = curve.at(threshold, rate)
        assert counts(test) == before
        rates = re.findall(r"[\d.]+%", html(test))
        assert percent(point.precision) in rates
        assert percent(point.recall) in rates
        assert percent(curve.at(threshold).precision) not in (percent(point.precision),)
    press(test, "aim-Best F1")  # at this base rate
    assert marked_threshold(test) == evaluation.best_f(curve, base_rate=0.05)


def test_what_named_a_threshold_is_forgotten_when_the_world_changes() -> None:
    case = CASES["mnist"]
    test = press(opened(**case.query), "aim-Best F1")
    test.select_slider(key="rate").set_value(0.001).run()
    (label,) = [s.label for s in test.select_slider if "Threshold" in s.label]
    other = evaluation.best_f(case.curve(), base_rate=0.001)
    assert marked_threshold(test) == other or "best f1" not in label.lower()


@pytest.mark.parametrize("bad", ["nan", "here", "", "1e400x"])
def test_an_address_that_is_no_number_is_ignored(bad: str) -> None:
    case = CASES["mnist"]
    assert counts(opened(**case.query, t=bad)) == counts(opened(**case.query))


def test_bands_are_the_cores(case: Case) -> None:
    rows = case.rows()
    by = rows.subject if case.case == "har" else None
    bands = evaluation.bands(rows.label, rows.score, by)
    test = opened(**case.query, bands="1")
    low, high = bands.at(marked_threshold(test))["precision"]
    assert f"{percent(low)} to {percent(high)}" in html(test)
    test.toggle(key="bands").set_value(False).run()
    assert f"{percent(low)} to {percent(high)}" not in html(test)


def test_bands_of_one_s_own_scores_are_by_subject() -> None:
    rng = np.random.default_rng(3)
    subject, label = np.repeat(np.arange(12), 50), (np.arange(600) % 5 == 0).astype(int)
    score = (2 * rng.normal(size=12)[subject] + 1.5 * label + rng.normal(size=600)).round(3)
    people, alone = subject.astype(str), [f"p{i}" for i in range(600)]
    for column, by in ((people, people), (alone, None), (np.repeat("a", 600), None)):
        test = own(csv(score, label, subject=column), bands="1")
        bands = evaluation.bands(label, score, by)
        low, high = bands.at(marked_threshold(test))["recall"]
        assert f"{percent(low)} to {percent(high)}" in html(test)
        assert ("12 subjects the intervals are too narrow" in words(test)) == (by is not None)


def test_intervals_of_few_anomalies_are_called_too_narrow() -> None:
    assert f"With only {LABEL.sum()} anomalies the intervals" in words(
        own(csv(SCORE, LABEL), bands="1")
    )
    assert "too narrow" not in words(own(csv(SCORE, LABEL)))


def test_samples_a_day_are_in_the_address() -> None:
    test = opened(**CASES["mnist"].query, day="86400")
    assert test.number_input(key="day").value == 86_400
    assert "among 86,400 images" in words(test)
    test.number_input(key="day").set_value(500).run()
    assert test.query_params["day"] in ("500", ["500"])
    test.number_input(key="day").set_value(10_000).run()
    assert "day" not in test.query_params
    for bad in ("0", "-5", "many", "nan", "inf", "1e99"):
        assert opened(day=bad).number_input(key="day").value == 10_000


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0, "0.0%"),
        (1, "100.0%"),
        (0.5, "50.0%"),
        (0.101, "10.1%"),
        (0.025, "2.5%"),
        (0.0042, "0.42%"),
        (3e-5, "0.0030%"),
        (4e-6, "0.00040%"),
        (0.99998, "99.9980%"),
        (0.9996, "99.960%"),
        (0.995, "99.50%"),
        (1 - 2e-9, "99.99999980%"),
        (np.nan, "–"),
    ],
)
def test_only_nothing_and_all_are_called_0_and_100_percent(share: float, written: str) -> None:
    assert percent(share) == written


# ---------------------------------------------------------------- what is below


def test_the_classes_are_counted(case: Case) -> None:
    test, rows = opened(**case.query), case.rows()
    flagged = rows.score > marked_threshold(test)
    for name, total in rows["class"].value_counts().items():
        n = int(flagged[rows["class"] == name].sum())
        assert f"<td>{n:,} of {total:,}</td>" in html(test), name


def rows_of_classes(test: AppTest) -> dict[str, str]:
    row = r'<tr><th>([^<]*)</th><td><span class="bar".*?<td>([^<]* of [^<]*)</td></tr>'
    return dict(re.findall(row, html(test)))


def test_a_class_of_both_kinds_has_a_row_for_each() -> None:
    rng = np.random.default_rng(5)
    machine = np.array(["press", "mill"])[rng.integers(2, size=500)]
    label = ((machine == "press") & (rng.random(500) < 0.2)).astype(int)
    score = (rng.normal(size=500) + label).round(3)
    test = own(csv(score, label, **{"class": machine}))
    flagged = score > marked_threshold(test)
    expected = {}
    for name, words_, kind in (("press", " (anomaly)", 1), ("press", "", 0), ("mill", "", 0)):
        mine = (machine == name) & (label == kind)
        expected[name + words_] = f"{(flagged & mine).sum():,} of {mine.sum():,}"
    assert rows_of_classes(test) == expected
    shown = counts(test)
    assert expected["press (anomaly)"] == f"{shown['tp']} of {shown['tp'] + shown['fn']}"
    test = own(csv(score, **{"class": machine}))
    assert set(rows_of_classes(test)) == {"press", "mill"}


def test_a_class_of_its_own_for_every_sample_is_no_heavy_table() -> None:
    test = own(csv(SCORE, LABEL, **{"class": [f"c{i}" for i in range(N)]}))
    assert len(rows_of_classes(test)) == cockpit_numbers.MOST_CLASSES
    assert f"and {N - cockpit_numbers.MOST_CLASSES} more" in html(test)


def test_the_advice_is_the_cores_and_can_be_used(case: Case) -> None:
    normals, fit = case.rows("calibration"), case.rows("fit").score
    people = normals.subject.to_numpy(str) if case.case == "har" else None
    calibration = Scored(normals.score.to_numpy(float), subject=people)
    advice = thresholds.advise(calibration, 0.05, (float(fit.min()), float(fit.max())))
    test = opened(**case.query, below="advice", wanted="0.05")
    told = words(test)
    for one in advice:
        written = case.axis().text(one.threshold)
        assert f"**{one.name}**  \n:gray[threshold] **{written}**" in told
        assert one.assumption in told
    curve = case.curve()
    for one in advice:
        if not test.button(key=f"use-{one.rule}").disabled:
            press(test, f"use-{one.rule}")
        assert marked_threshold(test) == pytest.approx(one.threshold)
        assert counts(test) == of_core(curve, one.threshold)
        assert test.button(key=f"use-{one.rule}").disabled


def test_two_detectors_are_compared(case: Case) -> None:
    test = opened(**case.query, below="compare")
    assert [info.value for info in test.info if "Beside" in info.value]
    test = opened(**case.query, below="compare", against=case.second)
    gained = evaluation.auprc(case.curve()) - evaluation.auprc(case.curve(case.second))
    assert f"**{100 * gained:+.1f} points**" in words(test)
    mine, theirs = case.rows(), case.rows(detector=case.second)
    first = mine.score.to_numpy() > marked_threshold(test)
    alarms = evaluation.at_false_alarm_rate(
        case.curve(case.second), float(first[mine.label == 0].mean())
    )
    other = theirs.set_index("sample_id").score.reindex(mine.sample_id).to_numpy() > alarms
    for both in (first & other, ~first & ~other):
        abnormal, normal = (int((both & (mine.label == kind)).sum()) for kind in (1, 0))
        assert f"<td>{abnormal:,}</td><td>{normal:,}</td>" in html(test)


def test_ties_that_prevent_equal_false_alarms_are_told() -> None:
    """The interval rule gives 0 to most windows."""
    case = CASES["har"]
    test = opened(**case.query, below="compare", against="critic-interval")
    first, second = case.curve(), case.curve("critic-interval")
    alarms = first.at(marked_threshold(test)).false_alarm_rate
    other = second.at(evaluation.at_false_alarm_rate(second, alarms)).false_alarm_rate
    assert other < alarms
    (told,) = [line for line in words(test).splitlines() if "no threshold comes closer" in line]
    assert f"has {percent(alarms)} false alarms" in told
    assert f"has {percent(other)}: many of its scores are equal" in told
    assert "At equal false alarms" not in words(test)


def test_few_anomalies_allow_no_conclusion_about_others() -> None:
    found = evaluation.Difference(0.1, 0.05, 0.15, 400, 0.95, "sample")
    assert conclusion(found, "A", "images") == (
        "**A** ranks better, and other images would hardly change that."
    )
    narrow = dataclasses.replace(found, warning="With only 9 anomalies …")
    assert (
        conclusion(narrow, "A", "images") == "**A** ranks better on these. With only 9 anomalies …"
    )
    assert "no difference is shown" in conclusion(dataclasses.replace(narrow, low=0), "A", "images")


def test_the_command_does_the_same(
    case: Case, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(app_pages.ROOT)
    test = press(opened(**case.query, below="export"), "aim-Recall ≥ 95 %")
    (code,) = [code.value for code in test.code if "wganad_core" in code.value]
    _, module, package, *arguments = shlex.split(code)
    assert (module, package) == ("-m", "wganad_core")
    try:
        status = main([*arguments, "--json"])
    except SystemExit as refused:  # argparse's way
        status = refused.code  # type: ignore[assignment]
    printed = capsys.readouterr()
    assert status == 0, printed.err
    said, shown = json.loads(printed.out), counts(test)
    assert said["threshold"] == marked_threshold(test)
    assert said["flagged"] == shown["tp"] + shown["fp"]
    assert said["recall"] == pytest.approx(shown["tp"] / (shown["tp"] + shown["fn"]))


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


# ---------------------------------------------------------------- one's own scores


def csv(score: Any, label: Any = None, **more: Any) -> bytes:
    columns = {"score": score} | ({} if label is None else {"label": label}) | more
    return pd.DataFrame(columns).to_csv(index=False).encode()


def own(data: bytes, name: str = "mine.csv", **query: str) -> AppTest:
    test = opened(case="own", **query)
    test.file_uploader(key="own-scores").set_value((name, data, "text/csv")).run()
    assert not test.exception
    return test


N = 60
SCORE = np.random.default_rng(0).normal(size=N).round(3)
LABEL = (np.arange(N) % 5 == 0).astype(int)
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


def choose_quietly(test: AppTest, section: str) -> None:
    next(group for group in test.button_group if group.key == "below").set_value(section).run()


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
    press(test, "aim-False alarms ≤ 1 %")
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
    press(test, "aim-Recall ≥ 95 %")
    assert counts(test)["tp"] >= 0.95 * LABEL.sum()


def test_what_a_sentence_tells_to_choose_can_be_chosen() -> None:
    data = pd.DataFrame({"a": SCORE, "b": SCORE[::-1], "label": "?", "odd": LABEL}).to_csv(
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
    (detector,) = [box for box in test.selectbox if box.label == "Detector"]
    assert {"critic", "encoder", "knn"} <= set(detector.options)
    for name in ("encoder", "knn"):
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
    assert f"AUROC is {below:.1f} %, below chance" in words(test)
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
