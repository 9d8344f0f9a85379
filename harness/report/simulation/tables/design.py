"""The design of the study: ADEMP, the facts and truths of each process, the methods."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.reading import Record
from harness.report.rounding import NOTHING, fixed
from harness.report.simulation.measures import measured
from harness.report.simulation.reading import INTERCEPT, Simulation
from harness.report.simulation.wording import (
    each,
    family_name,
    log_text,
    number,
    of_replicates,
)
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import counted

LONG = 32  # characters that a cell holds on one line


def ademp_table(sim: Simulation) -> Table:
    """Return aims, data-generating processes, estimands, methods and performance measures."""
    names = [m.head.removesuffix(", %") for m in measured(sim.results["performance"])]
    terms = list(dict.fromkeys(t for p in sim.processes for t in p["truth"]))
    size = of_replicates(sim.options["replicates"])
    draws = f"{size.capitalize()} of each; every method gets the same draws."
    parts = (
        ("Aims", sim.study["aims"] or "Not stated in the study file."),
        (
            "Data-generating processes",
            f"{_titles(sim.processes, 'title')}. {draws} Formulas and truths stand below.",
        ),
        ("Estimands", f"{each(terms)}: log rate ratios." if terms else "No term has a truth."),
        ("Methods", f"{_titles(sim.methods, 'label')}."),
        (
            "Performance measures",
            f"{', '.join(names)}; each with its Monte Carlo standard error."
            if names
            else "Not one.",
        ),
    )
    columns = (Column("Part", numeric=False), Column("This study", numeric=False, wraps=True))
    rows = tuple((Cell(part, tone="head"), Cell(text)) for part, text in parts)
    note = "ADEMP: Morris, White and Crowther 2019, Statistics in Medicine 38:2074."
    return Table("ademp", "Aims, data, estimands, methods, measures", columns, rows, note)


def _titles(records: Sequence[Record], key: str) -> str:
    return "; ".join(record[key] for record in records)


def shared_facts_table(processes: Sequence[Record]) -> Table | None:
    """Return the settings that every process has alike; None where there is none."""
    alike = {label: own[0] for label, own in _facts(processes).items() if len(set(own)) == 1}
    if not alike:
        return None
    columns = (Column("Setting", numeric=False), Column("Value", numeric=False, wraps=True))
    rows = tuple((Cell(label, tone="head"), Cell(text)) for label, text in alike.items())
    title = "Settings" if len(processes) == 1 else "Settings of every process"
    return Table("facts", title, columns, rows)


def other_facts_table(processes: Sequence[Record]) -> Table | None:
    """Return the settings in which processes differ, a row a process; None where there is none."""
    unlike = {label: own for label, own in _facts(processes).items() if len(set(own)) > 1}
    if not unlike:
        return None
    columns = (
        Column("Process", numeric=False),
        *(
            Column(label, numeric=False, wraps=_longest(own) > LONG)
            for label, own in unlike.items()
        ),
    )
    rows = tuple(
        (Cell(process["title"], tone="head"), *(Cell(own[k]) for own in unlike.values()))
        for k, process in enumerate(processes)
    )
    return Table("other-facts", "Settings in which the processes differ", columns, rows)


def _facts(processes: Sequence[Record]) -> dict[str, list[str]]:
    """By label the value in each process, a dash where a process has none."""
    facts = [{label: number(x) for label, x in process["facts"]} for process in processes]
    labels = dict.fromkeys(label for own in facts for label in own)
    return {label: [own.get(label, NOTHING) for own in facts] for label in labels}


def _longest(texts: Sequence[str]) -> int:
    return max(len(text) for text in texts)


def truths_table(processes: Sequence[Record]) -> Table | None:
    """Return the truth of every term, a row a process: log rate ratio over percentage change."""
    terms = list(dict.fromkeys(term for process in processes for term in process["truth"]))
    if not terms:
        return None
    columns = (Column("Process", numeric=False), *(Column(term) for term in terms))
    rows = tuple(
        (Cell(process["title"], tone="head"), *(_truth(process, term) for term in terms))
        for process in processes
    )
    note = "Log rate ratio; under it the change in percent, 100·(exp(b) − 1)."
    return Table("truths", "Estimands and their truth", columns, rows, note, "truths")


def _truth(process: Record, term: str) -> Cell:
    truth, change = process["truth"].get(term), process["percent"].get(term)
    if truth is None:
        return Cell(NOTHING, tone="muted")
    shown = change is not None and term != INTERCEPT
    return Cell(log_text(truth), sub=f"{fixed(change, 2)} %" if shown else "")


def methods_table(methods: Sequence[Record]) -> Table:
    """Return what each method fits and how it tests."""
    columns = (
        Column("Method", numeric=False),
        Column("Engine", "engine and settings", numeric=False),
        Column("Family", numeric=False),
        Column("Random effects", "and their covariance", numeric=False),
        Column("Impact model", numeric=False),
        Column("Standard errors", numeric=False),
        Column("Reference", "distribution that tests and intervals take their quantiles from",
               numeric=False),
        Column("Quadrature points", "1 is Laplace; a dash: not by quadrature"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(method["label"], tone="head"),
            Cell(f"{method['engine']} {method['settings']}"),
            Cell(family_name(method)),
            Cell(method["random"], sub=method["covariance"] if method["random"] == "slope" else ""),
            Cell(method["impact"]),
            Cell(method["se_method"]),
            Cell(method["reference"]),
            Cell(NOTHING if method["n_quadrature"] is None else str(method["n_quadrature"])),
        )
        for method in methods
    )
    title = counted(len(rows), "method").capitalize()
    return Table("methods", title, columns, rows, csv="methods")
