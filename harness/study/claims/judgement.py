"""Statements judged by numbers, and the one of them that decides a formula."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.study.claims.decide import Bounds, decide, decide_as_printed, decide_as_seen
from harness.study.claims.outcomes import Outcome, any_of, opposite, unless_supported
from harness.study.claims.patterns import Atom, Combined, Denied, Formula, Lowest
from harness.study.claims.statements import MEDIANS, Side, Statement

# Criteria are taken at settings that give them to 1e-3; models closer than this are not told apart.
SAME_CRITERION = 0.01


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one statement comes to, and the numbers that decided it.

    Attributes
    ----------
    estimate, low, high : float or None
        Difference of the two sides on the log scale with its 95 % interval; of ``Lowest`` the
        margin by which the criterion is lower than every other candidate's, without interval.
    outcome : Outcome
        By the test of the difference.
    as_printed : Outcome
        By the overlap of printed intervals.
    reason : str or None
        Why there are no numbers.
    """

    says: str
    indicator: str
    stratum: str
    estimate: float | None
    low: float | None
    high: float | None
    outcome: Outcome
    as_printed: Outcome
    reason: str | None = None

    @property
    def strength(self) -> float:
        """How far the estimate lies from zero, in widths of its interval."""
        if self.estimate is None or self.low is None or self.high is None:
            return abs(self.estimate or 0.0)
        width = self.high - self.low
        return abs(self.estimate) / width if width > 0.0 else 0.0


def judge(
    atom: Atom,
    bounds: Callable[[Side], Bounds | str],
    advantage: Callable[[Lowest], float | str],
) -> Judgement:
    """Return what a statement made about one analysis comes to.

    Parameters
    ----------
    bounds : callable
        From a sum of stages to its estimate and intervals, or why there are none.
    advantage : callable
        From a criterion to the margin of the study's own impact model, or why there is none.
    """
    if isinstance(atom, Lowest):
        margin = advantage(atom)
        if isinstance(margin, str):
            return _untestable(atom.text, atom.indicator, atom.stratum, margin)
        outcome: Outcome = "supported" if margin > 0.0 else "contradicted"
        if abs(margin) < SAME_CRITERION:
            outcome = "undecided"
        return Judgement(
            atom.text, atom.indicator, atom.stratum, margin, None, None, outcome, outcome
        )
    return _judged(atom, bounds)


def _judged(statement: Statement, bounds: Callable[[Side], Bounds | str]) -> Judgement:
    first = statement.terms[0]
    where = (statement.text, str(first.indicator), str(first.stratum))
    sides = [bounds(side) for side in (statement.difference, statement.left)]
    right = bounds(statement.right) if statement.right else None
    for side in (*sides, right):
        if isinstance(side, str):
            return _untestable(*where, side)
    difference, left = sides
    assert isinstance(difference, Bounds)
    assert isinstance(left, Bounds)
    assert not isinstance(right, str)
    seen = all(term.stage in MEDIANS for term in statement.terms)
    return Judgement(
        *where,
        difference.estimate,
        difference.low,
        difference.high,
        decide(statement.sign, difference),
        decide_as_seen(statement.sign, difference)
        if seen
        else decide_as_printed(statement.sign, left, right),
    )


def _untestable(says: str, indicator: str, stratum: str, reason: str) -> Judgement:
    nothing: Outcome = "not testable"
    return Judgement(says, indicator, stratum, None, None, None, nothing, nothing, reason)


@dataclass(frozen=True, slots=True)
class Found:
    """What a formula comes to, and the statement that decided it."""

    outcome: Outcome
    by: Judgement


@dataclass(frozen=True, slots=True)
class Rule:
    """How statements are decided, and what the denial of a pattern takes."""

    decided: Callable[[Judgement], Outcome]
    denied: Callable[[Outcome], Outcome]


BY_TEST = Rule(lambda judgement: judgement.outcome, opposite)
# The paper prints what is not significant as not being there.
AS_PRINTED = Rule(lambda judgement: judgement.as_printed, unless_supported)


def found(formula: Formula, judged: Callable[[Atom], Judgement], rule: Rule) -> Found:
    """Return what a formula comes to by one rule, and the statement that decided it.

    Of parts that must all hold the strongest contradiction decides, or else the weakest part; of
    alternatives the strongest support, or else the one that comes nearest.
    """
    match formula:
        case Combined(combine, parts):
            each = [found(part, judged, rule) for part in parts]
            outcome = combine([one.outcome for one in each])
            same = [one for one in each if one.outcome == outcome] or each
            settled = "supported" if combine is any_of else "contradicted"
            chosen = (max if outcome == settled else min)(same, key=lambda one: one.by.strength)
            return Found(outcome, chosen.by)
        case Denied(part):
            one = found(part, judged, rule)
            return Found(rule.denied(one.outcome), one.by)
        case _:
            judgement = judged(formula)
            return Found(rule.decided(judgement), judgement)
