"""The claims ledger: every claim judged by every basis and engine that fitted what it needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from harness.report.rounding import fixed
from harness.result import FitResult
from harness.study.claims.decide import Bounds
from harness.study.claims.evidence import FitEvidence, cell_of, planned_fit
from harness.study.claims.judgement import AS_PRINTED, BY_TEST, Found, Judgement, found, judge
from harness.study.claims.medians import median_bounds
from harness.study.claims.outcomes import OUTCOMES, Outcome
from harness.study.claims.parts import Basis, Claim
from harness.study.claims.patterns import Atom, Lowest, atoms, conjuncts
from harness.study.claims.statements import MEDIANS, Side, Term
from harness.study.plan import fits_of
from harness.study.runner import StudyRun
from harness.study.selection import Selection, candidates, selections
from harness.study.writable import number

# What medians are judged by, which no engine is needed for.
PANEL = "panel"


def ledger(run: StudyRun) -> list[dict[str, Any]]:
    """Return one record a claim, basis and engine, as ``results.json`` has them."""
    chosen = selections(run)
    medians = cache(lambda term: _median(run, term))
    return [
        _record(run, claim, basis, engine, chosen, medians)
        for claim in run.study.claims
        for basis, engine in _judges(run, claim)
    ]


def _judges(run: StudyRun, claim: Claim) -> Iterator[tuple[Basis, str]]:
    """Return the bases and engines that were asked for all that a claim needs."""
    terms = _fitted_terms(claim)
    if not terms:
        yield Basis(name="medians", label="Median rates", variants=["base"]), PANEL
        return
    for basis in run.study.claims_by:
        engines = dict.fromkeys(
            planned.engine
            for term in terms
            if (cell := cell_of(run.study, basis, term)) is not None
            for planned in fits_of(run.study, cell)
        )
        for engine in engines:
            if all(planned_fit(run.study, basis, engine, term) for term in terms) and all(
                _candidates(run, basis, engine, atom) for atom in _choices(claim)
            ):
                yield basis, engine


def _choices(claim: Claim) -> list[Lowest]:
    return [atom for atom in atoms(claim.formula()) if isinstance(atom, Lowest)]


def _candidates(run: StudyRun, basis: Basis, engine: str, atom: Lowest) -> bool:
    """Whether an engine was asked for other impact models of an analysis."""
    cell = cell_of(run.study, basis, atom.terms[0])
    others = list(candidates(run.study, cell.variant).values())[1:] if cell else []
    return bool(others) and all(
        engine in variant.engines for name in others if (variant := run.study.variant(name))
    )


def _fitted_terms(claim: Claim) -> list[Term]:
    terms = (term for atom in atoms(claim.formula()) for term in atom.terms)
    return list(dict.fromkeys(term for term in terms if term.stage not in MEDIANS))


def _record(
    run: StudyRun,
    claim: Claim,
    basis: Basis,
    engine: str,
    chosen: list[Selection],
    medians: Callable[[Term], Bounds | str],
) -> dict[str, Any]:
    evidence = FitEvidence(run, basis, engine)

    def bounds(side: Side) -> Bounds | str:
        if side and all(term.stage in MEDIANS for _, term in side):
            return _of_medians(side, medians)
        return evidence.bounds(side)

    def advantage(atom: Lowest) -> float | str:
        return _advantage(run, basis, engine, chosen, atom)

    formula = claim.formula()
    judged: dict[Atom, Judgement] = {}
    for atom in atoms(formula):
        judged.setdefault(atom, judge(atom, bounds, advantage))
    tested, printed = (found(formula, judged.__getitem__, r) for r in (BY_TEST, AS_PRINTED))
    held = [
        [found(part, judged.__getitem__, rule).outcome for part in conjuncts(formula)]
        for rule in (BY_TEST, AS_PRINTED)
    ]
    fit = _any_fit(run, engine)
    return {
        "id": claim.id,
        "text": claim.text,
        "indicator": ", ".join(claim.indicators),
        "stratum": ", ".join(claim.strata),
        "basis": basis.name,
        "basis_label": basis.label,
        "engine": engine,
        "language": fit.language if fit else None,
        "estimator": fit.estimator if fit else None,
        "family": ", ".join(_families(run, basis, claim)),
        "result": tested.outcome,
        "result_as_printed": printed.outcome,
        "parts": len(held[0]),
        "parts_supported": held[0].count("supported"),
        "parts_supported_as_printed": held[1].count("supported"),
        "evidence": sentence(run, tested, held[0]),
        "statements": [_statement(one) for one in judged.values()],
    }


def _of_medians(side: Side, medians: Callable[[Term], Bounds | str]) -> Bounds | str:
    [(weight, term)] = side
    found_bounds = medians(term)
    if isinstance(found_bounds, str) or weight > 0:
        return found_bounds
    return found_bounds.mirrored


def _median(run: StudyRun, term: Term) -> Bounds | str:
    panel = run.data.panels[str(term.indicator)].restricted(str(term.stratum))
    name = f"{term.indicator}\0{term.stratum}\0{term.stage}"
    return median_bounds(panel, term.stage, run.options.seed, name)


def _advantage(
    run: StudyRun, basis: Basis, engine: str, chosen: list[Selection], atom: Lowest
) -> float | str:
    cell = cell_of(run.study, basis, atom.terms[0])
    for one in chosen:
        if cell and (one.indicator, one.stratum, one.variant, one.engine) == (
            cell.indicator, cell.stratum, cell.variant, engine,
        ):  # fmt: skip
            return one.advantage(atom.criterion)
    return "the other impact models were not all fitted to the same rows"


def _families(run: StudyRun, basis: Basis, claim: Claim) -> list[str]:
    cells = [cell_of(run.study, basis, term) for term in _fitted_terms(claim)]
    fitted = [run.data.designs[cell].family for cell in cells if cell and cell in run.data.designs]
    return list(dict.fromkeys(fitted))


def _any_fit(run: StudyRun, engine: str) -> FitResult | None:
    return next((fit for planned, fit in run.fits.items() if planned.engine == engine), None)


def _statement(one: Judgement) -> dict[str, Any]:
    return {
        "says": one.says,
        "indicator": one.indicator,
        "stratum": one.stratum,
        "estimate": number(one.estimate),
        "low": number(one.low),
        "high": number(one.high),
        "result": one.outcome,
        "as_printed": one.as_printed,
        "reason": one.reason,
    }


def sentence(run: StudyRun, tested: Found, parts: list[Outcome]) -> str:
    """Say which statement decided, with its numbers, and what the claim's parts come to."""
    one = tested.by
    label = run.study.indicator(one.indicator).label
    text = f"{label}, {one.stratum}: {one.says}: {_numbers(one)}"
    if len(parts) == 1:
        return text
    counts = [f"{n} {outcome}" for outcome in OUTCOMES if (n := parts.count(outcome))]
    return f"{text} (of {len(parts)} statements {', '.join(counts)})"


def _numbers(one: Judgement) -> str:
    if one.estimate is None:
        return str(one.reason)
    if one.low is None or one.high is None:
        away = fixed(abs(one.estimate), 1)
        return f"{away} {'below' if one.estimate > 0 else 'above'} the lowest of the others"
    low, middle, high = (fixed(100 * math.expm1(x), 1) for x in (one.low, one.estimate, one.high))
    return f"{middle} % ({low} to {high} %)"
