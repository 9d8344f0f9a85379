"""The sections of a simulation report, in reading order."""

from __future__ import annotations

from collections.abc import Mapping

from harness.report.blocks import Section
from harness.report.figures.style import Drawing
from harness.report.simulation.reading import Simulation
from harness.report.simulation.sections import about, results


def all_sections(sim: Simulation, drawings: Mapping[str, Drawing]) -> tuple[Section, ...]:
    """Return the sections that have something to say."""
    found = (
        results.findings_section(sim),
        about.design_section(sim),
        results.coverage_section(sim, drawings),
        results.errors_section(sim, drawings),
        results.tests_section(sim, drawings),
        results.failures_section(sim),
        results.agreement_section(sim),
        results.measures_section(sim),
        about.replay_section(sim),
        about.versions_section(sim),
        about.words_section(sim),
    )
    return tuple(one for one in found if one.blocks)
