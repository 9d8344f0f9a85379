"""One measure at a glance: a row a method on a process, a column a term."""

from __future__ import annotations

from collections.abc import Callable

from harness.report.reading import Record
from harness.report.rounding import NOTHING
from harness.report.simulation.judging import Judged, away_from_zero, judged
from harness.report.simulation.measures import BY_NAME, error_text, value_text
from harness.report.simulation.reading import Simulation
from harness.report.tables.table import Cell, Column, Table, Tone

SIGNS = {"within": "", "below": "▼", "above": "▲"}
Judge = Callable[[Record], Judged | bool | None]


def coverage_grid(sim: Simulation) -> Table | None:
    """Return coverages in percent, those off by more than Monte Carlo error marked."""
    return _grid(
        sim,
        "coverage",
        "coverage-grid",
        "Coverage, %",
        lambda row: judged(row, sim.level),
        note="Under each value its Monte Carlo error. ▼ ▲: further below or above the nominal"
        " coverage than 1.96 Monte Carlo errors.",
    )


def rejection_grid(sim: Simulation) -> Table | None:
    """Return type I errors and power in percent; type I errors judged."""

    def judge(row: Record) -> Judged | None:
        return judged(row, 1.0 - sim.level) if row["truth"] == 0.0 else None

    return _grid(
        sim,
        "rejection",
        "rejection-grid",
        "Tests that reject “no change”, %",
        judge,
        note="Under each value its Monte Carlo error. In brackets: the truth is 0, so this is a"
        " type I error, with ▼ ▲ where it is further from nominal than 1.96 Monte Carlo errors; the"
        " others are power.",
        keep=lambda row: row["truth"] is not None and row["term"] != "intercept",
    )


def bias_grid(sim: Simulation) -> Table | None:
    """Return biases on the log scale, those beyond Monte Carlo error marked."""
    return _signed(sim, "bias", "Bias, log rate ratio")


def errors_grid(sim: Simulation) -> Table | None:
    """Return relative errors of the standard errors, those beyond Monte Carlo error marked."""
    return _signed(sim, "relative_error_se", "Relative error of the standard errors, %")


def _signed(sim: Simulation, measure: str, title: str) -> Table | None:
    note = (
        "Under each value its Monte Carlo error. ▼ ▲: further below or above 0 than 1.96 Monte"
        " Carlo errors."
    )
    return _grid(sim, measure, f"{measure.replace('_', '-')}-grid", title, away_from_zero, note)


def _grid(
    sim: Simulation,
    measure: str,
    name: str,
    title: str,
    judge: Judge,
    note: str,
    keep: Callable[[Record], bool] = lambda row: True,
) -> Table | None:
    cells = {
        (rate["process"], rate["method"]): _kept(sim, rate, measure, keep) for rate in sim.rates
    }
    terms = list(dict.fromkeys(term for found in cells.values() for term in found))
    if not terms:
        return None
    rows = []
    for (process, method), found in cells.items():
        shown = (_cell(measure, found.get(term), judge) for term in terms)
        head = Cell(sim.process(process)["title"], tone="head")
        rows.append((head, Cell(sim.method(method)["label"]), *shown))
    columns = (
        Column("Process", numeric=False),
        Column("Method", numeric=False),
        *(Column(term) for term in terms),
    )
    return Table(name, title, columns, tuple(rows), note, "performance", heads=2)


def _kept(
    sim: Simulation, rate: Record, measure: str, keep: Callable[[Record], bool]
) -> dict[str, Record]:
    process, method = rate["process"], rate["method"]
    rows = (sim.measure(process, method, term, measure) for term in sim.terms(process, method))
    return {row["term"]: row for row in rows if row is not None and keep(row)}


def _cell(measure: str, row: Record | None, judge: Judge) -> Cell:
    if row is None:
        return Cell(NOTHING, tone="muted")
    if row["value"] is None:
        return Cell(NOTHING, sub=row["reason"] or "", tone="muted")
    shown, found = BY_NAME[measure], judge(row)
    verdict = _verdict(row, found)
    text = value_text(shown, row)
    if measure == "rejection" and row["truth"] == 0.0:
        text = f"({text})"
    tone: Tone = "" if verdict == "within" else "near"
    return Cell(text, sub=error_text(shown, row), tone=tone, sign=SIGNS[verdict])


def _verdict(row: Record, found: Judged | bool | None) -> str:
    if isinstance(found, Judged):
        return found.verdict
    if not found:
        return "within"
    return "below" if row["value"] < 0 else "above"
