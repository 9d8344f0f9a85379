"""How far two methods agree on the same draws, replicate by replicate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from harness.concordance.metrics import SD_FLOOR
from harness.concordance.verdict import ORDER, Verdict, reaches
from harness.design import FloatArray
from harness.errors import HarnessError
from harness.simulation.compared import Compared, IntArray, compared
from harness.simulation.estimates import Estimates

# A list of replicates for a person to look at.
LISTED = 20


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest size of a difference, and the number of the first replicate that has it."""

    value: float
    replicate: int


@dataclass(frozen=True, slots=True)
class Listed:
    """How many replicates, and the numbers of the first of them."""

    count: int
    numbers: tuple[int, ...]

    def more(self, numbers: IntArray) -> Listed:
        """Return the list with more replicates at its end."""
        longer = (*self.numbers, *map(int, numbers[: LISTED - len(self.numbers)]))
        return Listed(self.count + len(numbers), longer)


@dataclass(frozen=True, slots=True)
class DrawAgreement:
    """Two methods on the same draws (verdicts of DESIGN 7).

    Attributes
    ----------
    replicates : int
    verdicts : mapping
        Replicates by verdict, every verdict in its order; ``not comparable`` where either failed.
    diff_se, rel_se : Largest or None
        Largest difference of an estimate in standard errors, and largest relative difference of
        standard errors; None where no replicate is comparable.
    llf_diff, sd_re_diff : Largest or None
        Of log-likelihoods and, relatively, of random-effect standard deviations, where the two
        claim to maximise the same function; None where they do not, or say nothing of it.
    changed : Listed
        Replicates in which sign or significance of a term differs, each by its own critical value,
        and the numbers or these by more than ``concordant`` allows. The intercept is a level and
        no conclusion.
    knife_edge : Listed
        Replicates in which a conclusion differs although the numbers hardly do.
    one_failed : Listed
        Replicates in which one of the two failed and the other did not.
    """

    replicates: int
    verdicts: Mapping[Verdict, int]
    diff_se: Largest | None
    rel_se: Largest | None
    llf_diff: Largest | None
    sd_re_diff: Largest | None
    changed: Listed
    knife_edge: Listed
    one_failed: Listed

    def reaching(self, level: Verdict) -> int:
        """Return how many replicates reach a verdict."""
        return sum(count for found, count in self.verdicts.items() if reaches(found, level))


def agreement(
    batches: Iterable[tuple[IntArray, Estimates, Estimates]],
    same_objective: bool,
    sd_floor: FloatArray | float = SD_FLOOR,
) -> DrawAgreement:
    """Compare two methods replicate by replicate; memory is that of one batch.

    A difference of estimates is in standard errors of the fit with the higher log-likelihood where
    both have one, else of the first. Standard deviations of random effects are compared as in
    ``harness.concordance.metrics``, but where either fit is singular only variances, since
    ``Estimates`` hold no correlations.

    Parameters
    ----------
    batches : iterable of (ndarray of int, shape (r,), Estimates, Estimates)
        Numbers of the replicates, and what the two methods found on the same draws.
    same_objective : bool
        Whether the two claim to maximise the same function of the same data.
    sd_floor : float or ndarray, shape (q,)
        Standard deviations below it are compared by absolute difference in this unit: ``SD_FLOOR``
        over the root mean square of the effect's variable.

    Raises
    ------
    HarnessError
        If there is no batch, or the two differ in their terms or the number of replicates.
    """
    tally = _Tally()
    for numbers, first, second in batches:
        tally.add(np.asarray(numbers), compared(first, second, same_objective, sd_floor))
    return tally.result()


class _Tally:
    """Counts and largest differences so far."""

    def __init__(self) -> None:
        self.verdicts: IntArray | None = None
        self.largest: dict[str, Largest | None] = {}
        self.listed: dict[str, Listed] = {}

    def add(self, numbers: IntArray, batch: Compared) -> None:
        if numbers.shape != batch.verdicts.shape:
            raise HarnessError(
                f"agreement: {numbers.size} numbers for {batch.verdicts.size} replicates"
            )
        counts = np.bincount(batch.verdicts, minlength=len(ORDER))
        self.verdicts = counts if self.verdicts is None else self.verdicts + counts
        for name, sizes in batch.differences.items():
            self.largest[name] = _larger(self.largest.get(name), sizes, numbers)
        for name, marked in batch.marks.items():
            self.listed[name] = self.listed.get(name, Listed(0, ())).more(numbers[marked])

    def result(self) -> DrawAgreement:
        if self.verdicts is None:
            raise HarnessError("agreement: there is no batch to compare")
        verdicts = dict(zip(ORDER, map(int, self.verdicts), strict=True))
        return DrawAgreement(
            replicates=sum(verdicts.values()), verdicts=verdicts, **self.largest, **self.listed
        )


def _larger(so_far: Largest | None, sizes: FloatArray, numbers: IntArray) -> Largest | None:
    if np.isnan(sizes).all():
        return so_far
    at = int(np.nanargmax(sizes))
    here = Largest(float(sizes[at]), int(numbers[at]))
    return here if so_far is None or here.value > so_far.value else so_far
