"""What a ward's analyst might test of her own data and model."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from harness import Panel, SegmentedPoisson
from harness.testing import NotConcordant, assert_concordant
from harness.testing.strategies import designs

MODEL = SegmentedPoisson(impact="level", random="intercept")
PYTHON = ("laplace", "glmm")


@pytest.fixture(scope="module")
def falls():
    path = Path(__file__).parent / "falls.csv"
    return Panel.read_csv(
        path, unit="ward", period="quarter", count="falls", exposure="bed_days", event="started"
    )


@pytest.mark.needs_r
def test_r_and_python_agree(concordance, falls):
    found = concordance(falls, MODEL)
    assert found.verdict == "identical"


def test_python_agrees(concordance, falls):
    concordance(falls, MODEL, engines=PYTHON, label="falls")


@pytest.mark.slow
def test_without_the_fixture(falls):
    assert assert_concordant(falls, MODEL, engines=PYTHON).verdict == "identical"


def test_an_engine_that_cannot(concordance, falls):
    concordance(falls, SegmentedPoisson(impact="level", family="nb2"), engines=PYTHON)


def test_a_failure_is_an_assertion_error(concordance, falls):
    with pytest.raises(NotConcordant):
        concordance(falls, SegmentedPoisson(impact="level", family="nb2"), engines=PYTHON)


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(design=designs(min_units=4, random=("intercept",), covariance=("unstructured",)))
def test_any_design(design):
    assert design.nobs > design.exog.shape[1]
