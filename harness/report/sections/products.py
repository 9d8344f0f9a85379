"""The tables and figures of the paper that the study redoes."""

from __future__ import annotations

from harness.report.blocks import Block, Heading, Section, Text
from harness.report.sections.material import Material, section
from harness.report.tables.table import Table


def products_section(material: Material) -> Section:
    """Return every product under its name; empty where the study lists none."""
    title = "The paper’s tables and figures"
    if not material.products:
        return section("products", title)
    blocks: list[Block] = [
        Text(
            "Named as in the paper and made from the fits of this report. Each is a CSV with every"
            " digit and an image, as SVG and PNG, in the folder products.",
            "aside",
        )
    ]
    for product in material.products:
        # A table's own title opens with the name of the product.
        named = isinstance(product.blocks[0], Table)
        blocks += [*([] if named else [Heading(product.title)]), *product.blocks]
    return section("products", title, *blocks)
