"""The concordance report as a whole: a status and sections in reading order."""

from __future__ import annotations

from harness.report.derived import overdispersion
from harness.report.figures import all_figures
from harness.report.products import made_products
from harness.report.reading import Reading
from harness.report.sections import (
    agreement,
    answers,
    claims,
    many_fits,
    products,
    provenance,
    scrutiny,
    strata,
    truth,
)
from harness.report.sections.material import Material
from harness.report.size import embedded_figures, longest, shown_fits
from harness.report.slug import slugs
from harness.report.status import status
from harness.report.whole import Document
from harness.report.words import model_sentence

MAKERS = (
    claims.claims_section,
    answers.findings_section,
    products.products_section,
    truth.truth_section,
    answers.stages_section,
    answers.overdispersion_section,
    agreement.concordance_section,
    many_fits.software_section,
    many_fits.many_fits_section,
    scrutiny.scrutiny_section,
    strata.strata_section,
    provenance.data_section,
    provenance.fits_section,
    agreement.estimators_section,
    provenance.by_hand_section,
    provenance.versions_section,
    provenance.words_section,
)


def document(reading: Reading) -> Document:
    """Return the report on one results dict."""
    found = overdispersion(reading)
    drawings = all_figures(reading, found)
    made = tuple(made_products(reading, found))
    drawings += [product.drawing for product in made if product.drawing]
    material = Material(reading, found, {drawing.name: drawing for drawing in drawings}, made)
    sections = tuple(section for maker in MAKERS if (section := maker(material)).blocks)
    study, counts = reading.study, reading.results["counts"]
    expected = counts["pairs_expected"]
    return Document(
        kind="Concordance report",
        name=study["name"],
        title=study["title"],
        command=study["command"],
        status=status(reading, found),
        count=f"{counts['pairs_at_level']} of {expected}" if expected else "",
        counted=f"like-for-like pairs of fits reach the level “{study['level']}” or better.",
        aside="The model",
        aside_text=model_sentence(reading),
        sections=sections,
        drawings=tuple(drawings),
        images=embedded_figures(reading, sections),
        products=made,
        fit_ids=slugs(fit["id"] for fit in shown_fits(reading, reading.fits)),
        longest=longest(reading),
    )
