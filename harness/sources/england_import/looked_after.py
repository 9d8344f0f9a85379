"""Releases on looked-after children: which file, which column, which series."""

from __future__ import annotations

from harness.sources.england_import.layouts import EXPLORE, FIRST_RELEASE, LOOKED_AFTER
from harness.sources.england_import.releases import Layout, Publication, Release, Series

DFE = "Department for Education"
WHERE = "GOV.UK collection 'Statistics: looked-after children'"
TITLE = (
    "Children looked after in England (including adoption and care leavers), year ending 31 March"
)


def _release(
    name: str, number: str, year: int, columns: dict[str, str], *, file: str = "",
    layout: Layout = LOOKED_AFTER,
) -> Release:  # fmt: skip
    title = f"{TITLE} {year}{f', {number}' if number else ''}, underlying data"
    return Release(
        name=name,
        publication=Publication(title, str(year), DFE, WHERE, file or f"{name}.csv"),
        layout=layout,
        years=(year,),
        series=tuple(Series(indicator, (column,)) for indicator, column in columns.items()),
    )


def _at_31_march(name: str, number: str, year: int, file: str = "") -> Release:
    columns = {
        "cla_31mar": f"CLA_Mar{year}",
        "cla_fco": "CLA_FCO",
        "cla_ico": "CLA_ICO",
        "cla_placement_order": "CLA_PlaceO",
        "cla_s20": "CLA_S20",
        "cla_throughout": f"CLA_{year}",
    }
    return _release(name, number, year, columns, file=file)


def _started(name: str, number: str, year: int, column: str = "") -> Release:
    return _release(name, number, year, {"cla_started": column or f"CLA_started{year}"})


def _in_2010(name: str, indicator: str, column: str) -> Release:
    return _release(name, "SFR27/2010", 2010, {indicator: column}, layout=FIRST_RELEASE)


def _since_2018(indicator: str, population_count: str) -> Series:
    return Series(
        indicator, ("number",), where=("population_count", population_count), years=(2018, 2019)
    )


RELEASES = (
    _in_2010("SFR27_2010_March", "cla_31mar", "MarTotal_2010"),
    _in_2010("SFR27_2010_Started", "cla_started", "StartTotal_2010"),
    _in_2010("SFR27_2010_Ceased", "cla_ceased", "CeasedTotal_2010"),
    _at_31_march("SFR21_CLA", "SFR21/2011", 2011),
    _started("SFE21_ADM", "SFR21/2011", 2011),
    _at_31_march("SFR20_CLA2012", "SFR20/2012", 2012),
    _started("SFR20_ADM2012", "SFR20/2012", 2012),
    _at_31_march("SFR36_CLA2013", "SFR36/2013", 2013),
    _started("SFR36_ADM2013", "SFR36/2013", 2013),
    _at_31_march("SFR36_CLA2014", "SFR36/2014", 2014),
    _started("SFR36_ADM2014", "SFR36/2014", 2014),
    _at_31_march("SFR34_CLA2015", "SFR34/2015", 2015),
    _started("SFR34_ADM2015", "SFR34/2015", 2015, "CLA_started2014"),  # printed so
    _at_31_march("SFR41_CLA2016", "SFR41/2016", 2016),
    _started("SFR41_ADM2016", "SFR41/2016", 2016),
    _at_31_march("SFR50_CLA2017", "SFR50/2017", 2017),
    _started("SFR50_ADM2017", "SFR50/2017", 2017),
    _at_31_march("CLA2018", "", 2018, "cla2018.csv"),
    _at_31_march("CLA2019", "", 2019, "cla2019.csv"),
    Release(
        name="CLA 2021 EES release cla_number_and_rate",
        publication=Publication(
            "Children looked after in England including adoptions, reporting year 2021: numbers"
            " and rates per 10,000 children",
            "2021",
            DFE,
            "Explore Education Statistics, 'Children looked after in England including adoptions'",
            "cla_number_and_rate_per_10k_children.csv",
        ),
        layout=EXPLORE,
        years=(2018, 2019),
        series=(
            _since_2018("cla_ceased", "Children ceasing to be looked after each year"),
            _since_2018("cla_started", "Children starting to be looked after each year"),
        ),
    ),
)
# Legal status of 2010 was published by authority in the tables only, rounded to the nearest 5.
LEGAL_STATUS_2010 = Publication(
    f"{TITLE} 2010, SFR27/2010, additional tables (table LAA6)",
    "2010",
    DFE,
    WHERE,
    "sfr27-2010*.xls",
)
MISPRINTS = {
    "SFR34_ADM2015": "the column of 2015 is headed CLA_started2014",
    "SFR61-2017": "the column of 31 March 2017 is headed CINAt310316",
}
