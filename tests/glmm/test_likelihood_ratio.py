"""Likelihood-ratio tests: which null, what it gives, what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.stats import chi2

from harness.design import Design
from harness.errors import ConfigError, FitFailure
from harness.glmm import PoissonGLMM, PoissonGLMMResults
from harness.glmm import likelihood_ratio as module
from harness.glmm.drawing import draw_replicates
from harness.glmm.likelihood_ratio import (
    LikelihoodRatioTest,
    NullDistribution,
    null_distribution,
    statistic_of,
)
from tests.glmm.panels import simulated

# The critical value of 1994 is printed to two decimals, and used here to three.
P_ATOL = 2e-5
# The same formula again; two ascents of one likelihood, which the decrement of 1e-8 puts together.
ROUNDING, REFITTED = 1e-14, 1e-9
# The mixture's mean is 1.5, its standard deviation 1.9: four standard errors of 24 draws.
MEAN_BELOW = 1.5 + 4 * 1.9 / np.sqrt(24)

BASE = simulated(units=12, mean_count=50.0)
W = np.tile(np.random.default_rng(2).normal(size=7), 12)


def design(q: int = 2, p: int = 5, **change: Any) -> Design:
    """The panel with q random effects and p fixed ones."""
    columns = np.column_stack([BASE.exog_re, W])[:, :q]
    parts = {
        "endog": BASE.endog, "exog": BASE.exog[:, :p], "groups": BASE.groups,
        "exog_re": columns if q else None, "offset": BASE.offset,
        "random": "slope" if q else "none",
    }  # fmt: skip
    return Design(**{**parts, **change})


@pytest.mark.parametrize(
    ("small", "large", "df"),
    [
        (design(2, 4), design(2, 5), (1,)),
        (design(0, 3), design(0, 5), (2,)),
        (design(0), design(1), (0, 1)),
        (design(1), design(2), (1, 2)),
        (design(2), design(3), (2, 3)),
        (design(1), design(2, covariance="diagonal"), (0, 1)),
        (design(2, covariance="diagonal"), design(3, covariance="diagonal"), (0, 1)),
        (design(2, covariance="diagonal"), design(2), (1,)),
        (design(1, 4), design(2, 5), (2, 3)),
        (design(0), design(2), ()),
        (design(1), design(3, covariance="diagonal"), ()),
    ],
    ids=["fixed", "two fixed, no random", "intercept", "slope", "third", "slope, diagonal",
         "third, diagonal", "correlation", "slope and fixed", "two at once", "two diagonal"],
)  # fmt: skip
def test_the_null_belongs_to_what_is_tested(small: Design, large: Design, df: Any) -> None:
    assert null_distribution(small, large, restricted_singular=False).df == df


@pytest.mark.parametrize(
    ("small", "large", "df"),
    [(design(2), design(3), ()), (design(2, 4), design(2, 5), (1,))],
    ids=["variance", "fixed"],
)
def test_beside_a_singular_null_only_fixed_effects_have_a_theory(small, large, df) -> None:
    assert null_distribution(small, large, restricted_singular=True).df == df


def test_columns_may_be_recoded_within_their_span() -> None:
    turned = BASE.exog @ np.array([[1.0, 1, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 1, 0],
                                   [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])  # fmt: skip
    assert null_distribution(design(2, exog=turned[:, :4]), design(2), False).df == (1,)
    shifted = BASE.exog_re[:, :1] + 0.5 * BASE.exog_re[:, 1:]
    assert null_distribution(design(2, exog_re=shifted), design(2), False).df == (1, 2)
    # Independent effects are not the same after a shift of the origin.
    with pytest.raises(ConfigError, match="not nested"):
        null_distribution(design(2, exog_re=shifted), design(2, covariance="diagonal"), False)


@pytest.mark.parametrize(
    ("small", "large", "words"),
    [
        (design(2, 5), design(2, 4), "fixed effect of the smaller"),
        (design(2), design(1), "random effects z1, z2"),
        (design(2), design(2, covariance="diagonal"), "random effects z1, z2"),
        (design(2), design(2), "nothing to test"),
        (design(1, endog=BASE.endog + 1), design(2), "differ in endog"),
        (design(1, offset=BASE.offset + 0.1), design(2), "differ in offset"),
        (design(1, groups=BASE.groups[::-1].copy() // 2), design(2), "differ in"),
        (simulated(units=11, random="intercept"), design(2), "77 and 84 rows"),
        (design(1, exog_re=W), design(2), "not nested"),
    ],
    ids=["fixed", "random", "covariance", "same", "counts", "offset", "groups", "rows", "other"],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(small: Design, large: Design, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        null_distribution(small, large, restricted_singular=False)


@pytest.mark.parametrize(
    ("df", "statistic", "p"),
    [
        ((2,), 5.991464547107979, 0.05),
        ((0, 1), 2.705543454095414, 0.05),
        # Critical values of the mixture of chi2(1) and chi2(2): Stram and Lee 1994, 5.14 at 5 %.
        ((1, 2), 5.138, 0.0500),
        ((0, 1), 0.0, 1.0),
    ],
)
def test_p_values(df: tuple[int, ...], statistic: float, p: float) -> None:
    assert NullDistribution("", df).sf(statistic) == pytest.approx(p, abs=P_ATOL)


@pytest.mark.parametrize(
    ("llf", "statistic"), [(-100.0, 0.0), (-100.0 - 1e-7, 0.0), (-99.5, 1.0), (-100.00001, None)]
)
def test_a_loss_within_rounding_is_no_gain(llf: float, statistic: float | None) -> None:
    if statistic is None:
        with pytest.raises(ConfigError, match="below the smaller one's"):
            statistic_of(llf, -100.0)
    else:
        assert statistic_of(llf, -100.0) == statistic


def test_a_draw_as_large_as_the_statistic_counts() -> None:
    test = LikelihoodRatioTest.simulated_from(2.0, 1, np.array([1.0, 2.0, 3.0]), failures=1)
    assert (test.pvalue, test.failures) == (3 / 4, 1)


def test_a_null_of_which_nothing_could_be_fitted_is_refused() -> None:
    with pytest.raises(FitFailure, match="none of 3 replicates"):
        LikelihoodRatioTest.simulated_from(2.0, 1, np.array([]), failures=3)


ALIKE: list[tuple[Any, int]] = [("laplace", 1), ("agq", 5)]


@pytest.fixture(scope="module")
def pair() -> tuple[PoissonGLMMResults, PoissonGLMMResults]:
    # No slope in truth.
    panel = simulated(units=20, seed=5, sd=(0.3, 0.0))
    small = Design(panel.endog, panel.exog, panel.groups, offset=panel.offset)
    return PoissonGLMM.from_design(small).fit(), PoissonGLMM.from_design(panel).fit()


def test_statistic_and_p_value_of_a_fit(pair) -> None:
    small, large = pair
    test = large.lr_test(small)
    T = 2 * (large.llf - small.llf)
    assert test.statistic == T
    p = 0.5 * chi2.sf(T, 1) + 0.5 * chi2.sf(T, 2)
    assert test.pvalue == pytest.approx(p, rel=ROUNDING, abs=0)
    assert "half chi2(1) + half chi2(2)" in str(test)
    with pytest.raises(ConfigError, match="nested"):
        small.lr_test(large)


def test_a_simulated_null_is_counted_and_replayed(pair) -> None:
    small, large = pair
    test = large.lr_test(small, null="simulated", replicates=24, seed=7)
    assert test.simulated.size + test.failures == 24
    above = (test.simulated >= test.statistic).sum()
    assert test.pvalue == (1 + above) / (1 + test.simulated.size)
    again = large.lr_test(small, null="simulated", replicates=10, seed=7)
    np.testing.assert_array_equal(again.simulated, test.simulated[:10])
    assert 0.0 < test.simulated.mean() < MEAN_BELOW


def test_a_simulated_gain_below_zero_is_rounding(pair, monkeypatch: pytest.MonkeyPatch) -> None:
    small, large = (fit.model.design for fit in pair)
    llf = {id(small): -10.0, id(large): np.array([-10.0 - 1e-9, -9.5, np.nan])}

    def fitted(design: Design, counts: Any, n_quadrature: int) -> SimpleNamespace:
        found = np.broadcast_to(llf[id(design)], 3)
        return SimpleNamespace(llf=found, failed=np.isnan(found))

    monkeypatch.setattr(module, "fit_batch", fitted)
    statistics, failures = module.simulated_statistics(small, large, np.zeros((3, 1)))
    assert (list(statistics), failures) == ([0.0, 1.0], 1)


def test_a_larger_model_that_fits_worse_is_refused(pair) -> None:
    small, large = pair
    bad = PoissonGLMM.from_design(large.model.design).fit()
    bad.llf = small.llf - 1.0
    with pytest.raises(ConfigError, match="below the smaller"):
        bad.lr_test(small)


def test_a_simulated_null_is_refitted_by_the_method_of_the_fits() -> None:
    panel = simulated(units=12, seed=4, mean_count=2.0, sd=(0.8, 0.0), random="intercept")
    small = Design(panel.endog, panel.exog[:, :4], panel.groups, offset=panel.offset)
    by = {
        method: [PoissonGLMM.from_design(d).fit(*method) for d in (small, panel)]
        for method in ALIKE
    }
    null, full = by["agq", 5]
    test = full.lr_test(null, null="simulated", replicates=3, seed=2)
    counts = draw_replicates(small, null._beta, null._G, 3, seed=2)
    for y, drawn in zip(counts, test.simulated, strict=True):
        a, b = (PoissonGLMM.from_design(d.with_counts(y)).fit("agq", 5) for d in (small, panel))
        assert drawn == pytest.approx(2 * (b.llf - a.llf), abs=REFITTED)
    with pytest.raises(ConfigError, match="one method"):
        full.lr_test(by["laplace", 1][0], null="simulated")
