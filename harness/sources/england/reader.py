"""Reader ``england``: one row an authority and financial year."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from harness.sources.base import Table, reader
from harness.sources.cells import pick, show
from harness.sources.england.context import judgements
from harness.sources.england.counts import as_shares, wide_counts
from harness.sources.england.folder import england_folder
from harness.sources.england.inspections import read_inspections
from harness.sources.england.money import read_money
from harness.sources.england.notes import (
    CONVENTIONS,
    OFFICIAL,
    above_notes,
    approximate_notes,
    descriptions,
    emptied_notes,
    flag_notes,
)
from harness.sources.england.published import FILE, read_cells
from harness.sources.england.simulated import truth
from harness.sources.england.workforce import EXPOSURE, read_workforce

SOURCE = (
    "Department for Education: children in need, looked-after children, children's social work"
    " workforce, Section 251 outturn; Ofsted: reports under the Single Inspection Framework; Office"
    " for National Statistics: mid-year population estimates; GDP deflator of HM Treasury and the"
    " Office for National Statistics."
)
SIMULATED_SOURCE = (
    "Simulated England: drawn by a seeded program with known stage effects; no authority in it"
    " exists."
)
KEY = ["la_code", "year"]
PERIODS_AFTER = 3


@reader("england")
def read_england(*, folder: str | None = None, base: Path | None = None) -> Table:
    """Read the England panel, official or simulated.

    Parameters
    ----------
    folder : str, optional
        Folder of the data; a relative path starts from ``base``. By default ``base`` itself, the
        environment variable HARNESS_DATA, or Simulated England; see ``england_folder``.
    base : Path, optional
        Folder that a relative path starts from.

    Returns
    -------
    Table
        One row an authority and financial year; every column has its description there. Empty
        cells are NaN. Strata: ``outcome`` and ``complete_after``.

    Raises
    ------
    ConfigError
        If there is no such folder.
    PanelError
        If a file or a column is missing, or a cell cannot be read; file, row and column are named.
    """
    given = None if folder is None else (base or Path()) / folder
    # A folder asked for by name is never replaced by another one.
    place, simulated = england_folder(base if given is None else given.resolve())
    authorities, cells = read_cells(place)
    events = read_inspections(place)
    frame, notes = _assembled(place, authorities, cells, events)
    return Table(
        frame=frame,
        unit="authority",
        period="year",
        event="inspection_year",
        name="england-simulated" if simulated else "england",
        source=SIMULATED_SOURCE if simulated else SOURCE,
        licence="" if simulated else "Open Government Licence v3.0.",
        strata=("outcome", "complete_after"),
        notes=(*CONVENTIONS, *(() if simulated else OFFICIAL), *notes),
        descriptions=descriptions(frame.columns),
        no_event_reason=_no_event_reason(frame),
        simulated=simulated,
        context={"judgements": judgements(events, authorities["la_code"])},
        truth=truth(place) if simulated else None,
    )


def _assembled(
    place: Path, authorities: pd.DataFrame, cells: pd.DataFrame, events: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    _check_events(authorities, events)
    units = _units(authorities, events)
    counts, above = as_shares(wide_counts(cells))
    money, emptied = read_money(place, units["population"])
    frame = units.join([counts, money, read_workforce(place)])
    for suffix in ("", "_fy"):
        known = frame[f"{EXPOSURE}{suffix}"].notna()
        frame[f"cin_per_social_worker{suffix}"] = frame["cin_31mar"].where(known)
    names = dict(zip(authorities["la_code"], authorities["la_name"], strict=True))
    inspected = events.index[events["approximate"] & events.index.isin(list(names))]
    notes = (
        *flag_notes(cells),
        *above_notes(above),
        *emptied_notes(emptied, names),
        *approximate_notes(names[code] for code in inspected),
    )
    return _labelled(frame), notes


def _units(authorities: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    columns = ["la_code", "la_name", "region", "year", "population", "population_published"]
    units = authorities[columns].rename(columns={"la_name": "authority"})
    units = units.join(events.drop(columns="approximate"), on="la_code")
    last = units["year"].max()
    complete = (units["inspection_year"] + PERIODS_AFTER <= last).map(
        {True: "true", False: "false"}
    )
    units["complete_after"] = complete.where(units["inspection_year"].notna())
    return units.set_index(KEY)


def _check_events(authorities: pd.DataFrame, events: pd.DataFrame) -> None:
    """Refuse two files that tell of different inspections of one authority."""
    for column in ("inspection_year", "judgement"):
        cells = pick(authorities, column, column, FILE)
        dated = authorities["la_code"].map(events[column].astype(float)).to_numpy()
        said = cells.cells.to_numpy(dtype=float)
        differ = ~np.isnan(said) & (said != dated)
        if differ.any():
            at = int(np.argmax(differ))
            code = authorities["la_code"].iloc[at]
            raise cells.error(
                at,
                f"{show(said[at])} of la_code {code} stands as {show(dated[at])} in"
                " inspections.csv: correct one of them",
            )


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    """Order the columns, and index the rows by what an error calls them."""
    frame = frame.reset_index().astype({"year": int})
    first = ["authority", "la_code", "region", "year"]
    rows = [f"{name} {year}" for name, year in zip(frame["authority"], frame["year"], strict=True)]
    return frame[[*first, *frame.columns.difference(first, sort=False)]].set_axis(
        pd.Index(rows, name="row")
    )


def _no_event_reason(frame: pd.DataFrame) -> dict[str, str]:
    without = frame.loc[frame["inspection_year"].isna(), "authority"].unique()
    return dict.fromkeys(without, "no inspection under the Single Inspection Framework is known")
