"""How the study was made, how to make it again, with what versions, and its words."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from harness.report.blocks import Block, Code, Glossary, Heading, Section, Text
from harness.report.figures.style import Drawing
from harness.report.rounding import whole
from harness.report.sections.material import section
from harness.report.simulation.reading import Simulation
from harness.report.simulation.tables import design
from harness.report.simulation.wording import of_replicates
from harness.report.tables.data import versions_table
from harness.report.words import LEVELS, stage_meaning

Drawings = Mapping[str, Drawing]
FIXED = "Units, periods and exposures stay the same in every replicate."
STAGES = ("pre", "step0", "step1", "post")


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


def design_section(sim: Simulation) -> Section:
    """Return the study in ADEMP's words, each process with its formula, the methods."""
    blocks: list[Block | None] = [design.ademp_table(sim)]
    formulas: dict[tuple[str, bool], list[str]] = {}
    for process in sim.processes:
        drawn = (process["formula"], process["fixed_design"])
        formulas.setdefault(drawn, []).append(process["title"])
    for (formula, fixed_design), titles in formulas.items():
        blocks += [Heading("; ".join(titles)), Code(formula, "text")]
        if fixed_design:
            blocks.append(Text(FIXED, "aside"))
    blocks += [
        design.shared_facts_table(sim.processes),
        design.other_facts_table(sim.processes),
        design.truths_table(sim.processes),
        design.methods_table(sim.methods),
    ]
    return section("design", "How the study was made", *blocks)


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
