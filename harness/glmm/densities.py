"""Compiled log densities of one row, as functions of its linear predictor, with derivatives.

For a row with count y, linear predictor eta and, but for ``poisson``, a variance parameter v >= 0,
the likelihood of a group needs log f(eta) and, for its derivatives,

    f1 = df/deta,  w = -d2f/deta2,  w1 = dw/deta,  w2 = dw1/deta

``nb2``: v = 1 / theta, variance mu + v mu^2. log f without -log y! is

    S(y) + y eta - (y + 1/v) log(1 + v mu),   S(y) = sum_{k<y} log(1 + v k)

which, unlike the difference of two gamma functions, keeps its digits as v goes to 0.

``poisson-olre``: a normal effect of variance v on every observation, eliminated from the joint
Laplace approximation. At its mode the linear predictor is log m with m + (log m - eta) / v = y, so
v m is Wright's omega function of eta + v y + log v (Lawrence, Corless and Jeffrey 2012, ACM TOMS
38:20). The joint density at that mode is ``f``; its curvature D = 1 + v m, the Schur complement,
leaves w = m / D, and adds t = -log(D) / 2 to the log-likelihood, with derivatives t1 and t2.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

FAMILIES = ("poisson", "nb2", "poisson-olre")
POISSON, NB2, OLRE = range(3)
# Variances below this are zero: their products with counts up to 1e9 vanish beside 1.
NO_VARIANCE = 1e-60
# Arguments below which closed forms lose digits to cancellation and their series, cut after
# SERIES_TERMS, do not.
SERIES, SERIES_TERMS = 0.2, 24
# Counts up to this have their sums S tabulated; beyond it the Euler-Maclaurin formula, whose
# remainder after the terms used is below 1e-17 relative there.
TABLE = 512
# Reassociation would undo the care taken with cancellation.
CAREFUL = {"contract", "nsz"}

# Columns of the derivatives of a row (what each is: module docstring; k marks d/dv).
W1, W2, T1, T2, FK, F1K, WK, W1K, T1K, FKK, F1KK, WKK = range(12)
N_TERMS = 12


@njit(cache=True, fastmath=CAREFUL)
def wright_omega(z: float) -> float:
    """Solve w + log w = z for w > 0: two Fritsch-Shafer-Crowley steps from an asymptote."""
    if z < -40.0:
        return math.exp(z)
    if z < -2.0:
        w = math.exp(z)
    elif z < 1.0:
        w = math.exp(2.0 / 3.0 * (z - 1.0))
    else:
        w = z - math.log(z) + math.log(z) / z
    for _ in range(2):
        r = z - w - math.log(w)
        q = 2.0 * (1.0 + w) * (1.0 + w + 2.0 / 3.0 * r)
        w *= 1.0 + r / (1.0 + w) * (q - r) / (q - 2.0 * r)
    return w


@njit(cache=True, inline="always")
def density(family: int, y: float, eta: float, v: float) -> tuple[float, float, float, float]:
    """Return f without terms free of eta, f1, w and the mean (at the mode of the row's effect)."""
    if family == POISSON or v < NO_VARIANCE:
        mu = math.exp(eta)
        return y * eta - mu, y - mu, mu, mu
    if family == NB2:
        mu = math.exp(eta)
        d = 1.0 + v * mu
        f = y * eta - (y + 1.0 / v) * math.log1p(v * mu)
        return f, (y - mu) / d, mu * (1.0 + v * y) / (d * d), mu
    mu = wright_omega(eta + v * y + math.log(v)) / v
    inner = math.log(mu)
    # The effect's own variance times the residual, from whichever side keeps its digits.
    residual = (inner - eta) / v if v * mu > 1.0 else y - mu
    return (
        y * inner - mu - 0.5 * v * residual * residual, residual, mu / (1.0 + v * mu), mu,
    )  # fmt: skip


@njit(cache=True)
def olre_means(y: Any, eta: Any, v: float) -> Any:
    """Means (n,) at the modes of the observation-level effects, given the rest of the model."""
    mean = np.empty(len(y))
    for i in range(len(y)):
        mean[i] = density(OLRE, y[i], eta[i], v)[3]
    return mean


@njit(cache=True, fastmath=CAREFUL)
def log_series(s: float) -> tuple[float, float]:
    """Return Q(s) = (log(1+s) - s/(1+s)) / s^2 and its derivative."""
    if s > SERIES:
        Q = (math.log1p(s) - s / (1.0 + s)) / (s * s)
        return Q, 1.0 / (s * (1.0 + s) * (1.0 + s)) - 2.0 * Q / s
    Q = dQ = 0.0
    # Q = sum_{n>=2} (-1)^n (n-1)/n s^(n-2)
    for n in range(SERIES_TERMS, 1, -1):
        sign = 1.0 if n % 2 == 0 else -1.0
        Q = Q * s + sign * (n - 1.0) / n
        if n > 2:
            dQ = dQ * s + sign * (n - 2.0) * (n - 1.0) / n
    return Q, dQ


@njit(cache=True, fastmath=CAREFUL)
def nb2_terms(y: float, mu: float, v: float, out: Any) -> None:
    """Fill a row of derivatives for ``nb2``, less those of S(y)."""
    s = v * mu
    d = 1.0 + s
    Q, dQ = log_series(s)
    b = mu / (d * d)
    n = y - 2.0 * mu - s * y
    out[W1] = b * (1.0 + v * y) * (1.0 - s) / d
    out[W2] = b * (1.0 + v * y) * (1.0 - 4.0 * s + s * s) / (d * d)
    out[T1] = out[T2] = out[T1K] = 0.0
    out[FK] = mu * mu * Q - y * mu / d
    out[FKK] = mu * mu * mu * dQ + y * mu * b
    out[F1K] = -(y - mu) * b
    out[F1KK] = 2.0 * (y - mu) * mu * b / d
    out[WK] = b * n / d
    out[WKK] = -mu * b * (y * d + 3.0 * n) / (d * d)
    out[W1K] = b * (y - 4.0 * mu - 2.0 * s * y) / d - 3.0 * s * b * n / (d * d)


@njit(cache=True, fastmath=CAREFUL)
def olre_terms(residual: float, m: float, v: float, out: Any) -> None:
    """Fill a row of derivatives for ``poisson-olre``.

    ``dm``, ``dr`` and ``dD`` are the derivatives by v of m, of the residual and of D.
    """
    r, D = residual, 1.0 + v * m
    dm, dr = m * r / D, -m * r / D
    dD = m + v * dm
    d2D = 2.0 * dm + v * (dm * r + m * dr - m * r * dD / D) / D
    out[W1] = m / D**3
    out[W2] = m * (1.0 - 2.0 * v * m) / D**5
    out[T1] = -0.5 * v * m / D**2
    out[T2] = -0.5 * v * m * (1.0 - v * m) / D**4
    out[FK] = 0.5 * r * r - 0.5 * dD / D
    out[FKK] = r * dr - 0.5 * (d2D / D - (dD / D) ** 2)
    out[F1K] = dr
    out[F1KK] = -(dm * r + m * dr) / D + m * r * dD / D**2
    out[WK] = dm / D - m * dD / D**2
    out[WKK] = (
        (dm * r + m * dr) / D**3 - 3.0 * m * r * dD / D**4
        - 2.0 * m * dm / D**2 + 2.0 * m * m * dD / D**3
    )  # fmt: skip
    out[W1K] = dm / D**3 - 3.0 * m * dD / D**4
    out[T1K] = -0.5 * (m + v * dm) / D**2 + v * m * dD / D**3


@njit(cache=True, fastmath=CAREFUL)
def tabulate(v: float, table: Any) -> None:
    """Fill rows (S, dS/dv, d2S/dv2) for y = 0, 1, ..."""
    table[0, :] = 0.0
    for k in range(table.shape[0] - 1):
        x = k / (1.0 + v * k)
        table[k + 1, 0] = table[k, 0] + math.log1p(v * k)
        table[k + 1, 1] = table[k, 1] + x
        table[k + 1, 2] = table[k, 2] - x * x


@njit(cache=True, fastmath=CAREFUL)
def primitives(v: float, x: float) -> tuple[float, float, float]:
    """Integrals from 0 to x of log(1 + v k), k / (1 + v k) and -(k / (1 + v k))^2 over k."""
    s = v * x
    if s > SERIES:
        log = math.log1p(s)
        return (
            ((1.0 + s) * log - s) / v, (s - log) / v**2,
            (2.0 * log - s - s / (1.0 + s)) / v**3,
        )  # fmt: skip
    a = b = c = 0.0
    for n in range(SERIES_TERMS, 1, -1):
        sign = 1.0 if n % 2 == 0 else -1.0
        a = a * s + sign / (n * (n - 1.0))
        b = b * s + sign / n
        c = c * s - sign * (n - 1.0) / (n + 1.0)
    return v * x * x * a, x * x * b, x * x * x * c


@njit(cache=True, fastmath=CAREFUL)
def count_sums(y: float, v: float, table: Any, out: Any) -> None:
    """S(y) and its two derivatives by v: from the table, and beyond it by Euler-Maclaurin."""
    last = table.shape[0] - 1
    if y <= last:
        for m in range(3):
            out[m] = table[int(y), m]
        return
    lower, upper = primitives(v, float(last)), primitives(v, y)
    # Summands h(k) = log(1 + v k), k / (1 + v k), -(k / (1 + v k))^2 at both ends, and their
    # first and third derivatives by k, written in d = 1 + v k.
    for m in range(3):
        out[m] = table[last, m] + (upper[m] - lower[m])
    for sign, k in ((1.0, y), (-1.0, float(last))):
        d = 1.0 + v * k
        x = k / d
        out[0] += sign * (-0.5 * math.log1p(v * k) + v / d / 12.0 - 2.0 * (v / d) ** 3 / 720.0)
        out[1] += sign * (-0.5 * x + 1.0 / (12.0 * d**2) - 6.0 * v**2 / d**4 / 720.0)
        out[2] += sign * (
            0.5 * x * x - 2.0 * x / d**2 / 12.0 - (12.0 * v - 12.0 * v**2 * k) / d**5 / 720.0
        )
