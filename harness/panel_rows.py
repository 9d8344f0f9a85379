"""The rows of a panel: parsed, checked, put in order.

The checks are plain functions, not a schema library's: the messages must name file, row, column,
value and mend, and most rules are about several rows (an event constant within its unit, a
unit-period given twice), so that a schema would only wrap these same functions.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.errors import ConfigError, PanelError
from harness.sources.cells import Column, pick, show, to_labels, to_numbers, to_whole_numbers

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


def measured(
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


def columns_of(df: pd.DataFrame, roles: Mapping[str, str], source: str) -> dict[str, Column]:
    """Return the column of every role."""
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


def parsed(columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return every column as values, or refuse the first cell that cannot be one."""
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


def check_keys(columns: Mapping[str, Column], values: pd.DataFrame) -> None:
    """Check that every row has a unit and a period, and no two the same."""
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


def check_constant(column: Column, values: pd.DataFrame) -> None:
    """Check that a column is constant within units."""
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


def check_events(column: Column, values: pd.DataFrame) -> None:
    """Check that every unit has an event."""
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


def without_missing(
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


def check_given(column: Column, kept: pd.DataFrame) -> None:
    """Check that a column has a value beside every response."""
    missing = _mask(kept[column.role].isna())
    if missing.any():
        at = int(kept.index[int(np.argmax(missing))])
        beside = "count" if "count" in kept else "value"
        mend = MENDS[column.role]
        raise column.error(at, f"{column.role} is missing beside a {beside}: {mend}")


def canonical(kept: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return the rows in the one order that no source decides."""
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


def digest(frame: pd.DataFrame) -> str:
    """Digest of the values, column by column."""
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
