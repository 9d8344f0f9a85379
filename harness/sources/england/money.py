"""``expenditure.csv`` and ``gdp_deflator.csv`` -> pounds a child in 2019 prices."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

import pandas as pd

from harness.sources.england.files import numbers, read_file, refuse_duplicates, whole

FILE = "expenditure.csv"
DEFLATOR = "gdp_deflator.csv"
# Lines of the outturn that make up each measure, and the first year in which they mean the same.
SPENDING = MappingProxyType(
    {
        "spend_safety": (("exp_safety",), 2012),
        "spend_cla": (("exp_cla",), 2010),
        "spend_early_help": (("exp_family_support", "exp_sure_start", "exp_young_people"), 2012),
        "spend_total": (("exp_total_cyps_excl_cera",), 2010),
    }
)


def read_money(folder: Path, population: pd.Series[float]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read gross expenditure a child.

    Parameters
    ----------
    population : Series, indexed by ``la_code`` and ``year``
        Children aged 0 to 17.

    Returns
    -------
    money : DataFrame, indexed as ``population``
        total_expenditure x multiply_to_2019_prices / population, in pounds of 2019; NaN where a
        part is missing, the year has no deflator, or the amount is not above 0.
    emptied : DataFrame
        ``la_code``, ``year`` and ``measure`` of the amounts that were not above 0.

    Raises
    ------
    PanelError
        If a file or a column is missing, a cell is no number or stands twice.
    """
    cash = _cash(folder).reindex(population.index)
    deflator = _deflator(folder).reindex(population.index.get_level_values("year")).to_numpy()
    money = pd.DataFrame(index=population.index)
    for name, (lines, first) in SPENDING.items():
        total = cash.reindex(columns=list(lines)).sum(axis=1, skipna=False)
        usable = total.where(population.index.get_level_values("year") >= first)
        money[name] = usable * deflator / population
    not_positive = money.le(0)
    return money.mask(not_positive), _where(not_positive)


def _where(bad: pd.DataFrame) -> pd.DataFrame:
    cells = bad.reset_index().melt(id_vars=list(bad.index.names), var_name="measure")
    return cells.loc[cells["value"].astype(bool), ["la_code", "year", "measure"]]


def _cash(folder: Path) -> pd.DataFrame:
    frame = read_file(folder, FILE, ("la_code", "year", "indicator", "total_expenditure"))
    refuse_duplicates(frame, ("la_code", "year", "indicator"), FILE)
    parts = frame[["la_code", "indicator"]].assign(
        year=whole(frame, "year", FILE), value=numbers(frame, "total_expenditure", FILE)
    )
    return parts.pivot(index=["la_code", "year"], columns="indicator", values="value")


def _deflator(folder: Path) -> pd.Series[float]:
    frame = read_file(folder, DEFLATOR, ("financial_year_ending", "multiply_to_2019_prices"))
    refuse_duplicates(frame, ("financial_year_ending",), DEFLATOR)
    return pd.Series(
        numbers(frame, "multiply_to_2019_prices", DEFLATOR),
        index=whole(frame, "financial_year_ending", DEFLATOR),
    )
