"""What was assumed, how to make the analysis again, with what versions, and its words."""

from __future__ import annotations

from harness.report.blocks import Block, Code, Glossary, Section, Text
from harness.report.power.reading import PowerAnalysis
from harness.report.rounding import fixed, whole
from harness.report.sections.material import section
from harness.report.simulation.tables import design
from harness.report.simulation.wording import level_text, method_sentence, of_replicates
from harness.report.tables.data import versions_table
from harness.report.words import LEVELS, stage_meaning

STAGES = ("pre", "step0", "step1", "post")


def assumed_section(analysis: PowerAnalysis) -> Section:
    """Return what power was computed under: process, truths, method."""
    process, method = analysis.results["process"], analysis.results["method"]
    blocks: list[Block | None] = [
        Text(f"Data are drawn from: {process['title']}."),
        Code(process["formula"], "text"),
    ]
    if process["fixed_design"]:
        same = "Units, periods and exposures stay the same in every replicate."
        blocks.append(Text(same, "aside"))
    return section(
        "assumed",
        "What was assumed",
        *blocks,
        design.shared_facts_table([process]),
        design.truths_table([process]),
        Text(f"Each is analysed by {method['label']}: {method_sentence(method)}."),
    )


def again_section(analysis: PowerAnalysis) -> Section:
    """Return how to make the analysis again."""
    options = analysis.options
    stop = options["half_width"]
    until = (
        "" if stop is None
        else f", or until the 95 % interval is within ± {fixed(100.0 * stop)} percentage points"
    )  # fmt: skip
    return section(
        "again",
        "Do it again",
        Text(
            f"Up to {of_replicates(options['replicates'])} a design, in batches of"
            f" {whole(options['batch'])}{until}. Every replicate draws from a seed of its own,"
            f" derived from seed {options['seed']}; the numbers are the same whatever the number of"
            " workers."
        ),
        Code(options["command"], "sh"),
    )


def versions_section(analysis: PowerAnalysis) -> Section:
    """Return versions of everything that computed."""
    environment = analysis.results["environment"]
    text = f"Made by “{analysis.options['command']}” on {environment['platform']}."
    return section("versions", "Versions", Text(text), versions_table(environment))


def words_section(analysis: PowerAnalysis) -> Section:
    """Return the words of the report and what they mean."""
    used = analysis.results["process"]["truth"]
    terms = [(term, stage_meaning(term, "period")) for term in STAGES if term in used]
    alpha = level_text(analysis.options["alpha"])
    words = (
        ("Power", f"share of replicates in which the test rejects at the {alpha} % level"),
        ("95 % interval", "of a share, by Wilson's method: honest also near 0 and 100 %"),
        ("Replicate", "one data set drawn under the assumptions, fitted and tested"),
        ("Type S", "share of significant estimates with the wrong sign"),
        ("Type M", "how many times too large significant estimates are, on average"),
        ("Singular", "a variance of the random effects is estimated as zero"),
    )
    audited = analysis.results["audit"] is not None
    return section(
        "words",
        "How to read this report",
        Glossary("Words", (*terms, *words)),
        Glossary("Verdicts", tuple(LEVELS.items())) if audited else None,
    )
