"""Table: what every reader returns, and the register of readers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd


@dataclass(frozen=True, slots=True)
class Context:
    """A small table that describes the data, as a paper's first table does.

    Attributes
    ----------
    title, note : str
    heads : tuple of str
    rows : tuple of tuple
        Text, whole numbers, or None for a cell that is empty.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """A wide table, one row a unit and period, with the part that each column plays.

    Attributes
    ----------
    frame : DataFrame
        One row a unit and period; the index holds what an error calls the row.
    unit, period, event : str
        Names of the columns that play these parts.
    name : str
        What errors and reports call the table: a file name, or the name of a data set.
    source : str
        Where the data come from, in a sentence.
    licence : str
        Under which terms; empty where unknown.
    strata : tuple of str
        Columns that may divide the units into strata.
    notes : tuple of str
        What a reader of a report must know about the data, a sentence each.
    descriptions : mapping of column to str
        What a column measures, and in which unit.
    no_event_reason : mapping of unit to str
        Why a unit has no event.
    simulated : bool
        Whether the data were drawn, not observed.
    context : mapping of str to Context
        Small tables about the data, by name.
    truth : DataFrame or None
        Of simulated data: ``indicator``, ``stratum``, ``term``, ``value`` on the log scale.
    """

    frame: pd.DataFrame
    unit: str
    period: str
    event: str
    name: str
    source: str
    licence: str = ""
    strata: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    no_event_reason: Mapping[str, str] = field(default_factory=dict)
    simulated: bool = False
    context: Mapping[str, Context] = field(default_factory=dict)
    truth: pd.DataFrame | None = None


Reader = Callable[..., Table]
READERS: dict[str, Reader] = {}


def reader(name: str) -> Callable[[Reader], Reader]:
    """Register a function as the reader called ``name`` in study files.

    A reader takes the keyword ``base``, the folder that relative paths start from, and its own
    options as further keywords.
    """

    def register(function: Reader) -> Reader:
        READERS[name] = function
        return function

    return register
