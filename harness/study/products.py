"""Products: the named tables and figures of a paper that a study redoes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from pydantic import Field, model_validator

from harness.errors import ConfigError
from harness.report.slug import slugs
from harness.sources.names import suggestion
from harness.study.parts import WHOLE_PANEL, Fault, Name, Part

Kind = Literal["context", "medians", "stages", "chained-index", "sensitivity"]
# Which keys a kind has a use for, beside its name.
KEYS: Mapping[str, tuple[str, ...]] = {
    "context": ("table",),
    "medians": ("indicators", "strata"),
    "stages": ("indicators", "strata"),
    "chained-index": ("indicators", "strata", "by"),
    "sensitivity": ("indicators", "strata"),
}


class Product(Part):
    """One table or figure.

    ``indicators`` are all of the study's where not given; ``strata`` the whole panel, or, with
    ``by: strata``, every stratum but the whole panel. ``table`` names one of the reader's context
    tables, where there are several.
    """

    name: str = Field(min_length=1, max_length=80)
    kind: Kind
    indicators: list[Name] | None = Field(default=None, min_length=1)
    strata: list[str] | None = Field(default=None, min_length=1)
    by: Literal["strata"] | None = None
    table: str | None = None

    @model_validator(mode="after")
    def _keys_of_its_kind(self) -> Product:
        for key in ("indicators", "strata", "by", "table"):
            if getattr(self, key) is not None and key not in KEYS[self.kind]:
                raise ValueError(
                    f"kind {self.kind!r} has no use for {key!r}: remove it (it takes"
                    f" {', '.join(KEYS[self.kind])})"
                )
        return self


def product_fault(
    products: Sequence[Product], indicators: Collection[str], strata: Collection[str] | None
) -> Fault | None:
    """Return the place and the words of the first thing that is wrong, None where nothing is.

    Parameters
    ----------
    indicators : collection of str
        Names of the study.
    strata : collection of str or None
        Names of the study's strata; None where only the data know them.
    """
    stems = [next(iter(slugs([product.name]).values())) for product in products]
    for k, product in enumerate(products):
        if stems[k] in stems[:k]:
            text = f"products.{k}.name: the file name {stems[k]!r} is taken: rename it"
            return ("products", k, "name"), text
        if product.by and strata is not None and not strata:
            text = f"products.{k}.by: the study has no strata: remove it, or add strata"
            return ("products", k, "by"), text
        for key, known in (("indicators", indicators), ("strata", strata)):
            for name in getattr(product, key) or ():
                if known is not None and name not in {*known, *_always(key)}:
                    text = f"products.{k}.{key}: {name!r}: {suggestion(name, sorted(known))}"
                    return ("products", k, key), text
    return None


def _always(key: str) -> tuple[str, ...]:
    return (WHOLE_PANEL,) if key == "strata" else ()


def check_products(
    products: Sequence[Product], strata: Collection[str], context: Collection[str]
) -> None:
    """Check what only the data know: strata without labels, and the reader's context tables.

    Raises
    ------
    ConfigError
        That names the product and the mend.
    """
    for k, product in enumerate(products):
        for name in product.strata or ():
            if name not in strata:
                raise ConfigError(
                    f"products.{k}.strata: {name!r}: {suggestion(name, list(strata))}"
                )
        if product.kind == "context":
            context_name(product, k, context)


def context_name(product: Product, k: int, context: Collection[str]) -> str:
    """Return the context table that a product shows.

    Raises
    ------
    ConfigError
        If the reader offers none, or it is not told which.
    """
    if not context:
        raise ConfigError(
            f"products.{k}: the reader of this study offers no context table: remove this product"
        )
    if product.table is None and len(context) == 1:
        return next(iter(context))
    if product.table is None:
        known = ", ".join(sorted(context))
        raise ConfigError(f"products.{k}: say which table: add table: (one of {known})")
    if product.table not in context:
        words = suggestion(product.table, sorted(context))
        raise ConfigError(f"products.{k}.table: {product.table!r}: {words}")
    return product.table
