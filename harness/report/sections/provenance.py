"""Where the numbers come from: data, fits, how to redo them, versions and words."""

from __future__ import annotations

from harness.report.blocks import Block, Fold, Glossary, Recipe, Recipes, Section, Text
from harness.report.reading import Reading
from harness.report.sections.material import Material, section
from harness.report.size import is_large, listed_fits, shown_fits
from harness.report.tables import certificates, data, fits
from harness.report.words import CAUSES, DEFAULT_EVENT, LEVELS, plural, unit_of

BY_HAND = (
    "Every fit of this report with all its digits on the log scale and the lines of R or"
    " Python that redo it by hand. Open an analysis, then a fit."
)
LARGE_HAND = (
    "The fits of the base model on the whole panel with all their digits on the log scale and the"
    " lines of R or Python that redo them by hand. Open an analysis, then a fit. results.json has"
    " the digits and the lines of every fit, under “fits” and “reproduce”."
)


def data_section(material: Material) -> Section:
    """Return the panel: what was dropped, rows by time, medians."""
    reading = material.reading
    panel, study = reading.results["panel"], reading.study
    units = plural(study["unit_word"])
    first, last = panel["periods"]
    summary = (
        f"{panel['rows']:,} rows, {panel['units']} {units}, {first} to {last};"
        f" {panel['window_rows']:,} rows lie inside the window."
        f" {panel['incomplete_units']} {units} have an incomplete window; their rows are kept."
    )
    return section(
        "data",
        "The data",
        Text(summary),
        Text(study["source"], "aside"),
        data.dropped_table(reading) or Text("Nothing was dropped."),
        data.unfit_table(reading),
        data.rows_by_t_table(reading),
        data.strata_table(reading),
        material.figure("median-rates"),
        Fold("Numbers of the median rates", (data.medians_table(reading),)),
        Text(f"Fingerprint of the panel (SHA-256): {panel['sha256']}", "aside"),
    )


def fits_section(material: Material) -> Section:
    """Return failures, messages and one row a fit."""
    reading = material.reading
    return section(
        "failures",
        "The fits, one by one",
        fits.failures_table(reading) or Text("Every fit gave an answer."),
        fits.messages_table(reading) or Text("No engine said anything."),
        _selection(reading),
        certificates.certificates_table(reading),
        fits.fits_table(reading),
        _pseudo_note(reading),
    )


def _selection(reading: Reading) -> Text | None:
    if not is_large(reading):
        return None
    return Text(
        f"The two tables below list {len(listed_fits(reading))} of {len(reading.fits):,} fits: the"
        " base model on the whole panel, and every other fit that failed, did not converge or is"
        " not certified. The CSV files have them all.",
        "aside",
    )


def _pseudo_note(reading: Reading) -> Text | None:
    names = [i["label"] for i in reading.indicators if i["response"] == "pseudo"]
    if not names:
        return None
    return Text(
        f"Pseudo-response: {', '.join(names)}. A rate or amount is treated as if it were a count."
        " Its standard errors depend on the unit it is measured in, and it has no AIC.",
        "warning",
    )


def by_hand_section(material: Material) -> Section:
    """Return the lines that redo each fit."""
    reading = material.reading
    blocks: list[Block] = [Text(LARGE_HAND if is_large(reading) else BY_HAND)]
    for indicator, stratum in reading.analyses:
        own = shown_fits(reading, reading.fits_of(indicator["name"], stratum["name"]))
        if not own:
            continue
        recipes = tuple(
            Recipe(fit, fits.digits_table(fit), certificates.cautions(fit)) for fit in own
        )
        label = f"{indicator['label']} · {stratum['label']}"
        blocks.append(Recipes(label, unit_of(indicator), recipes))
    return section("by-hand", "Redo each fit by hand", *blocks)


def versions_section(material: Material) -> Section:
    """Return versions of everything that computed."""
    environment = material.reading.results["environment"]
    transport = environment["transport"]
    r = f"R reached through {transport}." if transport else "R was not used."
    return section(
        "versions",
        "Versions",
        Text(f"Made by “{material.reading.study['command']}” on {environment['platform']}. {r}"),
        data.versions_table(environment),
    )


def words_section(material: Material) -> Section:
    """Return the words of the report and what they mean."""
    study = material.reading.study
    unit, period, event = study["unit_word"], study["period_word"], study["event_word"]
    named = f" ({event})" if event != DEFAULT_EVENT else ""
    terms = (
        ("t", f"{plural(period)} from the event{named}; the event {period} is 0"),
        ("95 % CI", "confidence interval: the values of the change that the data do not rule out"),
        ("SE", "standard error: how far an estimate would scatter in repeated samples"),
        ("Random effects", f"how far each {unit} lies from the average level and trend"),
        ("Like for like", "same estimator and method, both engines at their tightest settings"),
        ("Default and tight", "what typing the call gives, and the best the engine can give"),
        ("Knife-edge", "a p-value crosses 0.05 on a negligible difference"),
        ("Stratum", f"a part of the {plural(unit)}, analysed alone"),
    )
    return section(
        "words",
        "How to read this report",
        Glossary("Words", terms),
        Glossary("Verdicts", tuple(LEVELS.items())),
        Glossary("Causes of a difference", tuple(CAUSES.items())),
    )
