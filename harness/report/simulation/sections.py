"""The sections of a simulation report, in reading order."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from harness.report.blocks import Block, Code, Findings, Glossary, Heading, Section, Text
from harness.report.figures.style import Drawing
from harness.report.rounding import brief, whole
from harness.report.sections.material import fold, section
from harness.report.simulation.reading import Simulation, failed
from harness.report.simulation.sentences import finding
from harness.report.simulation.tables import agreement, design, grids, measures, rates
from harness.report.simulation.wording import level_text, of_replicates
from harness.report.tables.data import versions_table
from harness.report.words import LEVELS, stage_meaning

Drawings = Mapping[str, Drawing]
STAGES = ("pre", "step0", "step1", "post")


def all_sections(sim: Simulation, drawings: Drawings) -> tuple[Section, ...]:
    """Return the sections that have something to say."""
    found = (
        findings_section(sim),
        design_section(sim),
        coverage_section(sim, drawings),
        errors_section(sim, drawings),
        tests_section(sim, drawings),
        failures_section(sim),
        agreement_section(sim),
        measures_section(sim),
        replay_section(sim),
        versions_section(sim),
        words_section(sim),
    )
    return tuple(one for one in found if one.blocks)


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


def design_section(sim: Simulation) -> Section:
    """Return the study in ADEMP's words, each process with its formula, the methods."""
    blocks: list[Block | None] = [design.ademp_table(sim)]
    for process in sim.processes:
        blocks += [Heading(process["title"]), Code(process["formula"], "text")]
        if process["fixed_design"]:
            why = "Units, periods and exposures stay the same in every replicate."
            blocks.append(Text(why, "aside"))
    blocks += [
        design.facts_table(sim.processes),
        design.truths_table(sim.processes),
        design.methods_table(sim.methods),
    ]
    return section("design", "How the study was made", *blocks)


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


def replay_section(sim: Simulation) -> Section:
    """Return how to make the study again, and any single replicate of it."""
    options, name = sim.options, sim.study["name"]
    process, k = _worth_seeing(sim)
    replay = shlex.join(["harness", "simulate", name, "--replay", f"{process}:{k}"])
    return section(
        "replay",
        "Do it again",
        Text(
            f"Every replicate draws from a seed of its own, derived from seed {options['seed']};"
            " the study gives the same numbers whatever the number of workers. The whole study:"
        ),
        Code(options["command"], "sh"),
        Text(
            f"One replicate by itself, here number {k}: its data, and what every method makes of"
            " them."
        ),
        Code(replay, "sh"),
    )


def _worth_seeing(sim: Simulation) -> tuple[str, int]:
    """A replicate on which two methods conclude differently, where there is one."""
    for pair in sim.results["agreement"]:
        if pair["changed"]:
            return pair["process"], pair["changed"][0]
    return sim.processes[0]["name"], 0


def versions_section(sim: Simulation) -> Section:
    """Return versions of everything that computed."""
    environment = sim.results["environment"]
    size = of_replicates(sim.options["replicates"])
    text = (
        f"Made by “{sim.options['command']}” on {environment['platform']}: {size} in batches of"
        f" {whole(sim.options['batch'])}."
    )
    return section("versions", "Versions", Text(text), versions_table(environment))


def words_section(sim: Simulation) -> Section:
    """Return the words of the report and what they mean."""
    used = {term for process in sim.processes for term in sim.terms(process["name"])}
    terms = [(term, stage_meaning(term, "period")) for term in STAGES if term in used]
    return section(
        "words",
        "How to read this report",
        Glossary("Words", (*terms, *WORDS)),
        Glossary("Verdicts", tuple(LEVELS.items())) if sim.results["agreement"] else None,
    )


WORDS = (
    ("Replicate", "one data set drawn by a process, with what every method made of it"),
    ("Monte Carlo error", "standard error of a measure, because replicates are limited"),
    ("Coverage", "share of intervals that hold the truth"),
    ("Type I error", "share of tests that claim a change where nothing changes"),
    ("Power", "share of tests that find the change that there is"),
    ("Type S", "share of significant estimates with the wrong sign"),
    ("Type M", "how many times too large significant estimates are, on average"),
    ("Singular", "a variance of the random effects is estimated as zero"),
)  # fmt: skip
