"""From a CSV file to a proposal: columns, panel, model, traps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.errors import ConfigError, PanelError
from harness.panel import Panel
from harness.proposal.calendar import how_to_number
from harness.proposal.choice import Asked, Choice, LeftOut, Role
from harness.proposal.facts import Facts, facts_of
from harness.proposal.keys import choose_keys
from harness.proposal.measures import choose_measures, could_divide
from harness.proposal.models import Estimable, estimable
from harness.proposal.survey import Survey, survey
from harness.proposal.traps import traps
from harness.proposal.wording import called
from harness.sources.cells import PLAIN, PLAIN_NUMBER, pick, to_numbers
from harness.sources.csv_text import read_text_csv

FEWEST_ROWS = 4


@dataclass(frozen=True, eq=False)
class Proposal:
    """What is proposed for a file.

    Attributes
    ----------
    file : Path
        The data.
    choices : tuple of Choice
        Unit, period, event, exposure and every count.
    left_out : tuple of LeftOut
    strata : mapping of str to tuple of str
        Columns that could divide the units, with their values.
    survey : Survey
    model : Estimable
    warnings : tuple of str
    rates : mapping of str to float
        Counts per unit of exposure over all rows, by column of counts.
    """

    file: Path
    choices: tuple[Choice, ...]
    left_out: tuple[LeftOut, ...]
    strata: dict[str, tuple[str, ...]]
    survey: Survey
    model: Estimable
    warnings: tuple[str, ...]
    rates: dict[str, float]

    def column(self, role: Role) -> str:
        """Return the column of a role; the first of several counts."""
        return next(choice.column for choice in self.choices if choice.role == role)

    @property
    def counts(self) -> tuple[str, ...]:
        """Columns of counts."""
        return tuple(choice.column for choice in self.choices if choice.role == "count")


def propose(file: Path, asked: Asked) -> Proposal:
    """Read a CSV file and propose a study of it.

    Parameters
    ----------
    asked : Asked
        Columns that are settled already.

    Raises
    ------
    PanelError
        If the file is not a table, or its columns no panel, by row and column.
    ConfigError
        If a column asked for is not there, or one cannot be chosen, with the option that settles
        it.
    """
    frame = read_text_csv(file)
    try:
        return _proposal(file, frame, asked)
    except ConfigError as error:
        raise ConfigError(f"{file.name}: {error}") from None


def _proposal(file: Path, frame: pd.DataFrame, asked: Asked) -> Proposal:
    _check_asked(frame, asked, file.name)
    if len(frame) < FEWEST_ROWS:
        raise PanelError(
            f"{file.name}: {len(frame)} rows are no panel: give one row a unit and period"
        )
    _check_names(frame, file.name)
    facts = facts_of(frame)
    _check_dates(facts, asked)
    _check_slips(frame, facts, asked, file.name)
    keys, key_choices = choose_keys(facts, asked)
    measures, left_out = choose_measures(facts, keys, asked)
    choices = (*key_choices, *measures)
    panels = _panels(frame, choices, file.name)
    model = estimable(panels)
    found = survey(panels, model.window)
    used = {choice.column for choice in choices}
    return Proposal(
        file=file,
        choices=choices,
        left_out=left_out,
        strata={
            f.name: tuple(sorted(f.values))
            for f in facts
            if f.name not in used and could_divide(f) and f.constant_within(keys.unit.codes)
        },
        survey=found,
        model=model,
        warnings=traps(found, panels, model),
        rates={name: _rate(panel) for name, panel in panels.items()},
    )


def _rate(panel: Panel) -> float:
    return float(panel.frame["count"].sum() / panel.frame["exposure"].sum())


def _check_asked(frame: pd.DataFrame, asked: Asked, source: str) -> None:
    taken: dict[str, str] = {}
    for role, name in asked.roles.items():
        pick(frame, name, role.split()[0], source)
        if taken.setdefault(name, role) != role:
            raise ConfigError(
                f"column {name!r} is named for {taken[name].split()[0]} and for {role.split()[0]}:"
                " name each its own"
            )


def _check_names(frame: pd.DataFrame, source: str) -> None:
    """Refuse a table of which the first row is data, or whose columns are periods."""
    numbers = [name for name in frame.columns if PLAIN_NUMBER.fullmatch(name.strip())]
    if 2 * len(numbers) >= len(frame.columns):
        raise PanelError(
            f"{source}: the first row has numbers, such as {numbers[0]!r}, in place of names: put"
            " a row of names above it; if they are periods, give one row a unit and period"
        )


def _check_dates(facts: Sequence[Facts], asked: Asked) -> None:
    """Refuse dates that are named as periods, with the way to number them."""
    for name in (asked.period, asked.event):
        chosen = next((f for f in facts if f.name == name), None)
        line = None if chosen is None else how_to_number(chosen)
        if line is not None:
            raise ConfigError(line)


def _check_slips(frame: pd.DataFrame, facts: Sequence[Facts], asked: Asked, source: str) -> None:
    """Refuse text among the numbers of a column that is called like a role still open.

    Otherwise another column would take its place without a word.
    """
    for role in ("period", "event", "exposure"):
        mend = f"{PLAIN}, or name another column by --{role}"
        for f in () if getattr(asked, role) else facts:
            if f.name not in asked.roles.values() and called(role, f.name) and f.slipped:
                to_numbers(pick(frame, f.name, role, source, mend))


def _panels(frame: pd.DataFrame, choices: Sequence[Choice], source: str) -> dict[str, Panel]:
    column = {choice.role: choice.column for choice in choices}
    return {
        choice.column: Panel.from_frame(
            frame, unit=column["unit"], period=column["period"], event=column["event"],
            count=choice.column, exposure=column["exposure"], no_event="drop", source=source,
        )
        for choice in choices
        if choice.role == "count"
    }  # fmt: skip
