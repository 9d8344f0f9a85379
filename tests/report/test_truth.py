"""Truth beside estimate: which intervals hold it, counted by family."""

from __future__ import annotations

import copy
import csv

import pytest

from harness.report import render_report
from harness.report.reading import Reading
from harness.report.tables.truth import coverage_sentence
from harness.report.truth import coverage, truths

STAGES = ("pre", "step0", "step1", "post")


@pytest.fixture(scope="module")
def simulated(make_results):
    """Results whose truth lies in every Poisson interval but that of step1."""
    results = copy.deepcopy(make_results(indicators=2))
    reading = Reading(results)
    truth = []
    for indicator, stratum in reading.analyses:
        fit = reading.reference(indicator["name"], stratum["name"])
        assert fit is not None
        for term in STAGES:
            p = fit["params"][term]
            value = p["ci_high"] + 1e-9 if term == "step1" else p["ci_high"]
            truth.append({"indicator": indicator["name"], "stratum": stratum["name"],
                          "term": term, "value": value})  # fmt: skip
    truth.append({"indicator": "totfat", "stratum": "fast", "term": "theta", "value": 30.0})
    return results | {"truth": truth}


def test_coverage_is_counted(simulated):
    found = truths(Reading(simulated))
    assert len(found) == 2 * 3 * 4
    assert coverage(found, "poisson") == (18, 24)
    # The synthetic NB2 intervals are nearly twice as wide.
    assert coverage(found, "nb2") == (24, 24)


def test_the_report_says_it(simulated):
    files = render_report(simulated)
    page = files["index.html"].decode()
    said = " ".join(page.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "in the strata 75 % (12 of 16) by Poisson and 100 % (16 of 16) by NB2;" in said
    assert "on the whole panel 75 % (6 of 8) by Poisson and 100 % (8 of 8) by NB2." in said
    rows = list(csv.DictReader(files["tables/truth.csv"].decode().splitlines()))
    assert [float(row["truth"]) for row in rows] == [
        truth.value for truth in truths(Reading(simulated))
    ]
    assert {row["poisson_covers"] for row in rows if row["term"] == "step1"} == {"False"}
    assert {row["poisson_covers"] for row in rows if row["term"] != "step1"} == {"True"}


def test_pseudo_responses_are_counted_apart(simulated):
    results = copy.deepcopy(simulated)
    results["study"]["indicators"][1] |= {"response": "pseudo", "scale": "pounds a child"}
    results["fits"] = [
        fit for fit in results["fits"]
        if (fit["indicator"], fit["family"]) != ("nghtfat", "nb2")
    ]  # fmt: skip
    reading = Reading(results)
    said = coverage_sentence(reading, truths(reading)).replace("\N{NO-BREAK SPACE}", " ")
    assert "in the strata 75 % (6 of 8) by Poisson and 100 % (8 of 8) by NB2;" in said
    assert "in the strata, pseudo-responses, 75 % (6 of 8) by Poisson;" in said


def test_observed_data_have_no_truth(files):
    assert "tables/truth.csv" not in files
    assert 'id="truth"' not in files["index.html"].decode()
