"""The claims of a paper in the report: counted, compared between languages, every number shown."""

from __future__ import annotations

import pytest

from harness.report.document import document
from harness.report.frames import all_frames
from harness.report.markdown import markdown
from harness.report.paths import paths_of
from harness.report.reading import Reading

STATEMENT = {
    "says": "step0 > pre", "indicator": "deaths", "stratum": "all", "estimate": 0.1,
    "low": 0.05, "high": 0.15, "result": "supported", "as_printed": "undecided", "reason": None,
}  # fmt: skip


def claim(name: str, basis: str, language: str, result: str, printed: str = "undecided"):
    engine = {"R": "lme4", "Python": "laplace", "": "panel"}[language]
    return {
        "id": name, "text": f"What {name} says", "indicator": "deaths", "stratum": "all",
        "basis": basis, "basis_label": basis.upper(), "engine": engine, "language": language,
        "estimator": "maximum likelihood", "parts": 1, "parts_supported": 1,
        "parts_supported_as_printed": 0, "family": basis, "result": result, "result_as_printed": printed,
        "evidence": f"{name} by {engine}", "statements": [STATEMENT],
    }  # fmt: skip


AGREED = [
    claim("A", "poisson", "R", "supported", "supported"),
    claim("A", "poisson", "Python", "supported", "supported"),
    claim("A", "nb2", "Python", "undecided"),
    claim("B", "poisson", "R", "supported"),
    claim("B", "poisson", "Python", "supported"),
    claim("B", "nb2", "Python", "supported"),
    claim("C", "poisson", "R", "contradicted", "contradicted"),
    claim("C", "poisson", "Python", "contradicted", "contradicted"),
]
# Another estimator is no second opinion on the same model.
VARIATIONAL = {**claim("A", "poisson", "Python", "contradicted"), "engine": "statsmodels-vb",
               "estimator": "variational Bayes"}  # fmt: skip
SPLIT = [*AGREED[:7], claim("C", "poisson", "Python", "undecided", "contradicted")]


@pytest.fixture
def told(make_results):
    def text(claims) -> str:
        results = make_results(indicators=1, strata=("all",))
        results["claims"] = claims
        made = document(Reading(results))
        return markdown(made, paths_of(made))

    return text


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        (AGREED, ("Of 3 sentences, judged as the paper judged (by intervals that overlap or do not),"
                 " 1 supported, 1 contradicted, 1 undecided; by a test of each difference, 2"
                 " supported, 1 contradicted.")),
        (AGREED, "R and Python come to the same end in all 3 judgements that both made."),
        (AGREED, "| POISSON (intervals that overlap, as the paper did) | 1 (A) | 1 (C) | 1 (B) | 0 |"),
        (AGREED, "| POISSON (a test of each difference) | 2 (A, B) | 1 (C) | 0 | 0 |"),
        (AGREED, "| NB2 (a test of each difference) | 1 (B) | 0 | 1 (A) | 0 |"),
        ([*AGREED, VARIATIONAL], "R and Python come to the same end in all 3 judgements"),
        ([*AGREED, claim("M", "medians", "", "undecided")],
         "Both by POISSON (M by the medians of the data), as in the paper;"),
        (SPLIT, "R and Python come to different ends on C (POISSON)."),
        (SPLIT, "R: contradicted; Python: undecided"),
    ],
)  # fmt: skip
def test_the_report_opens_with_what_became_of_the_claims(told, claims, said: str) -> None:
    assert said in told(claims).replace("\\", "")


def test_every_statement_has_its_numbers(make_results) -> None:
    results = make_results(indicators=1, strata=("all",))
    results["claims"] = AGREED
    frames = all_frames(Reading(results))
    assert len(frames["claims"]) == len(AGREED)
    statements = frames["claim_statements"]
    assert list(statements["engine"]) == [one["engine"] for one in AGREED]
    assert set(statements["estimate"]) == {STATEMENT["estimate"]}


def test_a_study_without_claims_says_nothing_of_them(told) -> None:
    assert "What the paper says" not in told([])
