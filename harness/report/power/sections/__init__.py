"""The sections of a power report, in reading order."""

from __future__ import annotations

from collections.abc import Mapping

from harness.report.blocks import Section
from harness.report.figures.style import Drawing
from harness.report.power.reading import PowerAnalysis
from harness.report.power.sections import about, results


def all_sections(analysis: PowerAnalysis, drawings: Mapping[str, Drawing]) -> tuple[Section, ...]:
    """Return the sections that have something to say."""
    found = (
        results.answer_section(analysis),
        results.curve_section(analysis, drawings),
        results.protocol_section(analysis),
        about.assumed_section(analysis),
        results.significant_section(analysis),
        results.failures_section(analysis),
        results.audit_section(analysis),
        about.again_section(analysis),
        about.versions_section(analysis),
        about.words_section(analysis),
    )
    return tuple(one for one in found if one.blocks)
