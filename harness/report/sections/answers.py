"""What was found, and whether its intervals are wide enough."""

from __future__ import annotations

from harness.report.blocks import Fold, Section, Text
from harness.report.reading import Reading, Record
from harness.report.sections.material import Material, findings_of, section
from harness.report.tables import families, stages


def findings_section(material: Material) -> Section:
    """Return the findings on the whole panel, in words."""
    reading = material.reading
    voices, study = reading.voices, reading.study
    speaker = f" Numbers by {voices[0].name} ({voices[0].language})." if voices else ""
    period = study["period_word"]
    return section(
        "findings",
        "What was found",
        Text(
            f"Event {period}: {study['event_word']}. {reading.strata[0]['label']}; in brackets 95 %"
            " confidence intervals, in per cent."
            " “No clear change” means that the interval includes zero, not that nothing happened."
            f" A change at the event need not be caused by it.{speaker}",
            "aside",
        ),
        findings_of(material, reading.strata[0]),
    )


def stages_section(material: Material) -> Section:
    """Return the stage table and the chained index of the whole panel."""
    reading, whole = material.reading, material.reading.strata[0]
    missing = None
    if not reading.tiles:
        missing = Text("The stages of this impact model have no chained index.", "aside")
    return section(
        "stages",
        "The four stages" if len(reading.stages) == 4 else "The stages",
        stages.stage_table(reading, whole),
        material.figure("chained-index", whole),
        missing,
        _index_fold(reading, whole),
    )


def _index_fold(reading: Reading, stratum: Record) -> Fold | None:
    table = stages.index_table(reading, stratum)
    return Fold(f"Numbers of the chained index: {stratum['label']}", (table,)) if table else None


def overdispersion_section(material: Material) -> Section:
    """Return the dispersion against its null, and Poisson beside NB2."""
    reading, whole = material.reading, material.reading.strata[0]
    table = families.families_table(reading, material.found, whole["name"])
    return section(
        "overdispersion",
        "Are the intervals wide enough?",
        _overdispersion_verdict(material),
        None
        if table
        else Text("There is no negative binomial fit to set beside Poisson.", "aside"),
        table,
        material.figure("families", whole),
        families.dispersion_table(material.found),
        material.figure("dispersion"),
    )


def _overdispersion_verdict(material: Material) -> Text:
    tested = [check for check in material.found if check.over is not None]
    over = sum(bool(check.over) for check in tested)
    changed = sum(len(check.changed) for check in material.found)
    compared = sum(len(material.reading.stages) for check in material.found if check.nb2)
    parts = [
        "Two engines can agree to the last digit on intervals that are too narrow.",
        "A Poisson model assumes that, given the model, counts vary as pure chance has it.",
    ]
    if tested:
        parts.append(f"In {over} of {len(tested)} analyses they vary more than that.")
    else:
        parts.append("Whether they do was not tested here: no simulated range was computed.")
    if compared:
        verb = "changes" if changed == 1 else "change"
        parts.append(
            f"With a negative binomial model, {changed} of {compared} conclusions at the 5 % level"
            f" {verb}."
        )
    return Text(" ".join(parts), "warning" if over or changed else "plain")
