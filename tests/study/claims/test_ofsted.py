"""The claims of the built-in study, held against the truth that Simulated England is drawn from.

That truth was written so that the paper's sentences hold, apart from this ledger: two readings of
the same text, which must agree.
"""

from __future__ import annotations

import re

import pytest

from harness.resources import folder
from harness.sources.england import truth
from harness.study.claims.decide import Bounds
from harness.study.claims.judgement import BY_TEST, found, judge
from harness.study.claims.patterns import atoms
from harness.study.claims.statements import Side
from harness.study.loading import find_study, load_study

# As if nothing were estimated.
NO_ERROR = 1e-9
STUDY = load_study(find_study("ofsted"))
EXPECTED = {f"P{k}" for k in range(1, 15)} | {f"S{k}" for k in range(1, 16)} | {"M1", "M2"}
# What the truth leaves open or denies, and why.
EXCEPTIONS = {
    "P0": ("contradicted", "most of provision turns into a decline there, which is a reversal"),
    "P5": ("undecided", "care orders and plans grow alike before the event"),
    "P9": ("contradicted", "the trend turns by 2.7 %, for the paper a discontinuity as well"),
    "S3": ("contradicted", "growth goes on more slowly, which is a levelling off"),
    "S13": ("contradicted", "elsewhere there is a decline of up to 5 %"),
    "S15": ("contradicted", "spend on looked-after children falls by half a per cent"),
    "M1": ("not testable", "medians are no part of the truth"),
}


@pytest.fixture(scope="module")
def values() -> dict[tuple[str, str, str], float]:
    rows = truth(folder("england-simulated")).itertuples()
    return {(row.indicator, row.stratum, row.term): row.value for row in rows}


def test_every_claim_of_the_paper_is_there() -> None:
    assert {claim.id for claim in STUDY.claims} == EXPECTED | {"P0"}


@pytest.mark.parametrize("claim", STUDY.claims, ids=lambda claim: claim.id)
def test_the_ledger_and_the_truth_read_the_paper_alike(values, claim) -> None:
    def bounds(side: Side) -> Bounds | str:
        keys = [(term.indicator, term.stratum, term.stage) for _, term in side]
        if not set(keys) <= set(values):
            return "not in the truth"
        total = sum(weight * values[key] for (weight, _), key in zip(side, keys, strict=True))
        return Bounds.wald(total, NO_ERROR)

    formula = claim.formula()
    judged = {atom: judge(atom, bounds, lambda _: 1.0) for atom in atoms(formula)}
    outcome = found(formula, judged.__getitem__, BY_TEST).outcome
    expected, _ = EXCEPTIONS.get(claim.id, ("supported", ""))
    assert outcome == expected, [j for j in judged.values() if j.outcome != "supported"]


def test_texts_are_sentences() -> None:
    for claim in STUDY.claims:
        assert re.fullmatch(r"[A-Z].*\.", claim.text), claim.id
