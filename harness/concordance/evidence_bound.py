"""The evidence lower bound that statsmodels' ``fit_vb`` maximises, with two derivatives.

Every parameter has a normal distribution of its own. With m and s the means and standard deviations
of beta, b and log tau, a row's linear predictor has the mean a = o + X m + Z m_b and the variance
v = X^2 s^2 + Z^2 s_b^2, and the bound is, constants left out as statsmodels leaves them out,

    sum (y a - e^a c(v)) - sum (m_b^2 + s_b^2) exp(2 (s_t^2 - m_t)) / 2 - J sum m_t
        - sum (m^2 + s^2) / (2 f^2) - sum (m_t^2 + s_t^2) / (2 v_p^2) + sum log s.

c(v) stands for the expectation exp(v / 2) of exp(sqrt(v) Z): statsmodels' rule of ten
Gauss-Legendre points on (-5, 5), which is part of the objective that it maximises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from harness.concordance.arrow import ArrowPoint
from harness.concordance.standard_units import StandardUnits, cross_products
from harness.design import FloatArray

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(10)
# The positive half: the rule is even.
NODES = 5.0 * _NODES[5:]
WEIGHTS = 5.0 * _WEIGHTS[5:] * np.exp(-0.5 * NODES**2) / np.sqrt(2.0 * np.pi)
# Below this the closed form of ``_third`` loses digits that its series keeps.
SERIES = 0.1


def expectation(variance: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """c(v) and its first two derivatives, each shape (n,)."""
    root = np.sqrt(variance)[:, None]
    at = root * NODES
    slope = np.where(at > 0.0, np.sinh(at) / np.where(at > 0.0, at, 1.0), 1.0)
    return (
        np.asarray(2.0 * np.cosh(at) @ WEIGHTS),
        np.asarray(slope @ (WEIGHTS * NODES**2)),
        np.asarray(0.5 * _third(at) @ (WEIGHTS * NODES**4)),
    )


def _third(x: FloatArray) -> FloatArray:
    """(x cosh x - sinh x) / x^3."""
    series = 1.0 / 3.0 + x**2 / 30.0 + x**4 / 840.0 + x**6 / 45360.0
    safe = np.where(x > SERIES, x, 1.0)
    return np.where(x > SERIES, (safe * np.cosh(safe) - np.sinh(safe)) / safe**3, series)


@dataclass(frozen=True, slots=True, eq=False)
class _State:
    """The bound's ingredients: by parameter s^2 and m, by row the tilted rates, by term sums."""

    units: StandardUnits
    m: FloatArray
    s2: FloatArray
    mt: FloatArray
    st2: FloatArray
    mb: FloatArray
    sb2: FloatArray
    mean: FloatArray
    # e^a times c, c' and c''.
    c: tuple[FloatArray, FloatArray, FloatArray]
    # Derivatives of a row's variance by the log standard deviations.
    x2: FloatArray
    z2: FloatArray

    @classmethod
    def of(cls, units: StandardUnits, shared: FloatArray, own: FloatArray) -> _State:
        p, q = units.x.shape[1], units.z.shape[1]
        m, log_s, mt, log_st = np.split(shared, np.cumsum([p, p, q]))
        mb, sb2, s2 = own[:, :q], np.exp(2.0 * own[:, q:]), np.exp(2.0 * log_s)
        x2, z2 = 2.0 * units.x**2 * s2, 2.0 * units.z**2 * units.spread(sb2)
        mean = units.offset + units.x @ m + (units.z * units.spread(mb)).sum(axis=1)
        c0, c1, c2 = expectation(0.5 * (x2.sum(axis=1) + z2.sum(axis=1)))
        rate = np.exp(mean)
        c = (rate * c0, rate * c1, rate * c2)
        return cls(units, m, s2, mt, np.exp(2.0 * log_st), mb, sb2, mean, c, x2, z2)

    @property
    def precision(self) -> FloatArray:
        """Expected 1 / tau^2, shape (q,)."""
        return np.exp(2.0 * (self.st2 - self.mt))

    @property
    def total(self) -> FloatArray:
        """Expected sum of b^2 / tau^2, shape (q,)."""
        return ((self.mb**2 + self.sb2) * self.precision).sum(axis=0)

    @property
    def bends(self) -> FloatArray:
        """What the log standard deviations of the effects lose, shape (J, q); 1 at the maximum."""
        units = self.units
        return units.by_unit(self.c[1][:, None] * self.z2) + self.sb2 * self.precision


def evidence_bound(units: StandardUnits, shared: FloatArray, own: FloatArray) -> ArrowPoint:
    """Evaluate at means and log standard deviations.

    Parameters
    ----------
    shared : ndarray, shape (2 p + 2 q,)
        (m, log s, m_t, log s_t).
    own : ndarray, shape (J, 2 q)
        (m_b, log s_b).
    """
    s = _State.of(units, shared, own)
    p, q = units.x.shape[1], units.z.shape[1]
    logs = shared[p : 2 * p].sum() + shared[2 * p + q :].sum() + own[:, q:].sum()
    value = (
        float(units.y @ s.mean - s.c[0].sum()) - 0.5 * float(s.total.sum())
        - len(own) * float(s.mt.sum()) - 0.5 * float((s.m**2 + s.s2).sum()) / units.fe_p**2
        - 0.5 * float((s.mt**2 + s.st2).sum()) / units.vcp_p**2 + float(logs)
    )  # fmt: skip
    residual = units.y - s.c[0]
    gradient = np.concatenate([
        units.x.T @ residual - s.m / units.fe_p**2,
        1.0 - s.x2.T @ s.c[1] - s.s2 / units.fe_p**2,
        s.total - len(own) - s.mt / units.vcp_p**2,
        1.0 - 2.0 * s.total * s.st2 - s.st2 / units.vcp_p**2,
    ])  # fmt: skip
    by_mean = units.by_unit(residual[:, None] * units.z) - s.mb * s.precision
    return ArrowPoint(
        value, gradient, np.hstack([by_mean, 1.0 - s.bends]), _shared(s), _cross(s), _own(s)
    )


def mean_field_errors(units: StandardUnits, shared: FloatArray, own: FloatArray) -> FloatArray:
    """Standard deviations s that are best beside the rest of the answer, shape (p,).

    Where the slope in log s vanishes: s^-2 = sum x^2 e^a c'(v) 2 + 1 / f^2.
    """
    s = _State.of(units, shared, own)
    return 1.0 / np.sqrt(2.0 * (units.x**2).T @ s.c[1] + units.fe_p**-2.0)


def _shared(s: _State) -> FloatArray:
    """Curvature in (m, log s, m_t, log s_t)."""
    units, p, q = s.units, len(s.m), len(s.mt)
    curved = np.zeros((2 * (p + q), 2 * (p + q)))
    x, x2 = units.x, s.x2
    mixed = (x * s.c[1][:, None]).T @ x2
    curved[:p, :p] = (x * s.c[0][:, None]).T @ x + np.eye(p) / units.fe_p**2
    curved[:p, p : 2 * p], curved[p : 2 * p, :p] = mixed, mixed.T
    curved[p : 2 * p, p : 2 * p] = (x2 * s.c[2][:, None]).T @ x2 + np.diag(
        2.0 * x2.T @ s.c[1] + 2.0 * s.s2 / units.fe_p**2
    )
    t, r = 2 * p + np.arange(q), 2 * p + q + np.arange(q)
    curved[t, t] = 2.0 * s.total + units.vcp_p**-2.0
    curved[t, r] = curved[r, t] = -4.0 * s.total * s.st2
    curved[r, r] = s.total * (8.0 * s.st2**2 + 4.0 * s.st2) + 2.0 * s.st2 / units.vcp_p**2
    return curved


def _cross(s: _State) -> FloatArray:
    """Curvature between the shared parameters and a unit's own, shape (J, 2 p + 2 q, 2 q)."""
    p, q, k = len(s.m), len(s.mt), np.arange(len(s.mt))
    cross = np.zeros((len(s.mb), 2 * (p + q), 2 * q))
    cross[:, : 2 * p] = _by_rows(s, s.units.x, s.x2)
    for first, factor in ((2 * p, np.full(q, -2.0)), (2 * p + q, 4.0 * s.st2)):
        cross[:, first + k, k] = factor * s.mb * s.precision
        cross[:, first + k, q + k] = factor * s.sb2 * s.precision
    return cross


def _own(s: _State) -> FloatArray:
    """Curvature in a unit's own means and log standard deviations, shape (J, 2 q, 2 q)."""
    q, k = len(s.mt), np.arange(len(s.mt))
    own = _by_rows(s, s.units.z, s.z2)
    own[:, k, k] += s.precision
    own[:, q + k, q + k] += 2.0 * s.bends
    return own


def _by_rows(s: _State, a: FloatArray, a2: FloatArray) -> FloatArray:
    """Curvature that goes through a row's mean and variance, between (a, a2) and the effects."""
    units, z, z2 = s.units, s.units.z, s.z2
    return np.block([
        [cross_products(units, a, s.c[0], z), cross_products(units, a, s.c[1], z2)],
        [cross_products(units, a2, s.c[1], z), cross_products(units, a2, s.c[2], z2)],
    ])  # fmt: skip
