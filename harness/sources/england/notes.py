"""What a reader of a report must know about the England data, and what the columns mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from harness.sources.england.counts import FILLS
from harness.sources.england.series import SERIES, SHARES
from harness.sources.england.workforce import WORKFORCE

MOST_CELLS_SHOWN = 6
# What holds of the simulated panel too.
CONVENTIONS = (
    (
        "Years are financial years, named by their end: 2014 runs from 1 April 2013 to 31 March"
        " 2014."
    ),
    (
        "Children in need, on a plan, looked after, under a care order or Section 20 are stocks"
        " at 31 March; everything else that is counted is a flow over the year."
    ),
    (
        "Assessments are used from 2015: before 2014 there were initial and core assessments,"
        " and 2014 is the year of transition."
    ),
    (
        "Expenditure is gross, in 2019 prices by the GDP deflator, which starts in 2011, so"
        " that 2010 is empty; safety and early help start in 2012."
    ),
    (
        "Workforce: snapshots of 30 September 2015 to 2019 (caseload from 2016). The columns by"
        " name use the year as printed; those that end in _fy use the financial year that"
        " contains the snapshot, one later, in which 2019 falls outside the panel."
    ),
    (
        "Children in need per social worker: children at 31 March over social workers at 30"
        " September of the same calendar year; with _fy, of the calendar year before."
    ),
    (
        f"Columns that end in _if_{FILLS[0]} and _if_{FILLS[1]} fill suppressed cells with"
        f" {FILLS[0]} or {FILLS[1]}, as bounds for a sensitivity analysis; a cell suppressed only"
        " to protect another (secondary suppression) may be larger, and a sum of bands of which"
        " one was suppressed stays empty."
    ),
)
# What holds of the official releases only.
OFFICIAL = (
    (
        "Children-in-need series: 2013 to 2019 come from the 2019-20 time series, which differs"
        " from the yearly releases in some authorities; earlier years come from the yearly"
        " releases."
    ),
    "Re-referrals start in 2011.",
    "Section 47 counts children in 2010 and enquiries from 2011.",
    (
        "Population: children aged 0 to 17 in the middle of the year before; 2010 and 2011 are"
        " rebased to the 2011 Census, population_published keeps what was printed."
    ),
    (
        "The lines of expenditure on safety and on early help took today's definition in 2012;"
        " total spend was published for 2010, 2011, 2018 and 2019 only, the first two under the"
        " name of a budget."
    ),
)


def flag_notes(cells: pd.DataFrame) -> tuple[str, ...]:
    """Return how many cells carry which flag."""
    flagged = cells.loc[cells["flag"].str.strip() != "", "flag"].value_counts().sort_index()
    if flagged.empty:
        return ("No cell is flagged.",)
    listed = ", ".join(f"{flag} {number}" for flag, number in flagged.items())
    return (f"Flagged cells, of {len(cells)}: {listed}.",)


def above_notes(above: Mapping[str, int]) -> tuple[str, ...]:
    """Return where a published numerator exceeds its denominator."""
    denominators = dict(SHARES)
    return tuple(
        f"In {number} cells {name} exceeds {denominators[name]}; they are kept."
        for name, number in above.items()
        if number
    )


def emptied_notes(emptied: pd.DataFrame, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return which amounts of money were not above 0."""
    if emptied.empty:
        return ()
    rows = zip(emptied["la_code"], emptied["year"], emptied["measure"], strict=True)
    listed = [f"{names[code]} {year:.0f} ({measure})" for code, year, measure in rows]
    shown = ", ".join(listed[:MOST_CELLS_SHOWN])
    more = len(listed) - MOST_CELLS_SHOWN
    shown += f" and {more} more" if more > 0 else ""
    return (f"Amounts that are not above 0 are left empty: {shown}.",)


def approximate_notes(names: Iterable[str]) -> tuple[str, ...]:
    """Return for which authorities only the month of the inspection is known."""
    listed = ", ".join(sorted(names))
    if not listed:
        return ()
    return (f"Only the month of the inspection is known for {listed}.",)


def descriptions(columns: Iterable[str]) -> dict[str, str]:
    """Return what each column measures, and in which unit."""
    return {column: _description(column) for column in columns}


def _description(column: str) -> str:
    if column in COLUMNS:
        return COLUMNS[column]
    for fill in FILLS:
        if column.endswith(f"_if_{fill}"):
            series = column.removesuffix(f"_if_{fill}")
            return f"{SERIES.get(series, series)}; suppressed cells filled with {fill}"
    if column.endswith("_fy"):
        return f"{WORKFORCE[column.removesuffix('_fy')]}, by the financial year that contains it"
    return SERIES.get(column, f"series {column} of panel.csv")


COLUMNS = {
    "authority": "local authority",
    "la_code": "code of the local authority, Department for Education",
    "region": "region of England, London in two parts",
    "year": "financial year ending",
    "inspection_year": "financial year ending in which the first full inspection started",
    "inspection_calendar_year": "calendar year in which the inspection started",
    "inspection_share": "share of the financial year that remained when the inspection started",
    "judgement": "1 outstanding, 2 good, 3 requires improvement, 4 inadequate",
    "outcome": "good or outstanding, requires improvement, inadequate",
    "complete_after": "whether the data hold all three years after the inspection year",
    "population": "children aged 0 to 17, rebased to the 2011 Census",
    "population_published": "children aged 0 to 17, as printed",
    "spend_safety": "spending on safeguarding, pounds a child in 2019 prices",
    "spend_cla": "spending on looked-after children, pounds a child in 2019 prices",
    "spend_early_help": "spending on family support, Sure Start and young people, pounds a child"
    " in 2019 prices",
    "spend_total": "spending on all children's services, pounds a child in 2019 prices",
    "cin_per_social_worker": "children in need at 31 March where the number of social workers is"
    " known",
    "cin_per_social_worker_fy": "children in need at 31 March where the number of social workers"
    " of the same financial year is known",
    **WORKFORCE,
}
