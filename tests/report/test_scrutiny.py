"""The sentences that answer a referee, held against the records that they count."""

from __future__ import annotations

from typing import Any

import pytest

from harness.report import scrutiny_sentences as sentences
from harness.report.reading import Reading

Row = dict[str, Any]
LABELS = {"a": "Deaths", "b": "Deaths, at night", "c": "Injuries"}


def reading(question: str, rows: list[Row]) -> Reading:
    strata = [{"name": "all", "label": "All states"}, {"name": "fast", "label": "Fast"}]
    study = {
        "indicators": [{"name": name, "label": label} for name, label in LABELS.items()],
        "strata": strata, "period_word": "year", "unit_word": "state",
    }  # fmt: skip
    return Reading({"schema": 1, "study": study, "fits": [], "scrutiny": {question: rows}})


def contrast(indicator: str, estimate: float, significant: bool, apart: bool, **more: Any) -> Row:
    return {
        "indicator": indicator, "stratum": "all", "family": "poisson", "contrast": "step0 - pre",
        "estimate": estimate, "significant": significant, "intervals_apart": apart,
        "rules_disagree": significant != apart, **more,
    }  # fmt: skip


def test_contrasts() -> None:
    rows = [
        contrast("a", 0.2, True, True),
        contrast("b", -0.1, True, False),
        contrast("c", 0.0, False, False),
        contrast("a", 0.3, True, False, stratum="fast"),
        contrast("a", 0.3, True, False, contrast="step0 + step1", rules_disagree=None),
    ]
    assert sentences.contrasts(reading("contrasts", rows)) == (
        "Poisson: in the event year 2 of 3 measures depart from the trend before it, 1 of them"
        " upwards. Over all strata the rule of intervals that must not overlap misses 2 of the 3"
        " differences of two stages that the Wald test finds."
    )
    nothing = sentences.contrasts(reading("contrasts", 2 * rows[2:3]))
    assert nothing == (
        "Poisson: in the event year none of 2 measures depart from the trend before it."
        " Over all strata neither rule finds a difference of two stages."
    )


def test_multiplicity() -> None:
    rows = [
        {"stratum": stratum, "family": "nb2", "kind": kind, "significant": first,
         "survives_holm": holm, "survives_benjamini_hochberg": bh}
        for stratum, kind, first, holm, bh in (
            ("all", "stage", True, False, True), ("all", "stage", True, True, True),
            ("all", "stage", False, False, False), ("all", "contrast", True, True, True),
            ("fast", "stage", True, True, True),
        )
    ]  # fmt: skip
    assert sentences.multiplicity(reading("multiplicity", rows)) == (
        "All states. Negative binomial (NB2): of 3 tests of a stage, significant at 5 %: 2 by"
        " themselves, 1 by Holm, 2 by Benjamini and Hochberg."
    )


def test_placebo() -> None:
    rows = [
        {"indicator": i, "stratum": "all", "term": "step0", "observed": 0.1, "p_centred": p}
        for i, p in (("a", 0.01), ("b", 0.049), ("c", 0.05))
    ]
    rows.append({**rows[0], "stratum": "fast"})
    assert sentences.placebo(reading("placebo", rows)) == (
        "Event year: 2 of 3 measures stand out of the placebo estimates (Deaths; Deaths, at night)."
        " Counted by the centred p-value below 5 %."
    )


def test_autocorrelation() -> None:
    rows = [
        {"family": "poisson", "observed": observed, "low": -0.4, "high": -0.2, "p_value": p}
        for observed, p in ((0.1, 0.01), (-0.6, 0.01), (-0.3, 0.6), (-0.19, 0.06))
    ]
    assert sentences.autocorrelation(reading("autocorrelation", rows)) == (
        "Poisson: in 1 of 4 analyses neighbouring residuals go together more than the model has"
        " it, and less in 1."
    )


def test_composition() -> None:
    rows = [
        {"indicator": i, "stratum": "all", "units": 9, "complete_units": complete, "term": "step0",
         "difference_se": moved}
        for i, complete, moved in (("a", 7, 0.4), ("b", 5, -1.2), ("c", 6, 1.0))
    ]  # fmt: skip
    assert sentences.composition(reading("composition", rows)) == (
        "Between 5 and 7 states have a row at every t. Without the others the step at the event"
        " moves by a standard error or more in 2 of 3 measures, most in Deaths, at night (−1.2)."
    )


def regression(expected: float, low: float, high: float, observed: float, most: float) -> Row:
    return {
        "indicator": "a", "stratum": "fast", "level": 0.0, "expected": expected,
        "expected_low": low, "expected_high": high, "at_most": most,
        "observed_difference": observed,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "explained", "could"),
    [
        (regression(0.06, 0.01, 0.1, 0.1, 0.08), 1, 1),
        (regression(0.06, -0.01, 0.1, 0.1, 0.08), 0, 1),  # not clear
        (regression(0.04, 0.01, 0.1, 0.1, 0.08), 0, 1),  # less than half
        (regression(0.04, 0.01, 0.1, 0.1, 0.04), 0, 0),
        (regression(-0.06, -0.1, -0.01, 0.1, -0.08), 0, 0),  # the other way
    ],
)
def test_regression(row: Row, explained: int, could: int) -> None:
    text = sentences.regression(reading("regression_to_the_mean", [row]))
    which = " (Deaths, Fast)" if explained else ""
    assert f"at the event in {explained} of 1 cases{which}; counted" in text
    assert f"went back, it could in {could}." in text
    sign = "−5.8" if row["expected"] < 0 else {0.06: "6.2", 0.04: "4.1"}[row["expected"]]
    assert f"would bring is {sign} % (Deaths, Fast)." in text


def test_bounds() -> None:
    rows = [
        {"indicator": i, "stratum": s, "range_se": width, "conclusion_changes": changed}
        for i, s, width, changed in (
            ("a", "all", 0.0, False), ("b", "all", 0.3, False), ("b", "fast", 2.0, True),
        )
    ]  # fmt: skip
    assert sentences.bounds(reading("bounds", rows)) == (
        "1 measure has suppressed cells in the window. Filling them changes 1 of 3 conclusions at"
        " the 5 % level (Deaths, at night, Fast)."
    )


@pytest.mark.parametrize(
    "question", ["placebo", "autocorrelation", "composition", "regression_to_the_mean", "bounds"]
)
def test_nothing_but_reasons(question: str) -> None:
    keys = ("observed", "units", "level", "range_se", "term", "difference_se")
    row = {"indicator": "a", "stratum": "all", **dict.fromkeys(keys), "reason": "lost"}
    maker = {"regression_to_the_mean": sentences.regression}.get(question)
    maker = maker or getattr(sentences, question)
    assert maker(reading(question, [row])) == "No analysis has an answer."
