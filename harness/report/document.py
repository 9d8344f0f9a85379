"""The report as a whole: a status and sections in reading order."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.blocks import Section
from harness.report.derived import overdispersion
from harness.report.figures import all_figures
from harness.report.figures.style import Drawing
from harness.report.products import Product, made_products
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
from harness.report.status import Status, status
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


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """The whole report."""

    reading: Reading
    status: Status
    model: str
    sections: tuple[Section, ...]
    drawings: tuple[Drawing, ...]
    products: tuple[Product, ...] = ()


def document(reading: Reading) -> Document:
    """Return the report on one results dict."""
    found = overdispersion(reading)
    drawings = all_figures(reading, found)
    made = tuple(made_products(reading, found))
    drawings += [product.drawing for product in made if product.drawing]
    material = Material(reading, found, {drawing.name: drawing for drawing in drawings}, made)
    sections = tuple(section for maker in MAKERS if (section := maker(material)).blocks)
    return Document(
        reading,
        status(reading, found),
        model_sentence(reading),
        sections,
        tuple(drawings),
        made,
    )
