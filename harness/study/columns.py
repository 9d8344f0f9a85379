"""Which columns of a table an analysis reads, under the base model or a variant."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.errors import PanelError
from harness.panel import NoEvent, Panel
from harness.sources.base import Table
from harness.sources.cells import pick
from harness.study.parts import Indicator, Variant


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of one panel; equal ones make the same panel.

    Attributes
    ----------
    count, exposure, value : str or None
        Either a count with its exposure or a value.
    event : str
    share : str or None
        Share of the event period that lies after the event.
    where : tuple of (str, str)
        Column and the value that it must have.
    rate : float or None
        The count is divided by the exposure and multiplied by this: a rate as a pseudo-response.
    """

    count: str | None
    exposure: str | None
    value: str | None
    event: str
    share: str | None = None
    where: tuple[tuple[str, str], ...] = ()
    rate: float | None = None


def columns_of(indicator: Indicator, variant: Variant | None, event: str) -> Columns:
    """Return the columns that an indicator reads under a variant; None is the base model."""
    base = Columns(indicator.count, indicator.exposure, indicator.value, event)
    if variant is None:
        return base
    return replace(
        base,
        count=_filled(variant.count, indicator.count),
        value=_filled(variant.value, indicator.value),
        exposure=(variant.exposure or {}).get(indicator.exposure or "", indicator.exposure),
        event=variant.event or event,
        share=variant.share,
        where=tuple((variant.where or {}).items()),
        rate=indicator.per if variant.rate is not None else None,
    )


def _filled(pattern: str | None, column: str | None) -> str | None:
    return column if pattern is None or column is None else pattern.replace("{}", column)


def panel_of(table: Table, columns: Columns, stratum: str | None, no_event: NoEvent) -> Panel:
    """Return the panel of some columns of a table.

    Raises
    ------
    PanelError
        In one line, for a column that is not there or anything that is not a panel.
    """
    frame = table.frame
    for column, wanted in columns.where:
        cells = pick(frame, column, "where", table.name).cells.astype("string").str.strip()
        frame = frame[(cells == wanted).fillna(False)]
        if frame.empty:
            raise PanelError(f"{table.name}: column {column!r} is nowhere {wanted!r}")
    panel = Panel.from_table(
        replace(table, frame=frame, event=columns.event),
        count=columns.count,
        exposure=columns.exposure,
        value=columns.value,
        share=columns.share,
        stratum=stratum,
        no_event=no_event,
    )
    return panel if columns.rate is None else panel.rate(columns.rate)
