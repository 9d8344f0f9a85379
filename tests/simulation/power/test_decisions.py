"""Tests of a contrast: their null model, their level, and where they come from."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize
import scipy.stats

from harness.design import Design
from harness.engines import FitOptions
from harness.errors import ConfigError
from harness.glmm import PoissonGLMM
from harness.glmm.batch import fit_batch
from harness.model import SegmentedPoisson
from harness.simulation.contrast import contrast_row
from harness.simulation.estimates import DONE, SIMULATE, TEST
from harness.simulation.methods import Method
from harness.simulation.power import decisions
from harness.simulation.power.decisions import DRAWS, Question, put_to_test
from harness.simulation.power.null_model import null_design
from harness.simulation.power.rates import power_of
from harness.simulation.processes.choice import Suppression
from harness.simulation.processes.layout import Plan
from harness.simulation.processes.process import Process
from harness.simulation.replicates import analysis
from tests.simulation.processes.making import draws, process

G = np.array([[0.09, 0.003], [0.003, 0.0025]])
# Far from singular in any fit, which makes a bootstrap quick.
WIDE = np.diag([0.25, 0.04])
STRATA = (("a", 1.0), ("b", 1.0))
# No event effect, and contrasts that are true.
NULL = {"pre": 0.02, "step0": 0.02, "step1": 0.02, "post": 0.02}
# Two searches for one maximum, each to a Newton decrement of 1e-8, which is worth its square: what
# shows is rounding of a few hundred terms.
SAME_LLF = 1e-9
# Fits on two roads, relative difference of p-values: z times that of the estimates.
SAME_P = 1e-6
# A linear predictor of five terms; a count of draws out of a p-value.
ROUNDING = 1e-12
# Degrees of freedom solved for in a quantile, and the p-value that they give again.
DF_XTOL, DF_ATOL, P_OF_DF_RTOL = 1e-10, 1e-9, 1e-9
# One true claim in a hundred fails; the seeds are fixed.
LEAST_P = 0.01
# Standard errors of a share; one true claim in 15,000 fails.
FOUR_SIGMA = 4.0
# What a bootstrap moves the p-value of chi2 by, beside its Monte Carlo error.
CORRECTION = 0.05


def question(contrast: str, test: Any = "wald", **model: Any) -> Question:
    method = Method("m", "laplace", SegmentedPoisson(**model), contrasts=(contrast,))
    return Question(method, test)


@pytest.mark.parametrize(
    ("contrast", "by_stratum"),
    [
        ("step0", False),
        ("step0 = 0.3", False),
        ("step0 = pre", False),
        ("step0 + step1 - 2*pre = 0.1", False),
        ("3*post - step1 + 2*pre = 0.2", False),
        ("step0[a] = step0[b]", True),
        ("step0[a] - step0[b] + pre[a] = 0.05", True),
    ],
)
@pytest.mark.parametrize("family", ["poisson", "nb2"])
def test_the_null_model_is_the_constrained_maximum(
    contrast: str, by_stratum: bool, family: Any
) -> None:
    """Which is a maximum in other coordinates: those of the contrast's null space."""
    made = process(Plan(units=12, strata=STRATA), cov_re=G, family=family, variance=0.02)
    model = SegmentedPoisson(by_stratum=by_stratum, family=family)
    whole = analysis(made, model)
    design = whole.design.with_counts(draws(made, 1)[0].counts[whole.place])
    null = null_design(design, contrast)
    assert null.exog.shape[1] == design.exog.shape[1] - 1
    found = fit_batch(null, null.endog[None, :])
    c, value = contrast_row(design.exog_names, contrast)
    # At the null model's estimates, written in all terms, the contrast holds.
    k = int(np.argmax(np.abs(c)))
    beta = np.insert(found.params[0], k, 0.0)
    beta[k] = (value - c @ beta) / c[k]
    assert c @ beta == pytest.approx(value, abs=ROUNDING)
    assert design.exog @ beta + design.offset == pytest.approx(
        null.exog @ found.params[0] + null.offset, abs=ROUNDING
    )
    assert found.llf[0] == pytest.approx(_constrained(design, c, value), abs=SAME_LLF)


def _constrained(design: Design, c: np.ndarray, value: float) -> float:
    """Maximum over beta = particular + basis gamma, the basis orthonormal and c'basis = 0."""
    basis = scipy.linalg.null_space(c[None, :])
    particular = value * c / (c @ c)
    turned = PoissonGLMM(
        design.endog, design.exog @ basis, design.groups, design.exog_re,
        offset=design.offset + design.exog @ particular, family=design.family,
        covariance=design.covariance,
    ).fit()  # fmt: skip
    return float(turned.llf)


def test_nothing_left_to_estimate_is_refused() -> None:
    design = Design([1.0, 2.0, 3.0, 1.0], np.ones((4, 1)), [0, 0, 1, 1], exog_names=["step0"])
    with pytest.raises(ConfigError, match="leaves no term to estimate"):
        null_design(design, "step0 = 1")


@pytest.mark.parametrize("test", ["wald", "lr"])
@pytest.mark.parametrize(
    ("contrast", "model"),
    [("step0 = pre", {}), ("step0[a] = step0[b]", {"by_stratum": True}),
     ("step0 = 0.02", {"family": "nb2"})],
)  # fmt: skip
def test_p_values_are_uniform_where_the_null_is_true(test: Any, contrast: str, model: Any) -> None:
    # Variances well inside: every fit is regular, and quick.
    wider = {"family": "nb2", "variance": 0.04} if "family" in model else {}
    made = process(
        Plan(units=150, events=(1.0, 2.0), spread=0.4, strata=STRATA), cov_re=G, effects=NULL,
        intercept=5.0, **wider,
    )  # fmt: skip
    found = put_to_test(made, question(contrast, test, **model), 21, range(300))
    assert (found.estimates.stage == DONE).all()
    assert scipy.stats.kstest(found.p, "uniform").pvalue > LEAST_P


@pytest.mark.parametrize("test", ["wald", "wald-t", "lr"])
@pytest.mark.parametrize("family", ["poisson", "nb2"])
def test_the_compiled_road_and_that_of_engines_agree(test: Any, family: Any) -> None:
    made = process(Plan(units=20), cov_re=G)
    # Hides nothing, and so nothing but the road changes.
    apart = dataclasses.replace(made, suppression=Suppression(10**9, 10**9))
    asked = question("step0 = pre", test, family=family)
    fast, slow = (put_to_test(one, asked, 5, range(4)) for one in (made, apart))
    assert slow.p == pytest.approx(fast.p, rel=SAME_P, abs=0)


@pytest.mark.parametrize("test", ["wald", "wald-t", "lr", "bootstrap"])
def test_company_threads_and_cuts_change_no_byte(test: Any) -> None:
    made = process(Plan(units=10), cov_re=WIDE, intercept=6.0)
    asked = question("step0 = pre", test)
    whole = put_to_test(made, asked, 5, range(3), threads=2)
    cut = [put_to_test(made, asked, 5, part, threads=1) for part in ([0], [1, 2])]
    assert whole.p.tobytes() == decisions.Tested.joined(cut).p.tobytes()


def test_a_bootstrap_is_one_of_the_null_model_whatever_the_road() -> None:
    made = process(Plan(units=12), cov_re=WIDE, effects=NULL, intercept=6.0)
    apart = dataclasses.replace(made, suppression=Suppression(10**9, 10**9))
    asked = question("step0 = pre", "bootstrap")
    fast, slow = (put_to_test(one, asked, 5, range(3)) for one in (made, apart))
    assert slow.p.tolist() == fast.p.tolist()
    steps = fast.p * (DRAWS + 1)
    assert steps == pytest.approx(np.round(steps), abs=ROUNDING)
    other = dataclasses.replace(
        asked, method=dataclasses.replace(asked.method, options=FitOptions(se_method="rx"))
    )
    assert put_to_test(made, other, 5, range(3)).p.tolist() == fast.p.tolist()
    # Near enough to chi2's, of which it is a correction.
    chi2 = put_to_test(made, question("step0 = pre", "lr"), 5, range(3)).p
    assert np.abs(fast.p - chi2).max() < FOUR_SIGMA * np.sqrt(0.25 / DRAWS) + CORRECTION


def test_a_test_at_the_level_of_its_draws_keeps_it() -> None:
    """Of p = k / 200, k equally likely, 5 % are at most 0.05."""
    p = np.arange(1, DRAWS + 2) / (DRAWS + 1)
    made = put_to_test(
        process(Plan(units=5), cov_re=WIDE, intercept=6.0), question("step0"), 1, range(DRAWS + 1)
    )
    assert power_of([decisions.Tested(made.estimates, p)], "step0", 0.1, 0.05).power == 0.05


def test_degrees_of_freedom_are_those_of_the_replicate() -> None:
    """Units that suppression takes away do not count, and cluster-robust errors bring their own."""
    # Exposures so small that some units have no shown count.
    made = process(Plan(units=20, spread=2.5), intercept=2.0, cov_re=G,
                   suppression=Suppression(0, 3))  # fmt: skip
    found = put_to_test(made, question("step0", "wald-t"), 3, range(4))
    df = _checked(found)
    assert df == pytest.approx(np.round(df), abs=DF_ATOL)
    assert (df < 19).any()
    robust = question("step0", "wald")
    robust = dataclasses.replace(
        robust, method=dataclasses.replace(robust.method, options=FitOptions(se_method="cluster"))
    )
    tested = put_to_test(process(Plan(units=20), cov_re=G), robust, 3, range(3))
    assert _checked(tested) == pytest.approx(19, abs=DF_ATOL)


def _checked(tested: decisions.Tested) -> np.ndarray:
    """Degrees of freedom of each replicate, by which interval and p-value must agree."""
    full, at = tested.estimates, tested.estimates.terms.index("step0")
    df = np.array([_df_of(q) for q in full.critical[:, at]])
    z = np.abs(full.estimate[:, at] / full.se[:, at])
    assert tested.p == pytest.approx(2 * scipy.stats.t.sf(z, df), rel=P_OF_DF_RTOL, abs=0)
    assert ((tested.p <= 0.05) == (z >= full.critical[:, at])).all()
    return df


def _df_of(critical: float) -> float:
    """Degrees of freedom whose 97.5 % quantile this is."""
    return float(
        scipy.optimize.brentq(
            lambda v: scipy.stats.t.ppf(0.975, v) - critical, 1.0, 1e6, xtol=DF_XTOL
        )
    )


@pytest.mark.parametrize("test", ["wald", "lr", "bootstrap"])
@pytest.mark.parametrize("hidden", [None, Suppression(10**9, 10**9)], ids=["together", "apart"])
def test_what_cannot_be_analysed_has_no_p_value(test: Any, hidden: Any) -> None:
    made: Process = process(intercept=-30.0, suppression=hidden)
    found = put_to_test(made, question("step0", test), 1, range(2))
    assert found.estimates.stage.tolist() == [SIMULATE] * 2
    assert np.isnan(found.p).all()
    rates = power_of([found], "step0", 0.1, 0.05)
    assert (rates.power, rates.interval(), rates.bounds) == (None, None, (0.0, 1.0))


def test_a_lost_null_fit_has_failed_to_be_tested(monkeypatch: pytest.MonkeyPatch) -> None:

    def lost(design: Any, counts: Any, *rest: Any) -> Any:
        found = fit_batch(design, counts, *rest)
        found.failed[1] = True
        return found

    monkeypatch.setattr(decisions, "fit_batch", lost)
    found = put_to_test(process(cov_re=G), question("step0 = pre", "lr"), 1, range(3))
    assert found.estimates.stage.tolist() == [DONE, TEST, DONE]
    assert np.isnan(found.p).tolist() == [False, True, False]


def test_power_is_that_of_a_closed_form() -> None:
    """Large counts and no random effects: the estimate is normal with the error of a regression."""
    plan, step = Plan(units=10), 0.016
    made = process(plan, effects={"step0": step}, intercept=np.log(1500.0))
    found = put_to_test(made, question("step0", random="none"), 7, range(4000))
    d = analysis(made, SegmentedPoisson(random="none")).design
    mu = np.exp(d.exog @ [np.log(1500.0), 0.0, step, 0.0, 0.0])
    se = np.sqrt(np.linalg.inv(d.exog.T @ (mu[:, None] * d.exog))[2, 2])
    z = scipy.stats.norm.ppf(0.975)
    power = scipy.stats.norm.cdf(step / se - z) + scipy.stats.norm.cdf(-step / se - z)
    rates = power_of([found], "step0", step, 0.05)
    assert 0.3 < power < 0.9
    error = np.sqrt(power * (1 - power) / 4000)
    assert rates.power == pytest.approx(power, abs=FOUR_SIGMA * error)
    low, high = rates.interval() or (0.0, 0.0)
    assert low < power < high
