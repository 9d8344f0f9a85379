"""Log densities and their derivatives against multiple precision."""

from __future__ import annotations

from collections.abc import Callable

import mpmath as mp
import numpy as np
import pytest

from harness.glmm import densities as d

# Some dozen operations on doubles; one or two, and a root found to the last digit.
RTOL, ROOT_RTOL = 1e-11, 1e-14
# Derivatives by v are differences of sums over the counts: rounding of those sums stays.
SUM_ROUNDING = 2e-15
ORDERS = {
    "W1": (3, 0), "W2": (4, 0), "F1K": (1, 1), "F1KK": (1, 2), "WK": (2, 1), "WKK": (2, 2),
    "W1K": (3, 1),
}  # fmt: skip
Density = Callable[[mp.mpf, mp.mpf], mp.mpf]


@pytest.fixture(autouse=True)
def _precision() -> None:
    mp.mp.dps = 60


def nb2(y: float) -> tuple[Density, Density]:
    def f(eta: mp.mpf, v: mp.mpf) -> mp.mpf:
        size = 1 / v
        return (
            mp.loggamma(y + size) - mp.loggamma(size) + y * mp.log(v) + y * eta
            - (y + size) * mp.log(1 + v * mp.e**eta)
        )  # fmt: skip

    return f, lambda eta, v: mp.mpf(0)


def olre(y: float) -> tuple[Density, Density]:
    def mean(eta: mp.mpf, v: mp.mpf) -> mp.mpf:
        return mp.lambertw(v * mp.e ** (eta + v * y)).real / v

    def f(eta: mp.mpf, v: mp.mpf) -> mp.mpf:
        m = mean(eta, v)
        return y * mp.log(m) - m - v * (y - m) ** 2 / 2

    return f, lambda eta, v: -mp.log(1 + v * mean(eta, v)) / 2


def ours(family: str, y: float, eta: float, v: float) -> dict[str, float]:
    terms, code = np.zeros(d.N_TERMS), d.FAMILIES.index(family)
    f, f1, w, mean = d.density(code, y, eta, v)
    if family == "nb2":
        d.nb2_terms(y, mean, v, terms)
        table, sums = np.zeros((int(min(y, d.TABLE)) + 1, 3)), np.zeros(3)
        d.tabulate(v, table)
        d.count_sums(y, v, table, sums)
        f, terms[d.FK], terms[d.FKK] = f + sums[0], terms[d.FK] + sums[1], terms[d.FKK] + sums[2]
    else:
        d.olre_terms(f1, mean, v, terms)
    named = {name: float(terms[getattr(d, name)]) for name in (*ORDERS, "FK", "FKK", "T1", "T2")}
    return {"f": f, "f1": f1, "w": w, "T1K": float(terms[d.T1K]), **named}


@pytest.mark.parametrize(("family", "parts"), [("nb2", nb2), ("poisson-olre", olre)])
@pytest.mark.parametrize("v", [1e-6, 1e-3, 0.1, 3.0])
@pytest.mark.parametrize(
    ("y", "mean"), [(0, 0.01), (0, 40.0), (7, 2.0), (300, 390.0), (5000, 4000.0), (40000, 9.0)]
)
def test_density_and_derivatives_are_exact(
    family: str, parts: Callable[[float], tuple[Density, Density]], v: float, y: int, mean: float
) -> None:
    f, t = parts(y)
    eta = float(np.log(mean))
    found = ours(family, float(y), eta, v)
    at = (mp.mpf(eta), mp.mpf(v))
    sign = {"F": 1, "W": -1}
    exact = {name: sign[name[0]] * mp.diff(f, at, order) for name, order in ORDERS.items()}
    exact |= {"f": f(*at), "f1": mp.diff(f, at, (1, 0)), "w": -mp.diff(f, at, (2, 0))}
    exact |= {"FK": mp.diff(lambda e, k: f(e, k) + t(e, k), at, (0, 1))}
    exact |= {"FKK": mp.diff(lambda e, k: f(e, k) + t(e, k), at, (0, 2))}
    exact |= {"T1": mp.diff(t, at, (1, 0)), "T2": mp.diff(t, at, (2, 0))}
    exact |= {"T1K": mp.diff(t, at, (1, 1))}
    sums = {"FK": min(y / v, y**2), "FKK": min(y / v**2, y**3)}
    for name, value in exact.items():
        slack = RTOL * abs(float(value)) + SUM_ROUNDING * sums.get(name, 0.0)
        assert found[name] == pytest.approx(float(value), rel=0.0, abs=slack), name


@pytest.mark.parametrize("z", [-700.0, -41.0, -39.0, -2.0, -1.9, 0.0, 1.0, 1.1, 5.0, 1e3, 1e9])
def test_wright_omega_solves_its_equation(z: float) -> None:
    assert d.wright_omega(z) == pytest.approx(
        float(mp.lambertw(mp.e**z).real), rel=ROOT_RTOL, abs=0
    )
