"""From the numbers an engine returns to a FitResult, the same for every engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from harness.design import Design, FloatArray
from harness.glmm.boundary import singular_covariance
from harness.glmm.densities import olre_means
from harness.glmm.prediction import linear_predictor
from harness.result import FitResult, VarianceComponents


def pearson_dispersion(
    design: Design,
    params: FloatArray,
    random_effects: FloatArray,
    theta: float | None = None,
    sigma_olre: float | None = None,
    n_params: int | None = None,
) -> float:
    """Sum of squared Pearson residuals at the conditional modes over n minus all parameters.

    The modes are those of every random effect of the model, observation-level ones included;
    ``n_params`` is the design's own number of parameters unless the engine fits fewer.
    """
    eta = linear_predictor(design, params, random_effects)
    mu = np.exp(eta) if sigma_olre is None else olre_means(design.endog, eta, sigma_olre**2)
    variance = mu if theta is None else mu + mu**2 / theta
    if design.trials is not None:
        mu = design.trials * expit(eta)
        variance = mu * expit(-eta)
    freedom = design.nobs - (n_params or design.n_params)
    return float(((design.endog - mu) ** 2 / variance).sum() / freedom) if freedom > 0 else np.nan


def assemble(
    design: Design,
    *,
    params: FloatArray,
    covariance: FloatArray,
    cov_re: FloatArray,
    random_effects: FloatArray,
    theta: float | None = None,
    sigma_olre: float | None = None,
    n_params: int | None = None,
    printed_se: FloatArray | None = None,
    **rest: Any,
) -> FitResult:
    """Label the arrays of one answer and add what follows from them."""
    names = list(design.exog_names)
    with np.errstate(invalid="ignore"):
        bse = np.sqrt(np.diag(covariance))
    return FitResult(
        design=design,
        params=pd.Series(params, index=names),
        bse=pd.Series(bse, index=names),
        covariance=covariance,
        variance=VarianceComponents(cov_re, design.exog_re_names),
        singular=singular_covariance(cov_re, design.exog_re),
        random_effects=pd.DataFrame(
            random_effects, index=list(design.group_labels), columns=list(design.exog_re_names)
        ),
        dispersion=pearson_dispersion(design, params, random_effects, theta, sigma_olre, n_params),
        theta=theta,
        sigma_olre=sigma_olre,
        bse_printed=None if printed_se is None else pd.Series(printed_se, index=names),
        **rest,
    )
