"""What was found: coverage, errors, tests, failures, agreement, every measure."""

from __future__ import annotations

from collections.abc import Mapping

from harness.report.blocks import Block, Findings, Heading, Section, Text
from harness.report.figures.style import Drawing
from harness.report.rounding import brief, whole
from harness.report.sections.material import fold, section
from harness.report.simulation.reading import Simulation, failed
from harness.report.simulation.sentences import finding
from harness.report.simulation.tables import agreement, grids, measures, rates
from harness.report.simulation.wording import level_text

Drawings = Mapping[str, Drawing]


def findings_section(sim: Simulation) -> Section:
    """Return what was found, process by process, method by method."""
    blocks: list[Block] = [
        Text(
            "A rate is called too high or too low where it is further from nominal than 1.96 of its"
            " Monte Carlo standard errors. Of many rates that are all as they should be, about 1 in"
            " 20 is.",
            "aside",
        )
    ]
    for process in sim.processes:
        own = sim.rates_of(process["name"])
        if own:
            blocks.append(Heading(process["title"]))
            blocks.append(Findings(tuple(finding(sim, rate) for rate in own)))
    return section("findings", "What was found", *blocks)


def coverage_section(sim: Simulation, drawings: Drawings) -> Section:
    """Return coverage as a figure and as a table."""
    table = grids.coverage_grid(sim)
    if table is None:
        return section("coverage", "")
    level = level_text(sim.level)
    text = Text(
        f"Of {level} % intervals, {level} % should hold the truth: where fewer do, they promise too"
        " much; where more do, they are wider than need be."
    )
    return section("coverage", "Do the intervals cover?", text, drawings.get("coverage"), table)


def errors_section(sim: Simulation, drawings: Drawings) -> Section:
    """Return bias and the error of the standard errors."""
    return section(
        "errors",
        "Why: bias, and the size of the standard errors",
        drawings.get("bias"),
        drawings.get("relative-error-se"),
        fold(
            "Numbers: bias and error of the standard errors",
            grids.bias_grid(sim),
            grids.errors_grid(sim),
        ),
    )


def tests_section(sim: Simulation, drawings: Drawings) -> Section:
    """Return type I error and power."""
    table = grids.rejection_grid(sim)
    if table is None:
        return section("tests", "")
    found = (drawings.get("type-i-error"), drawings.get("power"), table)
    return section("tests", "Type I error and power", *found)


def failures_section(sim: Simulation) -> Section:
    """Return failures and singular fits."""
    lost = sum(failed(rate) for rate in sim.rates)
    silent = [rate for rate in sim.rates if failed(rate) == rate["replicates"]]
    names = "; ".join(
        f"{sim.method(rate['method'])['label']} on “{sim.process(rate['process'])['title']}”"
        for rate in silent
    )
    return section(
        "failures",
        "Failures and singular fits",
        Text(f"Without any answer: {names}.", "warning") if silent else None,
        None if lost else Text("Every replicate gave an answer with every method."),
        rates.rates_table(sim),
    )


def agreement_section(sim: Simulation) -> Section:
    """Return how methods compare on the same draws."""
    table = agreement.agreement_table(sim)
    if table is None:
        return section("agreement", "")
    text = Text(
        "Every method gets the same draws, so two of them can be held against each other replicate"
        " by replicate. Methods that answer different questions will differ; two programs for one"
        " model should not."
    )
    return section("agreement", "Methods on the same draws", text, table)


def measures_section(sim: Simulation) -> Section:
    """Return every measure, and what a second implementation makes of them."""
    return section("measures", "All measures", Text(_second(sim)), measures.measures_table(sim))


def _second(sim: Simulation) -> str:
    found = sim.results["second_implementation"]
    if found is None:
        why = sim.results.get("second_implementation_reason")
        return f"No second implementation was run{f': {why}' if why else ''}."
    n, largest = found["compared"], found["largest_relative_difference"]
    if not n or largest is None:
        return f"The same formulas in {found['language']} had nothing to compare."
    return (
        f"The same formulas, written once more in {found['language']}, were run on the same"
        f" replicates: {whole(n)} numbers compared, the largest relative difference is"
        f" {brief(largest)}."
    )
