"""The log-likelihood of a certified case in doubles, by the trapezoidal rule.

Neither rule, arithmetic nor densities are the program's: scipy's distributions on a grid of a
quarter of a standard deviation, out to twelve, about a rough mode of each group's effects. For
analytic integrands with normal tails the rule's error is far below that of doubles.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special
import scipy.stats

from tests.reference import certified_cases as cases

Array = npt.NDArray[np.float64]
OUT, STEP = 12.0, 0.25


def log_likelihood(name: str) -> float:
    """Return the log-likelihood at the stored maximum of the exact likelihood."""
    case, fit, rows = cases.case_of(name), cases.values_of(name)["quadrature"], cases.rows_of(name)
    columns = case["columns"]

    def table(terms: list[str]) -> Array:
        return np.array([[float(row[term]) for term in terms] for row in rows])

    beta = np.array([float(pair["estimate"]) for pair in fit["params"].values()])
    eta = table(columns["exog"]) @ beta
    if columns["offset"]:
        eta += table([columns["offset"]])[:, 0]
    y = table([columns["endog"]])[:, 0]
    ZL = table(columns["exog_re"]) @ root(np.array(fit["cov_re"], dtype=float))
    own = {key: float(fit[key]["estimate"]) for key in ("theta", "sigma_olre") if key in fit}
    groups = np.array([row[columns["groups"]] for row in rows])
    return sum(
        _group(y[groups == label], eta[groups == label], ZL[groups == label], own)
        for label in dict.fromkeys(groups)
    )


def root(G: Array) -> Array:
    """Return a symmetric root: the integral does not depend on which."""
    values, vectors = np.linalg.eigh(G)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _group(y: Array, eta: Array, ZL: Array, own: dict[str, float]) -> float:
    u, curvature = _rough_mode(y, eta, ZL, own)
    scale = np.linalg.inv(np.linalg.cholesky(curvature)).T
    line = np.arange(-OUT, OUT + STEP / 2, STEP)
    grid = u + np.array(list(product(line, repeat=len(u)))) @ scale.T
    log_density = _log_density(y, eta + grid @ ZL.T, own).sum(axis=1)
    log_normal = scipy.stats.norm.logpdf(grid).sum(axis=1)
    cell = len(u) * np.log(STEP) + np.log(np.abs(np.linalg.det(scale)))
    return float(scipy.special.logsumexp(log_density + log_normal) + cell)


def _rough_mode(y: Array, eta: Array, ZL: Array, own: dict[str, float]) -> tuple[Array, Array]:
    """Return the mode, as if an effect of the observation were a quasi-likelihood's dispersion."""
    excess = 1 / own["theta"] if "theta" in own else own.get("sigma_olre", 0.0) ** 2
    u = np.zeros(ZL.shape[1])
    for _ in range(200):
        mu = np.exp(eta + ZL @ u)
        curvature = np.eye(len(u)) + (ZL.T * (mu / (1 + excess * mu))) @ ZL
        step = np.linalg.solve(curvature, ZL.T @ ((y - mu) / (1 + excess * mu)) - u)
        u = u + step / max(1.0, float(np.abs(step).max()))
    return u, curvature


def _log_density(y: Array, eta: Array, own: dict[str, float]) -> Any:
    if "theta" in own:
        theta = own["theta"]
        return scipy.stats.nbinom.logpmf(y, theta, theta / (theta + np.exp(eta)))
    if "sigma_olre" in own:
        v = np.arange(-OUT, OUT, STEP / 8)
        inner = eta[..., None] + own["sigma_olre"] * v
        joint = scipy.stats.poisson.logpmf(y[:, None], np.exp(inner)) + scipy.stats.norm.logpdf(v)
        return scipy.special.logsumexp(joint, axis=-1) + np.log(STEP / 8)
    return scipy.stats.poisson.logpmf(y, np.exp(eta))
