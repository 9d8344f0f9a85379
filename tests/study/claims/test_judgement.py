"""Which statement decides a formula, and by which rule."""

from __future__ import annotations

import pytest

from harness.study.claims.decide import Bounds
from harness.study.claims.judgement import AS_PRINTED, BY_TEST, found, judge
from harness.study.claims.patterns import about, atoms, conjuncts, every, most, parse_formula
from harness.study.claims.statements import Side

SE = 0.01


def come_to(formula, stages: dict[str, float], rule=BY_TEST, margin: float = 1.0):
    """What a formula comes to where the stages are independent with one standard error."""

    def bounds(side: Side) -> Bounds | str:
        if any(term.stage not in stages for _, term in side):
            return "nobody knows"
        total = sum(weight * stages[term.stage] for weight, term in side)
        return Bounds.wald(total, SE * sum(weight**2 for weight, _ in side) ** 0.5)

    made = about(formula, "deaths", "all")
    judged = {atom: judge(atom, bounds, lambda _: margin) for atom in atoms(made)}
    return found(made, judged.__getitem__, rule)


@pytest.mark.parametrize(
    ("text", "stages", "outcome", "by"),
    [
        # Rising before, and rising faster afterwards: the falling alternative is not to the point.
        ("levelling off", {"pre": 0.04, "post": 0.08}, "contradicted", "post < pre"),
        ("levelling off", {"pre": -0.04, "post": -0.08}, "contradicted", "post > pre"),
        ("levelling off", {"pre": 0.09, "post": 0.04}, "supported", "post < pre"),
        ("reversal", {"pre": 0.09, "post": 0.04}, "contradicted", "post < 0"),
        ("spike", {"pre": 0.0, "step0": 0.2, "step1": 0.05}, "contradicted", "step1 < 0"),
        ("spike", {"pre": 0.0, "step0": 0.2, "step1": -0.05}, "supported", "step1 < 0"),
        ("spike", {"step0": 0.2, "step1": -0.05}, "not testable", "step0 > pre"),
    ],
)
def test_the_statement_to_the_point_decides(text, stages, outcome: str, by: str) -> None:
    one = come_to(parse_formula(text), stages)
    assert (one.outcome, one.by.says) == (outcome, by)


@pytest.mark.parametrize(
    ("post", "tested", "printed"),
    [(0.02, "contradicted", "contradicted"), (0.10, "supported", "supported"),
     (0.049, "undecided", "supported")],
)  # fmt: skip
def test_what_is_not_shown_is_printed_as_not_being_there(post, tested, printed) -> None:
    formula, stages = parse_formula("no levelling off"), {"pre": 0.06, "post": post}
    assert come_to(formula, stages).outcome == tested
    assert come_to(formula, stages, AS_PRINTED).outcome == printed


@pytest.mark.parametrize(
    ("step0", "tested", "printed"),
    [(0.05, "supported", "supported"), (0.01, "undecided", "supported"),
     (-0.01, "undecided", "contradicted")],
)  # fmt: skip
def test_medians_are_printed_as_they_are_seen(step0: float, tested: str, printed: str) -> None:
    formula = parse_formula("median0 > 0")
    assert come_to(formula, {"median0": step0}).outcome == tested
    assert come_to(formula, {"median0": step0}, AS_PRINTED).outcome == printed


@pytest.mark.parametrize(
    ("margin", "outcome"),
    [(5.0, "supported"), (-5.0, "contradicted"), (0.001, "undecided"), (-0.001, "undecided")],
)
def test_criteria_nearer_than_they_are_known_decide_nothing(margin: float, outcome: str) -> None:
    assert come_to(parse_formula("lowest AIC"), {}, margin=margin).outcome == outcome


def test_alternatives_are_one_part_of_a_claim() -> None:
    rise, spike, off = map(parse_formula, ("pre > 0", "spike", "levelling off"))
    assert len(list(conjuncts(every(rise, spike, off)))) == 1 + 3 + 1
    assert len(list(conjuncts(most(rise, spike, off)))) == 1
