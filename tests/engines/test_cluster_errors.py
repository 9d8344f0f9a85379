"""Cluster-robust standard errors of the engines in Python: those of the model, with t intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import scipy.stats

import harness
from harness.concordance.compare import compare_pair
from harness.glmm import PoissonGLMM
from harness.report.numerics import chained_index, wald_p
from harness.result import FitResult
from tests.engines.panels import design, panel

UNITS = 12
THETA = 2.0
# The Hessian of quadrature and of Laplace differ little at these counts.
QUADRATURE_SE = 1e-2
# The same numbers through an engine, or by the same formula; through lines that fit once more.
SAME, REFITTED = 1e-12, 1e-9
# Robust errors that lie closer to the model's own than this would prove nothing.
APART = 0.1


@pytest.fixture(scope="module")
def made() -> harness.Design:
    return design(panel(units=UNITS, mean=4.0, theta=THETA))


@pytest.fixture(scope="module")
def fits(made: harness.Design) -> list[FitResult]:
    return harness.fit(made, engines=["laplace", "agq"], se_method="cluster")


def test_they_are_those_of_the_model(made: harness.Design, fits: list[FitResult]) -> None:
    for fit, how in zip(fits, ({}, {"method": "agq", "n_quadrature": 7}), strict=True):
        result = PoissonGLMM.from_design(made).fit(**how)  # type: ignore[arg-type]
        expected = result.conf_int(se_method="cluster")
        np.testing.assert_allclose(fit.conf_int(), expected, rtol=SAME)
        assert fit.se_method == "cluster"
        assert fit.df is not None
        assert (fit.df == UNITS - 1).all()
        assert not np.allclose(fit.bse, result.bse, rtol=APART)


def test_a_pair_is_compared_like_any_other(made: harness.Design, fits: list[FitResult]) -> None:
    laplace, agq = fits
    pair = compare_pair(laplace, agq)
    assert pair.explanation is not None
    assert pair.explanation.cause == "approximation"
    assert pair.metrics is not None
    assert pair.metrics.max_rel_se < QUADRATURE_SE
    (observed,) = harness.fit(made, engines=["laplace"])
    other = compare_pair(observed, laplace)
    assert other.explanation is not None
    assert other.explanation.cause == "standard-error method"
    assert "each is what it says at its own estimates" in other.explanation.evidence


def test_the_reference_of_a_test_is_t(fits: list[FitResult]) -> None:
    fit = fits[0]
    # Beyond the normal quantile, within that of t(11).
    between = replace(fit, params=0.5 * (1.96 + 2.20) * fit.bse)
    normal = replace(between, df=None)
    pair = compare_pair(between, normal)
    assert pair.metrics is not None
    assert set(pair.metrics.terms["state_a"]) == {0.0}
    assert set(pair.metrics.terms["state_b"]) == {1.0}
    assert (between.conf_int()["lower"] < 0.0).all()
    assert (normal.conf_int()["lower"] > 0.0).all()


def test_a_report_knows_degrees_of_freedom() -> None:
    assert wald_p(2.0, 1.0, 11.0) == pytest.approx(2 * scipy.stats.t.sf(2.0, 11.0), rel=SAME, abs=0)
    assert wald_p(2.0, 1.0) == pytest.approx(2 * scipy.stats.norm.sf(2.0), rel=SAME, abs=0)
    bounds = [
        chained_index({"pre": 0.0, "step0": 0.0}, np.eye(2).tolist(), ["pre", "step0"], (-1, 0), df)
        for df in (None, 11.0)
    ]
    widths = [np.log(found.high[-1] / 100.0) for found in bounds if found.high is not None]
    ratio = scipy.stats.t.ppf(0.975, 11.0) / scipy.stats.norm.ppf(0.975)
    assert widths[1] / widths[0] == pytest.approx(ratio, rel=SAME, abs=0)


def test_python_lines_show_them(made: harness.Design, fits: list[FitResult]) -> None:
    place = {"y": made.endog, "X": made.exog, "Z": made.exog_re, "groups": made.groups,
             "offset": made.offset}  # fmt: skip
    exec(fits[0].reproduce.replace("print(fit", "shown = (fit"), place)
    np.testing.assert_allclose(np.asarray(place["shown"]), fits[0].conf_int(), rtol=REFITTED)
