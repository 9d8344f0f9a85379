"""Likelihood-ratio tests with the null distribution that belongs to them.

A variance that is zero under the null lies on the boundary: half of the time the larger model
gains nothing from it. With one such variance the statistic is an even mixture of two chi2, whose
degrees of freedom count the free parameters without and with it (Self and Liang 1987, JASA
82:605, case 6; Stram and Lee 1994, Biometrics 50:1171, cases 2 and 3). With several the weights
depend on the information, and where the null itself is singular the theory does not hold; the
statistic is then drawn from the null fit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.stats

from harness.design import Design, FloatArray
from harness.errors import ConfigError, FitFailure
from harness.glmm.batch import fit_batch

# Residual of a column on the larger model's columns, relative to its length, that is rounding.
SPANNED = 1e-8
# A larger model may lie this much below the smaller one by rounding, relative to the value.
ROUNDING = 1e-8
# Logs of one exposure may differ in the last bits.
SAME_DATA = 1e-12


@dataclass(frozen=True, slots=True)
class NullDistribution:
    """Distribution of twice the gain if the smaller model is true.

    Attributes
    ----------
    name : str
        In words: ``chi2(2)``, ``half chi2(1) + half chi2(2)``, ``simulated``.
    df : tuple of int
        Degrees of freedom of the parts, equally weighted; empty where it must be simulated.
    """

    name: str
    df: tuple[int, ...]

    def sf(self, statistic: float) -> float:
        """Probability of a statistic at least as large; chi2(0) is a point at zero."""
        tails = [scipy.stats.chi2.sf(statistic, k) if k else float(statistic <= 0) for k in self.df]
        return float(np.mean(tails))


@dataclass(frozen=True, slots=True, eq=False)
class LikelihoodRatioTest:
    """A likelihood-ratio test.

    Attributes
    ----------
    statistic : float
        Twice the difference of the log-likelihoods.
    pvalue : float
        From the null distribution; (1 + draws at or above) / (1 + draws) where it was simulated.
    df : int
        Parameters that the larger model has more.
    null : NullDistribution
    simulated : ndarray
        Statistics of the replicates that could be fitted; empty otherwise.
    failures : int
        Replicates that could not be fitted in one model or the other; never drawn again.
    """

    statistic: float
    pvalue: float
    df: int
    null: NullDistribution
    simulated: FloatArray
    failures: int

    @classmethod
    def simulated_from(
        cls, statistic: float, df: int, simulated: FloatArray, failures: int
    ) -> LikelihoodRatioTest:
        """Return the test whose null distribution is a sample.

        Raises
        ------
        FitFailure
            If the sample is empty.
        """
        if not simulated.size:
            raise FitFailure(f"none of {failures} replicates of the null could be fitted")
        above = int(np.sum(simulated >= statistic))
        p = (1 + above) / (1 + simulated.size)
        return cls(statistic, p, df, NullDistribution("simulated", ()), simulated, failures)

    def __str__(self) -> str:
        drawn = f", {self.simulated.size} replicates, {self.failures} failed"
        return (
            f"<Likelihood-ratio test: statistic={self.statistic:.4f}, p-value={self.pvalue:.4g},"
            f" null: {self.null.name}{drawn if self.null.name == 'simulated' else ''}>"
        )

    __repr__ = __str__


def null_distribution(
    restricted: Design, full: Design, restricted_singular: bool
) -> NullDistribution:
    """Return the null distribution for two nested designs.

    Raises
    ------
    ConfigError
        If the data differ, or the first is not nested in the second.
    """
    _check_same_data(restricted, full)
    _check_fixed(restricted, full)
    _check_random(restricted, full)
    df = full.n_params - restricted.n_params
    if df <= 0:
        raise ConfigError("the two models have as many parameters: there is nothing to test")
    on_boundary = _new_variances(restricted, full) + (restricted.family != full.family)
    same_random = df == full.exog.shape[1] - restricted.exog.shape[1]
    if on_boundary > 1 or (restricted_singular and not same_random):
        return NullDistribution("simulated", ())
    if on_boundary == 1:
        return NullDistribution(f"half chi2({df - 1}) + half chi2({df})", (df - 1, df))
    return NullDistribution(f"chi2({df})", (df,))


def statistic_of(llf: float, restricted_llf: float) -> float:
    """Twice the gain, at least 0.

    Raises
    ------
    ConfigError
        If the larger model lies below the smaller one by more than rounding.
    """
    gain = llf - restricted_llf
    if gain < -ROUNDING * (1.0 + abs(llf)):
        raise ConfigError(
            f"the larger model's log-likelihood lies {-gain:.3g} below the smaller one's: give the"
            " smaller model as the argument, and fit both by one method"
        )
    return max(0.0, 2.0 * gain)


def simulated_statistics(
    restricted: Design, full: Design, counts: npt.ArrayLike, n_quadrature: int = 1
) -> tuple[FloatArray, int]:
    """Fit both models to counts drawn from the null, shape (r, n).

    Parameters
    ----------
    n_quadrature : int
        Points per random effect; 1 is the Laplace approximation.

    Returns
    -------
    statistics : ndarray
        Of the replicates that both models could be fitted to.
    failures : int
    """
    small, large = (fit_batch(d, counts, n_quadrature=n_quadrature) for d in (restricted, full))
    fitted = ~(small.failed | large.failed)
    gains = 2.0 * (large.llf[fitted] - small.llf[fitted])
    return np.maximum(gains, 0.0), int((~fitted).sum())


def _check_same_data(restricted: Design, full: Design) -> None:
    if restricted.nobs != full.nobs:
        raise ConfigError(f"the models have {restricted.nobs} and {full.nobs} rows: use one panel")
    for name in ("endog", "groups", "offset"):
        a, b = getattr(restricted, name), getattr(full, name)
        if not np.allclose(a, b, rtol=SAME_DATA, atol=0.0):
            raise ConfigError(f"the two models differ in {name}: compare fits of the same data")
    known = (full.family,) if full.family == "binomial" else ("poisson", full.family)
    if restricted.family not in known:
        raise ConfigError(f"family {restricted.family!r} is not a case of {full.family!r}")


def _spans(columns: FloatArray, wide: FloatArray) -> bool:
    if columns.shape[1] == 0:
        return True
    if wide.shape[1] == 0:
        return False
    scale = np.linalg.norm(wide, axis=0)
    fitted = wide / scale @ np.linalg.lstsq(wide / scale, columns, rcond=None)[0]
    length = np.linalg.norm(columns, axis=0)
    return bool(np.all(np.linalg.norm(columns - fitted, axis=0) <= SPANNED * length))


def _check_fixed(restricted: Design, full: Design) -> None:
    if not _spans(restricted.exog, full.exog):
        raise ConfigError(
            "the models are not nested: a fixed effect of the smaller one"
            f" ({', '.join(restricted.exog_names)}) is no combination of the larger one's"
            f" ({', '.join(full.exog_names)})"
        )


def _check_random(restricted: Design, full: Design) -> None:
    """Any effects within the span are a case of unstructured ones; others must match by column."""
    if restricted.exog_re.shape[1] == 0 or full.covariance == "unstructured":
        nested = _spans(restricted.exog_re, full.exog_re)
    else:
        nested = _case_by_column(restricted, full)
    if not nested:
        raise ConfigError(
            f"the models are not nested: random effects {', '.join(restricted.exog_re_names)}"
            f" ({restricted.covariance}) are no case of {', '.join(full.exog_re_names) or 'none'}"
            f" ({full.covariance})"
        )


def _case_by_column(restricted: Design, full: Design) -> bool:
    """Whether each effect of the smaller model is one of the larger, independent as there."""
    q, larger = restricted.exog_re.shape[1], full.exog_re.shape[1]
    # With one parameter for all (a single effect, or a shared variance) nothing is correlated.
    independent = restricted.n_cov_params == 1 or restricted.covariance == full.covariance
    shared = full.n_cov_params < larger
    return (
        independent
        and not (shared and q < larger)
        and all(
            any(_spans(restricted.exog_re[:, [i]], full.exog_re[:, [k]]) for k in range(larger))
            for i in range(q)
        )
    )


def _new_variances(restricted: Design, full: Design) -> int:
    """How many variances of the larger model are zero in the smaller one."""
    q = full.exog_re.shape[1]
    added = q - restricted.exog_re.shape[1]
    # A single parameter for several random effects is one variance that they share.
    return min(added, 1) if full.n_cov_params < q else added
