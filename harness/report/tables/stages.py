"""The stage table: percentage change of every stage, both languages side by side."""

from __future__ import annotations

from dataclasses import replace

from harness.report.derived import Overdispersion, index_of, significant, too_narrow
from harness.report.numerics import percentage_change
from harness.report.reading import WHOLE_PANEL, Reading, Record, answered, reliable, unreliable
from harness.report.rounding import fixed, interval
from harness.report.tables.cells import indicator_cell
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import stage_meaning, stage_name

DECIMALS = 2
Checks = dict[str, Overdispersion]
UNRELIABLE = "no reliable estimate"


def checks_of(found: list[Overdispersion], stratum: Record) -> Checks:
    """Return the dispersion checks of one stratum by indicator."""
    return {c.indicator["name"]: c for c in found if c.stratum["name"] == stratum["name"]}


def stage_table(reading: Reading, stratum: Record, found: list[Overdispersion]) -> Table:
    """Return the stage table of one stratum."""
    checks = checks_of(found, stratum)
    period = reading.study["period_word"]
    columns = [Column("Indicator", numeric=False)]
    first = stratum["name"] == WHOLE_PANEL
    columns += [
        Column(
            f"{voice.language}\n{voice.name}",
            stage_meaning(term, period) if first else "",
            stage_name(term, period),
        )
        for term in reading.stages
        for voice in reading.voices
    ]
    rows = tuple(
        _row(reading, indicator, stratum, checks[indicator["name"]])
        for indicator in reading.indicators
    )
    return Table(
        name=f"stages-{stratum['name']}",
        title=f"Percentage change by stage: {stratum['label']}",
        columns=tuple(columns),
        rows=rows,
        note=_note(reading, checks, first),
        csv="coefficients",
    )


def _note(reading: Reading, checks: Checks, first: bool) -> str:
    parts = [_reading_help(reading) if first else "Read as the table for the whole panel."]
    if any(check.changed for check in checks.values()):
        parts.append(
            "◆: a negative binomial model changes it; see “Are the intervals wide enough?”."
        )
    parts.append(too_narrow(check for check in checks.values() if not check.nb2))
    return " ".join(filter(None, parts))


def _reading_help(reading: Reading) -> str:
    names = " and ".join(f"{voice.name} ({voice.language})" for voice in reading.voices)
    return (
        "Each cell: percentage change of the rate, 100·(exp(b) − 1), over its 95 % confidence"
        f" interval. Bold: the interval leaves out 0. Columns: {names}. Not adjusted for the number"
        " of intervals."
    )


def _row(
    reading: Reading, indicator: Record, stratum: Record, check: Overdispersion
) -> tuple[Cell, ...]:
    names = (indicator["name"], stratum["name"])
    fits = [reading.spoken(voice, *names) for voice in reading.voices]
    changes = [
        marked(change_cell(fit, term), term in check.changed and fit is not None and reliable(fit))
        for term in reading.stages
        for fit in fits
    ]
    return (indicator_cell(indicator), *changes)


def marked(cell: Cell, warns: bool) -> Cell:
    """Return a cell with the mark of a conclusion that a wider model changes."""
    return replace(cell, sign="◆", warns=True) if warns else cell


def change_cell(fit: Record | None, term: str, decimals: int = DECIMALS) -> Cell:
    """Return percentage change over its interval; where it is not reliable, why."""
    if fit is None:
        return Cell("not run", tone="muted")
    if not answered(fit):
        return Cell("failed", tone="muted", link=fit["id"])
    if not reliable(fit):
        return Cell(UNRELIABLE, unreliable(fit) or "", "muted", fit["id"])
    p = fit["params"][term]
    low, high = percentage_change(p["ci_low"]), percentage_change(p["ci_high"])
    return Cell(
        fixed(percentage_change(p["estimate"]), decimals),
        sub=interval(low, high, decimals),
        tone="strong" if significant(fit, term) else "",
        link=fit["id"],
    )


def index_table(reading: Reading, stratum: Record, found: list[Overdispersion]) -> Table | None:
    """Return the chained index of one stratum, None where the stages do not tile the window.

    NB2 stands under the languages where the counts vary more than Poisson allows.
    """
    if not reading.tiles:
        return None
    checks = checks_of(found, stratum)
    first, last = reading.window
    columns = [Column("Indicator", numeric=False), Column("Engine", numeric=False)]
    columns += [Column(f"t = {fixed(t, 0)}") for t in range(first, last + 1)]
    rows = []
    for indicator in reading.indicators:
        for voice in reading.voices:
            fit = reading.spoken(voice, indicator["name"], stratum["name"])
            rows.append(
                (
                    indicator_cell(indicator),
                    Cell(f"{voice.language}: {voice.name}", link=fit["id"] if fit else ""),
                    *index_cells(fit, reading),
                )
            )
        check = checks[indicator["name"]]
        if check.beside:
            name = f"NB2: {check.beside['engine']} {check.beside['settings']}"
            *cells, end = index_cells(check.beside, reading)
            end = marked(end, check.chain_changed)
            asked = Cell(name, link=check.beside["id"])
            rows.append((indicator_cell(indicator), asked, *cells, end))
    return Table(
        name=f"index-{stratum['name']}",
        title=f"Chained index: {stratum['label']}",
        columns=tuple(columns),
        rows=tuple(rows),
        note=_index_note(first, checks),
        csv="chained_index",
        heads=2,
    )


def _index_note(first: int, checks: Checks) -> str:
    base = (
        f"Baseline 100 at t = {fixed(first, 0)}; under each value its 95 % interval (delta method"
        " on the covariance of the stage coefficients)."
    )
    parts = [base]
    if any(check.beside for check in checks.values()):
        parts.append("NB2: the negative binomial model, which allows for more variation.")
    if any(check.chain_changed and check.beside for check in checks.values()):
        parts.append("◆: it does not bear out the conclusion of the Poisson model.")
    parts.append(too_narrow(check for check in checks.values() if not check.nb2))
    return " ".join(filter(None, parts))


def index_cells(fit: Record | None, reading: Reading) -> list[Cell]:
    """Return the chained index of a fit over its intervals, one cell a t."""
    index = index_of(fit, reading)
    first, last = reading.window
    if index is None:
        word = "not run" if fit is None else UNRELIABLE if answered(fit) else "failed"
        return [Cell(word, tone="muted") for _ in range(first, last + 1)]
    cells = []
    for k, value in enumerate(index.index):
        known = index.low is not None and index.high is not None and k > 0
        sub = ""
        if known and index.low is not None and index.high is not None:
            sub = interval(float(index.low[k]), float(index.high[k]))
        cells.append(Cell(fixed(float(value)), sub=sub))
    return cells
