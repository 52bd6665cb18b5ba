"""Label-free thresholds: worked by hand, and their promises kept in simulations."""

from __future__ import annotations

import dataclasses
import math
import re

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats
from scipy.stats import binomtest, genpareto

from wganad_core import evaluation, thresholds
from wganad_core.records import Scored
from wganad_core.thresholds import (
    advise,
    conformal_advice,
    conformal_p_values,
    conformal_threshold,
    fit_tail,
    interval_advice,
    mad_advice,
    quantile_advice,
    quantile_threshold,
    rate_interval,
    regret,
    tail_advice,
)
from wganad_core.thresholds.tail import ABRUPT, Tail

INF = math.inf
HUNDRED = np.arange(1.0, 101.0)  # 1 … 100
TIED = st.lists(st.integers(-3, 3).map(float) | st.sampled_from([INF, -INF]), min_size=1)
RATES = st.floats(0, 1) | st.sampled_from([k / n for n in (3, 7, 10, 100) for k in range(n + 1)])


def below(share: float, n: int) -> float:
    """The most that a frequency of n trials can be, if its probability is `share`: 1 in 30,000."""
    return share + 4 * math.sqrt(share * (1 - share) / n)


# ---------------------------------------------------------------- quantile


@pytest.mark.parametrize(
    ("rate", "threshold"),
    [(0, 100), (0.009, 100), (0.01, 99), (0.07, 93), (0.29, 71), (0.5, 50), (0.995, 1), (1, -INF)],
)
def test_the_quantile_is_the_smallest_score_that_few_enough_exceed(rate: float, threshold: float):
    shuffled = np.random.default_rng(0).permutation(HUNDRED)
    assert quantile_threshold(shuffled, rate) == threshold


@settings(max_examples=100)
@given(scores=TIED, rate=RATES)
def test_no_lower_score_would_do(scores: list[float], rate: float):
    x = np.array(scores)
    threshold = quantile_threshold(x, rate)
    assert np.mean(x > threshold) <= rate + 1e-9
    if threshold > -INF:
        lower = x[x < threshold]
        assert not len(lower) or np.mean(x > lower.max()) > rate


@pytest.mark.parametrize("scores", [[], [1.0, math.nan], [[1.0, 2.0]]])
@pytest.mark.parametrize(
    "rule", [quantile_advice, conformal_advice, tail_advice, mad_advice, quantile_threshold]
)
def test_what_is_no_sample_is_refused(rule, scores):
    with pytest.raises(ValueError, match="Expected at least one calibration score"):
        rule(np.array(scores), 0.1)


@pytest.mark.parametrize("rate", [-0.1, 1.1, math.nan])
@pytest.mark.parametrize(
    "rule", [quantile_advice, conformal_advice, tail_advice, mad_advice, quantile_threshold]
)
def test_what_is_no_rate_is_refused(rule, rate: float):
    with pytest.raises(ValueError, match=r"Expected a false-alarm rate in \[0, 1\]; found"):
        rule(HUNDRED, rate)


@pytest.mark.parametrize(("n", "flagged"), [(1, 0), (1, 1), (20, 0), (20, 3), (2000, 20)])
def test_the_interval_is_clopper_and_pearsons(n: int, flagged: int):
    ours = binomtest(flagged, n).proportion_ci(0.95, method="exact")
    assert rate_interval(n, flagged) == pytest.approx((ours.low, ours.high), abs=1e-12)


def test_the_interval_of_a_lonely_score():
    """The rate beyond one score is uniform: 2.5% of it lies above 0.975."""
    assert list(rate_interval(1, 0)) == pytest.approx([0, 0.975])


@pytest.mark.parametrize(("n", "rate"), [(30, 0.1), (500, 0.01), (200, 0.3)])
def test_coverage_for_continuous_scores(n: int, rate: float):
    """By the probability integral transform uniform scores stand for all; the rate is 1 − t."""
    trials = 3000
    x = np.random.default_rng(1).random((trials, n))
    true = np.array([1 - quantile_threshold(row, rate) for row in x])
    low, high = quantile_advice(x[0], rate).expected or (0, 0)
    assert np.mean(true > high) <= below(0.025, trials)
    assert np.mean(true > high) >= 0.025 - (below(0.025, trials) - 0.025)  # this end is exact
    assert np.mean(true < low) <= below(0.025, trials)


@pytest.mark.parametrize("levels", [2, 5, 20])
@pytest.mark.parametrize("power", [1, 3])
def test_coverage_with_ties(levels: int, power: int):
    trials, n, rate = 2000, 60, 0.1
    rng = np.random.default_rng(2)
    weight = 1 / np.arange(1, levels + 1) ** power
    weight /= weight.sum()
    above = 1 - np.cumsum(weight)  # the true rate at each level
    missed = 0
    for row in rng.choice(levels, (trials, n), p=weight):
        advice = quantile_advice(row.astype(float), rate)
        assert advice.expected is not None
        low, high = advice.expected
        missed += not low <= above[int(advice.threshold)] <= high
    assert missed / trials <= below(0.05, trials)


def test_warnings_of_the_quantile():
    few = quantile_advice(np.arange(50.0), 0.001)
    assert few.warning == (
        "Few scores for this rate: 50, and the threshold is the highest of them. The true rate may "
        "be up to 7.11%; 8,000 scores would keep it below twice the 0.1% wanted."
    )
    assert few.expected is not None
    assert list(few.expected) == pytest.approx([0, 1 - 0.025 ** (1 / 50)])  # by hand: (1 − p)^50
    assert quantile_advice(np.arange(800.0), 0.01).warning is None
    assert "exceeded by 7 of them" in str(quantile_advice(np.arange(700.0), 0.01).warning)
    ties = quantile_advice(np.repeat([0.0, 1.0], [500, 500]), 0.1)
    assert ties.threshold == 1
    assert "only 0 of 1,000 exceed it rather than 100" in str(ties.warning)
    assert ties.expected is not None
    assert ties.expected[0] == 0
    assert "No sample can promise a rate of 0" in str(quantile_advice(HUNDRED, 0).warning)
    assert quantile_advice(HUNDRED, 1).expected == (1, 1)


# ---------------------------------------------------------------- conformal


@pytest.mark.parametrize(
    ("n", "rate", "threshold"),
    [
        (99, 0.01, 99),
        (98, 0.01, INF),
        (100, 0.01, 100),
        (99, 0.02, 98),
        (19, 0.05, 19),
        (9, 0.5, 5),
        (1, 0.4, INF),
        (1, 0.5, 1),
        (99, 0.29, 71),
        (5, 1, -INF),
        (5, 0, INF),
    ],
)
def test_the_conformal_rank(n: int, rate: float, threshold: float):
    """The ⌈(1 − α)(n + 1)⌉-th smallest of 1 … n."""
    assert conformal_threshold(np.arange(1.0, n + 1), rate) == threshold


def test_p_values_by_hand():
    found = conformal_p_values(np.array([1.0, 2.0, 2.0, 3.0]), np.array([0, 1, 2, 2.5, 3, 9, INF]))
    np.testing.assert_allclose(found, np.array([5, 5, 4, 2, 2, 1, 1]) / 5)
    with pytest.raises(ValueError, match="found NaN"):
        conformal_p_values(np.array([1.0]), np.array([math.nan]))


@settings(max_examples=200)
@given(calibration=TIED, scores=TIED, rate=RATES)
def test_flagged_means_a_small_p_value(calibration, scores, rate: float):
    x, s = np.array(calibration), np.array(scores)
    s = s[s > -INF]  # no threshold flags −inf, even where a rate of 1 allows it
    flagged = s > conformal_threshold(x, rate)
    np.testing.assert_array_equal(flagged, conformal_p_values(x, s) <= rate)


@pytest.mark.parametrize("levels", [3, 10, 10**9])
@pytest.mark.parametrize(("n", "rate"), [(19, 0.05), (20, 0.05), (37, 0.1)])
def test_the_conformal_guarantee(levels: int, n: int, rate: float):
    """Also with ties; without them the probability is ⌊α(n + 1)⌋/(n + 1) exactly."""
    trials = 20_000
    drawn = np.random.default_rng(3).integers(0, levels, (trials, n + 1)).astype(float)
    new, calibration = drawn[:, 0], drawn[:, 1:]
    p = (1 + (calibration >= new[:, None]).sum(axis=1)) / (n + 1)
    ours = [conformal_p_values(c, s[None])[0] for c, s in zip(calibration[:50], new, strict=False)]
    np.testing.assert_array_equal(ours, p[:50])
    share = np.mean(p <= rate)
    assert share <= below(rate, trials)
    if levels == 10**9:
        exact = math.floor(rate * (n + 1)) / (n + 1)
        assert abs(share - exact) <= below(exact, trials) - exact


def test_too_few_scores_flag_nothing_and_say_how_many_it_takes():
    advice = conformal_advice(np.arange(98.0), 0.01)
    assert advice.threshold == INF
    assert advice.warning == (
        "Nothing is flagged: 98 scores cannot guarantee a rate of 1%; it takes 99 at least."
    )
    assert advice.expected == (0, 0)
    assert conformal_advice(np.arange(99.0), 0.01).warning is None
    assert "no number of them can" in str(conformal_advice(HUNDRED, 0).warning)


# ---------------------------------------------------------------- tail


@pytest.mark.parametrize(
    ("shape", "law"),
    [(0.0, stats.expon), (-1.0, stats.uniform), (0.5, stats.pareto(2)), (1.0, stats.pareto(1))],
)
def test_the_tail_of_known_laws(shape: float, law):
    """The fitted shape within 4 standard errors (1 + ξ)/√k, of which the rest follows: the excess
    over a known start is σ((ζ/α)^ξ − 1)/ξ, so an error in ξ stretches it as bounded below."""
    x = law.rvs(size=20_000, random_state=4)
    tail = fit_tail(x)
    assert isinstance(tail, Tail)
    assert tail.n == 2000
    error = 4 * max(1 + shape, 0.25) / math.sqrt(2000)
    assert abs(tail.shape - shape) <= error
    rate = 0.001
    start, stretch = law.isf(0.1), tail.share / rate
    ends = [
        start
        + genpareto.isf(
            1 / stretch, s, scale=(law.isf(rate) - start) / genpareto.isf(1 / stretch, shape)
        )
        for s in (shape - error, shape + error)
    ]
    advice = tail_advice(x, rate)
    assert min(ends) < advice.threshold < max(ends)
    assert advice.warning is None


def test_a_fit_on_the_quantiles_themselves():
    """Exponential scores without chance: the excess over the start is log(ζ/α)."""
    x = stats.expon.ppf((np.arange(5000) + 0.5) / 5000)
    tail = fit_tail(x)
    assert isinstance(tail, Tail)
    assert (tail.n, tail.share) == (500, 0.1)
    assert abs(tail.shape) < 0.02
    assert tail.scale == pytest.approx(1, abs=0.02)
    assert tail_advice(x, 1e-3).threshold == pytest.approx(math.log(1000), rel=0.02)


def test_the_formula():
    tail = Tail(start=2.0, share=0.1, n=100, shape=0.5, scale=3.0, misfit=0.0)
    assert tail.threshold(0.1) == pytest.approx(2)
    assert tail.threshold(0.1 / 4) == pytest.approx(2 + 3 * (4**0.5 - 1) / 0.5)
    assert tail.end == INF
    assert tail.threshold(0) == INF
    ending = dataclasses.replace(tail, shape=-0.5)
    assert ending.end == ending.threshold(0) == pytest.approx(2 + 3 / 0.5)
    assert tail.shape_error == pytest.approx(0.15)
    assert math.isnan(ending.shape_error)


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e9, 1e300])
def test_units_do_not_matter(scale: float):
    x = np.random.default_rng(5).exponential(size=1000)
    advice = tail_advice(x * scale, 1e-4)
    assert advice.threshold == pytest.approx(tail_advice(x, 1e-4).threshold * scale, rel=1e-3)


@pytest.mark.no_cover
@pytest.mark.parametrize("shape", [-1.0, -0.5, 0.0, 0.5])
def test_a_tail_that_is_generalised_pareto_is_seldom_called_poor(shape: float):
    trials, k = 200, 60
    rng = np.random.default_rng(6)
    poor = 0
    for _ in range(trials):
        x = np.append(genpareto.rvs(shape, size=k, random_state=rng), np.full(9 * k, -1e-9))
        tail = fit_tail(x)
        assert isinstance(tail, Tail)
        poor += tail.poor
        assert tail.poor == (tail.misfit > (0.25 if tail.shape > ABRUPT else 0.75))
    assert poor / trials <= below(0.01, trials)


@pytest.mark.parametrize(
    ("n", "held"), [(60, 30), (99, 49), (100, 50), (333, 50), (334, 50), (500, 50), (2000, 200)]
)
def test_the_tail_of_few_scores_is_more_than_a_tenth_and_says_so(n: int, held: int):
    x = np.random.default_rng(13).exponential(size=n)
    tail = fit_tail(x)
    assert isinstance(tail, Tail)
    assert (tail.n, tail.share) == (held, held / n)
    warning = str(tail_advice(x, 0.01).warning)
    assert ("reaches into the bulk" in warning) == (100 <= n < 334)
    assert ("are needed before its shape" in warning) == (n < 100)


def test_the_tail_is_told_in_as_many_digits_as_tell_the_scores_apart():
    x = 1e6 + np.random.default_rng(14).exponential(size=1000)
    tail = fit_tail(x)
    assert isinstance(tail, Tail)
    (told,) = re.findall(r"Beyond ([\d.e+]+),", tail_advice(x, 0.001).assumption)
    assert float(told) == pytest.approx(tail.start, abs=0.01)


def test_a_tail_of_another_shape_is_called_poor():
    """Two heaps of scores, of which the higher is the tail and no tail at all."""
    rng = np.random.default_rng(7)
    x = np.append(rng.normal(size=950), rng.normal(20, 0.1, 50))
    assert "do not follow such a tail" in str(tail_advice(x, 1e-4).warning)


def test_warnings_of_the_tail():
    x = np.random.default_rng(8).exponential(size=2000)
    far = tail_advice(x, 1e-5)
    assert far.threshold > x.max()
    assert "Extrapolated" in str(far.warning)
    assert "none of them exceeds the threshold" in str(far.warning)
    assert tail_advice(x, 1e-3).warning is None
    inside = tail_advice(x, 0.2)
    assert inside.threshold == quantile_threshold(x, 0.2)
    assert inside.warning is None
    assert "20% lies before it, so this is the plain quantile" in inside.assumption
    assert "rests on 40 scores; 50 are needed" in str(tail_advice(x[:80], 0.01).warning)
    assert "end of the fitted tail" in str(tail_advice(x, 0).warning)


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.ones(500), "the 0 highest of 500 scores, with ties"),
        (np.repeat([0.0, 1.0, 2.0], [400, 80, 20]), "the 20 highest of 500 scores, with ties"),
        (np.arange(5.0), "the 2 highest of 5 scores, and 30 are the least"),
        (np.array([1.0]), "the 0 highest of 1 scores"),
        (np.append(np.arange(500.0), INF), "some scores are infinite"),
    ],
)
def test_without_a_tail_it_is_the_quantile(scores, reason: str):
    advice = tail_advice(scores, 0.01)
    assert advice.threshold == quantile_threshold(scores, 0.01)
    assert reason in str(advice.warning)


# ---------------------------------------------------------------- median + k·MAD


def test_mad_by_hand():
    """Median 3, deviations 2 1 0 1 97: MAD 1."""
    advice = mad_advice(np.array([1.0, 2.0, 3.0, 4.0, 100.0]), stats.norm.sf(2))
    assert advice.threshold == pytest.approx(3 + 2 * 1.4826)
    assert "k = 2 standard" in advice.assumption
    assert "5 scores cannot show" in str(advice.warning)


def test_mad_of_a_bell_keeps_its_rate():
    """The threshold's standard error at n = 20,000: median √(π/2n), scale k·1.17/√n."""
    n, rate = 20_000, 0.01
    x = np.random.default_rng(9).normal(5, 2, n)
    advice = mad_advice(x, rate)
    k = stats.norm.isf(rate)
    error = 2 * math.hypot(math.sqrt(math.pi / 2 / n), k * 1.17 / math.sqrt(n))
    assert abs(advice.threshold - (5 + 2 * k)) <= 4 * error
    assert advice.warning is None


@pytest.mark.parametrize(
    ("scores", "reason"),
    [
        (np.random.default_rng(0).exponential(size=1000), "The scores are skewed"),
        (np.random.default_rng(0).standard_t(2, size=1000), "The tails are heavy|are skewed"),
        (np.random.default_rng(0).random(1000), "The tails are light"),
        (np.repeat([0.0, 1.0], [60, 40]), "MAD 0"),
        (np.append(np.arange(50.0), INF), "Some scores are infinite"),
        (np.append(np.arange(4.0), [INF] * 9), "Half of the scores are infinite"),
        (np.array([1.0]), "MAD 0"),
    ],
)
def test_warnings_of_mad(scores, reason: str):
    advice = mad_advice(scores, 0.01)
    assert advice.warning is not None
    assert re.search(reason, advice.warning)
    assert not math.isnan(advice.threshold)
    if "it flags" in advice.warning:
        share = thresholds.share_text(float(np.mean(scores > advice.threshold)))
        assert f"it flags {share} of the calibration scores" in advice.warning


def test_a_bell_has_no_warning_in_99_of_100_samples():
    trials = 300
    x = np.random.default_rng(10).normal(size=(trials, 200))
    assert np.mean([mad_advice(row, 0.01).warning is not None for row in x]) <= below(0.02, trials)


# ---------------------------------------------------------------- interval, all rules, subjects


def test_the_papers_rule():
    advice = interval_advice((-2.0, 90.0), HUNDRED)
    assert advice.threshold == 90
    assert "of the held-out normals 10% are flagged" in str(advice.warning)
    assert advice.expected is None
    assert str(interval_advice((0, 0)).warning).endswith("no rate can be chosen.")
    with pytest.raises(ValueError, match="lowest and the highest"):
        interval_advice((1.0, math.nan))


def test_all_rules_in_a_fixed_order():
    whole = Scored(np.random.default_rng(11).normal(size=3000))
    assert [a.rule for a in advise(whole, 0.01)] == ["quantile", "conformal", "tail", "mad"]
    found = advise(whole, 0.01, fit_range=(-9.0, 9.0))
    assert [a.rule for a in found][4:] == ["interval"]
    assert [a.warning for a in found[:4]] == [None] * 4
    assert found[0] == quantile_advice(whole.score, 0.01)
    with pytest.raises(ValueError, match="normals only; found 2 of anomalies"):
        advise(Scored(np.arange(3.0), np.array([1, 0, 1])), 0.1)


@settings(max_examples=60, deadline=None)
@given(scores=TIED, rate=RATES, subjects=st.booleans())
def test_any_sample_gets_advice(scores: list[float], rate: float, subjects: bool):
    x = np.array(scores)
    subject = np.array(["a", "b"])[np.arange(len(x)) % 2] if subjects else None
    for advice in advise(Scored(x, subject=subject), rate, fit_range=(0.0, 1.0)):
        assert not math.isnan(advice.threshold)
        assert advice.assumption.endswith(".")
        assert advice.warning is None or advice.warning.endswith(".")
        assert "nan" not in f"{advice.assumption}{advice.warning}"


def test_scores_that_come_in_several_per_subject():
    """90 of a and 10 of b; the highest ten are b's."""
    scored = Scored(HUNDRED, subject=np.repeat(["a", "b"], [90, 10]))
    for advice in advise(scored, 0.05):
        assert advice.expected is None
    quantile = advise(scored, 0.05)[0]
    assert quantile.threshold == 95
    assert quantile.warning == (
        "One subject's scores resemble each other, so nothing is guaranteed for single scores. "
        "This threshold flags 0% of subject a's and 50% of subject b's scores; had it been fixed "
        "beforehand, a new subject's share would lie above both with probability 1/3 at most."
    )
    # A threshold that nothing exceeds does the same to everybody.
    assert advise(scored, 0.001)[1] == conformal_advice(HUNDRED, 0.001)
    assert conformal_advice(HUNDRED, 0.001).threshold == INF
    mad = advise(Scored(np.ones(4), subject=np.array(["a", "a", "b", "b"])), 0.1)[3]
    assert str(mad.warning).startswith("Half of the scores or more are equal")
    assert str(mad.warning).endswith("with probability 1/3 at most.")
    many = Scored(HUNDRED, subject=np.repeat([f"s{i}" for i in range(20)], 5))
    assert "between 0% and 100% of each of 20 subjects' scores" in str(
        advise(many, 0.05)[0].warning
    )
    alone = Scored(HUNDRED, subject=np.array([f"s{i}" for i in range(100)]))
    assert advise(alone, 0.1)[0] == quantile_advice(HUNDRED, 0.1)


@pytest.mark.parametrize("levels", [2, 10**9])
def test_a_new_subject_lies_above_all_others_as_seldom_as_is_said(levels: int):
    """Four subjects alike, one of them new: its share above the threshold is above the three
    others' in a quarter of cases without ties, and in fewer with them."""
    rng, trials = np.random.default_rng(12), 4000
    level = rng.integers(0, levels, (trials, 4)) / levels
    share = np.mean(level[..., None] + rng.random((trials, 4, 10 if levels > 2 else 1)) > 0.9, -1)
    above = np.mean(share[:, 0] > share[:, 1:].max(axis=1))
    assert above <= below(1 / 4, trials)


def test_moments_of_one_recording_have_no_guarantee_and_keep_other_warnings():
    short = Scored(np.arange(40.0))
    told = {one.rule: one for one in advise(short, 0.1, (0.0, 9.0), dependent=True)}
    plain = {one.rule: one for one in advise(short, 0.1, (0.0, 9.0))}
    for rule, one in told.items():
        assert one.expected is None
        assert str(one.warning).endswith("guarantee holds for single ones.")
        assert one.threshold == plain[rule].threshold
    assert str(plain["tail"].warning).startswith("No tail could be fitted")
    for rule in ("tail", "interval"):
        assert str(told[rule].warning).startswith(str(plain[rule].warning))
    few = advise(short, 0.001, dependent=True)[1]
    assert (few.threshold, few.expected) == (INF, (0, 0))
    assert str(few.warning).startswith("Nothing is flagged")


# ---------------------------------------------------------------- regret


def test_regret_by_hand():
    """Scores 4 3 2 1, anomalies 4 and 2. At 3.5 one of two is found, without a false alarm."""
    curve = evaluation.curve(np.array([1, 0, 1, 0]), np.array([4.0, 3.0, 2.0, 1.0]))
    found = regret(3.5, curve, 10)
    assert found == regret(dataclasses.replace(mad_advice(HUNDRED, 0.1), threshold=3.5), curve, 10)
    assert (found.recall, found.false_alarm_rate) == (0.5, 0)
    assert found.f1 == pytest.approx(2 / 3)
    assert found.best_f1 == pytest.approx(4 / 5)  # at 1: both found, one false alarm
    assert found.cost == pytest.approx(0.5 * 10 * 0.5)
    assert found.best_cost == pytest.approx(0.5 * 0.5)
    shifted = regret(3.5, curve, 10, base_rate=0.1)
    assert shifted.cost == pytest.approx(0.1 * 10 * 0.5)
    assert shifted.best_cost == pytest.approx(0.9 * 0.5)


def test_in_a_world_without_anomalies_there_is_no_f1_to_regret():
    curve = evaluation.curve(np.array([1, 0, 1, 0]), np.array([4.0, 3.0, 2.0, 1.0]))
    found = regret(2.5, curve, 10, base_rate=0)
    assert math.isnan(found.best_f1)
    assert (found.cost, found.best_cost) == (0.5, 0)


def test_without_both_classes_there_is_no_regret():
    curve = evaluation.curve(np.array([0, 0]), np.array([1.0, 2.0]))
    found = regret(1.5, curve, 10)
    assert found.false_alarm_rate == 0.5
    assert all(math.isnan(v) for v in (found.f1, found.best_f1, found.cost, found.best_cost))


@pytest.mark.parametrize("rate", [0.0, 5e-324, 1e-300, 1e-16])
def test_no_sample_guarantees_what_cannot_be_counted(rate: float):
    advice = thresholds.advise(Scored(np.arange(50.0)), rate)[1]
    assert advice.rule == "conformal"
    assert advice.threshold == math.inf
    assert "no number of them can" in str(advice.warning)
