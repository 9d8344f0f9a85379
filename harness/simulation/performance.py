"""How well a method did in a simulation study."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from harness.errors import HarnessError
from harness.simulation.estimates import DONE, STEPS, Estimates
from harness.simulation.measures import (
    NO_ANSWER,
    NO_SPREAD,
    Measure,
    average,
    empirical_se,
    model_se,
    proportion,
    relative_error,
    root,
)
from harness.simulation.moments import Moments, Quantity, moments

ZERO_TRUTH = "the truth is 0"
NOT_SIGNIFICANT = "no replicate is significant"
NO_REPLICATE = "there is no replicate"
# What the bounds of a rejection rate take every failure for.
AS_KEPT, AS_REJECTED = ", failures as not rejected", ", failures as rejected"


@dataclass(frozen=True, slots=True)
class Performance:
    """Performance of one method in one data-generating process.

    Attributes
    ----------
    replicates : int
        Drawn, failed ones included.
    terms : mapping
        Measures by term and name. A term without a truth has only those that need none.
    rates : mapping
        Shares of the replicates by name: ``failed to simulate``, ``failed to fit``,
        ``failed to test``, ``failed`` at any stage; and ``singular``, of those with an answer.
    """

    replicates: int
    terms: Mapping[str, Mapping[str, Measure]]
    rates: Mapping[str, Measure]

    def frame(self) -> pd.DataFrame:
        """Return a row a measure: ``term`` (empty: of the method), ``measure`` and its fields."""
        return pd.DataFrame(
            [
                {"term": term, "measure": name, **asdict(measure)}
                for term, measures in (*self.terms.items(), ("", self.rates))
                for name, measure in measures.items()
            ]
        )


def performance(
    batches: Callable[[], Iterable[Estimates]], truth: Mapping[str, float]
) -> Performance:
    """Measure a method by its estimates, read in two passes; memory is that of one batch.

    By term: bias, relative bias, empirical SE, model SE and its relative error, MSE, RMSE,
    coverage and bias-eliminated coverage of the 95 % intervals, mean half width of these, the
    share of rejections of "= 0", and of the significant estimates the type S error and the
    exaggeration ratio (type M). Formulas: Morris, White and Crowther (2019), Stat Med 38:2074,
    Table 6; relative bias and interval width as simsum has them (White 2010, Stata J 10:369);
    types S and M by Gelman and Carlin (2014), Perspect Psychol Sci 9:641.

    Parameters
    ----------
    batches : callable
        Gives the batches of the same replicates each time it is called.
    truth : mapping
        By term; truths of terms that the method does not estimate are not used.

    Raises
    ------
    HarnessError
        If a truth is not finite, there is no batch, their terms differ, or the second reading
        gives other replicates.
    """
    for term, value in truth.items():
        if not np.isfinite(value):
            raise HarnessError(f"truth of {term} is {value}: give a finite number or leave it out")
    sums = moments(batches, truth)
    return Performance(
        replicates=sum(sums.stages),
        terms={
            term: dict(_measures(sums, column, truth.get(term)))
            for column, term in enumerate(sums.terms)
        },
        rates=_rates(sums),
    )


def rejection_name(truth: float | None) -> str:
    """Return the name of the share of rejections of "= 0" where this is the truth."""
    if truth is None:
        return "rejection rate"
    return "power" if truth else "type I error"


def _measures(sums: Moments, column: int, truth: float | None) -> Iterator[tuple[str, Measure]]:
    error, squared, variance, half_width, covered = (
        sums.of(quantity, column)
        for quantity in (
            Quantity.ERROR, Quantity.SQUARED_ERROR, Quantity.VARIANCE, Quantity.HALF_WIDTH,
            Quantity.COVERED,
        )
    )  # fmt: skip
    n = error.n
    if truth is not None:
        bias, mse = average(error), average(squared)
        relative = bias.times(100 / truth) if truth else Measure.missing(n, ZERO_TRUTH)
        yield from {"bias": bias, "relative bias": relative, "MSE": mse, "RMSE": root(mse)}.items()
        yield "coverage", proportion(covered.count, n)
    yield "empirical SE", empirical_se(error)
    yield "model SE", model_se(variance)
    yield "relative error of the model SE", relative_error(error, variance)
    # The mean of one estimate lies in its interval whatever the method.
    eliminated = (
        Measure.missing(1, NO_SPREAD) if n == 1 else proportion(sums.covering_mean[column], n)
    )
    yield "bias-eliminated coverage", eliminated
    yield "half width", average(half_width)
    yield from _rejections(sums, column, truth)
    if truth is not None:
        yield from _significant(sums, column, truth)


def _rejections(sums: Moments, column: int, truth: float | None) -> Iterator[tuple[str, Measure]]:
    """Share of rejections among the replicates with an answer, and its bounds by the failures."""
    name = rejection_name(truth)
    rejected = sums.of(Quantity.REJECTED, column)
    replicates = sum(sums.stages)
    failed = replicates - rejected.n
    yield name, proportion(rejected.count, rejected.n)
    yield name + AS_KEPT, proportion(rejected.count, replicates, NO_REPLICATE)
    yield name + AS_REJECTED, proportion(rejected.count + failed, replicates, NO_REPLICATE)


def _significant(sums: Moments, column: int, truth: float) -> Iterator[tuple[str, Measure]]:
    """Wrong signs and exaggeration among the significant (Gelman and Carlin 2014)."""
    size, wrong = sums.of(Quantity.SIZE, column), sums.of(Quantity.WRONG_SIGN, column)
    nothing = NOT_SIGNIFICANT if sums.stages[DONE] else NO_ANSWER
    if truth == 0.0:
        sign = exaggeration = Measure.missing(size.n, ZERO_TRUTH)
    else:
        sign = proportion(wrong.count, wrong.n, nothing)
        exaggeration = average(size, nothing).times(1 / abs(truth))
    yield "type S error", sign
    yield "type M error", exaggeration


def _rates(sums: Moments) -> dict[str, Measure]:
    replicates = sum(sums.stages)
    answered = sums.stages[DONE]
    failed = {f"failed to {step}": sums.stages[stage] for stage, step in STEPS.items()}
    failed["failed"] = replicates - answered
    shares = {name: proportion(count, replicates, NO_REPLICATE) for name, count in failed.items()}
    return {**shares, "singular": proportion(sums.singular, answered)}
