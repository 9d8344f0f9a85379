"""Judgements by inspection framework and financial year, as far as the data go."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from harness.sources.base import Context

GRADES = ("Outstanding", "Good", "Requires improvement", "Inadequate")
FRAMEWORK = "Single Inspection Framework, first inspection"
NOTE = (
    "Overall effectiveness of the authorities in the analysis, by the financial year (named by its"
    " end) in which the inspection began; in per cent, the share of all of them. The data hold the"
    " first inspection under this framework alone: judgements under earlier frameworks, second"
    " inspections and the framework that followed in 2018 are not in them."
)


def judgements(events: pd.DataFrame, authorities: Iterable[str]) -> Context:
    """Return counts of authorities by judgement.

    Parameters
    ----------
    events : DataFrame, indexed by ``la_code``
        As ``read_inspections`` returns it.
    authorities : iterable of str
        Codes of the authorities that are analysed.

    Returns
    -------
    Context
        One row a financial year, then all of them, then the shares in per cent.
    """
    own = events[events.index.isin(list(authorities))]
    counts = pd.crosstab(own["inspection_year"], own["judgement"]).reindex(
        columns=range(1, len(GRADES) + 1), fill_value=0
    )
    rows = [_row(str(year), grades.tolist()) for year, grades in counts.iterrows()]
    total = counts.sum().tolist()
    shares = [f"{100 * n / max(sum(total), 1):.0f} %" for n in (*total, sum(total))]
    return Context(
        "Judgements by inspection framework",
        ("Framework", "Financial year", *GRADES, "All"),
        (*rows, _row("all", total), (FRAMEWORK, "share", *shares)),
        NOTE,
    )


def _row(year: str, grades: list[int]) -> tuple[str | int, ...]:
    return (FRAMEWORK, year, *(int(n) for n in grades), int(sum(grades)))
