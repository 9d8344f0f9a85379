"""The tables and figures of a paper, redone: one file a kind."""

from __future__ import annotations

from harness.report.derived import Overdispersion
from harness.report.products.asked import Asked, asked_products
from harness.report.products.chained_index import chained_index_product
from harness.report.products.context import context_product
from harness.report.products.made import Product
from harness.report.products.medians import medians_product
from harness.report.products.sensitivity import sensitivity_product
from harness.report.products.stages import stages_product
from harness.report.reading import Reading

__all__ = ["Asked", "Product", "made_products"]


def made_products(reading: Reading, found: list[Overdispersion]) -> list[Product]:
    """Return every product that the study asks for, in its order."""
    return [_made(reading, found, asked) for asked in asked_products(reading)]


def _made(reading: Reading, found: list[Overdispersion], asked: Asked) -> Product:
    match asked.kind:
        case "context":
            return context_product(reading, asked)
        case "medians":
            return medians_product(reading, asked)
        case "stages":
            return stages_product(reading, found, asked)
        case "chained-index":
            return chained_index_product(reading, found, asked)
        case _:
            return sensitivity_product(reading, asked)
