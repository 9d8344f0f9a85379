"""Standard deviations and correlations of the random effects, the coordinates people read."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from harness.design import FloatArray


class Component(NamedTuple):
    """One standard deviation (``k == l``) or correlation (``k < l``), and lme4's name for it."""

    name: str
    k: int
    l: int  # noqa: E741  (the formulas' letter)


def components(q: int, covariance: str) -> tuple[Component, ...]:
    """Return the components in lme4's order: each SD, then its correlations with later effects.

    One standard deviation only where all effects share it (a scalar covariance).
    """
    if covariance not in ("unstructured", "diagonal"):
        return (Component(".sig01", 0, 0),) if q else ()
    pairs = [(k, m) for k in range(q) for m in range(k, q)]
    if covariance != "unstructured":
        pairs = [(k, m) for k, m in pairs if k == m]
    return tuple(Component(f".sig{i:02d}", k, m) for i, (k, m) in enumerate(pairs, start=1))


def domain_of(component: Component) -> tuple[float, float]:
    """Return the possible values: a standard deviation from 0, a correlation from -1 to 1."""
    return (0.0, np.inf) if component.k == component.l else (-1.0, 1.0)


def component_value(L: FloatArray, component: Component) -> float:
    """Value of a component at a Cholesky factor; NaN for a correlation with a constant."""
    _, k, m = component
    sd_k, sd_m = np.linalg.norm(L[k]), np.linalg.norm(L[m])
    if k == m:
        return float(sd_k)
    return float(L[k] @ L[m] / (sd_k * sd_m)) if sd_k > 0 and sd_m > 0 else float("nan")


def component_slope(L: FloatArray, component: Component) -> FloatArray:
    """Derivative of a component by the entries of L, shape (q, q); needs positive SDs."""
    _, k, m = component
    slope = np.zeros_like(L)
    sd_k, sd_m = np.linalg.norm(L[k]), np.linalg.norm(L[m])
    if k == m:
        slope[k] = L[k] / sd_k
        return slope
    rho = L[k] @ L[m] / (sd_k * sd_m)
    slope[k] = L[m] / (sd_k * sd_m) - rho * L[k] / sd_k**2
    slope[m] = L[k] / (sd_k * sd_m) - rho * L[m] / sd_m**2
    return slope
