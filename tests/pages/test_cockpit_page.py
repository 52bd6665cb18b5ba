"""The threshold cockpit without a browser: its numbers of shipped detectors beside the core's."""

from __future__ import annotations

import dataclasses
import json
import re
import shlex
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.cockpit import numbers as cockpit_numbers
from pages._ui.cockpit.compare import conclusion
from pages._ui.cockpit.numbers import percent
from tests import app_pages
from tests.pages.cockpit import (
    CASES,
    GUIDES,
    LABEL,
    SCORE,
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
from wganad_core import evaluation, thresholds
from wganad_core.__main__ import main
from wganad_core.figures.cockpit.drawn import Drawn
from wganad_core.records import Scored

pytestmark = pytest.mark.usefixtures("page_workers")


@pytest.fixture(params=list(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


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
    shown = counts(press(test, "aim-Recall ≥ 95%"))
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
        where = "in this test" if rate is None else f"in your world of {100 * rate:g}% anomalies"
        if point.precision >= 0.01:
            assert test.title[0].value.endswith(f"of 100 alarms {alarms} are real {where}")
        gained = evaluation.auprc(curve, rate) - evaluation.auprc(other, rate)
        assert f"**{100 * gained:+.1f} points**" in words(test)
        if rate is not None:
            assert f"in the test {percent(curve.at(point.threshold).precision)}" in html(test)
            assert f"in your world, where {100 * rate:g}% are anomalies" in words(test)


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
    test = press(opened(**case.query, below="export"), "aim-Recall ≥ 95%")
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
