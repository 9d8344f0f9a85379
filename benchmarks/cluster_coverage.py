"""How often 95 % intervals cover the truth with 33 groups, by standard error and correction.

python -m benchmarks.cluster_coverage [VARIANCE ...]

Panels of 33 units over t = -3..3, four stages, correlated random slope, some 200 counts a row with
exposures that vary by a log-SD of 0.7; Poisson, or with ten times the Poisson variance given the
random effects (negative binomial with theta proportional to the mean). The model fitted is the
Poisson one. Printed on 2 cores of x86-64, Python 3.11, numpy 2.4.6, in some
two minutes a panel type; Monte Carlo error of a cell 0.49:

variance 1 x mean: 2000 fits, 0 failed;
                       intercept       pre     step0     step1      post      mean
observed, z                 93.3      94.5      94.5      93.8      94.0      94.0
CR0, z                      93.2      94.2      92.8      93.0      93.3      93.3
CR0, t(J - 1)               94.1      94.6      93.8      93.7      94.2      94.1
CR1, z                      93.5      94.2      93.0      93.5      93.7      93.6
CR1, t(J - 1)               94.5      94.8      94.0      94.0      94.4      94.3
CR2, z                      94.7      95.0      94.0      93.9      94.9      94.5
CR2, t(J - 1)               95.9      95.9      95.2      94.8      95.8      95.5
CR2, t(Satterthwaite)       95.9      96.2      95.5      95.0      95.8      95.7
CR3, z                      96.6      96.6      95.5      95.0      96.2      96.0
CR3, t(J - 1)               97.1      97.1      96.1      95.6      96.8      96.5
CR3, t(Satterthwaite)       97.2      97.2      96.4      95.9      97.0      96.7

variance 10 x mean: 2000 fits, 0 failed;
                       intercept       pre     step0     step1      post      mean
observed, z                 86.5      77.8      62.8      62.5      77.5      73.4
CR0, z                      93.5      93.5      93.7      93.5      93.5      93.5
CR0, t(J - 1)               94.2      94.4      94.8      94.5      94.2      94.4
CR1, z                      93.9      93.8      94.2      94.0      93.8      93.9
CR1, t(J - 1)               94.5      94.8      95.1      94.8      94.4      94.8
CR2, z                      94.5      94.4      94.8      94.5      94.1      94.4
CR2, t(J - 1)               95.2      95.7      95.3      95.2      95.1      95.3
CR2, t(Satterthwaite)       95.2      95.8      95.5      95.5      95.2      95.4
CR3, z                      95.6      95.9      95.3      95.2      95.3      95.5
CR3, t(J - 1)               96.2      96.5      96.1      95.8      96.0      96.1
CR3, t(Satterthwaite)       96.4      96.5      96.3      96.0      96.2      96.3

With the variance ten times the mean, intervals from the information cover 62 to 87 %. Nearest to
95 % over both panel types come those of CR2 with t(J - 1), 95.5 and 95.3 % on average (CR1 94.3
and 94.8 %), so they are the default of ``se_method="cluster"``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import scipy.stats

from harness.design import Design, FloatArray
from harness.glmm import PoissonGLMM
from harness.glmm.sandwich import Correction
from harness.segments import two_step

UNITS, REPLICATES = 33, 2000
TRUTH = np.array([np.log(0.01), 0.04, 0.10, -0.03, 0.02])
COV_RE = np.array([[0.1225, -0.0056], [-0.0056, 0.0064]])
CORRECTIONS: tuple[Correction, ...] = ("CR0", "CR1", "CR2", "CR3")
TERMS = ("intercept", "pre", "step0", "step1", "post")


def panels(dispersion: float, replicates: int, seed: int) -> Iterator[Design]:
    """Draw panels whose variance given the random effects is ``dispersion`` times the mean."""
    for stream in np.random.SeedSequence(seed).spawn(replicates):
        rng = np.random.default_rng(stream)
        t = np.tile(np.arange(-3.0, 4.0), UNITS)
        groups = np.repeat(np.arange(UNITS), 7)
        x = np.column_stack([np.ones_like(t), *two_step(t).values()])
        z = np.column_stack([np.ones_like(t), t])
        exposure = np.exp(rng.normal(0.0, 0.7, UNITS))[groups] * 200.0 / 0.01
        b = rng.multivariate_normal(np.zeros(2), COV_RE, UNITS)
        mu = exposure * np.exp(x @ TRUTH + (z * b[groups]).sum(axis=1))
        if dispersion > 1:
            size = mu / (dispersion - 1)
            mu = mu * rng.gamma(size, 1 / size)
        yield Design(
            rng.poisson(mu), x, groups, exog_re=z, offset=np.log(exposure), exog_names=TERMS
        )


def intervals(design: Design) -> dict[str, FloatArray]:
    """Distance of each estimate from the truth in units of the half width, by interval."""
    fit = PoissonGLMM.from_design(design).fit()
    error = np.abs(fit.params.to_numpy() - TRUTH)
    found = {"observed, z": error / (1.96 * fit.bse.to_numpy())}
    for correction in CORRECTIONS:
        se = np.sqrt(np.diag(fit.cov_params("cluster", correction)))
        found[f"{correction}, z"] = error / (1.96 * se)
        found[f"{correction}, t(J - 1)"] = error / (scipy.stats.t.ppf(0.975, UNITS - 1) * se)
        if correction in ("CR2", "CR3"):
            df = fit.cluster_df(None, correction, "satterthwaite")
            found[f"{correction}, t(Satterthwaite)"] = error / (scipy.stats.t.ppf(0.975, df) * se)
    return found


def main(dispersion: float, replicates: int = REPLICATES) -> None:
    """Print coverage in per cent by term, its mean over terms, and the Monte Carlo error."""
    failed, ratios = 0, []
    for design in panels(dispersion, replicates, seed=33):
        try:
            ratios.append(intervals(design))
        except ArithmeticError:
            failed += 1
    error = 100 * np.sqrt(0.95 * 0.05 / len(ratios))
    print(f"variance {dispersion:g} x mean: {len(ratios)} fits, {failed} failed;")
    print(f"Monte Carlo error of a cell {error:.2f}")
    print(f"{'':22}" + "".join(f"{term:>10}" for term in (*TERMS, "mean")))
    for name in ratios[0]:
        cover = 100 * np.mean([ratio[name] <= 1 for ratio in ratios], axis=0)
        print(f"{name:22}" + "".join(f"{value:10.1f}" for value in (*cover, cover.mean())))


if __name__ == "__main__":
    for variance in [float(text) for text in sys.argv[1:]] or [1.0, 10.0]:
        main(variance)
