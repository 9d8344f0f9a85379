"""The questions asked of the official releases: a figure or two that others found as well."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import harness
from harness.scrutiny.composition import composition
from harness.scrutiny.placebo import placebo
from harness.sources.england.reader import read_england

pytestmark = pytest.mark.needs_shared("data/england")
MODEL = harness.SegmentedPoisson()
# One decimal of a percentage is given.
FIRST_DECIMAL = 0.05


def england(shared: Path, count: str) -> harness.Panel:
    table = read_england(base=shared / "data" / "england")
    return harness.Panel.from_table(table, count=count, exposure="population", no_event="drop")


def test_enquiries_step_out_of_the_placebo_band(shared: Path) -> None:
    found = {one.term: one for one in placebo(england(shared, "s47"), MODEL, 99, 1).terms}
    # Plain lme4 on the same rows, tight: 15.2 and 3.2 %.
    for term, percent in (("step0", 15.2), ("step1", 3.2)):
        assert 100 * np.expm1(found[term].observed) == pytest.approx(percent, abs=FIRST_DECIMAL)
    assert found["step0"].observed > found["step0"].high
    # Enquiries grew through these years, whenever the inspection came.
    assert found["step0"].low > 0


def test_94_authorities_have_all_three_later_years(shared: Path) -> None:
    found = composition(england(shared, "cla_31mar"), MODEL)
    assert found.units_by_t == {-3: 150, -2: 150, -1: 150, 0: 150, 1: 150, 2: 130, 3: 94}
    assert found.complete_units == 94
