"""Two methods on one batch of the same draws: differences, verdicts, conclusions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from harness.concordance.agreement.term_pairs import INTERCEPT
from harness.concordance.metrics import relative_difference, significance_state
from harness.concordance.verdict import (
    CONCORDANT,
    EQUIVALENT_DIFF_SE,
    EQUIVALENT_REL_SE,
    IDENTICAL,
    ORDER,
    Limits,
    Verdict,
    negligible,
)
from harness.design import FloatArray
from harness.errors import HarnessError
from harness.simulation.estimates import BoolArray, Estimates, check_terms

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two methods on r replicates.

    Attributes
    ----------
    verdicts : ndarray of int, shape (r,)
        Places in ``ORDER``.
    differences : mapping of ndarray, shape (r,)
        ``diff_se``, ``rel_se``, ``llf_diff`` and ``sd_re_diff``, without sign; NaN where there is
        none.
    marks : mapping of ndarray of bool, shape (r,)
        ``changed``, ``knife_edge`` and ``one_failed``.
    """

    verdicts: IntArray
    differences: Mapping[str, FloatArray]
    marks: Mapping[str, BoolArray]


def compared(
    a: Estimates, b: Estimates, same_objective: bool, sd_floor: FloatArray | float
) -> Compared:
    """Compare two methods; the parameters are those of ``agreement``."""
    check_terms(b, a.terms)
    if len(a) != len(b):
        raise HarnessError(f"agreement: {len(a)} replicates of one method, {len(b)} of the other")
    both = a.done & b.done
    se = np.where((b.llf > a.llf)[:, None], b.se, a.se)
    diff = np.abs(b.estimate - a.estimate) / se
    rel = np.abs(relative_difference(b.se, a.se))
    llf, sd_re = np.full((2, len(a)), np.nan)
    if same_objective:
        llf, sd_re = np.abs(b.llf - a.llf), _sd_differences(a, b, sd_floor)
    found = {
        "diff_se": _largest(diff), "rel_se": _largest(rel), "llf_diff": llf, "sd_re_diff": sd_re,
    }  # fmt: skip
    differences = {name: np.where(both, values, np.nan) for name, values in found.items()}
    changed, edge = _crossings(a, b, both, diff, rel)
    return Compared(
        verdicts=_verdicts(differences, changed),
        differences=differences,
        marks={"changed": changed, "knife_edge": edge, "one_failed": a.done != b.done},
    )


def _verdicts(differences: Mapping[str, FloatArray], changed: BoolArray) -> IntArray:
    diff, rel, llf, sd_re = differences.values()

    def within(limits: Limits) -> BoolArray:
        near = (diff <= limits.diff_se) & (rel <= limits.rel_se)
        # NaN is a figure that the methods do not give; it judges nothing.
        return np.asarray(near & ~(llf > limits.llf) & ~(sd_re > limits.sd_re))

    cases: dict[Verdict, BoolArray] = {
        "not comparable": np.isnan(diff),
        "identical": within(IDENTICAL),
        "concordant": within(CONCORDANT),
        "equivalent": (diff <= EQUIVALENT_DIFF_SE) & (rel <= EQUIVALENT_REL_SE) & ~changed,
    }
    places = [ORDER.index(name) for name in cases]
    return np.asarray(
        np.select(list(cases.values()), places, ORDER.index("discordant")), dtype=np.int64
    )


def _largest(values: FloatArray) -> FloatArray:
    """Largest by replicate, shape (r,)."""
    return np.asarray(values.max(axis=1))


def _sd_differences(a: Estimates, b: Estimates, floor: FloatArray | float) -> FloatArray:
    """Largest relative difference of standard deviations, of variances where either is singular."""
    if a.sd_re.shape[1] == 0:
        return np.full(len(a), np.nan)
    common = np.maximum(np.maximum(a.sd_re, b.sd_re), floor)
    roots = np.abs(b.sd_re - a.sd_re) / common
    squares = np.abs(b.sd_re**2 - a.sd_re**2) / common**2
    return _largest(np.where((a.singular | b.singular)[:, None], squares, roots))


def _crossings(
    a: Estimates, b: Estimates, both: BoolArray, diff: FloatArray, rel: FloatArray
) -> tuple[BoolArray, BoolArray]:
    """Whether a conclusion changes, and whether one does on a negligible difference, shape (r,)."""
    states = [significance_state(fits.estimate, fits.se, fits.critical) for fits in (a, b)]
    conclusions = np.array([term != INTERCEPT for term in a.terms])
    crossed = (states[0] != states[1]) & conclusions & both[:, None]
    # The same numbers under another quantile are another test, not an edge.
    apart = np.maximum(rel, np.abs(relative_difference(b.critical, a.critical)))
    edge = np.zeros_like(crossed)
    for at in map(tuple, np.argwhere(crossed)):
        edge[at] = negligible(float(diff[at]), float(apart[at]))
    return (crossed & ~edge).any(axis=1), edge.any(axis=1)
