"""One term of one analysis by two engines: the unit that all summaries are made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from harness.design import FloatArray

INTERCEPT = "intercept"
Kind = Literal["like for like", "maximum likelihood", "settings", "estimator"]


@dataclass(frozen=True, slots=True)
class Asked:
    """An engine at its settings, under the base model or a variant."""

    engine: str
    settings: str
    variant: str

    @property
    def name(self) -> str:
        """Name in tables: laplace tight, glmmtmb tight (nb2)."""
        extra = "" if self.variant == "base" else f" ({self.variant})"
        return f"{self.engine} {self.settings}{extra}"


@dataclass(frozen=True, slots=True)
class Side:
    """What one engine says of a term."""

    estimate: float
    se: float
    state: int  # -1, 0, 1: significantly down, not significant, significantly up, at 5 %


@dataclass(frozen=True, slots=True)
class TermPair:
    """A term of one analysis by two engines that both gave an estimate and a standard error.

    Attributes
    ----------
    kind : str
        "like for like"; else "settings" for one engine at two settings, "maximum likelihood" for
        two engines that maximise a likelihood, "estimator" where one does not.
    x, y : Side
        What ``a`` and ``b`` say.
    diff_se : float
        Difference of the estimates, b minus a, in exact standard errors.
    rel_se : float
        Relative difference of the standard errors.
    digits : float
        Digits of agreement of the estimates.
    """

    indicator: str
    stratum: str
    term: str
    a: Asked
    b: Asked
    kind: Kind
    x: Side
    y: Side
    diff_se: float
    rel_se: float
    digits: float


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Term pairs as arrays, each of shape (n,).

    Attributes
    ----------
    clusters : ndarray of int
        Codes of the indicators, 0 to K - 1.
    x, y : ndarray
        Estimates of a and of b.
    variance : ndarray
        Mean of the two squared standard errors.
    diff_se, rel_se, digits : ndarray
    """

    clusters: np.ndarray
    x: FloatArray
    y: FloatArray
    variance: FloatArray
    diff_se: FloatArray
    rel_se: FloatArray
    digits: FloatArray

    @property
    def n_clusters(self) -> int:
        """K."""
        return int(self.clusters.max()) + 1


def points_of(pairs: Sequence[TermPair]) -> Points:
    """Return term pairs, at least one, as arrays."""
    codes = {name: k for k, name in enumerate(dict.fromkeys(p.indicator for p in pairs))}
    return Points(
        clusters=np.array([codes[p.indicator] for p in pairs], dtype=np.intp),
        x=_array(p.x.estimate for p in pairs),
        y=_array(p.y.estimate for p in pairs),
        variance=_array((p.x.se**2 + p.y.se**2) / 2.0 for p in pairs),
        diff_se=_array(p.diff_se for p in pairs),
        rel_se=_array(p.rel_se for p in pairs),
        digits=_array(p.digits for p in pairs),
    )


def _array(values: Iterable[float]) -> FloatArray:
    return np.array(list(values), dtype=np.float64)
