"""The strata, one after another."""

from __future__ import annotations

from harness.report.blocks import Block, Fold, Heading, Section, Text
from harness.report.reading import WHOLE_PANEL, Record
from harness.report.sections.material import Material, findings_of, fold, section
from harness.report.tables import families, stages
from harness.report.words import plural


def strata_section(material: Material) -> Section:
    """Return every stratum; empty where there is only the whole panel."""
    reading = material.reading
    strata = [s for s in reading.strata if s["name"] != WHOLE_PANEL]
    blocks: list[Block | None] = [material.figure("index-by-stratum")]
    for stratum in strata:
        units = reading.study["unit_word"] if stratum["units"] == 1 else None
        units = units or plural(reading.study["unit_word"])
        table = families.families_table(reading, material.found, stratum["name"])
        extra = [table, material.figure("families", stratum)]
        blocks += [
            Heading(f"{stratum['label']} ({stratum['units']} {units})"),
            _split_note(stratum),
            stages.stage_table(reading, stratum, material.found),
            Fold(
                f"In words: {stratum['label']}",
                (findings_of(material, stratum),),
            ),
            fold(
                f"Chained index: {stratum['label']}",
                material.figure("chained-index", stratum),
                stages.index_table(reading, stratum, material.found),
            ),
            fold(f"R against Python: {stratum['label']}", material.figure("forest", stratum)),
            fold(f"Poisson beside negative binomial: {stratum['label']}", *extra),
        ]
    return section("strata", "The strata", *blocks) if strata else section("strata", "")


def _split_note(stratum: Record) -> Text | None:
    how = stratum.get("description")
    return Text(f"Split by: {how}", "aside") if how else None
