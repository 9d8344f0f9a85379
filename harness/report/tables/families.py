"""Overdispersion: the dispersion against its null, Poisson and NB2 intervals side by side."""

from __future__ import annotations

import statistics

from harness.report.derived import Overdispersion
from harness.report.reading import Reading
from harness.report.rounding import NOTHING, fixed, interval, p_text, whole
from harness.report.tables.cells import indicator_cell
from harness.report.tables.stages import change_cell, marked
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import stage_name


def dispersion_table(found: list[Overdispersion]) -> Table:
    """Return observed dispersion against its parametric-bootstrap null, one row an analysis."""
    columns = (
        Column("Indicator", numeric=False),
        Column("Stratum", numeric=False),
        Column(
            "Observed",
            "sum of squared Pearson residuals of the Poisson fit over n minus all parameters",
        ),
        Column(
            "Expected range",
            "95 % range of the same number on data simulated from the fitted Poisson model",
        ),
        Column("Times the expected", "observed over the median of the simulated values"),
        Column("Intervals too narrow by", "about: the root of the number before"),
        Column("p", "bootstrap p-value: (1 + values at least as large) / (1 + simulated)"),
        Column("Simulated", "number of simulated data sets"),
        Column("Reading", "what follows", numeric=False),
    )
    return Table(
        name="dispersion",
        title="Do the counts vary more than Poisson allows?",
        columns=columns,
        rows=tuple(_dispersion_row(check) for check in found),
        note="Below 1 is normal: the random effects absorb part of the variation.",
        csv="overdispersion",
        heads=2,
        tall=True,
    )


def _dispersion_row(check: Overdispersion) -> tuple[Cell, ...]:
    head = (indicator_cell(check.indicator), Cell(check.stratum["label"]))
    fit = check.poisson["id"] if check.poisson else ""
    observed = Cell(fixed(check.observed, 2), tone="strong" if check.over else "", link=fit)
    if check.null is None:
        rest = (Cell(NOTHING),) * 5
        return (*head, observed, *rest, Cell("not tested", tone="muted"))
    null, failures = check.null, check.null.get("failures")
    times = check.observed / null["null_median"] if check.observed and null["null_median"] else None
    reading = Cell("too narrow intervals" if check.over else "as expected")
    if check.over:
        reading = Cell("varies more: intervals too narrow", tone="near")
    elif check.observed is not None and check.observed < null["null_low"]:
        reading = Cell("varies less: intervals too wide", tone="near")
    return (
        *head,
        observed,
        Cell(interval(null["null_low"], null["null_high"], 2)),
        Cell(fixed(times, 1)),
        Cell(f"× {fixed(check.factor, 1)}" if check.factor else NOTHING),
        Cell(p_text(null["p_value"])),
        Cell(whole(null["replicates"]), sub=f"{failures} failed" if failures else ""),
        reading,
    )


def families_table(reading: Reading, found: list[Overdispersion], stratum: str) -> Table | None:
    """Return Poisson beside NB2 for one stratum, None where no NB2 fit answered."""
    chosen = [c for c in found if c.stratum["name"] == stratum and c.nb2 and c.poisson]
    if not chosen:
        return None
    period = reading.study["period_word"]
    columns = [Column("Indicator", numeric=False)]
    for term in reading.stages:
        group = stage_name(term, period)
        columns += [Column("Poisson", "", group), Column("NB2", "", group)]
    columns.append(Column("Wider by", "median over the stages of NB2 over Poisson standard error"))
    columns.append(
        Column("Theta", "size of the negative binomial: variance mu + mu²/theta; small is worse")
    )
    return Table(
        name=f"families-{stratum}",
        title=f"Poisson beside negative binomial (NB2): {chosen[0].stratum['label']}",
        columns=tuple(columns),
        rows=tuple(_family_row(reading, check) for check in chosen),
        note=f"Percentage change over its 95 % interval, both by {_by(chosen)}. Bold: the interval"
        " leaves out 0. Marked ◆: the conclusion at the 5 % level changes.",
        csv="overdispersion",
    )


def _by(chosen: list[Overdispersion]) -> str:
    names = {f"{c.nb2['engine']} {c.nb2['settings']}" for c in chosen if c.nb2}
    return " or ".join(sorted(names))


def _family_row(reading: Reading, check: Overdispersion) -> tuple[Cell, ...]:
    assert check.poisson is not None
    assert check.nb2 is not None
    cells = [indicator_cell(check.indicator)]
    ratios = []
    for term in reading.stages:
        first = change_cell(check.poisson, term)
        second = change_cell(check.nb2, term)
        cells += [first, marked(second, term in check.changed)]
        p, q = check.poisson["params"][term], check.nb2["params"][term]
        if p["se"] and q["se"]:
            ratios.append(q["se"] / p["se"])
    middle = statistics.median(ratios) if ratios else None
    theta = check.nb2["theta"]
    cells.append(Cell(f"× {fixed(middle, 2)}" if middle else NOTHING))
    cells.append(Cell(fixed(theta, 1)))
    return tuple(cells)
