"""Which significant results survive that many measures were tested.

Holm (1979, Scand J Stat 6:65) bounds the chance of one false result or more, under any dependence
of the measures. Benjamini & Hochberg (1995, J R Stat Soc B 57:289) bounds the expected share of
false ones among those called significant, for independent or positively dependent measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import false_discovery_control

from harness.design import FloatArray

ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Adjusted:
    """The p-value of one measure among several.

    Attributes
    ----------
    p_value, holm, benjamini_hochberg : float
        As it stands, and adjusted.
    tests : int
        Measures tested together.
    """

    measure: str
    p_value: float
    holm: float
    benjamini_hochberg: float
    tests: int

    @property
    def significant(self) -> bool:
        """At 5 %, by itself."""
        return self.p_value < ALPHA

    @property
    def survives_holm(self) -> bool:
        """At 5 %, none of the tests taken falsely."""
        return self.holm < ALPHA

    @property
    def survives_benjamini_hochberg(self) -> bool:
        """At a false-discovery rate of 5 %."""
        return self.benjamini_hochberg < ALPHA


def adjusted(p_values: Mapping[str, float]) -> tuple[Adjusted, ...]:
    """Return the p-values of one term or contrast over the measures, adjusted for their number.

    Parameters
    ----------
    p_values : mapping of measure to float
        Of one question asked of each measure; measures without an answer are left out by the
        caller.
    """
    if not p_values:
        return ()
    values = np.array(list(p_values.values()))
    holm = _holm(values)
    discovery = false_discovery_control(values, method="bh")
    return tuple(
        Adjusted(measure, p, float(a), float(b), len(values))
        for (measure, p), a, b in zip(p_values.items(), holm, discovery, strict=True)
    )


def _holm(p: FloatArray) -> FloatArray:
    """The k-th smallest of n times n - k + 1, never below the one before."""
    order = np.argsort(p)
    steps = np.arange(len(p), 0, -1)
    adjusted_p = np.empty_like(p)
    adjusted_p[order] = np.minimum(np.maximum.accumulate(p[order] * steps), 1.0)
    return adjusted_p
