"""Data that cannot be analysed end a study before anything is fitted, in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from harness.errors import HarnessError
from harness.study.loading import load_study
from harness.study.panels import StudyData, read_study
from tests.engines.panels import frame
from tests.study.files import PARTS, STRATA, write_study

TWO_INDICATORS = PARTS["indicators"] + "\n  - {name: none, label: N, count: n, exposure: people}"


def read(folder: Path, table: pd.DataFrame, **parts: str | None) -> StudyData:
    path = write_study(folder, table, **parts)
    return read_study(load_study(path), folder)


def t(table: pd.DataFrame) -> pd.Series:
    return table["year"] - table["law"]


def one_region_short(table: pd.DataFrame) -> pd.DataFrame:
    """Five areas in the south, one of which has no period in the window."""
    table.loc[table["area"] == "a01", "law"] = 1900
    return table


def twice(table: pd.DataFrame) -> pd.DataFrame:
    table["again"] = table["region"]
    return table.rename(columns={"again": "region"})


FAULTS: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], dict[str, str], str]] = {
    "no count at all": (
        lambda d: d.assign(n=0), {"indicators": TWO_INDICATORS},
        "indicator 'none', stratum 'all': all counts are zero: there is nothing to estimate",
    ),
    "no count at all in a stratum": (
        lambda d: d.assign(cases=d["cases"].where(d["region"] == "n", 0)), {"strata": STRATA},
        "indicator 'cases', stratum 'south': all counts are zero",
    ),
    "one unit": (
        lambda d: d[d["area"] == "a00"], {},
        "indicator 'cases', stratum 'all': one unit only: random effects need at least two",
    ),
    "no period before": (
        lambda d: d[t(d) >= 0], {},
        "no period before the event lies in the window [-3, 3]: widen the window",
    ),
    "no period after": (
        lambda d: d[t(d) < 0], {},
        "no period at or after the event lies in the window [-3, 3]: widen the window",
    ),
    "window too narrow for the stages": (
        lambda d: d, {"model": "model: {window: [-1, 0]}"}, "rows at -1, 0 periods from the event only",
    ),
    "window past the rows": (
        lambda d: d, {"model": "model: {window: [-100, 3]}"},
        ("the window [-100, 3] reaches past the rows, which lie between -4 and 4 periods from the"
        " event: use [-4, 3]"),
    ),
    "a variant's window past the rows": (
        lambda d: d, {"v": "variants: [{name: v, engines: [laplace], window: [-3, 9999999999999999999]}]"},
        "use [-3, 4]",
    ),
    "no row in the period of the event": (
        lambda d: d[t(d) != 0], {},
        ("rows at -3, -2, -1, 1, 2, 3 periods from the event only, which cannot tell the stages pre,"
        " step0, step1, post apart"),
    ),
    "a unit without event": (
        lambda d: d.assign(law=d["law"].where(d["area"] != "a03")), {},
        "event is missing for 1 of 10 units ('a03'): give its period, or set no_event to",
    ),
    "small stratum": (
        lambda d: d[d["area"] != "a01"], {"strata": STRATA},
        "indicator 'cases', stratum 'south': 4 units",
    ),
    "small stratum within the window": (
        one_region_short, {"strata": STRATA}, "indicator 'cases', stratum 'south': 4 units",
    ),
    "stratum without units": (
        lambda d: d, {"strata": STRATA.replace("s: south", "s: south, w: west")},
        "there is no stratum 'west': choose from 'all', 'north', 'south'",
    ),
    "stratum without a name": (
        lambda d: d, {"strata": STRATA.replace("s: south", "w: west")},
        "column 'region' holds 's', which strata.labels does not name: add it there",
    ),
    "misspelt column of strata": (
        lambda d: d, {"strata": STRATA.replace("region", "regoin")}, "did you mean 'region'?",
    ),
    "column of strata twice": (
        twice, {"strata": STRATA}, "column 'region', given as stratum, appears 2 times",
    ),
    "misspelt column": (
        lambda d: d.rename(columns={"cases": "case"}), {}, "did you mean 'case'?",
    ),
    "negative count": (
        lambda d: d.assign(cases=d["cases"].where(d.index != 3, -1)), {},
        "table.csv: row 5, column 'cases': count '-1' is negative",
    ),
    "variant that cannot be built": (
        lambda d: d, {"v": "variants: [{name: v, engines: [laplace], window: [-1, 0]}]"},
        "indicator 'cases', stratum 'all', variant 'v': ",
    ),
}  # fmt: skip


def test_periods_that_jump_are_noted(tmp_path: Path) -> None:
    quarters = frame()
    for column in ("year", "law"):
        quarters[column] = 10 * (2000 + quarters[column] // 4) + quarters[column] % 4 + 1
    model = "model: {window: [-2, 2], impact: two-step}"
    (note,) = read(tmp_path, quarters, model=model).table.notes
    assert note.startswith("Check the periods: no unit has a row between ")
    assert "and 2 more such gaps" in note or "and 1 more such gaps" in note
    assert read(tmp_path, frame()).table.notes == ()


@pytest.mark.parametrize("name", FAULTS)
def test_fault(tmp_path: Path, name: str) -> None:
    spoil, parts, says = FAULTS[name]
    with pytest.raises(HarnessError) as error:
        read(tmp_path, spoil(frame()), **parts)
    text = str(error.value)
    assert says in text
    assert "\n" not in text
    assert error.value.exit_code == 2
    # The same without the fault is read.
    assert read(tmp_path, frame().assign(n=1), indicators=TWO_INDICATORS, strata=STRATA).designs


def test_units_without_event_may_be_dropped(tmp_path: Path) -> None:
    table = frame().assign(law=lambda d: d["law"].where(d["area"] != "a03"))
    data = read(tmp_path, table, no_event="no_event: drop")
    assert next(iter(data.designs.values())).n_groups == 9
    (dropped,) = data.panels["cases"].dropped
    assert (dropped.rows, dropped.units) == (9, ("a03",))


def test_one_unit_without_random_effects(tmp_path: Path) -> None:
    table = frame()[frame()["area"] == "a00"]
    data = read(tmp_path, table, model="model: {random: none}")
    assert next(iter(data.designs.values())).exog_re.shape == (7, 0)


def test_incomplete_windows_are_kept(tmp_path: Path) -> None:
    table = frame()
    table = table[(t(table) < 2) | (table["area"] != "a00")]
    data = read(tmp_path, table)
    assert next(iter(data.designs.values())).nobs == 68
