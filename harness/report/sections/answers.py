"""What was found, and whether its intervals are wide enough."""

from __future__ import annotations

from harness.report.blocks import Block, Code, Fold, Section, Text
from harness.report.derived import too_narrow
from harness.report.reading import Record
from harness.report.sections.material import Material, findings_of, section
from harness.report.tables import families, stages
from harness.report.words import DEFAULT_EVENT, counted, part_of

NB2_VARIANT = "{name: nb2, family: nb2, engines: [glmmtmb]}"


def findings_section(material: Material) -> Section:
    """Return the findings on the whole panel, in words."""
    reading = material.reading
    voices, study = reading.voices, reading.study
    found = any(reading.reference(i["name"], reading.strata[0]["name"]) for i in reading.indicators)
    speaker = f" Numbers by {voices[0].name} ({voices[0].language})." if found else ""
    period, event = study["period_word"], study["event_word"]
    named = f" Event {period}: {event}." if event != DEFAULT_EVENT else ""
    return section(
        "findings",
        "What was found",
        Text(
            f"{reading.strata[0]['label']}; in brackets 95 % confidence intervals.{named}{speaker}",
            "aside",
        ),
        findings_of(material, reading.strata[0]),
        Fold(
            "What these words mean",
            (
                Text(
                    "Changes and intervals are in per cent; a chained value is out of 100. “No"
                    " clear change” means that the interval includes zero, not that nothing"
                    " happened. A change at the event need not be caused by it."
                ),
            ),
        ),
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
        stages.stage_table(reading, whole, material.found),
        material.figure("chained-index", whole),
        missing,
        _index_fold(material, whole),
    )


def _index_fold(material: Material, stratum: Record) -> Fold | None:
    table = stages.index_table(material.reading, stratum, material.found)
    return Fold(f"Numbers of the chained index: {stratum['label']}", (table,)) if table else None


def overdispersion_section(material: Material) -> Section:
    """Return the dispersion against its null, and Poisson beside NB2."""
    reading, whole = material.reading, material.reading.strata[0]
    table = families.families_table(reading, material.found, whole["name"])
    return section(
        "overdispersion",
        "Are the intervals wide enough?",
        _overdispersion_verdict(material),
        *([] if table else _how_to_widen(material)),
        table,
        material.figure("families", whole),
        families.dispersion_table(material.found),
        material.figure("dispersion"),
    )


def _how_to_widen(material: Material) -> list[Block]:
    """Why there is no NB2 fit, and the line of the study file that asks for one."""
    refused = next((check.refused for check in material.found if check.refused), None)
    if refused:
        return [Text(f"No negative binomial fit can be set beside Poisson: it {refused}.", "aside")]
    if not any(check.over for check in material.found):
        return [Text("There is no negative binomial fit to set beside Poisson.", "aside")]
    others = any(fit["variant"] != "base" for fit in material.reading.fits)
    place = "under “variants:” in" if others else "to"
    text = (
        f"To see intervals that are wide enough, add this line {place} the study file and run it"
        " again; glmmTMB in R then fits a negative binomial model beside Poisson:"
    )
    return [Text(text), Code(f"- {NB2_VARIANT}" if others else f"variants: [{NB2_VARIANT}]")]


def _overdispersion_verdict(material: Material) -> Text:
    tested = [check for check in material.found if check.over is not None]
    over = sum(bool(check.over) for check in tested)
    changed = sum(len(check.changed) for check in material.found)
    chained = sum(check.chain_changed for check in material.found)
    compared = sum(len(material.reading.stages) for check in material.found if check.nb2)
    parts = [
        "Two engines can agree to the last digit on intervals that are too narrow.",
        "A Poisson model assumes that, given the model, counts vary as pure chance has it.",
    ]
    if tested:
        parts.append(f"In {part_of(over, len(tested), 'analysis')} they vary more than that.")
    else:
        parts.append("Whether they do was not tested here: no simulated range was computed.")
    narrow = too_narrow(check for check in material.found if not check.nb2)
    if narrow:
        parts.append(narrow)
    if compared:
        verb = "changes" if changed == 1 else "change"
        parts.append(
            f"With a negative binomial model, {changed} of {compared} conclusions at the 5 % level"
            f" {verb}."
        )
    if chained:
        parts.append(f"So does the chained change of {counted(chained, 'analysis')}.")
    return Text(" ".join(parts), "warning" if over or changed or chained else "plain")
