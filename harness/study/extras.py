"""Blocks of ``results.json`` that are not fits: products asked for, context, truth."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from harness.sources.base import Table
from harness.study.config import Study
from harness.study.products import Product, context_name
from harness.study.writable import number


def extras(study: Study, table: Table, strata: tuple[str, ...]) -> dict[str, Any]:
    """Return the blocks ``products``, ``context`` and ``truth``.

    A product is written with everything it leaves open filled in.
    """
    return {
        "products": [_product(k, product, study, table, strata)
                     for k, product in enumerate(study.products)],
        "context": {name: asdict(found) for name, found in table.context.items()},
        "truth": truth_rows(table),
    }  # fmt: skip


def truth_rows(table: Table) -> list[dict[str, Any]]:
    """Return the truth, one record a term; empty where the data were observed."""
    if table.truth is None:
        return []
    return [
        {"indicator": str(indicator), "stratum": str(stratum), "term": str(term),
         "value": number(float(value))}
        for indicator, stratum, term, value in zip(
            *(table.truth[key] for key in ("indicator", "stratum", "term", "value")), strict=True
        )
    ]  # fmt: skip


def _product(
    k: int, product: Product, study: Study, table: Table, strata: tuple[str, ...]
) -> dict[str, Any]:
    if product.kind == "context":
        shown = context_name(product, k, table.context)
        return {"name": product.name, "kind": product.kind, "table": shown}
    everywhere = [name for name in strata if name != strata[0]] if product.by else [strata[0]]
    return {
        "name": product.name,
        "kind": product.kind,
        "indicators": product.indicators or [indicator.name for indicator in study.indicators],
        "strata": product.strata or everywhere,
        "by": product.by,
    }
