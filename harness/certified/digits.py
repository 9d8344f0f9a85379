"""How many certified digits a fit reproduces, and why not more."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.certified.cases import CERTIFIED_BY_METHOD, CertifiedCase, CertifiedValues
from harness.concordance.exact import exact_point, has_exact_objective
from harness.concordance.metrics import MAX_DIGITS, SD_FLOOR, log_relative_error
from harness.design import FloatArray
from harness.result import FitResult

# What is asked of an estimate and of a standard error before a reason is looked for.
ENOUGH, ENOUGH_SE = 9.0, 7.0
# An optimiser that ends this close, in standard errors, is at its maximum: what is still missing
# then comes from elsewhere.
AT_MAXIMUM = 1e-7


@dataclass(frozen=True, slots=True)
class Digits:
    """Digits of agreement of one fit with the certified values (log relative error, at most 15).

    Attributes
    ----------
    estimates, errors, sd_re : float or None
        Fewest digits over the terms; None where there is nothing to compare.
    own : float or None
        Of ``theta`` or ``sigma_olre``.
    llf : float or None
    reason : str
        Why there are fewer than ``ENOUGH`` and ``ENOUGH_SE``, or no digits at all; else empty.
    """

    case: str
    engine: str
    settings: str
    estimates: float | None = None
    errors: float | None = None
    sd_re: float | None = None
    own: float | None = None
    llf: float | None = None
    reason: str = ""

    @property
    def enough(self) -> bool:
        """Whether estimates and standard errors have the digits asked for."""
        return (self.estimates or 0.0) >= ENOUGH and (self.errors or 0.0) >= ENOUGH_SE


def digits_of(case: CertifiedCase, fit: FitResult) -> Digits:
    """Compare a fit with the certified values of its own method."""
    if fit.failure is not None:
        return Digits(case.name, fit.engine, fit.settings, reason=fit.failure)
    certified = CERTIFIED_BY_METHOD.get(fit.method)
    if certified is None:
        reason = f"another estimator ({fit.estimator}): no certified values"
        return Digits(case.name, fit.engine, fit.settings, reason=reason)
    values = case.values[certified]
    own = fit.theta if fit.sigma_olre is None else fit.sigma_olre
    estimates = _fewest(_array(fit.params), values.params, values.bse)
    errors = _fewest(_array(fit.bse), values.bse, values.bse)
    return Digits(
        case=case.name,
        engine=fit.engine,
        settings=fit.settings,
        estimates=estimates,
        errors=errors,
        sd_re=_fewest(fit.sd_re, values.sd_re, np.full_like(values.sd_re, SD_FLOOR)),
        own=None
        if own is None or values.own is None
        else _fewest(np.array([own]), np.array([values.own]), np.zeros(1)),
        llf=_fewest(np.array([fit.llf]), np.array([values.llf]), np.zeros(1)),
        reason=_reason(fit, values, estimates, errors),
    )


def _array(values: object) -> FloatArray:
    return np.asarray(values, dtype=np.float64)


def _fewest(x: FloatArray, certified: FloatArray, scale: FloatArray) -> float | None:
    """Fewest digits over the entries, relative to the certified value or, near zero, the scale."""
    if not certified.size:
        return None
    found = log_relative_error(x, certified, scale)
    return float(np.min(np.where(x == certified, MAX_DIGITS, found)))


def _reason(
    fit: FitResult, values: CertifiedValues, estimates: float | None, errors: float | None
) -> str:
    """Why a fit falls short, decided by the exact objective at its own estimates."""
    if (estimates or 0.0) >= ENOUGH and (errors or 0.0) >= ENOUGH_SE:
        return ""
    if not has_exact_objective(fit):
        return "unexplained: no exact objective is known for it"
    point = exact_point(fit)
    if fit.singular or np.any(values.sd_re == 0.0):
        return f"singular covariance, {values.llf - point.llf:.1g} of log-likelihood to gain"
    if point.decrement > AT_MAXIMUM:
        return f"tolerance: stopped {point.decrement:.1g} standard errors from its maximum"
    if fit.method == "agq":
        return f"method: {fit.n_quadrature} points, at the maximum of their own objective"
    if (estimates or 0.0) >= ENOUGH:
        own = float(np.max(np.abs(_array(fit.bse) / point.bse - 1.0)))
        return f"standard errors {own:.1g} off the exact Hessian at its own estimates"
    return f"tolerance: at {point.decrement:.1g} standard errors from its maximum"
