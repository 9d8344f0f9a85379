"""The reader ``england``: on a folder made here, and against known facts of the official data."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import harness
from harness import sources
from harness.errors import ConfigError, HarnessError
from harness.panel import Panel
from harness.sources import Table
from harness.sources.england import england_folder
from harness.sources.england.series import SHARES

DATA = Path(os.environ.get("HARNESS_DATA") or Path(__file__).parents[3] / "shared/data/england")
needs_data = pytest.mark.skipif(
    not (DATA / "panel.csv").is_file(),
    reason="needs the official data: set HARNESS_DATA, or put them into ../shared/data/england",
)
# The reference run printed one decimal of a per cent.
PRINTED = 0.05 + 1e-9
# Products and quotients of a few numbers.
ROUNDING = 1e-12

AUTHORITIES = """\
la_code,la_name,judgement,inspection_year,inspection_start,date_approx
001,Aldermere,1,2014,2014-03-31,False
002,Brackwater,3,2015,2014-04-01,False
003,Coldharbour,4,2018,2018-01-01,True
"""
CASH = """\
la_code,year,indicator,total_expenditure
001,2014,exp_cla,1000
001,2014,exp_family_support,300
001,2014,exp_sure_start,200
001,2014,exp_young_people,0
002,2014,exp_cla,0
002,2010,exp_cla,1000
002,2011,exp_safety,1000
"""
WORKFORCE = """\
la_code,year,indicator,value
001,2015,vacancy_rate,12.5
001,2015,social_worker_fte,80
002,2016,social_worker_fte,0
002,2016,vacancy_rate,
"""
DEFLATOR = "financial_year_ending,multiply_to_2019_prices\n2011,1.2\n2014,1.1\n2019,1\n"
# Of authority 001 in one year each: series, year, count, published cell, flag.
CELLS = [
    ("cin_31mar", 2015, "40", "40", ""),
    ("cin_31mar", 2016, "50", "50", ""),
    ("assessments", 2014, "9", "9", ""),
    ("assessments", 2015, "9", "9", ""),
    ("assessments_45days", 2015, "", "c*", "suppressed_small"),
    ("cla_ico", 2015, "", "x", "suppressed_small"),
    ("cla_fco", 2015, "20", "20", ""),
    ("cla_ico", 2016, "", "..", "not_supplied"),
    ("cla_fco", 2016, "20", "20", ""),
    ("cla_care_orders", 2014, "31", "31", ""),
    ("cpp_started", 2015, "3", "3", ""),
    ("cpp_repeat", 2015, "", "c", "suppressed_small"),
    ("cpp_started", 2016, "0", "0", ""),
    ("cpp_repeat", 2016, "0", "0", ""),
    ("re_referrals", 2015, "7", "7", ""),
    ("referrals", 2016, "8", "8", ""),
    ("re_referrals", 2016, "9", "9", ""),
]


def panel_rows() -> pd.DataFrame:
    """Return the long panel: what CELLS say of 001, and a referral a year of every authority."""
    names = {
        "001": ("Aldermere", 2014, 1),
        "002": ("Brackwater", 2015, 3),
        "003": ("Coldharbour", 2018, 4),
    }
    cells = [("001", *cell) for cell in CELLS]
    cells += [(code, "s47", year, "5", "5", "") for code in names for year in range(2010, 2020)]
    rows = [
        {
            "la_code": code, "la_name": names[code][0], "region": "North", "year": year,
            "indicator": series, "count": count, "population": 100, "population_published": 90,
            "inspection_year": names[code][1], "judgement": names[code][2],
            "published_cell": published, "flag": flag,
        }
        for code, series, year, count, published, flag in cells
    ]  # fmt: skip
    return pd.DataFrame(rows)


def write_folder(folder: Path, panel: pd.DataFrame) -> Path:
    panel.to_csv(folder / "panel.csv", index=False)
    for name, text in {
        "inspections.csv": AUTHORITIES,
        "expenditure.csv": CASH,
        "workforce.csv": WORKFORCE,
        "gdp_deflator.csv": DEFLATOR,
    }.items():
        (folder / name).write_text(text)
    return folder


def as_wide(panel: pd.DataFrame) -> pd.DataFrame:
    keys = [c for c in panel if c not in ("indicator", "count", "published_cell", "flag")]
    wide = panel.pivot(index=keys, columns="indicator", values="published_cell").reset_index()
    return wide.rename_axis(columns=None)


@pytest.fixture(params=["long", "wide"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Give a folder with the same cells in either layout."""
    panel = panel_rows()
    return write_folder(tmp_path, panel if request.param == "long" else as_wide(panel))


@pytest.fixture
def table(folder: Path) -> Table:
    return sources.read("england", base=folder)


@pytest.mark.parametrize(
    ("cell", "column", "value"),
    [
        ("Aldermere 2015", "s47", 5),
        ("Aldermere 2014", "assessments", math.nan),  # the year of transition
        ("Aldermere 2015", "assessments", 9),
        ("Aldermere 2015", "assessments_45days", math.nan),
        ("Aldermere 2015", "assessments_45days_if_1", math.nan),  # a band of it, not itself
        ("Aldermere 2014", "cla_care_orders", 31),
        ("Aldermere 2015", "cla_care_orders", math.nan),
        ("Aldermere 2015", "cla_care_orders_if_1", 21),
        ("Aldermere 2015", "cla_care_orders_if_5", 25),
        ("Aldermere 2016", "cla_care_orders_if_5", math.nan),  # not supplied, so not small
        ("Aldermere 2015", "cpp_repeat", math.nan),
        ("Aldermere 2015", "cpp_repeat_if_1", 1),
        ("Aldermere 2015", "cpp_repeat_if_5", 3),  # no more repeats than plans
        ("Aldermere 2016", "cpp_repeat", math.nan),  # 0 of 0
        ("Aldermere 2016", "cpp_started", math.nan),
        ("Aldermere 2015", "re_referrals", math.nan),  # without its denominator
        ("Aldermere 2016", "re_referrals", 9),  # exceeds its denominator, and is told
        ("Aldermere 2015", "vacancy_rate", 12.5),
        ("Aldermere 2016", "vacancy_rate", math.nan),
        ("Aldermere 2016", "vacancy_rate_fy", 12.5),
        ("Aldermere 2015", "cin_per_social_worker", 40),
        ("Aldermere 2016", "cin_per_social_worker", math.nan),
        ("Aldermere 2016", "cin_per_social_worker_fy", 50),
        ("Brackwater 2016", "social_worker_fte", math.nan),
        ("Aldermere 2014", "spend_cla", 1000 * 1.1 / 100),
        ("Aldermere 2014", "spend_early_help", 500 * 1.1 / 100),
        ("Brackwater 2014", "spend_cla", math.nan),  # not above 0
        ("Brackwater 2010", "spend_cla", math.nan),  # no deflator
        ("Brackwater 2011", "spend_safety", math.nan),  # another definition
        ("Aldermere 2014", "population_published", 90),
        ("Aldermere 2010", "inspection_year", 2014),
        ("Coldharbour 2010", "inspection_year", 2018),
        ("Coldharbour 2010", "inspection_calendar_year", 2018),
        ("Brackwater 2010", "inspection_calendar_year", 2014),
        ("Aldermere 2010", "inspection_share", 1 / 365),
        ("Brackwater 2010", "inspection_share", 1.0),
        ("Coldharbour 2010", "inspection_share", 90 / 365),
    ],
)
def test_cells(table: Table, cell: str, column: str, value: float) -> None:
    found = float(table.frame.loc[cell, column])
    assert found == pytest.approx(value, rel=ROUNDING, abs=0, nan_ok=True)


def test_rows_strata_and_words(table: Table) -> None:
    frame = table.frame
    assert len(frame) == 30
    assert (table.unit, table.period, table.event) == ("authority", "year", "inspection_year")
    one = frame.drop_duplicates("authority").set_index("authority")
    assert one["outcome"].tolist() == ["good_outstanding", "requires_improvement", "inadequate"]
    assert one["complete_after"].tolist() == ["true", "true", "false"]
    assert table.strata == ("outcome", "complete_after")
    assert list(table.descriptions) == list(frame.columns)
    assert all(table.descriptions.values())
    assert table.no_event_reason == {}
    assert Panel.from_table(table, "s47", "population", "outcome").nobs == 30


@pytest.mark.parametrize(
    "note",
    [
        "not_supplied 1, suppressed_small 3.",
        "In 1 cells re_referrals exceeds referrals; they are kept.",
        "Amounts that are not above 0 are left empty: Brackwater 2014 (spend_cla).",
        "Only the month of the inspection is known for Coldharbour.",
    ],
)
def test_notes(table: Table, note: str) -> None:
    assert note in " ".join(table.notes)


def test_an_authority_without_inspection_has_a_reason(tmp_path: Path) -> None:
    panel = panel_rows()
    panel.loc[panel["la_code"] == "003", ["inspection_year", "judgement"]] = None
    write_folder(tmp_path, panel)
    (tmp_path / "inspections.csv").write_text("".join(AUTHORITIES.splitlines(True)[:3]))
    table = sources.read("england", base=tmp_path)
    assert list(table.no_event_reason) == ["Coldharbour"]
    units = Panel.from_table(table, "s47", "population", "outcome", no_event="drop").units
    assert units == ("Aldermere", "Brackwater")


def _replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def _twice(name: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        lines = (folder / name).read_text().splitlines(keepends=True)
        (folder / name).write_text("".join([*lines, lines[1]]))

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda f: (f / "workforce.csv").unlink(),
            "there is no workforce.csv, which holds the soc",
        ),
        (lambda f: (f / "panel.csv").unlink(), "does not hold panel.csv: give the folder that"),
        (_replaced("panel.csv", "region", "area"), "^panel.csv: there is no column 'region'"),
        (_replaced("panel.csv", "flag", "mark"), "^panel.csv: there is no column 'flag'"),
        (_twice("panel.csv"), "^panel.csv: row 49: la_code 001, year 2015, indicator cin_31mar st"),
        (_twice("expenditure.csv"), "^expenditure.csv: row 9: la_code 001, year 2014, indicator e"),
        (_twice("workforce.csv"), "^workforce.csv: row 6: la_code 001, year 2015, indicator v"),
        (_twice("inspections.csv"), "^inspections.csv: row 5: la_code 001 stands already in row 2"),
        (
            _replaced("panel.csv", "2015,cin_31mar,40", "2015,cin_31mar,4O"),
            r"^panel.csv: row 2, column 'count': count '4O' is text, not a number",
        ),
        (
            _replaced("panel.csv", "2016,cin_31mar,50,100", "2016,cin_31mar,50,0"),
            r"^panel.csv: row \d+, column 'population': '100' contradicts '0' in an earlier row",
        ),
        (
            _replaced(
                "panel.csv", "2016,cin_31mar,50,100,90,2014", "2016,cin_31mar,50,100,90,2013"
            ),
            "column 'inspection_year': '2014' contradicts '2013' in an earlier row",
        ),
        (
            _replaced("inspections.csv", "Brackwater,3", "Brackwater,2"),
            r"^panel.csv: row \d+, column 'judgement': 3 of la_code 002 stands as 2 in insp",
        ),
        (
            _replaced("inspections.csv", "2014-04-01", "1 April 2014"),
            "^inspections.csv: row 3, column 'inspection_start': '1 April 2014' is not a date",
        ),
        (
            _replaced("inspections.csv", "2014-04-01", "2014-03-31"),
            r"^inspections.csv: row 3, .*'2015' is not the financial year of inspection_start",
        ),
        (
            _replaced("inspections.csv", "Aldermere,1", "Aldermere,5"),
            "^inspections.csv: row 2, column 'judgement': judgement '5' is not 1, 2, 3 or 4",
        ),
        (
            _replaced("workforce.csv", "12.5", "12,5"),
            "^workforce.csv: row 2 has 5 cells, the header in row 1 has 4",
        ),
        (
            _replaced("gdp_deflator.csv", "2011", ""),
            "^gdp_deflator.csv: row 2, column 'financial_year_ending': .* is missing",
        ),
    ],
)
def test_bad_folders_end_in_one_line(
    tmp_path: Path, change: Callable[[Path], object], says: str
) -> None:
    change(write_folder(tmp_path, panel_rows()))
    with pytest.raises(HarnessError, match=says) as caught:
        sources.read("england", base=tmp_path)
    assert "\n" not in str(caught.value)


def test_a_wide_cell_that_is_no_code_is_refused(tmp_path: Path) -> None:
    wide = as_wide(panel_rows()).replace({"s47": {"5": "few"}})
    with pytest.raises(HarnessError, match=r"^panel.csv: row 2, column 's47': count 'few' is text"):
        sources.read("england", base=write_folder(tmp_path, wide))


def test_the_folder_given_goes_before_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, named, study = (
        tmp_path / "given",
        tmp_path / "named",
        harness.resources.folder("studies"),
    )
    for place in (given, named):
        place.mkdir()
        (place / "panel.csv").touch()
    monkeypatch.setenv("HARNESS_DATA", str(named))
    monkeypatch.chdir(tmp_path)
    assert england_folder(given) == (given, False)
    assert england_folder(study) == (named, False)
    assert england_folder(Path()) == (named, False)
    assert england_folder(None) == (named, False)
    with pytest.raises(ConfigError, match=r"the data folder .* does not hold panel.csv"):
        england_folder(tmp_path)
    with pytest.raises(ConfigError, match=r"the data folder .*nowhere does not exist"):
        sources.read("england", base=tmp_path, folder="nowhere")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    with pytest.raises(ConfigError, match=r"HARNESS_DATA names the folder .*, which does not hold"):
        england_folder(None)


@pytest.fixture(scope="module")
def england() -> Table:
    return sources.read("england", base=DATA)


@needs_data
def test_official_authorities(england: Table) -> None:
    one = england.frame.drop_duplicates("authority")
    assert len(one) == 150
    assert one["outcome"].value_counts().to_dict() == {
        "requires_improvement": 65,
        "good_outstanding": 52,
        "inadequate": 33,
    }
    years = one["inspection_year"].value_counts().sort_index()
    assert years.to_dict() == {2014: 17, 2015: 40, 2016: 37, 2017: 36, 2018: 20}
    assert (one["complete_after"] == "true").sum() == 94
    assert one["inspection_share"].between(0, 1, inclusive="right").all()
    assert england.frame["year"].agg(["min", "max"]).tolist() == [2010, 2019]


@needs_data
def test_official_dating_by_calendar_year_moves_105_of_152() -> None:
    from harness.sources.england.inspections import read_inspections

    events = read_inspections(DATA)
    assert len(events) == 152
    assert (events["inspection_year"] != events["inspection_calendar_year"]).sum() == 105


@needs_data
def test_official_shares_have_positive_denominators(england: Table) -> None:
    for numerator, denominator in SHARES:
        rows = england.frame[england.frame[numerator].notna()]
        assert len(rows) > 0
        assert (rows[denominator] >= rows[numerator]).all()
        for bound in (f"{numerator}_if_1", f"{numerator}_if_5"):
            bounded = england.frame[england.frame[bound].notna()]
            assert set(rows.index) <= set(bounded.index)
            assert (bounded[denominator] >= bounded[bound]).all()


@needs_data
@pytest.mark.parametrize(
    ("series", "stratum", "per_cent", "dispersion"),
    [
        ("s47", "all", (10.2, 15.2, 3.2, 2.4), 27),
        ("cpp_31mar", "all", (4.2, 8.2, -2.5, -1.5), 8),
        ("cin_31mar", "all", (0.2, 5.2, -3.8, 0.0), 27),
        ("icpc", "all", (6.7, 9.7, 1.2, -2.0), 12),
        ("s47", "inadequate", (None, 26.7, None, None), None),
    ],
)
def test_official_panel_gives_the_figures_of_an_independent_lme4(
    england: Table,
    series: str,
    stratum: str,
    per_cent: tuple[float | None, ...],
    dispersion: float | None,
) -> None:
    panel = Panel.from_table(england, series, "population", "outcome")
    (fit,) = harness.fit(
        panel, harness.SegmentedPoisson(), engines=["laplace"], settings="tight", stratum=stratum
    )
    stages = dict(zip(("pre", "step0", "step1", "post"), per_cent, strict=True))
    for term, printed in stages.items():
        if printed is not None:
            assert 100 * np.expm1(fit.params[term]) == pytest.approx(printed, abs=PRINTED)
    if dispersion is not None:
        assert round(fit.dispersion) == dispersion
