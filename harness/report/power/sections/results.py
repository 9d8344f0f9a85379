"""The answer, the curve, the protocol, what significance would show, failures, the audit."""

from __future__ import annotations

from collections.abc import Mapping

from harness.report.blocks import Code, Findings, Section, Text
from harness.report.figures.style import Drawing
from harness.report.power.answer import answer_sentence, findings
from harness.report.power.reading import PowerAnalysis
from harness.report.power.tables import audit, points, search
from harness.report.power.wording import contrast_words, method_words
from harness.report.reading import Record
from harness.report.rounding import brief, whole
from harness.report.sections.material import section
from harness.report.simulation.reading import failed
from harness.report.simulation.wording import of_replicates
from harness.report.words import in_standard_errors


def answer_section(analysis: PowerAnalysis) -> Section:
    """Return the answer, and what it is an answer to."""
    found = findings(analysis)
    return section(
        "findings",
        "The answer",
        Findings(found) if found else Text(answer_sentence(analysis)),
        Text(
            f"Tested: {contrast_words(analysis)}. {_capital(method_words(analysis))}. Power is"
            " among the replicates that gave a test; failures are counted apart.",
            "aside",
        ),
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def curve_section(analysis: PowerAnalysis, drawings: Mapping[str, Drawing]) -> Section:
    """Return the curve, its numbers, and the designs that a search looked at."""
    return section(
        "curve",
        "Power by design",
        drawings.get("power-curve"),
        points.points_table(analysis) if analysis.points else Text("No grid was simulated."),
        *search.search_tables(analysis),
    )


def protocol_section(analysis: PowerAnalysis) -> Section:
    """Return the paragraph for a protocol; empty where there is none."""
    paragraph = analysis.results["paragraph"]
    if not paragraph:
        return section("protocol", "")
    return section("protocol", "For a protocol or a grant application", Code(paragraph, "text"))


def significant_section(analysis: PowerAnalysis) -> Section:
    """Return type S and type M errors; empty where nothing has a power."""
    if not analysis.known:
        return section("significant", "")
    text = (
        "Where power is low, an estimate that happens to be significant is too large (type M), and"
        " may have the wrong sign (type S): Gelman and Carlin 2014, Perspectives on Psychological"
        " Science 9:641."
    )
    table = points.significant_table(analysis)
    return section("significant", "What a significant result would show", Text(text), table)


def failures_section(analysis: PowerAnalysis) -> Section:
    """Return failures and singular fits."""
    if not analysis.points:
        return section("failures", "")
    lost = sum(failed(point) for point in analysis.points)
    silent = sum(failed(point) == point["replicates"] for point in analysis.points)
    warning = (
        f"{whole(silent)} of {len(analysis.points)} designs lost every replicate: they have no"
    )
    return section(
        "failures",
        "Failures and singular fits",
        Text(f"{warning} power, which is not power 0.", "warning") if silent else None,
        None if lost else Text("Every replicate gave a test."),
        points.failures_table(analysis),
    )


def audit_section(analysis: PowerAnalysis) -> Section:
    """Return what a second engine makes of a share of the replicates."""
    found = analysis.results["audit"]
    title = "The audit"
    if found is None:
        return section("audit", title, Text("No replicate was refitted by a second engine."))
    return section(
        "audit",
        title,
        Text(_audit_words(found), "plain" if found["ok"] else "warning"),
        audit.audit_table(found),
        audit.decisions_table(analysis, found),
    )


def _audit_words(found: Record) -> str:
    n, changed = of_replicates(found["replicates"]), len(found["decisions_differ"])
    share = "" if found["share"] is None else f", {brief(100.0 * found['share'])} % of all"
    words = f"{n}{share}, drawn at random, refitted by {found['engine']} {found['settings']}."
    d = found["max_d"]
    if d is not None:
        words += f" Estimates differ by at most {in_standard_errors(d)}."
    if not changed:
        return f"{words} Every decision is the same."
    return f"{words} {whole(changed)} of the decisions differ; each is listed."
