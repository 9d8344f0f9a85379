"""How far every fit of a study lies from the exact maximum of its analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from harness.concordance.agreement.maximum import distance, reference_fit
from harness.concordance.exact import exact_point
from harness.glmm.separation import unbounded_terms
from harness.result import FitResult
from harness.study.plan import Cell, PlannedFit
from harness.study.writable import number

NOBODY = "no fit of this analysis has a likelihood that can be evaluated exactly"
NO_MAXIMUM = "the likelihood has no maximum"
OTHER_TERMS = "its terms are not those of the reference"
NUMBERS = ("reference_decrement", "diff_se", "rel_se", "digits")


def distances(fits: Mapping[PlannedFit, FitResult]) -> list[dict[str, Any]]:
    """Return one record a fit, in the order of the fits.

    Each holds the fit that stands for the exact maximum, how far that one may itself be off (its
    Newton decrement, in standard errors), and the largest differences; nulls and a reason where
    there is none.
    """
    cells: dict[Cell, dict[PlannedFit, FitResult]] = {}
    for planned, fit in fits.items():
        cells.setdefault(planned.cell, {})[planned] = fit
    found = {planned.id: row for own in cells.values() for planned, row in _of_one(own)}
    return [found[planned.id] for planned in fits]


def _of_one(own: Mapping[PlannedFit, FitResult]) -> Iterator[tuple[PlannedFit, dict[str, Any]]]:
    reference = reference_fit(list(own.values()))
    names = {id(fit): planned.id for planned, fit in own.items()}
    for planned, fit in own.items():
        if reference is None:
            yield planned, _nothing(planned, None, fit.failure or _why_nobody(fit))
            continue
        name, apart = names[id(reference)], distance(fit, reference)
        if apart is None:
            yield planned, _nothing(planned, name, fit.failure or OTHER_TERMS)
            continue
        yield (
            planned,
            {
                "fit": planned.id,
                "reference": name,
                "reference_decrement": number(exact_point(reference).decrement),
                "diff_se": number(apart.diff_se),
                "rel_se": number(apart.rel_se),
                "digits": number(apart.digits),
                "reason": None if number(apart.rel_se) is not None else "it has no standard errors",
            },
        )


def _why_nobody(fit: FitResult) -> str:
    return NO_MAXIMUM if unbounded_terms(fit.design) else NOBODY


def _nothing(planned: PlannedFit, reference: str | None, reason: str) -> dict[str, Any]:
    nulls = dict.fromkeys(NUMBERS)
    return {"fit": planned.id, "reference": reference, **nulls, "reason": reason}
