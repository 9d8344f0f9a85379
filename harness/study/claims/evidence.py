"""Estimates of sums of stages from the fits of one engine.

Within a fit the covariance of the estimates is known. Strata have no unit in common, so that their
estimates are independent and variances add up. Different indicators of the same units, and the
whole panel and one of its strata, are not independent, and no fit says how much: their standard
errors add up, which is the most that the standard error of a difference can be.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from harness.result import FitResult
from harness.scrutiny.contrasts import linear_contrast
from harness.segments import stratum_term
from harness.study.claims.decide import Bounds
from harness.study.claims.parts import Basis
from harness.study.claims.statements import Side, Term
from harness.study.config import BASE, Study
from harness.study.plan import WHOLE_PANEL, Cell, PlannedFit, fits_of
from harness.study.runner import StudyRun


@dataclass(frozen=True, slots=True, eq=False)
class FitEvidence:
    """What the fits of one engine under one basis say."""

    run: StudyRun
    basis: Basis
    engine: str

    def bounds(self, side: Side) -> Bounds | str:
        """Return the estimate of a sum of stages, or why there is none."""
        by_fit: dict[PlannedFit, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for weight, term in side:
            planned = planned_fit(self.run.study, self.basis, self.engine, term)
            if planned is None:
                return "nobody was asked to fit it"
            if planned.cell in self.run.data.unfit:
                return self.run.data.unfit[planned.cell]
            by_fit[planned][self._name(planned.cell, term)] += weight
        return self._summed(by_fit)

    def _name(self, cell: Cell, term: Term) -> str:
        variant = self.run.study.variant(cell.variant)
        split = variant is not None and bool(variant.by_stratum)
        return stratum_term(term.stage, str(term.stratum)) if split else term.stage

    def _summed(self, by_fit: dict[PlannedFit, dict[str, float]]) -> Bounds | str:
        estimate, df = 0.0, math.inf
        errors: dict[str, dict[str, float]] = defaultdict(dict)
        for planned, weights in by_fit.items():
            fit = self.run.fits[planned]
            reason = _unusable(fit, weights)
            if reason is not None:
                return reason
            found = linear_contrast(fit, weights)
            if not np.isfinite(found.estimate + found.se):
                return f"{fit.engine} gave no standard error"
            estimate += found.estimate
            errors[planned.cell.indicator][planned.cell.stratum] = found.se
            df = min(df, _degrees(fit, weights))
        return Bounds.wald(estimate, sum(map(_together, errors.values())), df)


def _unusable(fit: FitResult, weights: dict[str, float]) -> str | None:
    """Why a fit cannot judge; None where it can."""
    if fit.failure is not None:
        return f"{fit.engine} gave no answer: {fit.failure}"
    if not fit.converged:
        return f"{fit.engine} did not converge"
    missing = [name for name in weights if name not in fit.params.index]
    return f"the model has no term {missing[0]!r}" if missing else None


def _together(by_stratum: dict[str, float]) -> float:
    """Standard error of a sum over strata, which share no unit unless one is the whole panel."""
    if WHOLE_PANEL in by_stratum:
        return sum(by_stratum.values())
    return math.hypot(*by_stratum.values())


def _degrees(fit: FitResult, terms: dict[str, float]) -> float:
    """Degrees of freedom of t: of the fit, or one less than the units of a stratum within it."""
    if fit.df is None:
        return math.inf
    design = fit.design
    columns = [design.exog_names.index(term) for term in terms if "[" in term]
    units = [len(set(design.groups[design.exog[:, k] != 0])) - 1.0 for k in columns]
    return min(float(np.min(fit.df)), *units, math.inf)


def planned_fit(study: Study, basis: Basis, engine: str, term: Term) -> PlannedFit | None:
    """Return the fit that a term is read from, at the engine's sharpest settings."""
    cell = cell_of(study, basis, term)
    if cell is None:
        return None
    own = [planned for planned in fits_of(study, cell) if planned.engine == engine]
    return max(own, key=lambda planned: planned.settings == "tight", default=None)


def cell_of(study: Study, basis: Basis, term: Term) -> Cell | None:
    """Return the analysis that a term is read from under a basis."""
    indicator = study.indicator(str(term.indicator))
    for name in basis.variants:
        if name == BASE:
            return Cell(indicator.name, str(term.stratum), BASE)
        variant = study.variant(name)
        if variant is None:
            continue
        if variant.by_stratum and term.stratum == WHOLE_PANEL:
            continue
        stratum = WHOLE_PANEL if variant.by_stratum else str(term.stratum)
        if variant.concerns(indicator, stratum):
            return Cell(indicator.name, stratum, name)
    return None
