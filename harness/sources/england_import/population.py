"""Children aged 0 to 17 by authority and financial year: as published, and rebased.

The exposure of a financial year is the mid-year estimate of the calendar year before the one in
which it ends. The estimates of mid-2009 and mid-2010 were published before the Census of 2011 and
never published again for ages 0 to 17, so that England jumps by 2.7 % between them and mid-2011.
``rebased`` is a construction, not a publication: later, rebased estimates of ages 0 to 16, scaled
by the ratio of 0-17 to 0-16 in the authority's own mid-2011.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from harness.errors import PanelError
from harness.sources.england_import.authorities import SUCCESSORS, local_rows
from harness.sources.england_import.cells import parse_cell
from harness.sources.england_import.releases import Release

# Financial year ending whose mid-year estimate is the first after the Census of 2011.
BASE_YEAR = 2012
MID_YEARS = (2009, 2010, 2011)
AGE_GROUP = "Children aged 0 to 17 years"


def mid_year(year: int) -> int:
    """Return the calendar year whose mid-year estimate a financial year ending uses."""
    return year - 1


def read_population(
    release: Release, frame: pd.DataFrame, file: str, column: str, year: int | None = None
) -> pd.Series[float]:
    """Read one year's children by ``la_code``, every local authority of the file.

    Raises
    ------
    PanelError
        If a cell is not a number, or no row is of that year.
    """
    rows = local_rows(frame, release.layout, year)
    if "age_group" in release.signature:
        rows = rows[rows["age_group"].str.strip() == AGE_GROUP]
    if rows.empty:
        raise PanelError(f"{file}: no row is about children 0 to 17 of an authority in {year}")
    persons = {}
    for line, code, text in zip(
        rows.index, rows[release.layout.code].str.strip(), rows[column], strict=True
    ):
        place = f"{file}: row {line}, column {column!r}"
        count = parse_cell(text, place).count
        if count is None or count == 0:
            raise PanelError(f"{place}: an authority needs a population, found {text!r}")
        persons[code] = count
    return pd.Series(persons, dtype=float)


def rebase(
    published: pd.DataFrame, younger: pd.DataFrame, ons_codes: pd.Series[str]
) -> pd.DataFrame:
    """Replace the years before ``BASE_YEAR`` by rebased estimates of ages 0 to 16, scaled.

    Authorities that share successors in ``younger`` form one area, which is scaled as a whole and
    divided as published. With P published, T the sum of ages 0 to 16 over the area's codes and a
    the area of authority i::

        P'_i(y) = P_i(y) / P_a(y) * T_a(y - 1) * P_a(2012) / T_a(2011)

    Parameters
    ----------
    published : DataFrame, shape (authorities, years)
        Children 0 to 17 by ``la_code`` and financial year ending.
    younger : DataFrame, shape (areas, mid-years)
        Children 0 to 16 by ONS code.
    ons_codes : Series
        ONS codes by ``la_code``.

    Raises
    ------
    PanelError
        If a code is not among the areas.
    """
    codes = {la: SUCCESSORS.get(la, (ons_codes[la],)) for la in published.index}
    for la, wanted in codes.items():
        lacking = [code for code in wanted if code not in younger.index]
        if lacking:
            raise PanelError(
                f"population estimates of Nomis have no area {lacking[0]} (authority {la}):"
                " extract 'local authority: county / unitary'"
            )
    area = pd.Series({la: "+".join(wanted) for la, wanted in codes.items()})
    totals = pd.DataFrame({name: younger.loc[name.split("+")].sum() for name in area.unique()}).T
    ratio = published[BASE_YEAR].groupby(area).sum() / totals[mid_year(BASE_YEAR)]
    rebased = published.copy()
    for year in [int(y) for y in published.columns if int(y) < BASE_YEAR]:
        share = published[year] / published[year].groupby(area).sum().reindex(area).to_numpy()
        whole = (totals[mid_year(year)] * ratio).reindex(area).to_numpy()
        rebased[year] = np.rint((share * whole).to_numpy()).astype(int)
    return rebased
