"""Statements and patterns: what they mean, and what is refused."""

from __future__ import annotations

import itertools

import pytest

from harness.errors import ConfigError
from harness.study.claims.outcomes import all_of, any_of, most_of, opposite
from harness.study.claims.patterns import about, atoms, parse_formula
from harness.study.claims.statements import Term, parse_statement

OUTCOMES = ("supported", "contradicted", "undecided", "not testable")
# Kleene's three values; data that lack are as little known as what is undecided.
TRUTH = {"supported": 1.0, "undecided": 0.5, "not testable": 0.5, "contradicted": 0.0}


@pytest.mark.parametrize(
    ("text", "left", "sign", "right"),
    [
        ("step0 > 0", [(1, Term("step0"))], ">", []),
        ("step0>pre", [(1, Term("step0"))], ">", [(1, Term("pre"))]),
        ("post >~ pre", [(1, Term("post"))], ">~", [(1, Term("pre"))]),
        ("step0 ~ 0", [(1, Term("step0"))], "~", []),
        (
            "2 pre + step0 - step1 < 0",
            [(2, Term("pre")), (1, Term("step0")), (-1, Term("step1"))],
            "<",
            [],
        ),
        (
            "step1[inadequate] > step1{icpc_15days}",
            [(1, Term("step1", "inadequate"))],
            ">",
            [(1, Term("step1", None, "icpc_15days"))],
        ),
    ],
)
def test_a_statement_is_two_sums_of_stages(text, left, sign, right) -> None:
    found = parse_statement(text)
    assert (list(found.left), found.sign, list(found.right)) == (left, sign, right)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("step0", "is no statement"),
        ("step0 > pre > post", "is no statement"),
        ("step0 = pre", "is no statement"),
        ("step2 > 0", "'step2' is no stage"),
        ("step0 pre > 0", "is no sum of stages"),
        ("step0 > 3", "is no sum of stages"),
        ("spiek", "or a pattern: rise at event"),
        ("no spiek", "or a pattern"),
        ("largest pre", "needs among"),
        ("largest rise", "use one of pre"),
        ("step0 > step0", "says nothing"),
        ("0 > 0", "says nothing"),
        ("2 median0 > 0", "compared with 0 only"),
        ("median0 > median1", "compared with 0 only"),
    ],
)
def test_what_is_no_statement_is_refused_in_one_line(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        parse_formula(text)
    assert "\n" not in str(caught.value)


def test_a_statement_is_made_about_one_analysis() -> None:
    made = about(parse_formula("step0 > step0[south]"), "deaths", "north")
    [atom] = atoms(made)
    assert atom.terms == (Term("step0", "north", "deaths"), Term("step0", "south", "deaths"))


def test_the_largest_is_above_every_other() -> None:
    made = about(parse_formula("largest pre", ["b", "c"]), "a", "all")
    assert [atom.terms[1].indicator for atom in atoms(made)] == ["b", "c"]


@pytest.mark.parametrize("outcomes", list(itertools.product(OUTCOMES, repeat=2)))
def test_outcomes_combine_as_kleene_has_it(outcomes) -> None:
    values = [TRUTH[outcome] for outcome in outcomes]
    assert TRUTH[all_of(outcomes)] == min(values)
    assert TRUTH[any_of(outcomes)] == max(values)
    assert TRUTH[opposite(outcomes[0])] == 1.0 - values[0]
    # De Morgan.
    assert opposite(all_of(outcomes)) == any_of([opposite(outcome) for outcome in outcomes])


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        (["supported", "supported", "contradicted"], "supported"),
        (["supported", "contradicted"], "contradicted"),
        (["supported", "supported", "contradicted", "contradicted"], "contradicted"),
        (["contradicted", "contradicted", "undecided"], "contradicted"),
        (["supported", "undecided", "undecided"], "undecided"),
        (["supported", "not testable"], "undecided"),
        (["supported", "supported", "not testable"], "supported"),
        (["not testable", "not testable"], "not testable"),
    ],
)
def test_most_is_more_than_half(outcomes, expected: str) -> None:
    assert most_of(outcomes) == expected
