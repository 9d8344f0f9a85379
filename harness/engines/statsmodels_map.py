"""Engine ``statsmodels-map``: the mode of the joint posterior of PoissonBayesMixedGLM.

``fit_map`` maximises over the fixed effects, the random effects and the log standard deviations
together, with priors; it integrates nothing out. Its standard deviations of the random effects are
therefore biased towards zero, more so the less each unit tells about its own effect.
"""

from __future__ import annotations

import numpy as np
from statsmodels.genmod.bayes_mixed_glm import BayesMixedGLMResults

from harness.design import Design
from harness.engines._statsmodels import (
    ModeSearch,
    OffsetPoissonBayesMixedGLM,
    fit_bayes,
    missing,
    statsmodels_version,
)
from harness.engines.base import Engine, FitOptions
from harness.result import FitResult

_DEFAULT = "fit_map(rng=np.random.default_rng({seed}))"
_TIGHT = "fit_map(method=ModeSearch(model), rng=np.random.default_rng({seed}))"


def fit(design: Design, options: FitOptions) -> FitResult:
    """Fit by ``fit_map`` on standardised inputs.

    ``default`` is the bare call (BFGS from a random start); ``tight`` hands it ``ModeSearch``.
    Standard errors come from the curvature of the joint log posterior, which statsmodels
    differences from the gradient.

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
        objective="log joint posterior of the standardised problem",
        line=line.format(seed=options.seed),
    )


def _call(model: OffsetPoissonBayesMixedGLM, options: FitOptions) -> BayesMixedGLMResults:
    method = ModeSearch(model) if options.settings == "tight" else "BFGS"
    return model.fit_map(method=method, rng=np.random.default_rng(options.seed))


ENGINE = Engine(
    name="statsmodels-map",
    language="Python",
    estimator="maximum a posteriori",
    method="map",
    families=frozenset({"poisson"}),
    fit=fit,
    missing=missing,
    version=statsmodels_version,
)
