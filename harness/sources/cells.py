"""One column of cells -> numbers or labels, strictly; every refusal names the cell."""

from __future__ import annotations

import decimal
import math
import numbers
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.errors import PanelError
from harness.sources.names import suggestion

FloatArray = npt.NDArray[np.float64]

# What pandas, R and spreadsheets write for "no value". Read so in numbers only: as a label,
# NA is Namibia.
MISSING_NUMBER = frozenset({"", "NA", "NaN"})
PLAIN_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
THOUSANDS = re.compile(r"[+-]?\d{1,3}([, '’_\u00a0\u202f])\d{3}(\1\d{3})*(\.\d+)?", re.ASCII)
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
# From here on float64 no longer holds every whole number.
LARGEST_WHOLE = 2.0**53
LONGEST_SHOWN = 60
PLAIN = "write a plain number"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The cells of one column, and what is needed to point at one of them.

    Attributes
    ----------
    cells : Series, length n
        Values as they came; the index holds the rows' own labels.
    name : str
        Name of the column in the file or frame.
    role : str
        What it is used as: "unit", "period", "count", "exposure", "event", "stratum".
    mend : str
        What to write instead of a cell that is not a number.
    source : str
        File name, or "data frame".
    """

    cells: pd.Series[float]
    name: str
    role: str
    source: str
    mend: str = PLAIN

    def row(self, at: int) -> str:
        """Return the row's own label for position ``at``."""
        return show(self.cells.index[at])

    def error(self, at: int, problem: str) -> PanelError:
        """Return the error that names the cell at position ``at``."""
        return PanelError(f"{self.source}: row {self.row(at)}, column {self.name!r}: {problem}")

    def refuse_first(self, bad: npt.NDArray[np.bool_], problem: str) -> None:
        """Raise for the first true position of ``bad``; ``{}`` in ``problem`` is the value."""
        if bad.any():
            at = int(np.argmax(bad))
            raise self.error(at, f"{self.role} {problem}".replace("{}", show(self.cells.iloc[at])))


def show(value: object) -> str:
    """Return a value on one short line: text quoted, whole floats without a point."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_WHOLE:
        value = int(value)
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def pick(frame: pd.DataFrame, name: str, role: str, source: str, mend: str = PLAIN) -> Column:
    """Return the one column called ``name``.

    Raises
    ------
    PanelError
        If there is none (the nearest name is offered) or more than one.
    """
    places = [k for k, column in enumerate(frame.columns) if column == name]
    if not places:
        raise PanelError(
            f"{source}: there is no column {name!r}, given as {role}:"
            f" {suggestion(name, frame.columns)}"
        )
    if len(places) > 1:
        where = " and ".join(str(k + 1) for k in places)
        raise PanelError(
            f"{source}: column {name!r}, given as {role}, appears {len(places)} times (columns"
            f" {where}): rename or delete all but one"
        )
    return Column(frame.iloc[:, places[0]], name, role, source, mend)


def is_missing(value: object) -> bool:
    """Say whether a cell holds no value: None, NaN, NA, NaT."""
    if isinstance(value, (float, np.floating)):
        return math.isnan(value)
    return value is None or value is pd.NA or value is pd.NaT


def to_numbers(column: Column) -> FloatArray:
    """Return the cells as float64, shape (n,), NaN where missing.

    Raises
    ------
    PanelError
        For text that is not a plain number, booleans, other objects, and infinite values.
    """
    values = np.array(
        [_number(column, at, cell) for at, cell in enumerate(column.cells)], dtype=np.float64
    )
    column.refuse_first(np.isinf(values), f"{{}} is not finite: {column.mend}")
    return values


def to_whole_numbers(column: Column) -> FloatArray:
    """Return the cells as whole float64, shape (n,), NaN where missing; see ``to_numbers``."""
    values = to_numbers(column)
    with np.errstate(invalid="ignore"):
        bad = (values != np.floor(values)) & ~np.isnan(values)
    column.refuse_first(bad, f"{{}} is not a whole number: {column.mend}")
    column.refuse_first(np.abs(values) >= LARGEST_WHOLE, "{} is too large: it must be below 2^53")
    return values


def _number(column: Column, at: int, cell: object) -> float:
    if isinstance(cell, str):
        return _parsed(column, at, cell)
    if isinstance(cell, (bool, np.bool_)):
        raise column.error(at, f"{column.role} {cell} is a boolean, not a number: {column.mend}")
    if is_missing(cell):
        return math.nan
    if not isinstance(cell, (numbers.Real, decimal.Decimal)):
        kind = type(cell).__name__
        raise column.error(
            at, f"{column.role} {show(cell)} is a {kind}, not a number: {column.mend}"
        )
    try:
        return float(cell)
    except OverflowError:
        return math.inf


def _parsed(column: Column, at: int, text: str) -> float:
    plain = text.strip()
    if plain in MISSING_NUMBER:
        return math.nan
    if PLAIN_NUMBER.fullmatch(plain):
        return float(plain)
    mend = column.mend
    thousands = THOUSANDS.fullmatch(plain)
    if thousands:
        mend = f"write {plain.replace(thousands[1], '')}, without thousands separators"
    elif DECIMAL_COMMA.fullmatch(plain):
        mend = f"write {plain.replace(',', '.')}, with a decimal point"
    raise column.error(at, f"{column.role} {show(text)} is text, not a number: {mend}")


def to_labels(column: Column) -> list[str | None]:
    """Return the cells as text, letter for letter, None where missing or blank.

    Whole numbers are written without a decimal point, booleans as YAML writes them.

    Raises
    ------
    PanelError
        If kinds are mixed (a 1 and a "1" would become one label), or if two labels differ only by
        outer spaces or by the Unicode form of the same letters.
    """
    labels: list[str | None] = []
    kinds: dict[str, int] = {}
    for at, cell in enumerate(column.cells):
        label = _label(cell)
        labels.append(label)
        if label is None or kinds.setdefault(_kind(cell), at) != at:
            continue
        if len(kinds) > 1:
            first, other = kinds.items()
            raise column.error(
                at,
                f"{column.role} {show(cell)} is {other[0]}, but {show(column.cells.iloc[first[1]])}"
                f" in row {column.row(first[1])} is {first[0]}: write every {column.role} as text",
            )
    _refuse_lookalikes(column, labels)
    return labels


def _label(cell: object) -> str | None:
    if isinstance(cell, str):
        return str(cell) if cell.strip() else None
    if isinstance(cell, (bool, np.bool_)):
        return "true" if cell else "false"
    if is_missing(cell):
        return None
    if isinstance(cell, (float, np.floating)) and float(cell).is_integer():
        return str(int(cell))
    return str(cell)


def _kind(cell: object) -> str:
    if isinstance(cell, str):
        return "text"
    if isinstance(cell, (bool, np.bool_)):
        return "a boolean"
    return "a number" if isinstance(cell, numbers.Number) else f"a {type(cell).__name__}"


def _refuse_lookalikes(column: Column, labels: Sequence[str | None]) -> None:
    seen: dict[str, tuple[str, int]] = {}
    for at, label in enumerate(labels):
        if label is None:
            continue
        other, row = seen.setdefault(unicodedata.normalize("NFC", label).strip(), (label, at))
        if other != label:
            raise column.error(
                at,
                f"{column.role} {label!r} looks the same as {other!r} in row {column.row(row)},"
                " but for outer spaces or the form of its letters: write both alike",
            )
