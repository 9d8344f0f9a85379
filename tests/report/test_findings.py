from __future__ import annotations

import math

import pytest

from harness.report.derived import overdispersion
from harness.report.findings import finding
from harness.report.reading import Reading
from harness.report.status import status
from harness.report.tables.concordance import pairs_table, severity
from harness.report.tables.estimators import estimators_table
from harness.report.tables.fits import messages_table


def _limits(change: float, low: float, high: float) -> dict[str, float]:
    b, a, c = (math.log1p(x / 100) for x in (change, low, high))
    return {"estimate": b, "se": (c - a) / 3.92, "ci_low": a, "ci_high": c}


def _write(results, **terms):
    for fit in results["fits"]:
        if fit["variant"] == "base":
            fit["params"].update({term: _limits(*values) for term, values in terms.items()})


def _finding(results):
    reading = Reading(results)
    return finding(reading, overdispersion(reading)[0])


def test_sentences_say_what_the_numbers_say(make_results):
    results = make_results(indicators=1, strata=("all",), nb2=False)
    _write(
        results, step0=(-6, -9, -3), step1=(2, 1, 3), pre=(0.5, -1, 2), post=(-1.5, -2.5, -0.04),
    )  # fmt: skip
    text = " ".join(_finding(results).sentences).replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith(
        "In the event year it fell by 6.0 % (−9.0 to −3.0); in the year after it rose by 2.0 %"
        " (1.0 to 3.0). Before the event there was no clear trend (0.5 % a year, −1.0 to 2.0);"
        " afterwards it fell by 1.5 % a year (−2.50 to −0.04)."
    )
    chained = 100 * 1.005**2 * 0.94 * 1.02 * 0.985**2
    assert f"100 three years before the event became {chained:.1f} three years after" in text


def test_a_changed_conclusion_is_a_caution(make_results):
    results = make_results(indicators=1, strata=("all",))
    _write(results, step0=(-6, -9, -3), step1=(2, 1, 3), pre=(1, 0.5, 2), post=(1, 0.5, 2))
    nb2 = next(fit for fit in results["fits"] if fit["family"] == "nb2")
    base = next(fit for fit in results["fits"] if fit["variant"] == "base")
    nb2["params"] = base["params"] | {"step0": _limits(-6, -12, 1)}
    found = _finding(results)
    assert found.cautious
    assert "the change in the event year is no longer clear" in found.check
    nb2["params"] = base["params"]
    assert not _finding(results).cautious


def test_an_opposite_significant_sign_is_a_changed_conclusion(make_results):
    results = make_results(indicators=1, strata=("all",))
    _write(results, step0=(-6, -9, -3))
    nb2 = next(fit for fit in results["fits"] if fit["family"] == "nb2")
    base = next(fit for fit in results["fits"] if fit["variant"] == "base")
    nb2["params"] = base["params"] | {"step0": _limits(6, 3, 9)}
    assert overdispersion(Reading(results))[0].changed == ("step0",)


def _calm(results):
    """Take every warning out but those a case puts in."""
    for null in results["dispersion_null"]:
        null["observed"] = 0.9
    results["fits"] = [fit for fit in results["fits"] if fit["variant"] == "base"]
    for pair in results["comparisons"]:
        pair["cause"] = "estimator" if pair["cause"] else None


@pytest.mark.parametrize(
    ("case", "light"),
    [("calm", "green"), ("overdispersed", "amber"), ("unexplained", "amber"), ("short", "red")],
)
def test_the_light_follows_the_checks(make_results, case, light):
    results = make_results(indicators=1)
    _calm(results)
    results["counts"]["fits_done"] = results["counts"]["fits_expected"] = len(results["fits"])
    if case == "overdispersed":
        results["dispersion_null"][0]["observed"] = 1.2
    if case == "unexplained":
        results["comparisons"][-1]["cause"] = "unexplained"
    if case == "short":
        results["verdict"]["ok"] = False
    reading = Reading(results)
    assert status(reading, overdispersion(reading)).light == light


def test_comparisons_stand_worst_first(make_results):
    results = make_results(indicators=2)
    exact = Reading(results).exact_pairs
    exact[5]["verdict"], exact[5]["cause"] = "discordant", "optimiser"
    exact[7]["verdict"], exact[7]["cause"] = "discordant", "unexplained"
    exact[9]["verdict"] = "not comparable"
    ordered = sorted(exact, key=severity)
    assert ordered[:3] == [exact[7], exact[5], exact[9]]
    shown = pairs_table(Reading(results), exact, "pairs", "")
    assert [row[3].text for row in shown.rows[:3]] == [
        "≠ discordant", "≠ discordant", "∅ not comparable",
    ]  # fmt: skip


def test_different_estimators_get_no_verdict(make_results):
    reading = Reading(make_results(indicators=1))
    assert reading.other_pairs
    assert not [pair for pair in reading.other_pairs if pair in reading.exact_pairs]
    table = estimators_table(reading)
    assert table is not None
    tones = {cell.tone for row in table.rows for cell in row}
    assert not tones & {"bad", "near", "good"}


def test_messages_that_differ_in_numbers_count_as_one(make_results):
    results = make_results(indicators=2, strata=("all",))
    texts = ["|grad| = 0.0021 (tol = 0.002)", "|grad| = 1.7e-05 (tol = 0.002)", "hung"]
    for fit, text in zip(results["fits"], texts, strict=False):
        fit |= {"engine": "lme4", "settings": "tight"}
        fit["messages"] = [{"kind": "gradient", "text": text}]
    for fit in results["fits"][len(texts) :]:
        fit["messages"] = []
    table = messages_table(Reading(results))
    assert table is not None
    assert [(row[2].text, row[3].text) for row in table.rows] == [("2", texts[0]), ("1", "hung")]
    assert table.rows[0][3].sub == "and 1 more that differ in numbers only"


@pytest.mark.parametrize(
    ("engines", "voices"),
    [
        (("lme4", "glmmtmb", "laplace"), ["lme4 tight", "laplace tight"]),
        (("glmmtmb", "statsmodels-map"), ["glmmtmb tight"]),
        (("laplace",), ["laplace tight"]),
        (("statsmodels-vb",), ["statsmodels-vb tight"]),
    ],
)
def test_one_engine_speaks_for_each_language(make_results, engines, voices):
    reading = Reading(make_results(indicators=1, strata=("all",), engines=engines))
    assert [voice.name for voice in reading.voices] == voices
