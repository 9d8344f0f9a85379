"""The log joint posterior that statsmodels' ``fit_map`` maximises, with two derivatives.

With standardised columns, beta ~ N(0, f^2), log tau ~ N(0, v^2) and b_jk ~ N(0, tau_k^2):

    sum (y eta - mu - log y!) - sum b^2 / (2 tau^2) - J sum log tau
        - sum beta^2 / (2 f^2) - sum (log tau)^2 / (2 v^2),      eta = o + X beta + Z b,

the constants of the normal densities left out, as statsmodels leaves them out.
"""

from __future__ import annotations

import numpy as np

from harness.concordance.arrow import ArrowPoint
from harness.concordance.standard_units import StandardUnits, cross_products
from harness.design import FloatArray


def posterior_terms(
    units: StandardUnits, shared: FloatArray, effects: FloatArray
) -> tuple[float, float, float]:
    """Return what the data, the density of the random effects and the priors add."""
    p = units.x.shape[1]
    fixed, log_sd = shared[:p], shared[p:]
    eta = units.offset + units.x @ fixed + (units.z * units.spread(effects)).sum(axis=1)
    squares = effects**2 * np.exp(-2.0 * log_sd)
    return (
        float(units.y @ eta - np.exp(eta).sum()) - units.log_factorials(),
        -0.5 * float(squares.sum()) - len(effects) * float(log_sd.sum()),
        -0.5 * float(fixed @ fixed) / units.fe_p**2 - 0.5 * float(log_sd @ log_sd) / units.vcp_p**2,
    )


def joint_posterior(units: StandardUnits, shared: FloatArray, effects: FloatArray) -> ArrowPoint:
    """Evaluate at shared = (beta, log tau), shape (p + q,), and the effects, shape (J, q)."""
    x, z, p = units.x, units.z, units.x.shape[1]
    fixed, log_sd = shared[:p], shared[p:]
    eta = units.offset + x @ fixed + (z * units.spread(effects)).sum(axis=1)
    mu, precision = np.exp(eta), np.exp(-2.0 * log_sd)
    squares = (effects**2 * precision).sum(axis=0)
    residual = units.y - mu
    curved = np.zeros((len(shared), len(shared)))
    curved[:p, :p] = (x * mu[:, None]).T @ x + np.eye(p) / units.fe_p**2
    curved[p:, p:] = np.diag(2.0 * squares + units.vcp_p**-2)
    each = np.arange(len(log_sd))
    cross = np.zeros((len(effects), len(shared), len(log_sd)))
    cross[:, :p] = cross_products(units, x, mu, z)
    cross[:, p + each, each] = -2.0 * effects * precision
    return ArrowPoint(
        value=sum(posterior_terms(units, shared, effects)),
        gradient=np.concatenate(
            [
                x.T @ residual - fixed / units.fe_p**2,
                squares - len(effects) - log_sd / units.vcp_p**2,
            ]
        ),
        gradients=units.by_unit(residual[:, None] * z) - effects * precision,
        shared=curved,
        cross=cross,
        own=cross_products(units, z, mu, z) + np.diag(precision),
    )
