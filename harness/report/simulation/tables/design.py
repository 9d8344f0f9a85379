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
    in_head,
    log_text,
    number,
    of_replicates,
)
from harness.report.tables.table import Cell, Column, Table
from harness.report.words import counted


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
    columns = (Column("", numeric=False), Column("This study", numeric=False, wraps=True))
    rows = tuple((Cell(part, tone="head"), Cell(text)) for part, text in parts)
    note = "ADEMP: Morris, White and Crowther 2019, Statistics in Medicine 38:2074."
    return Table("ademp", "Aims, data, estimands, methods, measures", columns, rows, note)


def _titles(records: Sequence[Record], key: str) -> str:
    return "; ".join(record[key] for record in records)


def facts_table(processes: Sequence[Record]) -> Table | None:
    """Return what the formulas leave open, a column a process; None where they leave nothing."""
    facts = [{label: number(x) for label, x in process["facts"]} for process in processes]
    labels = list(dict.fromkeys(label for own in facts for label in own))
    if not labels:
        return None
    heads = [""] if len(processes) == 1 else [in_head(process["title"]) for process in processes]
    columns = (
        Column("Setting", numeric=False),
        *(Column(head or "Value", numeric=False) for head in heads),
    )
    rows = tuple(
        (Cell(label, tone="head"), *(Cell(own.get(label, NOTHING)) for own in facts))
        for label in labels
    )
    return Table("facts", "Settings", columns, rows)


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
        Column("Quadrature points", "a dash: not by quadrature"),
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
