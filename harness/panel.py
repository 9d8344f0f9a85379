"""Panel: a validated long table, one count series over units and periods.

The checks are plain functions, not a schema library's: the messages must name file, row, column,
value and mend, and most rules are about several rows (an event constant within its unit, a
unit-period given twice), so that a schema would only wrap these same functions.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.errors import ConfigError, PanelError
from harness.sources.base import Table
from harness.sources.cells import (
    Column,
    pick,
    show,
    to_labels,
    to_numbers,
    to_whole_numbers,
)
from harness.sources.csv_text import read_text_csv

NoEvent = Literal["error", "drop"]
WHOLE_PANEL = "all"
NO_EVENT = "no event is given"
MOST_UNITS_SHOWN = 5
MENDS = MappingProxyType(
    {
        "unit": "give every row its unit",
        "period": "write it as a whole number, such as 2014; number quarters 1, 2, 3, ...",
        "count": "write a whole number, or leave the cell empty where it is not known",
        "value": "write a number of 0 or more, or leave the cell empty where it is not known",
        "exposure": "write a number above 0",
        "event": "write the period of the event as a whole number, or leave the cell empty",
        "stratum": "give every row of a unit the same stratum",
        "share": "write the share of the event period that was left, above 0 and up to 1",
    }
)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Rows left out, and why: ``rows`` rows of ``units`` (sorted), for one ``reason``."""

    reason: str
    rows: int
    units: tuple[str, ...]


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
        object.__setattr__(self, "sha256", _digest(self.frame))

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
        response, measured = _response(count, value, exposure)
        given = {"exposure": exposure, "event": event, "stratum": stratum, "share": share}
        roles = {"unit": unit, "period": period, response: measured} | {
            role: name for role, name in given.items() if name is not None
        }
        if no_event not in ("error", "drop"):
            raise ConfigError(f'no_event is {no_event!r}: write "error" or "drop"')
        columns = _columns(df, roles, source)
        values = _parsed(columns)
        _check_keys(columns, values)
        for role in ("event", "stratum", "share"):
            if role in columns:
                _check_constant(columns[role], values)
        if no_event == "error":
            _check_events(columns["event"], values)
        kept, dropped = _drop(values, columns[response], no_event_reason or {})
        for role in ("exposure", "share"):
            if role in columns:
                _check_given(columns[role], kept)
        return cls(_canonical(kept, source), source, dropped, roles)

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


def _response(
    count: str | None, value: str | None, exposure: str | None
) -> tuple[Literal["count", "value"], str]:
    """Return which of the two is measured, and the name of its column."""
    if count is not None and value is None:
        if exposure is None:
            raise ConfigError("a count needs its exposure: name the column (a column of 1 will do)")
        return "count", count
    if value is not None and count is None:
        return "value", value
    raise ConfigError("give one of count and value: the column of counts, or of amounts or rates")


def _columns(df: pd.DataFrame, roles: Mapping[str, str], source: str) -> dict[str, Column]:
    if not isinstance(df, pd.DataFrame):
        raise PanelError(f"{source}: a {type(df).__name__} is not a pandas data frame: give one")
    columns = {role: pick(df, name, role, source, MENDS[role]) for role, name in roles.items()}
    first: dict[str, str] = {}
    for role, name in roles.items():
        if first.setdefault(name, role) != role:
            raise PanelError(
                f"{source}: column {name!r} is given as {first[name]} and as {role}: give each its"
                " own"
            )
    if df.empty:
        raise PanelError(f"{source}: there are no rows: add the data")
    return columns


def _parsed(columns: Mapping[str, Column]) -> pd.DataFrame:
    values = pd.DataFrame(
        {
            "unit": pd.Series(to_labels(columns["unit"]), dtype=object),
            "period": to_whole_numbers(columns["period"]),
            "event": to_whole_numbers(columns["event"]),
            **_measured(columns),
        }
    )
    if "stratum" in columns:
        labels = to_labels(columns["stratum"])
        taken = np.array([label == WHOLE_PANEL for label in labels])
        columns["stratum"].refuse_first(taken, "{} is the name of the whole panel: choose another")
        values["stratum"] = pd.Series(labels, dtype=object)
    if "share" in columns:
        values["share"] = to_numbers(columns["share"])
        outside = _mask((values["share"] <= 0) | (values["share"] > 1))
        columns["share"].refuse_first(outside, f"{{}} is no share: {MENDS['share']}")
    return values


def _measured(columns: Mapping[str, Column]) -> dict[str, npt.NDArray[np.float64]]:
    """Count or value, and the exposure: 1 for a value that has none."""
    role = "count" if "count" in columns else "value"
    numbers = to_whole_numbers(columns[role]) if role == "count" else to_numbers(columns[role])
    columns[role].refuse_first(numbers < 0, "{} is negative: correct it")
    if "exposure" not in columns:
        return {role: numbers, "exposure": np.ones_like(numbers)}
    exposure = to_numbers(columns["exposure"])
    columns["exposure"].refuse_first(exposure <= 0, f"{{}} is not above 0: {MENDS['exposure']}")
    return {role: numbers, "exposure": exposure}


def _mask(condition: pd.Series[bool]) -> npt.NDArray[np.bool_]:
    return condition.to_numpy(dtype=np.bool_)


def _check_keys(columns: Mapping[str, Column], values: pd.DataFrame) -> None:
    for role in ("unit", "period"):
        columns[role].refuse_first(_mask(values[role].isna()), f"is missing: {MENDS[role]}")
    seen: dict[tuple[str, float], int] = {}
    for at, key in enumerate(zip(values["unit"], values["period"], strict=True)):
        first = seen.setdefault(key, at)
        if first != at:
            raise columns["period"].error(
                at,
                f"unit {key[0]!r} has period {key[1]:.0f} already in row"
                f" {columns['period'].row(first)}: keep one of the two rows",
            )


def _check_constant(column: Column, values: pd.DataFrame) -> None:
    cells = [None if pd.isna(value) else value for value in values[column.role]]
    first: dict[str, int] = {}
    for at, unit in enumerate(values["unit"]):
        other = first.setdefault(unit, at)
        if cells[at] != cells[other]:
            raise column.error(
                at,
                f"unit {unit!r} has {column.role} {_or_missing(cells[at])}, but"
                f" {_or_missing(cells[other])} in row {column.row(other)}: a unit needs the same"
                f" {column.role} in every row",
            )


def _or_missing(value: object) -> str:
    return "missing" if value is None else show(value)


def _check_events(column: Column, values: pd.DataFrame) -> None:
    missing = _mask(values["event"].isna())
    if not missing.any():
        return
    units = sorted(set(values["unit"][missing]))
    shown = ", ".join(repr(unit) for unit in units[:MOST_UNITS_SHOWN])
    more = len(units) - MOST_UNITS_SHOWN
    raise column.error(
        int(np.argmax(missing)),
        f"event is missing for {len(units)} of {values['unit'].nunique()} units ({shown}"
        + (f" and {more} more" if more > 0 else "")
        + '): give its period, or set no_event to "drop" to leave such units out',
    )


def _drop(
    values: pd.DataFrame, response: Column, reasons: Mapping[str, str]
) -> tuple[pd.DataFrame, tuple[Dropped, ...]]:
    """Leave out rows without an event, then rows without a response; the index is kept."""
    reason = pd.Series(None, index=values.index, dtype=object)
    no_event, no_response = values["event"].isna(), values[response.role].isna()
    reason[no_response] = f"{response.role} {response.name!r} is missing"
    reason[no_event] = [reasons.get(unit, NO_EVENT) for unit in values["unit"][no_event]]
    out = reason.notna()
    dropped = tuple(
        Dropped(str(why), len(units), tuple(sorted(set(units))))
        for why, units in values["unit"][out].groupby(reason[out], sort=True)
    )
    return values[~out], dropped


def _check_given(column: Column, kept: pd.DataFrame) -> None:
    missing = _mask(kept[column.role].isna())
    if missing.any():
        at = int(kept.index[int(np.argmax(missing))])
        beside = "count" if "count" in kept else "value"
        mend = MENDS[column.role]
        raise column.error(at, f"{column.role} is missing beside a {beside}: {mend}")


def _canonical(kept: pd.DataFrame, source: str) -> pd.DataFrame:
    if kept.empty:
        response = "count" if "count" in kept else "value"
        raise PanelError(
            f"{source}: no row has both a {response} and an event: nothing is left to fit"
        )
    whole = {"period": np.int64, "event": np.int64}
    frame = kept.sort_values(["unit", "period"], ignore_index=True).astype(whole)
    response = "count" if "count" in frame else "value"
    frame[response] += 0.0  # turns -0.0, which prints and hashes as another value, into 0.0
    return frame


def _digest(frame: pd.DataFrame) -> str:
    digest = hashlib.sha256()
    for name in ("unit", "stratum"):
        if name in frame:
            labels = [None if pd.isna(label) else label for label in frame[name]]
            digest.update(json.dumps([name, labels]).encode())
    for name, kind in (("period", "<i8"), ("event", "<i8"), ("count", "<f8"), ("exposure", "<f8")):
        if name in frame:
            digest.update(_bytes(frame[name].to_numpy(), kind))
    # Named, unlike the columns that every panel of counts has: a value is not a count.
    for name in ("value", "share"):
        if name in frame:
            digest.update(name.encode())
            digest.update(_bytes(frame[name].to_numpy(), "<f8"))
    return digest.hexdigest()


def _bytes(array: npt.NDArray[np.generic], kind: str) -> bytes:
    return np.ascontiguousarray(array.astype(kind)).tobytes()
