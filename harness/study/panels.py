"""From a study file to panels and designs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.design import Design
from harness.errors import DesignError, HarnessError, PanelError
from harness.panel import Panel
from harness.sources import Table, read
from harness.sources.cells import pick
from harness.study.config import BASE, Study
from harness.study.plan import WHOLE_PANEL, Cell, cells, changes_of, strata_of


@dataclass(frozen=True, slots=True, eq=False)
class StudyData:
    """Everything read for a study.

    Attributes
    ----------
    panels : mapping of indicator to Panel
        Strata under the names that the study gives them.
    strata : tuple of str
        The whole panel first.
    designs : mapping of Cell to Design
    """

    table: Table
    panels: Mapping[str, Panel]
    strata: tuple[str, ...]
    designs: Mapping[Cell, Design]


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
    """
    table = _with_stratum_names(study, read(study.source.reader, base=base, **study.source.options))
    column = study.strata.column if study.strata else None
    panels = {
        indicator.name: Panel.from_table(
            table,
            count=indicator.count,
            exposure=indicator.exposure,
            stratum=column,
            no_event=study.no_event,
        )
        for indicator in study.indicators
    }
    found = tuple(sorted({name for panel in panels.values() for name in panel.strata}))
    strata = strata_of(study, found)
    designs = {cell: _design(study, panels, cell) for cell in cells(study, strata)}
    return StudyData(table, panels, strata, designs)


def _with_stratum_names(study: Study, table: Table) -> Table:
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
    return Table(
        frame=frame, unit=table.unit, period=table.period, event=table.event, name=table.name,
        source=table.source, licence=table.licence, strata=table.strata, notes=table.notes,
        descriptions=table.descriptions, no_event_reason=table.no_event_reason,
    )  # fmt: skip


def _design(study: Study, panels: Mapping[str, Panel], cell: Cell) -> Design:
    panel = panels[cell.indicator]
    where = f"indicator {cell.indicator!r}, stratum {cell.stratum!r}"
    if cell.variant != BASE:
        where += f", variant {cell.variant!r}"
    try:
        rows = panel.restricted(cell.stratum)
        _check_size(study, len(rows.units), cell)
        design = study.model.build(**changes_of(study, cell.variant)).design(rows)
        _check_size(study, design.n_groups, cell)
    except HarnessError as error:
        raise DesignError(f"{where}: {error}") from None
    return design


def _check_size(study: Study, units: int, cell: Cell) -> None:
    if study.strata is None or cell.stratum == WHOLE_PANEL:
        return
    least = study.strata.minimum_units
    if units < least:
        raise PanelError(
            f"{units} units with periods in the window, fewer than {least}: merge strata, or lower"
            " strata.minimum_units"
        )
