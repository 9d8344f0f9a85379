"""Many replicates at once: the same fits as one at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.design import Design
from harness.errors import DesignError
from harness.glmm import PoissonGLMM
from harness.glmm.batch import fit_batch
from tests.glmm.panels import simulated

# Two roads to the same optimum, each within 1e-8 standard errors of it.
SAME_IN_SE = 2e-8
# A last step of 1e-7 standard errors (``compiled.LAST_STEP``) leaves the Hessian where it was.
SAME_SE = 1e-7
# Tied variances leave the compiled road: two ascents, each to a Newton decrement of 1e-8.
SAME_ON_THE_RIDGE = 1e-6
# A log-likelihood lies the square of that below its maximum: what shows is rounding of 280 terms.
LLF_ATOL = 1e-10


@pytest.fixture(scope="module")
def counts() -> np.ndarray:
    # Half without a random slope, so that singular fits are among them.
    return np.array([simulated(seed=s, sd=(0.3, 0.05 * (s % 2))).endog for s in range(12)])


def test_each_replicate_is_its_own_fit(counts: np.ndarray) -> None:
    design = simulated()
    batch = fit_batch(design, counts)
    assert not batch.failed.any()
    assert batch.singular.any()
    for k, y in enumerate(counts):
        one = PoissonGLMM.from_design(design.with_counts(y)).fit()
        assert np.max(np.abs((batch.params[k] - one.params) / one.bse)) < SAME_IN_SE
        np.testing.assert_allclose(batch.bse[k], one.bse, rtol=SAME_SE)
        assert batch.llf[k] == pytest.approx(one.llf, abs=LLF_ATOL)
        assert batch.singular[k] == one.singular
        scale = one.random_effects.abs().to_numpy().max()
        np.testing.assert_allclose(
            batch.random_effects[k], one.random_effects, rtol=0, atol=SAME_SE * scale
        )


def test_a_shared_variance_is_fitted_too(counts: np.ndarray) -> None:
    base = simulated()
    design = Design(
        base.endog, base.exog, base.groups, exog_re=base.exog_re, offset=base.offset,
        covariance="scalar",
    )  # fmt: skip
    batch = fit_batch(design, counts[:2])
    for k in range(2):
        one = PoissonGLMM.from_design(design.with_counts(counts[k])).fit()
        assert batch.llf[k] == pytest.approx(one.llf, abs=LLF_ATOL)
        np.testing.assert_allclose(batch.cov_re[k], one.cov_re, rtol=SAME_ON_THE_RIDGE)
        np.testing.assert_allclose(batch.bse[k], one.bse, rtol=SAME_ON_THE_RIDGE)


@pytest.mark.parametrize("threads", [2, 5])
def test_threads_change_no_bit(counts: np.ndarray, threads: int) -> None:
    design = simulated()
    one, many = fit_batch(design, counts, threads=1), fit_batch(design, counts, threads=threads)
    assert one.params.tobytes() == many.params.tobytes()
    assert one.bse.tobytes() == many.bse.tobytes()
    assert one.llf.tobytes() == many.llf.tobytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda y: y[:, :-1], "expected"),
        (lambda y: y - 1000.0, "not negative"),
        (lambda y: y + 0.5, "whole"),
        (lambda y: y * np.nan, "whole"),
    ],
    ids=["columns", "negative", "half", "missing"],
)
def test_what_is_not_counts_is_refused(
    counts: np.ndarray, change: Callable[[np.ndarray], np.ndarray], words: str
) -> None:
    with pytest.raises(DesignError, match=words):
        fit_batch(simulated(), change(counts))


def test_a_replicate_without_a_maximum_has_failed_and_no_other(counts: np.ndarray) -> None:
    design = simulated()
    t = design.exog_re[:, 1]
    empty, separated = np.zeros(design.nobs), np.where(t < 0, 0.0, counts[1])
    batch = fit_batch(design, np.array([counts[1], empty, separated]))
    assert batch.failed.tolist() == [False, True, True]
    assert np.isfinite(batch.params[0]).all()
    assert np.isnan(batch.params[1:]).all()


@pytest.mark.parametrize("fit", [lambda d: fit_batch(d, d.endog[None, :]), PoissonGLMM.from_design])
def test_more_random_effects_than_there_is_room_for_are_refused(fit: Any) -> None:
    base = simulated(units=12)
    made = Design(base.endog, base.exog, base.groups, exog_re=base.exog[:, [0, 1, 2, 4]])
    with pytest.raises(DesignError, match="4 random effects per group: PoissonGLMM takes 3"):
        fit(made)
