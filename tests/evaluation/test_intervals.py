"""Bootstrap intervals: against closed forms, plain resampling, and how often they cover."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad
from sklearn.metrics import average_precision_score, roc_auc_score

from wganad_core import evaluation
from wganad_core.evaluation import resampling
from wganad_core.evaluation.resampling import Binned, Counts


def gaussians(n_normals: int, n_anomalies: int, seed: int, shift: float = 2.0):
    random = np.random.default_rng(seed)
    label = np.repeat([0, 1], [n_normals, n_anomalies])
    return label, random.normal(size=len(label)) + shift * label


def joined(chunks) -> Counts:
    chunks = list(chunks)
    return Counts(
        np.concatenate([c.true for c in chunks]), np.concatenate([c.false for c in chunks])
    )


# --- the intervals of an operating point, in closed form ---


def test_stratified_intervals_at_a_threshold_are_binomial_quantiles():
    """Resampled, TP is binomial (P, recall) and FP binomial (N, rate). An estimated 2.5 % quantile
    lies, but for 6 of 100,000 cases, between the quantiles at 2.5 % ± 4 · sqrt(.025 · .975/B)."""
    label, score = gaussians(700, 300, seed=0)
    n = 4000
    found = evaluation.bands(label, score, n_resamples=n)
    slack = 4 * math.sqrt(0.025 * 0.975 / n)
    for threshold in (0.0, 0.8, 1.5, 2.5):
        point = evaluation.curve(label, score).at(threshold)
        for name, size in (("recall", 300), ("false_alarm_rate", 700)):
            rate = getattr(point, name)
            low, high = found.at(threshold)[name]
            for end, tail in ((low, 0.025), (high, 0.975)):
                allowed = np.divide(stats.binom.ppf([tail - slack, tail + slack], size, rate), size)
                assert allowed[0] <= end <= allowed[1], (threshold, name)


def test_intervals_of_the_precision_follow_from_two_binomials():
    """The exact distribution of the precision, by enumerating TP and FP, at another base rate."""
    label, score = gaussians(60, 30, seed=1)
    n, pi = 4000, 0.05
    threshold = 0.5
    found = evaluation.bands(label, score, base_rate=pi, n_resamples=n).at(threshold)["precision"]
    point = evaluation.curve(label, score).at(threshold)
    true, false = np.arange(31)[:, None], np.arange(61)[None, :]
    chance = stats.binom.pmf(true, 30, point.recall) * stats.binom.pmf(
        false, 60, point.false_alarm_rate
    )
    defined = (true + false) > 0
    with np.errstate(invalid="ignore"):
        precision = (pi * true / 30) / (pi * true / 30 + (1 - pi) * false / 60)
    order = np.argsort(precision[defined])
    values = precision[defined][order]
    cumulative = np.cumsum(chance[defined][order]) / chance[defined].sum()
    slack = 4 * math.sqrt(0.025 * 0.975 / n)
    for end, tail in zip(found, (0.025, 0.975), strict=True):
        allowed = [values[np.searchsorted(cumulative, tail + s)] for s in (-slack, slack)]
        assert allowed[0] <= end <= allowed[1]


@pytest.mark.no_cover
def test_coverage_of_the_recall_is_what_the_binomial_gives():
    """The coverage of a percentile interval can be summed up: the sample's TP is binomial, and the
    interval around it has binomial quantiles. 200 simulations agree within 4 standard deviations,
    between intervals with quantiles a little further in or out (400 resamples estimate them)."""
    n, simulations, n_resamples = 150, 200, 400
    thresholds = (0.5, 2.0)
    truth = stats.norm.sf(np.array(thresholds) - 2)
    covered = np.zeros(2)
    for seed in range(simulations):
        label, score = gaussians(50, n, seed=1000 + seed)
        found = evaluation.bands(label, score, n_resamples=n_resamples, seed=seed)
        low, high = np.transpose([found.at(t)["recall"] for t in thresholds])
        covered += (low <= truth) & (truth <= high)
    hits = np.arange(n + 1)
    slack = 2 * math.sqrt(0.025 * 0.975 / n_resamples)
    for true_recall, share in zip(truth, covered / simulations, strict=True):
        chance = stats.binom.pmf(hits, n, true_recall)
        ends = [
            np.divide(stats.binom.ppf([[tail], [1 - tail]], n, hits / n), n)
            for tail in (0.025 + slack, 0.025 - slack)
        ]
        inner, outer = (chance[(e[0] <= true_recall) & (true_recall <= e[1])].sum() for e in ends)
        assert inner - 4 * math.sqrt(inner * (1 - inner) / simulations) <= share
        assert share <= outer + 4 * math.sqrt(outer * (1 - outer) / simulations)


@pytest.mark.no_cover
def test_coverage_of_the_areas():
    """Normals N(0, 1), anomalies N(2, 1), a third anomalies: both areas are integrals. Nominal 95 %
    intervals may miss by 4 standard deviations of 200 simulations, sqrt(.95 · .05/200) each."""
    pi, simulations = 1 / 3, 200

    def precision(recall: float) -> float:
        false = stats.norm.sf(stats.norm.isf(recall) + 2)
        return pi * recall / (pi * recall + (1 - pi) * false)

    auprc, _ = quad(precision, 0, 1)
    auroc = stats.norm.cdf(2 / math.sqrt(2))
    covered = np.zeros(2)
    for seed in range(simulations):
        label, score = gaussians(300, 150, seed=5000 + seed)
        found = evaluation.bands(label, score, n_resamples=200, seed=seed)
        covered += (
            found.auprc[0] <= auprc <= found.auprc[1],
            found.auroc[0] <= auroc <= found.auroc[1],
        )
    assert (covered / simulations > 0.95 - 4 * math.sqrt(0.95 * 0.05 / simulations)).all()
    assert (covered < simulations).all()  # 0.95^200: intervals that never miss are too wide


# --- against resampling the samples themselves ---


@pytest.mark.parametrize("base_rate", [None, 0.02])
def test_areas_of_resamples_are_scikit_learns_with_weights(base_rate: float | None):
    """The counts of a resample give the areas of the weighted sample, when all states are kept."""
    random = np.random.default_rng(2)
    label = np.repeat([0, 1], [120, 40])
    score = np.round(random.normal(size=160) + label, 1)
    binned = Binned.of(evaluation.curve(label, score))
    bins = binned.bin_of(score)
    for _ in range(50):
        weight = np.empty(160)
        for value, size in ((0, 120), (1, 40)):
            weight[label == value] = random.multinomial(size, np.full(size, 1 / size))
        counts = Counts(
            *(
                np.append(
                    0, np.cumsum(np.bincount(bins[m], weight[m], len(binned.states) - 1))
                ).astype(np.int64)[None]
                for m in (label == 1, label == 0)
            )
        )
        shift = 1.0 if base_rate is None else base_rate / 40 / ((1 - base_rate) / 120)
        expected = average_precision_score(
            label, score, sample_weight=weight * np.where(label == 1, shift, 1.0)
        )
        assert counts.auprc(base_rate)[0] == pytest.approx(expected, rel=1e-12)
        assert binned.corrected_auprc(counts, base_rate)[0] == pytest.approx(expected, rel=1e-12)
        roc = roc_auc_score(label, score, sample_weight=weight)
        assert counts.auroc()[0] == pytest.approx(roc, rel=1e-12)


@pytest.mark.parametrize(
    ("share", "shift", "base_rate"),
    [(0.05, 2.0, None), (0.5, 0.0, None), (0.5, 0.0, 1e-3), (0.5, 2.0, None), (0.5, 2.0, 1e-3)],
)
def test_thinned_out_states_cost_less_than_a_hundredth_of_the_interval(share, shift, base_rate):
    """20,000 distinct scores at about 3,000 states, per resample, beside all states."""
    label, score = gaussians(round(20_000 * (1 - share)), round(20_000 * share), 3, shift)
    curve = evaluation.curve(label, score)
    thin, full = Binned.of(curve), Binned(curve, np.arange(len(curve.levels) + 1))
    assert len(thin.states) <= 4000 < len(full.states)
    (few, all_), *_ = resampling.stratified_together(
        (thin, full), label, (score, score), 50, np.random.default_rng(0)
    )
    for corrected, exact in (
        (thin.corrected_auprc(few, base_rate), all_.auprc(base_rate)),
        (thin.corrected_auroc(few), all_.auroc()),
    ):
        width = np.ptp(np.quantile(exact, [0.025, 0.975]))
        assert np.abs(corrected - exact).max() < width / 100
    np.testing.assert_array_equal(few.true, all_.true[:, thin.states])
    np.testing.assert_array_equal(few.false, all_.false[:, thin.states])


def test_both_ways_of_drawing_have_the_moments_of_the_bootstrap():
    """Mean and variance of counts: binomial; 4.5 standard errors at each of 3 states and 2 ways."""
    label, score = gaussians(400, 200, seed=4)
    curve = evaluation.curve(label, score)
    binned = Binned.of(curve)
    n = 2000
    apart = joined(resampling.stratified(binned, n, np.random.default_rng(1)))
    together = joined(
        pair[0]
        for pair in resampling.stratified_together(
            (binned,), label, (score,), n, np.random.default_rng(2)
        )
    )
    for counts, state in product((apart, together), (50, 200, 400)):
        assert (counts.true[:, -1] == 200).all()
        assert (counts.false[:, -1] == 400).all()
        for drawn, own, size in (
            (counts.true[:, state], curve.true_positives[state], 200),
            (counts.false[:, state], curve.false_positives[state], 400),
        ):
            variance = own * (1 - own / size)
            assert abs(drawn.mean() - own) <= 4.5 * math.sqrt(variance / n)
            kurtosis = 3 + (1 - 6 * own / size * (1 - own / size)) / max(variance, 1e-9)
            error = variance * math.sqrt((kurtosis - 1) / n)
            assert abs(drawn.var() - variance) <= 4.5 * error + 1e-9


def test_subjects_are_taken_as_a_whole():
    """Two people, one of each class: every resample that is not redrawn has both equally often or
    has weights (1, 1), so that there is nothing to vary."""
    label = np.array([1, 1, 1, 0, 0])
    score = np.array([5.0, 4.0, 1.0, 3.0, 0.0])
    subject = np.array(["a", "a", "a", "b", "b"])
    found = evaluation.bands(label, score, subject, n_resamples=50)
    area = average_precision_score(label, score)
    assert found.auprc == pytest.approx((area, area), rel=1e-12)
    assert found.by == "subject"
    assert found.at(2.0)["recall"] == (2 / 3, 2 / 3)


def test_intervals_by_subject_are_those_of_all_ways_to_draw_three():
    """Three people can be drawn in 27 ways, 26 of which have both classes: the share of resamples
    with each AUPRC follows, and 3,000 of them agree with it within 4.5 standard deviations."""
    label = np.array([1, 0, 0, 1, 0, 1, 0, 0, 0])
    score = np.array([9.0, 3.0, 2.0, 8.0, 8.0, 1.0, 7.0, 2.0, 5.0])
    who = np.array([0, 0, 0, 1, 1, 1, 2, 2, 2])
    ways: dict[float, int] = {}
    for drawn in product(range(3), repeat=3):
        rows = np.concatenate([np.flatnonzero(who == s) for s in drawn])
        if label[rows].any():
            area = round(average_precision_score(label[rows], score[rows]), 9)
            ways[area] = ways.get(area, 0) + 1
    assert sum(ways.values()) == 26  # but for the third person three times
    n = 3000
    binned = Binned.of(evaluation.curve(label, score))
    counts = joined(
        pair[0]
        for pair in resampling.by_subject(
            (binned,), label, (score,), who, n, np.random.default_rng(0)
        )
    )
    areas = np.round(counts.auprc(None), 9)
    assert set(areas) == set(ways)
    for area, number in ways.items():
        share = number / 26
        deviation = math.sqrt(share * (1 - share) / n)
        assert abs((areas == area).mean() - share) <= 4.5 * deviation


def test_people_who_differ_widen_the_interval():
    """Everyone's scores have their own level; resampling windows does not see that, subjects do."""
    random = np.random.default_rng(5)
    subject = np.repeat(np.arange(12), 100)
    label = np.tile(np.repeat([0, 1], [80, 20]), 12)
    score = random.normal(size=1200) + 2 * label + 2 * random.normal(size=12)[subject]
    by_window = evaluation.bands(label, score)
    by_person = evaluation.bands(label, score, subject)
    threshold = 1.0
    width = [np.ptp(b.at(threshold)["recall"]) for b in (by_window, by_person)]
    # One person's recall has a standard deviation near 0.35 against 0.45 of a single window's:
    # 0.35/sqrt(12) over 0.45/sqrt(240) is 3.5.
    assert width[1] > 2 * width[0]


# --- the bands themselves ---


def test_bands_hold_the_curve_and_are_ordered():
    label, score = gaussians(900, 100, seed=6)
    curve = evaluation.curve(label, score)
    found = evaluation.bands(label, score)
    assert found.auprc[0] < evaluation.auprc(curve) < found.auprc[1]
    assert found.auroc[0] < evaluation.auroc(curve) < found.auroc[1]
    assert (found.n_resamples, found.confidence, found.by) == (400, 0.95, "sample")
    np.testing.assert_array_equal(
        found.thresholds, [curve.threshold(i) for i in range(len(curve.levels) + 1)]
    )
    assert (found.low <= found.high).all()
    assert found.recall.tolist() == np.linspace(0, 1, 101).tolist()
    for low, high in (
        (found.recall_low, found.recall_high),
        (found.rate_low, found.rate_high),
    ):
        assert (low <= high).all()
        assert (np.diff(low) >= 0).all()
        assert (low[0], high[0], low[-1], high[-1]) == (0, 0, 1, 1)
    assert math.isnan(found.precision_low[0])  # nothing flagged, in any resample
    assert (found.precision_low[-1], found.precision_high[-1]) == (0.1, 0.1)
    # At a recall of 1 everything down to the lowest anomaly is flagged.
    assert found.low[-1] >= curve.base_rate


def test_the_precision_band_is_that_of_plain_resampling():
    """Precision at a recall, from resamples drawn and sorted one by one with scikit-learn's
    definition; quantiles of two runs of 2,000 differ by less than 4.5 standard errors of a rank."""
    label, score = gaussians(200, 50, seed=7)
    n = 2000
    found = evaluation.bands(label, score, n_resamples=n)
    random = np.random.default_rng(99)
    wanted = (0.2, 0.5, 0.9)
    drawn = np.empty((n, len(wanted)))
    for row in range(n):
        rows = np.concatenate(
            [random.choice(np.flatnonzero(label == v), (label == v).sum()) for v in (0, 1)]
        )
        curve = evaluation.curve(label[rows], score[rows])
        for column, recall in enumerate(wanted):
            drawn[row, column] = curve.at(evaluation.at_recall(curve, recall)).precision
    slack = 4.5 * math.sqrt(2 * 0.025 * 0.975 / n)
    for column, recall in enumerate(wanted):
        at = round(100 * recall)
        for end, tail in ((found.low[at], 0.025), (found.high[at], 0.975)):
            allowed = np.quantile(drawn[:, column], [tail - slack, tail + slack])
            assert allowed[0] <= end <= allowed[1]


def test_ties_and_infinite_scores():
    label = np.array([1, 0, 1, 0, 0, 1, 0, 1])
    score = np.array([math.inf, math.inf, 2, 2, 1, 1, -math.inf, -math.inf])
    found = evaluation.bands(label, score, n_resamples=100)
    assert found.thresholds.tolist() == [math.inf, 2, 1, -math.inf]
    for threshold, j in ((math.inf, 0), (5.0, 1), (2.0, 1), (1.5, 2), (0.0, 3), (-math.inf, 3)):
        assert found.at(threshold)["recall"] == (found.recall_low[j], found.recall_high[j])
    constant = evaluation.bands(label, np.zeros(8), n_resamples=100)
    assert (constant.auprc, constant.auroc) == ((0.5, 0.5), (0.5, 0.5))


def test_thinned_bands_speak_of_a_state_that_flags_hardly_more():
    label, score = gaussians(19_000, 1000, seed=8)
    curve = evaluation.curve(label, score)
    found = evaluation.bands(label, score, n_resamples=20)
    assert len(found.thresholds) < 4000
    for threshold in np.linspace(-3, 5, 300):
        j = int(np.argmax(found.thresholds <= threshold))
        point, kept = curve.at(threshold), curve.at(found.thresholds[j])
        assert found.at(threshold)["recall"] == (found.recall_low[j], found.recall_high[j])
        extra = kept.recall + kept.false_alarm_rate - point.recall - point.false_alarm_rate
        assert -1e-12 <= extra <= 1 / 1000 + 1 / 1000


def test_the_seed_decides_and_progress_is_told():
    label, score = gaussians(90, 30, seed=9)
    told: list[float] = []
    first = evaluation.bands(label, score, progress=told.append)
    assert told == sorted(told)
    assert 3 <= len(told) <= 20
    assert told[-1] == 1
    assert first.auprc == evaluation.bands(label, score).auprc
    assert first.auprc != evaluation.bands(label, score, seed=1).auprc
    wider = evaluation.bands(label, score, confidence=0.99)
    assert wider.auprc[0] < first.auprc[0] < first.auprc[1] < wider.auprc[1]


# --- two detectors ---


@pytest.mark.parametrize("by_subject", [False, True])
@pytest.mark.parametrize("n", [300, 45_000])
def test_a_detector_does_not_differ_from_itself(n: int, by_subject: bool):
    label, score = gaussians(2 * n // 3, n // 3, seed=10)
    subject = np.arange(n) % 7 if by_subject else None
    monotone = np.exp(score / 2)  # ranks alike
    found = evaluation.paired_difference(label, score, monotone, subject, n_resamples=20)
    assert (found.difference, found.low, found.high) == (0, 0, 0)
    assert found.by == ("subject" if by_subject else "sample")


@pytest.mark.parametrize("by_subject", [False, True])
def test_swapping_the_detectors_turns_the_sign(by_subject: bool):
    label, a = gaussians(200, 60, seed=11)
    b = a + np.random.default_rng(12).normal(size=260)
    subject = np.arange(260) % 9 if by_subject else None
    told: list[float] = []
    one = evaluation.paired_difference(label, a, b, subject, progress=told.append)
    other = evaluation.paired_difference(label, b, a, subject)
    assert one.difference == -other.difference
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)
    expected = average_precision_score(label, a) - average_precision_score(label, b)
    assert one.difference == pytest.approx(expected, abs=1e-12)
    assert one.low < one.difference < one.high
    assert told[-1] == 1


def test_pairing_narrows_the_interval_of_like_detectors():
    """Two that share most of their noise differ less than two intervals apart suggest."""
    label, a = gaussians(1000, 200, seed=13, shift=1.0)
    b = a + 0.3 * np.random.default_rng(14).normal(size=1200)
    paired = evaluation.paired_difference(label, a, b)
    alone = [evaluation.bands(label, s).auprc for s in (a, b)]
    unpaired = math.hypot(*(high - low for low, high in alone))
    assert paired.high - paired.low < 0.7 * unpaired


def test_pairs_are_compared_at_all_states():
    """Two neighbours swapped among 6,000 distinct scores: no thinned-out curve would show it."""
    label, a = gaussians(4000, 2000, seed=15)
    order = np.argsort(a)
    swap = next(i for i in range(3000, 6000) if label[order[i]] < label[order[i - 1]])
    b = a.copy()
    b[order[[swap, swap - 1]]] = a[order[[swap - 1, swap]]]
    found = evaluation.paired_difference(label, a, b, n_resamples=60)
    full = tuple(Binned(c, np.arange(6001)) for c in (evaluation.curve(label, s) for s in (a, b)))
    draws = resampling.stratified_together(full, label, (a, b), 60, np.random.default_rng(0))
    exact = np.concatenate([x.auprc(None) - y.auprc(None) for x, y in draws])
    assert found.difference < 0  # b has the anomaly before the normal
    assert exact.max() < 1e-12
    assert (found.low, found.high) == pytest.approx(np.quantile(exact, [0.025, 0.975]), rel=1e-6)


@pytest.mark.no_cover
def test_coverage_of_a_difference_of_nothing():
    """Two detectors that are equally good: 95 % of the intervals hold 0, give or take 4 standard
    deviations of 200 simulations."""
    simulations, covered = 200, 0
    for seed in range(simulations):
        random = np.random.default_rng(seed)
        label = np.repeat([0, 1], [300, 150])
        a, b = (random.normal(size=450) + 1.5 * label for _ in range(2))
        found = evaluation.paired_difference(label, a, b, n_resamples=200, seed=seed)
        covered += found.low <= 0 <= found.high
    noise = 4 * math.sqrt(0.95 * 0.05 / simulations)
    assert 0.95 - noise < covered / simulations < 1


# --- few subjects, few anomalies ---


def people(n: int, random: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Subjects, labels and the scores of two detectors that are equally good, of which either sees
    each person's anomalies better or worse."""
    subject = np.repeat(np.arange(n), 50)
    label = np.tile((np.arange(50) % 6 == 0).astype(int), n)
    common = random.normal(size=50 * n) + 1.2 * label
    a, b = (
        common + 0.8 * random.normal(size=n)[subject] * label + 0.3 * random.normal(size=50 * n)
        for _ in range(2)
    )
    return subject, label, a, b


@pytest.mark.parametrize("n", [3, 9])
def test_coverage_of_a_difference_of_few_people(n: int):
    """Of 95 % intervals 5 % miss the truth; the bootstrap's would miss it in 24 and 11 %."""
    simulations, missed = 400, 0
    for seed in range(simulations):
        subject, label, a, b = people(n, np.random.default_rng(seed))
        found = evaluation.paired_difference(label, a, b, subject)
        missed += not found.low <= 0 <= found.high
        assert found.warning is None
        assert (found.by, found.n_resamples) == ("subject", n)
    assert missed / simulations <= 0.05 + 2.5 * math.sqrt(0.05 * 0.95 / simulations)


def test_the_jackknife_by_hand():
    """The mean of what leaving out each of four people changes, times t for three degrees."""
    subject, label, a, b = people(4, np.random.default_rng(0))

    def difference(rows: np.ndarray) -> float:
        areas = [average_precision_score(label[rows], s[rows]) for s in (a, b)]
        return float(areas[0] - areas[1])

    own = difference(np.full(200, True))
    without = np.array([difference(subject != who) for who in range(4)])
    reach = 3.182446305284263 * math.sqrt(3 / 4 * ((without - without.mean()) ** 2).sum())
    found = evaluation.paired_difference(label, a, b, subject)
    assert (found.low, found.high) == pytest.approx((own - reach, own + reach), abs=1e-12)
    assert found.low == evaluation.paired_difference(label, a, b, subject, seed=9).low


def test_where_one_person_alone_has_anomalies_nothing_is_known_of_others():
    subject, label, a, b = people(9, np.random.default_rng(1))
    label = np.where(subject == 4, label, 0)
    found = evaluation.paired_difference(label, a + label, b, subject)
    assert (found.low, found.high) == (-1, 1)
    label = np.where(subject < 2, people(9, np.random.default_rng(1))[1], 0)
    two = evaluation.paired_difference(label, a + label, b, subject)
    assert -1 <= two.low < two.difference < two.high <= 1


def test_many_people_are_left_out_by_groups():
    subject, label, a, b = people(60, np.random.default_rng(2))
    one = evaluation.paired_difference(label, a, b, subject, n_resamples=60)
    grouped = evaluation.paired_difference(label, a, b, subject, n_resamples=20)
    assert (one.n_resamples, grouped.n_resamples) == (60, 20)
    assert 0.5 < (grouped.high - grouped.low) / (one.high - one.low) < 2


@pytest.mark.parametrize(
    ("anomalies", "subjects", "few"),
    [
        (19, None, "19 anomalies"),
        (20, None, None),
        (19, 20, "19 anomalies"),
        (40, 15, None),
        (40, 14, "14 subjects"),
    ],
)
def test_intervals_of_few_say_that_they_are_too_narrow(anomalies, subjects, few):
    label, score = gaussians(100, anomalies, seed=3)
    subject = None if subjects is None else np.arange(len(label)) % subjects
    warning = evaluation.bands(label, score, subject, n_resamples=20).warning
    assert (few is None) == (warning is None)
    assert f"With only {few} the intervals are too narrow" in str(warning) or few is None
    paired = evaluation.paired_difference(label, score, -score, subject, n_resamples=20).warning
    assert paired == (warning if anomalies < 20 else None)
    assert evaluation.bands(1 - label, -score, subject, n_resamples=20).warning == (
        warning and warning.replace("anomalies", "normals")
    )


# --- refusals ---


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"label": [0, 0]}, "anomalies and normals"),
        ({"label": [1, 1]}, "anomalies and normals"),
        ({"score": [1.0, math.nan]}, "NaN"),
        ({"n_resamples": 19}, "at least 20"),
        ({"confidence": 1.0}, "confidence"),
        ({"base_rate": 2.0}, "base rate"),
        ({"subject": ["a", "a"]}, "two subjects"),
        ({"subject": ["a", "b", "c"]}, "2 subjects"),
    ],
)
def test_refusals(arguments: dict, says: str):
    given = {"label": [0, 1], "score": [1.0, 2.0], **arguments}
    with pytest.raises(ValueError, match=says):
        evaluation.bands(**given)
    given["score_a"] = given["score_b"] = given.pop("score")
    with pytest.raises(ValueError, match=says):
        evaluation.paired_difference(**given)
