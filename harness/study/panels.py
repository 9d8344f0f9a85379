"""From a study file to panels and designs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

import numpy as np

from harness.design import Design
from harness.errors import DesignError, HarnessError, PanelError
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.sources import Table, read
from harness.sources.cells import pick
from harness.study.columns import columns_of, panel_of
from harness.study.config import BASE, Study
from harness.study.plan import WHOLE_PANEL, Cell, cells, changes_of, strata_of
from harness.study.products import check_products


@dataclass(frozen=True, slots=True, eq=False)
class StudyData:
    """Everything read for a study.

    Attributes
    ----------
    panels : mapping of indicator to Panel
        Of the base model; strata under the names that the study gives them.
    strata : tuple of str
        The whole panel first.
    designs : mapping of Cell to Design
    unfit : mapping of Cell to str
        Analyses that the data cannot answer, and why; only where the study file lists them.
    """

    table: Table
    panels: Mapping[str, Panel]
    strata: tuple[str, ...]
    designs: Mapping[Cell, Design]
    unfit: Mapping[Cell, str] = field(default_factory=dict)


def read_study(study: Study, base: Path) -> StudyData:
    """Read the source, build every panel and every design.

    Parameters
    ----------
    base : Path
        Folder that relative paths of the source start from.

    Raises
    ------
    HarnessError
        In one line, for anything that is not a usable panel or model; nothing is fitted then.
        With ``unfit: list`` an analysis whose model the data cannot tell apart is listed instead.
    """
    table = with_stratum_names(study, read(study.source.reader, base=base, **study.source.options))
    column = study.strata.column if study.strata else None
    panel = cache(partial(panel_of, table, stratum=column, no_event=study.no_event))
    panels = {i.name: panel(columns_of(i, None, table.event)) for i in study.indicators}
    if study.unfit == "error":
        _check_window(study, panels, table.name)
    found = tuple(sorted({name for panel in panels.values() for name in panel.strata}))
    strata = strata_of(study, found)
    check_products(study.products, strata, table.context)
    designs, unfit = {}, {}
    for cell in cells(study, strata):
        rows = panel(
            columns_of(study.indicator(cell.indicator), study.variant(cell.variant), table.event)
        )
        try:
            designs[cell] = _design(study, rows, cell)
        except DesignError as error:
            if study.unfit == "error":
                raise
            unfit[cell] = str(error)
    table = replace(table, notes=(*table.notes, *_gaps(panels)))
    return StudyData(table, panels, strata, designs, unfit)


def _check_window(study: Study, panels: Mapping[str, Panel], source: str) -> None:
    """Refuse a window that reaches past the data: the report would speak of what nobody saw."""
    t = [int(at) for panel in panels.values() for at in (panel.t.min(), panel.t.max())]
    if min(t) >= 0 or max(t) < 0:
        return  # no window helps; the model says so
    for variant in (BASE, *(v.name for v in study.variants)):
        first, last = study.model.build(**changes_of(study, variant)).window
        if first < min(t) or last > max(t):
            raise PanelError(
                f"{source}: the window [{first}, {last}] reaches past the rows, which lie between"
                f" {min(t)} and {max(t)} periods from the event: use"
                f" [{max(first, min(t))}, {min(last, max(t))}]"
            )


def _gaps(panels: Mapping[str, Panel]) -> tuple[str, ...]:
    """A note where no unit at all has a row in some periods between the first and the last."""
    periods = np.unique(np.concatenate([p.frame["period"].to_numpy() for p in panels.values()]))
    jumps = np.flatnonzero(np.diff(periods) > 1)
    if not jumps.size:
        return ()
    before, after = periods[jumps[0]], periods[jumps[0] + 1]
    more = f", and {jumps.size - 1} more such gaps" if jumps.size > 1 else ""
    note = (
        f"Check the periods: no unit has a row between {before} and {after}{more}. Periods count"
        " one by one; quarters and months are to be numbered 1, 2, 3, ... across the years."
    )
    return (note,)


def with_stratum_names(study: Study, table: Table) -> Table:
    """Return the table with the study's names in place of the values of its stratum column.

    Raises
    ------
    PanelError
        For a value that the study does not name.
    """
    if study.strata is None or study.strata.labels is None:
        return table
    column, labels = study.strata.column, study.strata.labels
    cells = pick(table.frame, column, "stratum", table.name).cells
    text = cells.astype("string").str.strip()
    unknown = sorted(set(text.dropna()) - set(labels) - {""})
    if unknown:
        raise PanelError(
            f"{table.name}: column {column!r} holds {unknown[0]!r}, which strata.labels does not"
            f" name: add it there (labels has {', '.join(map(repr, labels))})"
        )
    frame = table.frame.assign(**{column: text.map(labels).astype(object)})
    return replace(table, frame=frame)


def _design(study: Study, panel: Panel, cell: Cell) -> Design:
    where = f"{panel.source}, indicator {cell.indicator!r}, stratum {cell.stratum!r}"
    if cell.variant != BASE:
        where += f", variant {cell.variant!r}"
    try:
        rows = panel.restricted(cell.stratum)
        _check_size(study, len(rows.units), cell)
        design = model_of(study, cell).design(rows)
        _check_size(study, design.n_groups, cell)
    except HarnessError as error:
        raise DesignError(f"{where}: {str(error).removeprefix(f'{panel.source}: ')}") from None
    return design


def model_of(study: Study, cell: Cell) -> SegmentedPoisson:
    """Return the model of a cell."""
    indicator, variant = study.indicator(cell.indicator), study.variant(cell.variant)
    scale = indicator.scale if variant is None or variant.rate is None else variant.rate
    response = "count" if scale is None else "pseudo"
    share = variant is not None and variant.share is not None
    return study.model.build(
        **changes_of(study, cell.variant), response=response, scale=scale, event_share=share
    )


def _check_size(study: Study, units: int, cell: Cell) -> None:
    if study.strata is None or cell.stratum == WHOLE_PANEL:
        return
    least = study.strata.minimum_units
    if units < least:
        raise PanelError(
            f"{units} units with periods in the window, fewer than {least}: merge strata, or lower"
            " strata.minimum_units"
        )
