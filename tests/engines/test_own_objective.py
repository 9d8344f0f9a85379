"""Engines' own objectives at given points: lme4's deviance function, glmmTMB's obj$fn."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest

import harness
from harness.concordance.exact import exact_point, objective_of, psi_of
from harness.concordance.own_objective import SAME_VALUE
from harness.design import WIDER
from harness.engines import FitOptions
from harness.engines.own_objective import Place, own_values
from harness.engines.workers import in_workers
from harness.glmm.laplace import Objective
from harness.glmm.parameters import semidefinite_cholesky
from tests.engines.panels import design, panel, pseudo, shares

pytestmark = pytest.mark.needs_r

# Log-likelihood per standard error; the inner problem of TMB ends some 1e-9 from its solution.
GRADIENT_ATOL = 1e-6
INSIDE = np.array([[0.09, -0.003], [-0.003, 0.004]])
SINGULAR = np.array([[0.09, 0.0], [0.0, 0.0]])
DESIGNS: dict[str, tuple[Callable[[], harness.Design], np.ndarray]] = {
    "unstructured": (design, INSIDE),
    "diagonal": (lambda: design(covariance="diagonal"), np.diag([0.09, 0.004])),
    "intercept": (lambda: design(random="intercept"), INSIDE[:1, :1]),
    "nb2": (lambda: design(panel(theta=20.0), family="nb2"), INSIDE),
    "pseudo": (lambda: pseudo(design()), INSIDE),
    "olre": (lambda: design(family="poisson-olre"), INSIDE),
    "olre, diagonal": (
        lambda: design(family="poisson-olre", covariance="diagonal"),
        np.diag([0.09, 0.004]),
    ),
    "shares": (lambda: shares(design()), INSIDE),
    "olre, none": (lambda: design(family="poisson-olre", random="none"), np.zeros((0, 0))),
}
POISSON = (
    "unstructured",
    "diagonal",
    "intercept",
    "pseudo",
    "olre",
    "olre, diagonal",
    "olre, none",
    "shares",
)


def asked(engine: str, d: harness.Design, places: list[Place], transport: str) -> list:
    options = FitOptions(transport=transport)  # type: ignore[arg-type]
    ((_, outcome),) = in_workers([(own_values, (engine, d, places, options))], 1, 120.0)
    assert outcome.reason is None
    return list(outcome.value)


@pytest.mark.parametrize(
    ("engine", "name"),
    [*product(["lme4", "glmmtmb"], POISSON), ("glmmtmb", "nb2")],
)
def test_same_point_same_value(engine: str, name: str) -> None:
    make, cov_re = DESIGNS[name]
    d = make()
    variance = 0.05 if d.family in WIDER else 0.0
    objective = Objective.of(d)
    rng = np.random.default_rng(1)
    # Far from each other and from the maximum: an inner problem must not start from the last.
    start = np.linalg.lstsq(d.exog, np.log(d.endog + 0.5) - d.offset, rcond=None)[0]
    places = [(start + 0.3 * rng.normal(size=len(start)), c * cov_re, variance) for c in (1, 9, 1)]
    values = asked(engine, d, places, "auto")
    for value, (params, cov, extra) in zip(values, places, strict=True):
        psi = objective.layout.join(params, semidefinite_cholesky(cov), extra)
        exact = objective.value(psi)
        assert value == pytest.approx(exact, rel=SAME_VALUE, abs=0)


def test_on_the_boundary_lme4_has_a_value_and_glmmtmb_none() -> None:
    d = design()
    place = (np.zeros(d.exog.shape[1]), SINGULAR, 0.0)
    assert asked("glmmtmb", d, [place], "auto") == [None]
    (value,) = asked("lme4", d, [place], "rscript")
    assert np.isfinite(value)


def test_every_laplace_fit_knows_what_the_engines_say_at_its_answer() -> None:
    found = harness.fit(design(), engines=["lme4", "glmmtmb", "laplace", "agq"], settings="default")
    for fit in found[:3]:
        assert fit.certificate is not None
        assert set(fit.certificate.own) == {"lme4", "glmmtmb"}
        assert max(map(abs, fit.certificate.own.values())) < SAME_VALUE
    assert found[3].certificate.own == {}  # type: ignore[union-attr]
    slopes = [fit.certificate.own_gradient_se for fit in found]  # type: ignore[union-attr]
    assert [slope is None for slope in slopes] == [True, False, True, True]
    point, objective = exact_point(found[1]), objective_of(found[1])
    gradient = objective.gradient(psi_of(objective, found[1]))[: len(point.bse)]
    assert slopes[1] == pytest.approx(np.max(np.abs(gradient * point.bse)), abs=GRADIENT_ATOL)
