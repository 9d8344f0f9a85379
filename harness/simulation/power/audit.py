"""Audit: replicates refitted by another engine, and every decision that differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from harness.concordance.verdict import CONCORDANT
from harness.simulation.agreement import DrawAgreement, agreement
from harness.simulation.estimates import DONE, STEPS
from harness.simulation.power.decisions import Tested


@dataclass(frozen=True, slots=True)
class Differing:
    """A replicate that one engine's test rejects and the other's does not.

    Attributes
    ----------
    point, replicate : int
    p_fast, p_audit : float or None
        None where there is none.
    explanation : str
        With the numbers that it rests on.
    """

    point: int
    replicate: int
    p_fast: float | None
    p_audit: float | None
    explanation: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What refitting a random share of the replicates found.

    Attributes
    ----------
    largest_p : float or None
        Largest difference of two p-values.
    differing : tuple of Differing
        All of them.
    """

    engine: str
    replicates: int
    agreement: DrawAgreement
    largest_p: float | None
    differing: tuple[Differing, ...]

    @property
    def ok(self) -> bool:
        """Whether every replicate is concordant or better, and no decision differs."""
        return self.agreement.reaching("concordant") == self.replicates and not self.differing


def audited(
    engine: str, chosen: Sequence[tuple[int, Sequence[int]]], fast: Sequence[Tested],
    slow: Sequence[Tested], contrast: str, alpha: float, same_objective: bool = True,
) -> Audit:  # fmt: skip
    """Compare two engines on the same replicates.

    Parameters
    ----------
    chosen : sequence of (int, sequence of int)
        Points, and the numbers of their replicates.
    fast, slow : sequence of Tested
        Of each point.
    same_objective : bool
        Whether the two engines claim to maximise the same function.
    """
    batches = [
        (np.asarray(numbers), a.estimates, b.estimates)
        for (_, numbers), a, b in zip(chosen, fast, slow, strict=True)
    ]
    apart = np.concatenate([np.abs(a.p - b.p) for a, b in zip(fast, slow, strict=True)])
    known = apart[np.isfinite(apart)]
    return Audit(
        engine=engine,
        replicates=sum(len(numbers) for _, numbers in chosen),
        agreement=agreement(batches, same_objective),
        largest_p=float(known.max()) if len(known) else None,
        differing=tuple(
            one
            for (point, numbers), a, b in zip(chosen, fast, slow, strict=True)
            for one in _differing(point, numbers, a, b, contrast, alpha, same_objective)
        ),
    )


def _differing(
    point: int, numbers: Sequence[int], a: Tested, b: Tested, contrast: str, alpha: float,
    same_objective: bool,
) -> Iterator[Differing]:  # fmt: skip
    for k in map(int, np.flatnonzero((a.p <= alpha) != (b.p <= alpha))):
        why = _explained(a, b, k, contrast, same_objective)
        yield Differing(point, numbers[k], _p(a.p[k]), _p(b.p[k]), why)


def _p(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _explained(a: Tested, b: Tested, k: int, contrast: str, same_objective: bool) -> str:
    """Why two decisions differ, by the numbers at hand."""
    for name, one in (("the fast engine", a), ("the audit", b)):
        stage = int(one.estimates.stage[k])
        if stage != DONE:
            return f"failure: {name} failed to {STEPS[stage]}"
    at = a.estimates.terms.index(contrast)
    x, y = a.estimates, b.estimates
    d = abs(x.estimate[k, at] - y.estimate[k, at]) / x.se[k, at]
    s = abs(y.se[k, at] / x.se[k, at] - 1.0)
    if d <= CONCORDANT.diff_se and s <= CONCORDANT.rel_se:
        return f"knife-edge: the estimates differ by {d:.1e} SE, the SEs by {s:.1e}"
    if not same_objective:
        return f"approximation: the estimates differ by {d:.1e} SE, the SEs by {s:.1e}"
    low = "the audit" if y.llf[k] < x.llf[k] else "the fast engine"
    gap = abs(y.llf[k] - x.llf[k])
    if gap > CONCORDANT.llf:
        return f"optimiser: {low} stopped {gap:.1e} below the other's log-likelihood"
    return f"standard error: at one log-likelihood ({gap:.1e}) the SEs differ by {s:.1e}"
