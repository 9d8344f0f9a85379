"""Certificates: how far each fit lies from its own optimum, and whether its warnings are real."""

from __future__ import annotations

from collections import Counter

from harness.report.reading import Reading, Record, answered
from harness.report.rounding import NOTHING, brief
from harness.report.size import listed_fits
from harness.report.tables.cells import analysis_cell
from harness.report.tables.table import Cell, Column, Table

# A standard error off by less is nothing to warn of: the limit of ``concordant``.
SE_CAUTION = 2e-3
WORDS = {
    "real": "a bad answer, and the engine warned",
    "false alarm": "a good answer with a warning",
    "missed": "a bad answer without a warning",
    "rightly silent": "a good answer without a warning",
}


def certificates_table(reading: Reading) -> Table | None:
    """Return one row a fit with a certificate, or with the reason why it has none."""
    fits = [fit for fit in listed_fits(reading) if answered(fit) and "certificate" in fit]
    if not fits:
        return None
    columns = (
        Column("Analysis", "indicator and stratum", numeric=False),
        Column("Engine", "engine and settings", numeric=False),
        Column("Certified", "within the limits of “concordant” of its own optimum", numeric=False),
        Column("Steps to go", "largest, in standard errors"),
        Column("To gain", "log-likelihood, or what else the engine maximises"),
        Column("SE off by", "largest relative error against the exact Hessian at this point"),
        Column("Own objective", "largest relative difference to the exact value at this point"),
        Column("Warnings", "whether they were real, or silence deserved", numeric=False),
    )
    return Table(
        "certificates",
        "How far each fit lies from its own optimum",
        columns,
        tuple(_row(reading, fit) for fit in fits),
        csv="certificates",
        heads=2,
        tall=True,
    )


def _row(reading: Reading, fit: Record) -> tuple[Cell, ...]:
    found, triage = fit["certificate"], fit.get("triage")
    head = (
        analysis_cell(reading, fit),
        Cell(f"{fit['engine']} {fit['settings']}", link=fit["id"]),
    )
    if found is None:
        blank = (Cell(NOTHING),) * 5
        return (*head, Cell("none", fit["certificate_reason"] or "", "near"), *blank)
    return (
        *head,
        Cell("yes", tone="good") if found["certified"] else Cell("no", found["reason"], "near"),
        Cell(brief(found["max_step_se"])),
        Cell(brief(found["llf_gap"])),
        Cell(_percent(found["max_se_error"])),
        Cell(brief(max(map(abs, found["own"].values()), default=None))),
        Cell(triage["word"] if triage else NOTHING, (triage or {}).get("why") or ""),
    )


def _percent(error: float | None) -> str:
    return NOTHING if error is None else f"{brief(100 * error)} %"


def cautions(fit: Record) -> tuple[str, ...]:
    """Return what a reader of one fit should know before trusting it, in plain sentences."""
    found = fit.get("certificate")
    if not found:
        return ()
    said = [] if found["certified"] else [f"Not certified: {found['reason']}."]
    errors = found["se_errors"]
    worst = max(errors, key=lambda term: abs(errors[term]), default=None)
    if worst is not None and abs(errors[worst]) > SE_CAUTION:
        size = "large" if errors[worst] > 0 else "small"
        said.append(
            f"Its standard errors are not those of the exact Hessian at its own estimates: that of"
            f" {worst} is {brief(100 * abs(errors[worst]))} % too {size}."
        )
    if (fit.get("triage") or {}).get("word") == "missed":
        said.append("The engine gave no warning.")
    return tuple(said)


def triage_words(messages: list[Record]) -> str:
    """Return what became of messages that are alike: how many were real, how far at most."""
    judged = [message for message in messages if message.get("triage")]
    if not judged:
        return NOTHING
    counts = Counter(message["triage"] for message in judged)
    steps = [m["distance_se"] for m in judged if m.get("distance_se") is not None]
    far = f", at most {brief(max(steps))} SE to go" if steps else ""
    return ", ".join(f"{n} {word}" for word, n in sorted(counts.items(), reverse=True)) + far
