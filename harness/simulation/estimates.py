"""What one method found in a batch of replicates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from harness.design import FloatArray
from harness.errors import HarnessError

BoolArray = npt.NDArray[np.bool_]

# The stage at which a replicate failed.
DONE, SIMULATE, FIT, TEST = 0, 1, 2, 3
# Of them, with the name of the step.
STEPS = {SIMULATE: "simulate", FIT: "fit", TEST: "test"}


@dataclass(frozen=True, slots=True, eq=False)
class Estimates:
    """Estimates of r replicates by one method; NaN in the rows of those that failed.

    Attributes
    ----------
    terms : tuple of str, length p
        Coefficients or contrasts of them.
    estimate, se : ndarray, shape (r, p)
    critical : ndarray, shape (r, p)
        Quantile of the two-sided test at 5 %, of the normal distribution or of t.
    stage : ndarray of int8, shape (r,)
        ``DONE``, or the stage at which the replicate failed: ``SIMULATE``, ``FIT``, ``TEST``.
    singular : ndarray of bool, shape (r,)
    llf : ndarray, shape (r,)
        NaN where the method has no likelihood.
    sd_re : ndarray, shape (r, q)
        Standard deviations of the random effects; NaN where unknown.
    variance : ndarray, shape (r,)
        Of the family.

    Raises
    ------
    HarnessError
        If a shape is another one, or a replicate that is done lacks an estimate, a standard error
        or a quantile.
    """

    terms: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    critical: FloatArray
    stage: npt.NDArray[np.int8]
    singular: BoolArray
    llf: FloatArray
    sd_re: FloatArray
    variance: FloatArray

    def __post_init__(self) -> None:
        rows = self.stage.shape
        for name in ("estimate", "se", "critical"):
            _check_shape(name, getattr(self, name).shape, (*rows, len(self.terms)))
        for name in ("singular", "llf", "variance"):
            _check_shape(name, getattr(self, name).shape, rows)
        _check_shape("sd_re", self.sd_re.shape, (*rows, self.sd_re.shape[-1]))
        self._check("estimate", np.isfinite(self.estimate))
        self._check("se", np.isfinite(self.se) & (self.se > 0.0))
        self._check("critical", np.isfinite(self.critical) & (self.critical > 0.0))

    def _check(self, name: str, usable: BoolArray) -> None:
        for row, column in np.argwhere(self.done[:, None] & ~usable)[:1]:
            value = getattr(self, name)[row, column]
            raise HarnessError(
                f"estimates: {name} of {self.terms[column]} is {value} in row {row}, which counts"
                " as done: name the stage at which it failed"
            )

    def __len__(self) -> int:
        return len(self.stage)

    @property
    def done(self) -> BoolArray:
        """Whether a replicate has an answer, shape (r,)."""
        return np.asarray(self.stage == DONE)

    @classmethod
    def joined(cls, parts: Iterable[Estimates]) -> Estimates:
        """Return the replicates of several batches of one method, in their order.

        Raises
        ------
        HarnessError
            If there is no batch, or the batches have different terms.
        """
        batches = list(parts)
        if not batches:
            raise HarnessError("estimates: there is no batch to join")
        terms = batches[0].terms
        for batch in batches:
            check_terms(batch, terms)
        numbers = (field.name for field in fields(cls)[1:])
        return cls(
            terms, *(np.concatenate([getattr(part, name) for part in batches]) for name in numbers)
        )


def check_terms(batch: Estimates, terms: tuple[str, ...]) -> None:
    """Refuse a batch whose terms are not ``terms``.

    Raises
    ------
    HarnessError
        With both.
    """
    if batch.terms != terms:
        raise HarnessError(
            f"estimates: one batch has the terms {', '.join(terms)}, another"
            f" {', '.join(batch.terms)}: give those of one method"
        )


def _check_shape(name: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    if shape != expected:
        raise HarnessError(f"estimates: {name} has shape {shape}, expected {expected}")
