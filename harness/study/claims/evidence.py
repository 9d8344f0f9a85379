"""Estimates of sums of stages from the fits of one engine.

Within a fit the covariance of the estimates is known. Strata have no unit in common, so that their
estimates are independent and variances add up. Different indicators of the same units are not
independent, and no fit says how much: their standard errors add up, which is the most that the
standard error of a difference can be.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from harness.result import FitResult
from harness.scrutiny.contrasts import linear_contrast
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
        return f"{term.stage}[{term.stratum}]" if split else term.stage

    def _summed(self, by_fit: dict[PlannedFit, dict[str, float]]) -> Bounds | str:
        estimate, df = 0.0, math.inf
        variances: dict[str, float] = defaultdict(float)
        for planned, weights in by_fit.items():
            fit = self.run.fits[planned]
            if fit.failure is not None:
                return f"{fit.engine} gave no answer: {fit.failure}"
            missing = [name for name in weights if name not in fit.params.index]
            if missing:
                return f"the model has no term {missing[0]!r}"
            found = linear_contrast(fit, weights)
            if not np.isfinite(found.estimate + found.se):
                return f"{fit.engine} gave no standard error"
            estimate += found.estimate
            variances[planned.cell.indicator] += found.se**2
            df = min(df, _degrees(fit))
        return Bounds.wald(estimate, sum(map(math.sqrt, variances.values())), df)


def _degrees(fit: FitResult) -> float:
    """Degrees of freedom of a fit's intervals: the smallest over its terms, where they are t."""
    df = fit.df
    return math.inf if df is None else float(np.min(df))


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
