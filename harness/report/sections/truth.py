"""Simulated data: the truth beside the estimates."""

from __future__ import annotations

from harness.report.blocks import Section, Text
from harness.report.sections.material import Material, section
from harness.report.tables.truth import coverage_sentence, truth_table
from harness.report.truth import truths


def truth_section(material: Material) -> Section:
    """Return truth, estimates and coverage; empty where the data were observed."""
    found = truths(material.reading)
    if not found:
        return section("truth", "")
    return section(
        "truth",
        "Truth beside estimate",
        Text(coverage_sentence(material.reading, found)),
        truth_table(material.reading, found),
    )
