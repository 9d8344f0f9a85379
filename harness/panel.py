"""Panel: a validated long table, one series over units and periods."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pandas as pd

from harness.errors import ConfigError, PanelError
from harness.panel_rows import (
    WHOLE_PANEL,
    Dropped,
    canonical,
    check_constant,
    check_events,
    check_given,
    check_keys,
    columns_of,
    digest,
    measured,
    parsed,
    without_missing,
)
from harness.sources.base import Table
from harness.sources.csv_text import read_text_csv

NoEvent = Literal["error", "drop"]


@dataclass(frozen=True, eq=False)
class Panel:
    """One indicator: a count and its exposure by unit and period, with each unit's own event.

    Or, in place of the count, a value that need not be whole: an amount or a rate.

    Build it by ``from_frame``, ``read_csv`` or ``from_table``.

    Attributes
    ----------
    frame : DataFrame, shape (n, 5) to (n, 7)
        ``unit`` (text), ``period`` (int64), ``event`` (int64), ``count`` (float64, whole) or
        ``value`` (float64, not negative), ``exposure`` (float64, positive; 1 beside a value that
        was given none) and, where given, ``stratum`` (text, missing for a unit that has none) and
        ``share`` (float64, constant in a unit: share of its event period that was left after the
        event, above 0 and up to 1); sorted by unit and period in the order of code points, which
        no locale changes.
    source : str
        File name, or "data frame".
    dropped : tuple of Dropped
        Rows that the source holds and the panel does not.
    columns : mapping of role to str
        What the columns are called in the source.
    sha256 : str
        Of the values of ``frame``: the same whatever the order of the source's rows.
    """

    frame: pd.DataFrame
    source: str
    dropped: tuple[Dropped, ...]
    columns: Mapping[str, str]
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", digest(self.frame))

    @classmethod
    def from_frame(
        cls,
        df: pd.DataFrame,
        unit: str,
        period: str,
        count: str | None = None,
        exposure: str | None = None,
        event: str = "event",
        stratum: str | None = None,
        no_event: NoEvent = "error",
        source: str = "data frame",
        no_event_reason: Mapping[str, str] | None = None,
        *,
        value: str | None = None,
        share: str | None = None,
    ) -> Panel:
        """Build a panel from a data frame with one row a unit and period.

        Parameters
        ----------
        df : DataFrame
            Not changed. Numbers may also stand as plain text ("12", "1.5e3").
        unit, period, count, exposure, event : str
            Names of the columns. Rows with a missing count are left out and listed in ``dropped``.
        value : str, optional
            Name of the column of amounts or rates, in place of ``count``; ``exposure`` may then be
            left out.
        share : str, optional
            Name of the column that holds the share of a unit's event period that was left after
            the event.
        stratum : str, optional
            Name of the column that divides the units into strata.
        no_event : {"error", "drop"}
            What becomes of units without an event.
        source : str
            What messages call the data.
        no_event_reason : mapping of unit to str, optional
            Why a unit has no event, for ``dropped``.

        Raises
        ------
        PanelError
            In one line that names source, row, column and value, for anything that is not a panel.
        ConfigError
            If ``no_event`` is neither of the two, or not one of ``count`` and ``value`` is given.
        """
        response, column = measured(count, value, exposure)
        given = {"exposure": exposure, "event": event, "stratum": stratum, "share": share}
        roles = {"unit": unit, "period": period, response: column} | {
            role: name for role, name in given.items() if name is not None
        }
        if no_event not in ("error", "drop"):
            raise ConfigError(f'no_event is {no_event!r}: write "error" or "drop"')
        columns = columns_of(df, roles, source)
        values = parsed(columns)
        check_keys(columns, values)
        for role in ("event", "stratum", "share"):
            if role in columns:
                check_constant(columns[role], values)
        if no_event == "error":
            check_events(columns["event"], values)
        kept, dropped = without_missing(values, columns[response], no_event_reason or {})
        for role in ("exposure", "share"):
            if role in columns:
                check_given(columns[role], kept)
        return cls(canonical(kept, source), source, dropped, roles)

    @classmethod
    def read_csv(
        cls,
        path: str | os.PathLike[str],
        unit: str,
        period: str,
        count: str | None = None,
        exposure: str | None = None,
        event: str = "event",
        stratum: str | None = None,
        no_event: NoEvent = "error",
        source: str | None = None,
        *,
        value: str | None = None,
        share: str | None = None,
    ) -> Panel:
        """Build a panel from a CSV file; rows in messages are lines of the file (header: 1).

        Labels are kept letter for letter ("01" stays "01"). Parameters and errors are those of
        ``from_frame``; ``source`` is the file's name by default.
        """
        return cls.from_frame(
            read_text_csv(path),
            unit=unit,
            period=period,
            count=count,
            exposure=exposure,
            event=event,
            stratum=stratum,
            no_event=no_event,
            source=Path(path).name if source is None else source,
            value=value,
            share=share,
        )

    @classmethod
    def from_table(
        cls,
        table: Table,
        count: str | None = None,
        exposure: str | None = None,
        stratum: str | None = None,
        no_event: NoEvent = "error",
        *,
        value: str | None = None,
        share: str | None = None,
    ) -> Panel:
        """Build the panel of one indicator from what a reader returned; see ``from_frame``."""
        return cls.from_frame(
            table.frame,
            unit=table.unit,
            period=table.period,
            count=count,
            exposure=exposure,
            event=table.event,
            stratum=stratum,
            no_event=no_event,
            source=table.name,
            no_event_reason=table.no_event_reason,
            value=value,
            share=share,
        )

    @property
    def t(self) -> pd.Series[int]:
        """Time to the unit's own event, period - event, shape (n,)."""
        return (self.frame["period"] - self.frame["event"]).rename("t")

    @property
    def response(self) -> Literal["count", "value"]:
        """What is measured, the column's name in ``frame``: a count, or a value."""
        return "count" if "count" in self.frame else "value"

    @property
    def nobs(self) -> int:
        """Number of rows."""
        return len(self.frame)

    @property
    def units(self) -> tuple[str, ...]:
        """Units, sorted."""
        return tuple(dict.fromkeys(self.frame["unit"]))

    @property
    def periods(self) -> tuple[int, ...]:
        """Periods, sorted."""
        return tuple(sorted(int(period) for period in self.frame["period"].unique()))

    @property
    def strata(self) -> tuple[str, ...]:
        """Labels of the strata, sorted; empty where no stratum was given."""
        if "stratum" not in self.frame:
            return ()
        return tuple(sorted(self.frame["stratum"].dropna().unique()))

    def rate(self, per: float) -> Panel:
        """Return the panel of rates per so many units of exposure: a value in place of the count.

        What users of programs without an exposure fit, as a pseudo-response.

        Parameters
        ----------
        per : float
            Units of exposure, such as 10 000 children; above zero.

        Raises
        ------
        PanelError
            If ``per`` is not above zero.
        """
        if not per > 0:
            raise PanelError(f"{self.source}: a rate per {per!r} has no meaning: give above 0")
        rows = self.frame.rename(columns={self.response: "value"})
        rows["value"] = per * rows["value"] / rows["exposure"]
        return Panel(rows.assign(exposure=1.0), self.source, self.dropped, self.columns)

    def restricted(self, stratum: str) -> Panel:
        """Return the units of one stratum; ``"all"`` is the whole panel.

        Raises
        ------
        PanelError
            If there is no such stratum.
        """
        if stratum == WHOLE_PANEL:
            return self
        if stratum not in self.strata:
            known = ", ".join(repr(label) for label in (WHOLE_PANEL, *self.strata))
            raise PanelError(f"{self.source}: there is no stratum {stratum!r}: choose from {known}")
        rows = self.frame[self.frame["stratum"] == stratum].reset_index(drop=True)
        return Panel(rows, self.source, self.dropped, self.columns)
