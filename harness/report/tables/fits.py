"""One row a fit: log-likelihood, random effects, messages, failures; and every digit of a fit."""

from __future__ import annotations

import re

from harness.report.reading import Reading, Record, unreliable
from harness.report.rounding import NOTHING, brief, exact, fixed
from harness.report.size import listed_fits
from harness.report.tables.cells import analysis_cell
from harness.report.tables.certificates import triage_words
from harness.report.tables.origins import of_fits
from harness.report.tables.table import Cell, Column, Table, Tone
from harness.report.words import MESSAGE_KINDS, failed_fits

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?", re.IGNORECASE)


def fits_table(reading: Reading) -> Table:
    """Return the log-likelihood and the variance components of every fit."""
    columns = (
        Column("Analysis", "indicator and stratum", numeric=False),
        Column("Engine", "engine and settings", numeric=False),
        Column("State", "whether it converged; singular: a variance is zero", numeric=False),
        Column("Log-likelihood", "all constants included, comparable across engines"),
        Column("AIC", "Akaike's criterion; a dash for a pseudo-response or another estimator"),
        Column("BIC", "Bayesian information criterion, n the number of rows"),
        Column("Dispersion", "sum of squared Pearson residuals over n minus all parameters"),
        Column("SD intercept", "spread between units of the log rate at the event"),
        Column("SD slope", "spread between units of the change per period"),
        Column("Correlation", "of the two"),
        Column("Rows", "rows fitted"),
        Column("Printed SE off by", "largest relative gap of the errors the engine itself prints"),
    )
    return Table(
        "fits",
        "Log-likelihoods and random effects",
        columns,
        tuple(_fit_row(reading, fit) for fit in listed_fits(reading)),
        csv="fits",
        heads=2,
        tall=True,
    )


def _fit_row(reading: Reading, fit: Record) -> tuple[Cell, ...]:
    sd = [*fit["sd_re"], None, None]
    corr = fit["corr_re"]
    pseudo = fit["response"] == "pseudo"
    return (
        analysis_cell(reading, fit),
        Cell(f"{fit['engine']} {fit['settings']}", link=fit["id"]),
        _state(fit),
        Cell(fixed(fit["llf"], 5)),
        Cell(NOTHING if pseudo else fixed(fit["aic"], 2)),
        Cell(NOTHING if pseudo else fixed(fit["bic"], 2)),
        Cell(fixed(fit["dispersion"], 3)),
        Cell(fixed(sd[0], 4)),
        Cell(fixed(sd[1], 4)),
        Cell(fixed(corr[0][1], 3) if corr and len(corr) > 1 else NOTHING),
        Cell(str(fit["nobs"])),
        Cell(_printed_gap(fit)),
    )


def _state(fit: Record) -> Cell:
    if fit["failure"] is not None:
        return Cell("∅ failed", tone="neutral")
    why = unreliable(fit)
    tone: Tone = "near" if why else ""
    words = ["converged" if fit["converged"] else "not converged"]
    sub = why if why and fit["converged"] else ""
    return Cell(", ".join(words + ["singular"] * bool(fit["singular"])), sub or "", tone)


def _printed_gap(fit: Record) -> str:
    gaps = [
        abs(printed / fit["params"][term]["se"] - 1)
        for term, printed in (fit["printed_se"] or {}).items()
        if printed is not None and fit["params"][term]["se"]
    ]
    return f"{brief(100 * max(gaps))} %" if gaps else NOTHING


def failures_table(reading: Reading) -> Table | None:
    """Return the fits without an answer and why."""
    failed = failed_fits(reading)
    if not failed:
        return None
    columns = (
        Column("Analysis", numeric=False),
        Column("Engine", numeric=False),
        Column("Reason", "word for word", numeric=False, wraps=True),
    )
    rows = tuple(
        (
            analysis_cell(reading, fit),
            Cell(f"{fit['engine']} {fit['settings']}", link=fit["id"]),
            Cell(fit["failure"] or "gave no numbers"),
        )
        for fit in failed
    )
    return Table("failures", "Fits without an answer", columns, rows, csv="fits", heads=2)


def messages_table(reading: Reading) -> Table | None:
    """Return the engines' messages by class; texts that differ in numbers only count as one."""
    said: dict[tuple[str, str, str], list[Record]] = {}
    for fit in reading.fits:
        asked = f"{fit['engine']} {fit['settings']}"
        for message in fit["messages"]:
            key = (message["kind"], asked, NUMBER.sub("#", message["text"]))
            said.setdefault(key, []).append(message)
    if not said:
        return None
    columns = (
        Column("Class", numeric=False),
        Column("Engine", "engine and settings", numeric=False),
        Column("Times", "in how many fits"),
        Column("Message", "word for word, the first of those alike", numeric=False, wraps=True),
        Column("Real?", "whether the answer is bad: beyond 0.05 standard errors or 5 %",
               numeric=False, wraps=True),
    )  # fmt: skip
    ordered = sorted(said.items(), key=lambda item: (item[0][0], -len(item[1]), item[0]))
    rows = tuple(_message_row(kind, asked, alike) for (kind, asked, _), alike in ordered)
    origin = of_fits(reading, "Said by the fits, and repeated with the lines of each")
    return Table("messages", "What the engines said", columns, rows, csv="messages", heads=2,
                 tall=True, origin=origin)  # fmt: skip


def _message_row(kind: str, asked: str, alike: list[Record]) -> tuple[Cell, ...]:
    texts = {message["text"] for message in alike}
    others = len(texts) - 1
    more = f"and {others} more that differ in numbers only" if others else ""
    return (
        Cell(kind, MESSAGE_KINDS.get(kind, ""), "head"),
        Cell(asked),
        Cell(str(len(alike))),
        Cell(min(texts), sub=more),
        Cell(triage_words(alike)),
    )


def digits_table(fit: Record) -> Table:
    """Return every digit of one fit, on the log scale."""
    columns = (
        Column("Term", numeric=False),
        Column("Estimate"),
        Column("SE"),
        Column("95 % low"),
        Column("95 % high"),
    )
    rows = tuple(
        (
            Cell(term, tone="head"),
            *(Cell(exact(p[key])) for key in ("estimate", "se", "ci_low", "ci_high")),
        )
        for term, p in fit["params"].items()
    )
    title = f"{fit['id']}: log scale, every digit"
    return Table(f"digits-{fit['id']}", title, columns, rows)
