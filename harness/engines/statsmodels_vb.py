"""Engine ``statsmodels-vb``: mean-field variational Bayes of PoissonBayesMixedGLM.

``fit_vb`` approximates the posterior by independent normal distributions, one for each parameter.
The means are usually good. The standard deviations are conditional on all other parameters, so
where units carry random effects they fall short of the posterior's: on the traffic panel 1.6-fold
for a slope, tenfold for the intercept.
"""

from __future__ import annotations

import numpy as np
from statsmodels.genmod.bayes_mixed_glm import BayesMixedGLMResults

from harness.design import Design
from harness.engines._statsmodels import (
    BoundSearch,
    OffsetPoissonBayesMixedGLM,
    fit_bayes,
    missing,
    statsmodels_version,
)
from harness.engines.base import Engine, FitOptions
from harness.result import FitResult

_DEFAULT = "fit_vb(rng=np.random.default_rng({seed}))"
_TIGHT = "fit_vb(fit_method=BoundSearch(model), rng=np.random.default_rng({seed}))"


def fit(design: Design, options: FitOptions) -> FitResult:
    """Fit by ``fit_vb`` on standardised inputs.

    ``default`` is the bare call (BFGS from a random start); ``tight`` hands it ``BoundSearch``.
    The approximation has no covariances, so the covariance of ``params`` is what the variances of
    the standardised coefficients become in the original coding.

    Raises
    ------
    FitFailure
        If there are no random effects, or no finite answer.
    """
    line = _TIGHT if options.settings == "tight" else _DEFAULT
    return fit_bayes(
        ENGINE,
        design,
        options,
        _call,
        objective="evidence lower bound of the standardised problem, constants left out",
        line=line.format(seed=options.seed),
    )


def _call(model: OffsetPoissonBayesMixedGLM, options: FitOptions) -> BayesMixedGLMResults:
    method = BoundSearch(model) if options.settings == "tight" else "BFGS"
    return model.fit_vb(fit_method=method, rng=np.random.default_rng(options.seed))


ENGINE = Engine(
    name="statsmodels-vb",
    language="Python",
    estimator="variational Bayes",
    method="vb",
    families=frozenset({"poisson"}),
    fit=fit,
    missing=missing,
    version=statsmodels_version,
)
