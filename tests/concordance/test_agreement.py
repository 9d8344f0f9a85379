"""Agreement over many fits: each statistic against published figures or another way to it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import mpmath
import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.stats
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from harness.concordance.agreement import bland_altman, deming, lin
from harness.concordance.agreement.bootstrap import (
    RESAMPLES,
    cluster_totals,
    draws,
    expanded_tail,
    percentile_interval,
    why_no_interval,
)
from harness.concordance.agreement.conclusions import Count, count
from harness.concordance.agreement.digits import distribution
from harness.concordance.agreement.maximum import distance, reference_fit
from harness.concordance.agreement.odd_one_out import odd_one_out
from harness.concordance.agreement.summary import UNDEFINED, summarise
from harness.concordance.agreement.term_pairs import Asked, Side, TermPair, points_of
from harness.concordance.agreement.tost import Equivalence, equivalence
from tests.concordance.fits import exact_fit, moved
from tests.concordance.published import (
    IC,
    MINI,
    PEARSON_PRINTED,
    PEARSON_X,
    PEARSON_Y,
    PEFR_PRINTED,
    RV,
    SUBJECT,
    WRIGHT,
)

# Two ways to the same sums of a few dozen floats.
ROUNDING = 1e-10
# Half a unit of the last digit that a paper prints.
TENTHS, FIFTH_DECIMAL, THIRD_DECIMAL = 0.05, 5e-6, 5e-4
# Least squares by differenced derivatives: where they stop, the steps are of this size.
OPTIMISED = 1e-7
# The engine's own standard errors are the exact ones to eight digits; a step to the maximum is 0.
EXACT_SE, NO_STEP = 1e-8, 1e-12
# Standard errors of a proportion of 9999 resamples; one true claim in 15,000 fails.
FOUR_SIGMA = 4.0
COVERAGE_RUNS = 300
LAPLACE, OTHER = Asked("laplace", "tight", "base"), Asked("lme4", "tight", "base")


def each_its_own(n: int) -> np.ndarray:
    return np.arange(n)


def limits_of(d, clusters):
    return bland_altman.limits(bland_altman.parts(d, clusters).sum(axis=0), int(clusters.max()) + 1)


def test_limits_of_agreement_as_printed_in_1986():
    mean, sd, low, high = limits_of(WRIGHT - MINI, each_its_own(17))
    assert (mean, sd) == pytest.approx(PEFR_PRINTED, abs=TENTHS)
    half = scipy.stats.norm.ppf(0.975) * sd
    assert (low, high) == pytest.approx((mean - half, mean + half), rel=ROUNDING, abs=0)


def test_replicates_by_analysis_of_variance():
    clusters = SUBJECT.astype(int) - 1
    data = pd.DataFrame({"d": RV - IC, "s": clusters})
    table = anova_lm(smf.ols("d ~ C(s)", data).fit())
    between, within = table["mean_sq"]
    n = data.groupby("s").size().to_numpy()
    size = (n.sum() - (n**2).sum() / n.sum()) / (len(n) - 1)
    expected = np.sqrt(within + (between - within) / size)
    found = limits_of(RV - IC, clusters)
    assert found[1] == pytest.approx(expected, rel=ROUNDING, abs=0)
    # Wider than without regard to who was measured.
    assert found[1] > np.std(RV - IC, ddof=1)


@pytest.mark.parametrize(
    ("d", "clusters", "sd"),
    [
        ([1.0, 2.0, 3.0, 4.0, 5.0], [0] * 5, np.sqrt(2.5)),  # one cluster: the plain one
        ([2.0, 2.0, 2.0], [0, 1, 1], 0.0),
        ([1.0, 3.0, 1.0, 3.0], [0, 0, 1, 1], np.sqrt(2.0)),  # none between: within alone
        ([1.0], [0], np.nan),
    ],
)
def test_limits_by_hand(d, clusters, sd):
    mean, found, *_ = limits_of(np.array(d), np.array(clusters))
    assert mean == np.mean(d)
    assert found == pytest.approx(sd, rel=ROUNDING, abs=0, nan_ok=True)


@pytest.mark.parametrize("drawn", [range(17), [0, 0, 0, 5, 8, 8, 16]])
def test_lin_is_precision_times_accuracy(drawn):
    """Of all readings, and of those of a resample, whose means are not those of all."""
    x, y = WRIGHT[drawn], MINI[drawn]
    r = scipy.stats.pearsonr(x, y)[0]
    scale, shift = y.std() / x.std(), (x.mean() - y.mean()) / np.sqrt(x.std() * y.std())
    accuracy = 2 / (scale + 1 / scale + shift**2)
    found = lin.discordance(lin.parts(WRIGHT, MINI, each_its_own(17))[drawn].sum(axis=0))
    assert found == pytest.approx(1 - r * accuracy, rel=ROUNDING, abs=0)


def test_lin_as_printed_by_steichen_and_cox():
    """Steichen & Cox (1998), Stata Technical Bulletin 43, sg84: 0.943 for these readings."""
    found = lin.discordance(lin.parts(WRIGHT, MINI, each_its_own(17)).sum(axis=0))
    assert 1 - found == pytest.approx(0.943, abs=THIRD_DECIMAL)


def test_lin_keeps_digits_below_those_of_the_coefficient():
    x = np.array([1.0, 2.0, 4.0, 7.0])
    e = np.array([1.0, -1.0, 1.0, -1.0]) * 2.0**-44
    found = lin.discordance(lin.parts(x, x + e, each_its_own(4)).sum(axis=0))
    assert found == pytest.approx(2.0**-88 / (2 * x.var()), rel=ROUNDING, abs=0)


def test_lin_keeps_its_digits_far_from_zero():
    rng = np.random.default_rng(4)
    x, y = np.round(rng.normal(size=(2, 9)) * 2.0**20) / 2.0**20  # exact, moved or not
    near, far = (
        lin.discordance(lin.parts(x + c, y + c, each_its_own(9)).sum(axis=0))
        for c in (0.0, 2.0**20)
    )
    assert far == pytest.approx(near, rel=ROUNDING, abs=0)


def deming_of(x, y, variance, drawn=slice(None)):
    """Slope and intercept, of the clusters that were drawn."""
    clusters = each_its_own(len(x))
    excess, height = deming.line(deming.parts(x, y, variance, clusters)[drawn].sum(axis=0))
    centre = np.average(x, weights=1 / variance)
    return 1 + excess, height + centre - (1 + excess) * centre


def test_deming_as_printed_by_pearson():
    slope, intercept = deming_of(PEARSON_X, PEARSON_Y, np.ones(10))
    assert slope == pytest.approx(PEARSON_PRINTED[1], abs=FIFTH_DECIMAL)
    assert intercept == pytest.approx(PEARSON_PRINTED[0], abs=THIRD_DECIMAL)


@pytest.mark.parametrize("drawn", [range(20), range(9), [3, 3, 3, 5, 8, 8, 13]])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_weighted_deming_minimises_the_weighted_distances(seed, drawn):
    """Of all clusters, and of those of a resample, whose mean is not that of all."""
    rng = np.random.default_rng(seed)
    x, variance = rng.normal(size=20), rng.uniform(0.1, 3.0, 20)
    y = 1.3 * x - 0.4 + rng.normal(size=20) * 0.2

    def distances(line):
        across = np.sqrt((1 + line[1] ** 2) * variance)
        return ((y - line[0] - line[1] * x) / across)[drawn]

    best = scipy.optimize.least_squares(distances, (0.0, 1.0), xtol=1e-15, ftol=1e-15, gtol=1e-15)
    slope, intercept = deming_of(x, y, variance, drawn)
    assert (intercept, slope) == pytest.approx(tuple(best.x), abs=OPTIMISED)


def test_a_slope_near_one_keeps_its_digits():
    rng = np.random.default_rng(7)
    x = rng.normal(size=12)
    y = x + rng.normal(size=12) * 1e-13
    excess, _ = deming.line(deming.parts(x, y, np.ones(12), each_its_own(12)).sum(axis=0))
    with mpmath.workdps(60):
        u, v = ([mpmath.mpf(float(t)) for t in values] for values in (x, y))
        mu, mv = mpmath.fsum(u) / 12, mpmath.fsum(v) / 12
        xx = mpmath.fsum((t - mu) ** 2 for t in u)
        yy = mpmath.fsum((t - mv) ** 2 for t in v)
        xy = mpmath.fsum((s - mu) * (t - mv) for s, t in zip(u, v, strict=True))
        slope = (yy - xx + mpmath.sqrt((yy - xx) ** 2 + 4 * xy**2)) / (2 * xy)
        expected = float(slope - 1)
    assert excess == pytest.approx(expected, rel=ROUNDING, abs=0)


@pytest.mark.parametrize("shift", [0.0, 0.03, 0.2, -0.06])
def test_equivalence_is_two_one_sided_tests(shift):
    d = np.random.default_rng(3).normal(shift, 0.02, 24)
    clusters = np.repeat(np.arange(6), 4)
    means = d.reshape(6, 4).mean(axis=1)
    lower = scipy.stats.ttest_1samp(means, -0.05, alternative="greater").pvalue
    upper = scipy.stats.ttest_1samp(means, 0.05, alternative="less").pvalue
    found = equivalence(d, clusters)
    assert found is not None
    assert found.p_value == pytest.approx(max(lower, upper), rel=ROUNDING, abs=0)
    interval = scipy.stats.ttest_1samp(means, 0.0).confidence_interval(0.90)
    assert (found.low, found.high) == pytest.approx(tuple(interval), rel=ROUNDING, abs=0)
    assert found.equivalent == (found.low > -0.05 and found.high < 0.05)


def test_a_mean_that_may_be_as_large_as_the_margin_is_not_equivalent():
    assert not Equivalence(mean=0.0, low=-0.05, high=0.05, p_value=0.05, clusters=6).equivalent


@pytest.mark.parametrize(
    ("d", "clusters", "p_value"),
    [
        ([0.0] * 4, [0, 0, 1, 1], 0.0),
        ([0.3] * 4, [0, 0, 1, 1], 1.0),
        ([-0.3] * 4, [0, 0, 1, 1], 1.0),
        ([0.05] * 4, [0, 0, 1, 1], 1.0),  # as large as the margin
        ([0.1, 0.2], [0, 0], None),
    ],
)
def test_equivalence_without_spread(d, clusters, p_value):
    found = equivalence(np.array(d), np.array(clusters))
    assert (found.p_value if found else None) == p_value


def test_the_bootstrap_interval_by_enumeration():
    d, clusters = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 3.0]), np.array([0, 1, 2, 3, 4, 4])
    totals = cluster_totals(np.column_stack((np.ones(6), d)), clusters)
    drawn = [totals[list(choice)].sum(axis=0) for choice in product(range(5), repeat=5)]
    exact = np.array([s / n for n, s in drawn])
    resamples = draws(5, seed=5) @ totals
    interval = percentile_interval(resamples[:, 1] / resamples[:, 0], 5)
    assert interval is not None
    tail = scipy.stats.norm.cdf(-np.sqrt(5 / 4) * scipy.stats.t.ppf(0.975, 4))
    slack = FOUR_SIGMA * np.sqrt(tail / RESAMPLES)
    assert np.mean(exact < interval[0]) <= tail + slack
    assert np.mean(exact <= interval[0]) >= tail - slack
    assert np.mean(exact > interval[1]) <= tail + slack
    assert np.mean(exact >= interval[1]) >= tail - slack


@pytest.mark.parametrize("clusters", [5, 24])
def test_the_expanded_interval_of_a_normal_mean_is_that_of_t(clusters):
    """Resampled means vary as if divided by n: their quantile, so shrunk, is Student's."""
    shrunk = np.sqrt((clusters - 1) / clusters)
    quantile = scipy.stats.norm.isf(expanded_tail(clusters)) * shrunk
    assert quantile == pytest.approx(scipy.stats.t.ppf(0.975, clusters - 1), rel=ROUNDING, abs=0)


def test_percentage_points_lie_at_one_more_than_the_resamples():
    tail = expanded_tail(5) * (RESAMPLES + 1)
    found = percentile_interval(np.arange(1.0, RESAMPLES + 1), 5)
    assert found == pytest.approx((tail, RESAMPLES + 1 - tail), rel=ROUNDING, abs=0)


@pytest.mark.parametrize("clusters", [5, 6, 24])
def test_intervals_cover_what_they_say(clusters):
    """Plain percentile intervals cover about 86, 85 and 93 % here."""
    rng, codes = np.random.default_rng(1), np.repeat(np.arange(clusters), 4)
    covered = 0
    for seed in range(COVERAGE_RUNS):
        d = rng.normal(size=clusters)[codes] + rng.normal(size=4 * clusters)
        parts = bland_altman.parts(d, codes)
        means = bland_altman.limits(draws(clusters, seed) @ parts, clusters)[:, 0]
        interval = percentile_interval(means, clusters)
        assert interval is not None
        covered += interval[0] <= 0.0 <= interval[1]
    noise = FOUR_SIGMA * np.sqrt(0.95 * 0.05 / COVERAGE_RUNS)
    assert abs(covered / COVERAGE_RUNS - 0.95) <= noise


def test_resamples_repeat():
    assert np.array_equal(draws(6, 9), draws(6, 9))
    assert not np.array_equal(draws(6, 9), draws(6, 10))
    assert set(draws(6, 9).sum(axis=1)) == {6}


def test_digits_are_counted_by_whole_digits():
    found = distribution(np.array([0.0, 3.2, 3.9, 15.0]))
    assert (found.counts[0], found.counts[3], found.counts[15], sum(found.counts)) == (1, 2, 1, 4)
    assert (found.least, found.most) == (0.0, 15.0)
    assert found.median == pytest.approx(3.55, rel=ROUNDING, abs=0)


NEAR, FAR = 2e-5, 3e-3


@pytest.mark.parametrize(
    ("distances", "outcome", "odd"),
    [
        ([[0, NEAR, NEAR], [NEAR, 0, NEAR], [NEAR, NEAR, 0]], "all identical", None),
        ([[0, FAR, FAR], [FAR, 0, NEAR], [FAR, NEAR, 0]], "odd one out", 0),
        ([[0, FAR, NEAR], [FAR, 0, FAR], [NEAR, FAR, 0]], "odd one out", 1),
        # Three on a line at equal steps; then two and two: nobody stands alone.
        ([[0, FAR, 2 * FAR], [FAR, 0, FAR], [2 * FAR, FAR, 0]], "no single one", None),
        (
            [[0, NEAR, FAR, FAR], [NEAR, 0, FAR, FAR], [FAR, FAR, 0, NEAR], [FAR, FAR, NEAR, 0]],
            "no single one",
            None,
        ),
        # Further from one, but identical to the other.
        ([[0, 9e-5, 1.1e-4], [9e-5, 0, 3e-5], [1.1e-4, 3e-5, 0]], "no single one", None),
        # Far apart by ratio, but all identical to the eye of the verdict.
        ([[0, 9e-5, 9e-5], [9e-5, 0, 1e-9], [9e-5, 1e-9, 0]], "all identical", None),
    ],
)
def test_odd_one_out(distances, outcome, odd):
    found = odd_one_out(np.array(distances, float))
    assert (found.outcome, found.odd) == (outcome, odd)


def term(
    indicator: str = "i", term: str = "pre", states: tuple[int, int] = (0, 0), d: float = 0.2,
    s: float = 0.0, x: float = 0.1, by: float = 0.0,
) -> TermPair:  # fmt: skip
    a, b = (Side(e, 0.1, state) for e, state in zip((x, x + by), states, strict=True))
    return TermPair(indicator, "all", term, OTHER, LAPLACE, "like for like", a, b, d, s, 3.0)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([term(states=(1, 0))], Count(1, 1, 0, 1, 1)),
        ([term(states=(1, -1)), term("j")], Count(2, 1, 0, 2, 1)),
        ([term(states=(1, 1)), term(term="post")], Count(2, 0, 0, 1, 0)),
        # A level is no conclusion; a negligible difference is a knife edge.
        ([term(term="intercept", states=(1, 0)), term()], Count(1, 0, 0, 1, 0)),
        ([term(states=(1, 0), d=1e-4, s=1e-4)], Count(1, 0, 1, 1, 0)),
        ([term(states=(1, 0), d=1e-4, s=0.1)], Count(1, 1, 0, 1, 1)),
        # Two pairs of engines on one conclusion: counted once, and by the difference that counts.
        ([term(states=(1, 0), d=1e-4), term(states=(1, 0)), term()], Count(1, 1, 0, 1, 1)),
        ([], Count(0, 0, 0, 0, 0)),
    ],
)
def test_conclusions_are_counted_once(pairs, expected):
    assert count(pairs) == expected


def terms_of(indicators: int, by: float, stages: int = 4) -> list[TermPair]:
    rng = np.random.default_rng(1)
    return [
        term(f"i{k}", f"t{j}", d=by * 10, x=float(rng.normal()), by=by)
        for k in range(indicators) for j in range(stages)
    ]  # fmt: skip


def test_perfect_agreement():
    found = summarise(points_of(terms_of(6, by=0.0)), seed=1)
    assert found.no_interval is None
    for part in (*vars_of(found.estimates), found.discordance, found.slope_minus_one, found.height):
        assert (part.value, part.low, part.high) == (0.0, 0.0, 0.0)
    assert found.equivalence is not None
    assert found.equivalence.p_value == 0.0


def vars_of(limits):
    return limits.mean, limits.sd, limits.low, limits.high


@pytest.mark.parametrize(
    ("indicators", "stages", "reason"),
    [(1, 4, "one indicator"), (4, 4, "only 35 different"), (5, 1, UNDEFINED), (1, 1, "one ind")],
)
def test_why_there_is_no_interval(indicators, stages, reason):
    found = summarise(points_of(terms_of(indicators, by=0.01, stages=stages)), seed=1)
    assert reason in (found.no_interval or "")
    assert found.slope_minus_one.low is None
    assert found.estimates.mean.value == pytest.approx(0.1, rel=ROUNDING, abs=0)
    assert (found.estimates.mean.low is None) == (indicators < 5)
    assert (found.equivalence is None) == (indicators == 1)


def test_five_clusters_are_enough():
    assert why_no_interval(5) is None
    assert why_no_interval(4)


def test_one_reading_repeated_has_no_coefficient():
    """As in a resample of one cluster; the sums of squares leave rounding errors of both signs."""
    parts = lin.parts(WRIGHT, WRIGHT, each_its_own(17))
    assert np.isnan(lin.discordance(np.repeat(parts[:, None], 7, axis=1).sum(axis=1))).all()


def test_estimates_that_do_not_vary_have_no_coefficient():
    same = [term(f"i{k}", x=0.5, d=0.0) for k in range(6)]
    found = summarise(points_of(same), seed=1)
    assert (found.discordance.value, found.slope_minus_one.value) == (None, None)
    assert found.no_interval == UNDEFINED


def test_the_reference_is_the_fit_nearest_the_maximum():
    fit = exact_fit()
    # Says it got higher than it did; its exact likelihood says otherwise.
    boaster = replace(moved(fit, by_se=0.5), llf=fit.llf + 1.0)
    near = replace(moved(fit, by_se=1e-4), llf=fit.llf + 1e-3)
    failed = replace(fit, engine="lost", failure="killed")
    mapped = replace(fit, engine="map", estimator="maximum a posteriori")
    assert reference_fit([boaster, near, failed, mapped, fit]) is fit
    assert reference_fit([failed, mapped]) is None


@pytest.mark.parametrize(("by_se", "se_by"), [(0.0, 0.0), (0.02, 0.0), (1e-3, -0.1)])
def test_distance_from_the_maximum_is_what_was_planted(by_se, se_by):
    fit = exact_fit()
    found = distance(moved(fit, by_se=by_se, se_by=se_by), fit)
    assert found is not None
    assert found.diff_se == pytest.approx(by_se, rel=EXACT_SE, abs=NO_STEP)
    assert found.rel_se == pytest.approx(abs(se_by), abs=EXACT_SE)


def test_no_answer_has_no_distance():
    fit = exact_fit()
    assert distance(replace(fit, failure="killed"), fit) is None
