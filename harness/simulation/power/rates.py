"""Power from p-values, with what the failures could change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from harness.simulation.estimates import DONE, FIT, SIMULATE, TEST
from harness.simulation.power.decisions import Tested


@dataclass(frozen=True, slots=True)
class Rates:
    """How often a test rejected.

    Attributes
    ----------
    replicates : int
        Drawn, the failed ones included.
    failed : tuple of int
        At the stages simulate, fit and test.
    singular, rejected : int
    wrong_sign : int
        Rejected with an estimate of the wrong sign.
    size : float
        Sum of the sizes of the estimates that were rejected.
    estimate : float
        Sum of all estimates.
    """

    replicates: int = 0
    failed: tuple[int, int, int] = (0, 0, 0)
    singular: int = 0
    rejected: int = 0
    wrong_sign: int = 0
    size: float = 0.0
    estimate: float = 0.0

    @property
    def tested(self) -> int:
        """Replicates with a p-value."""
        return self.replicates - sum(self.failed)

    @property
    def power(self) -> float | None:
        """Share rejected of those tested; None where nothing was tested, which is not 0."""
        return self.rejected / self.tested if self.tested else None

    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the power."""
        if not self.tested:
            return None
        low, high = proportion_confint(self.rejected, self.tested, method="wilson")
        # Its ends at 0 and at 1 are exact, but for rounding.
        return (
            float(low) if self.rejected else 0.0,
            float(high) if self.rejected < self.tested else 1.0,
        )

    @property
    def half_width(self) -> float:
        """Half of the interval's width; 1 where nothing was tested."""
        found = self.interval()
        return 1.0 if found is None else (found[1] - found[0]) / 2

    @property
    def bounds(self) -> tuple[float, float]:
        """Power were every failure not rejected, and rejected."""
        n = max(self.replicates, 1)
        return self.rejected / n, (self.rejected + sum(self.failed)) / n


NOTHING = Rates()


def power_of(
    batches: Iterable[Tested], contrast: str, truth: float, alpha: float, total: Rates = NOTHING
) -> Rates:
    """Count over batches of replicates, on from a total; memory is that of one batch.

    A p-value of ``alpha`` rejects, as a test by draws must to keep its level.

    Parameters
    ----------
    truth : float
        Of the contrast, whose sign a rejected estimate should have.
    """
    for batch in batches:
        found = batch.estimates
        estimate = found.estimate[:, found.terms.index(contrast)]
        rejected = batch.p <= alpha
        stages = [int(np.sum(found.stage == stage)) for stage in (SIMULATE, FIT, TEST)]
        total = Rates(
            replicates=total.replicates + len(batch),
            failed=(total.failed[0] + stages[0], total.failed[1] + stages[1],
                    total.failed[2] + stages[2]),
            singular=total.singular + int(found.singular.sum()),
            rejected=total.rejected + int(rejected.sum()),
            wrong_sign=total.wrong_sign + int(np.sum(estimate[rejected] * truth < 0)),
            size=total.size + float(np.abs(estimate[rejected]).sum()),
            estimate=total.estimate + float(estimate[found.stage == DONE].sum()),
        )  # fmt: skip
    return total
