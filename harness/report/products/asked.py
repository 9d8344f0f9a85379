"""What a study asks of a product: measures, strata, and what of it the data did not allow."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report.reading import Reading, Record, by_name
from harness.report.slug import slugs

FOLDER = "products"


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One product as the study asks for it.

    Attributes
    ----------
    file : str
        Path of its files without ending, below the report's folder.
    indicators : tuple of Record
        Those that were fitted in one of the strata at least.
    absent : tuple of Record
        Those that were not: the data did not allow it.
    by_strata : bool
        Whether the strata are lines of one panel.
    """

    name: str
    kind: str
    file: str
    indicators: tuple[Record, ...] = ()
    strata: tuple[Record, ...] = ()
    absent: tuple[Record, ...] = ()
    by_strata: bool = False
    table: str = ""

    @property
    def strata_words(self) -> str:
        """Labels of the strata, for titles."""
        return ", ".join(stratum["label"] for stratum in self.strata)

    @property
    def absent_words(self) -> str:
        """A sentence on what the data did not allow; empty where they allowed all."""
        if not self.absent:
            return ""
        names = ", ".join(indicator["label"] for indicator in self.absent)
        return f"Not fitted, because the data do not allow it: {names}."


def asked_products(reading: Reading) -> list[Asked]:
    """Return the products of a study in its order; none where it lists none."""
    records = reading.results.get("products", [])
    stems = slugs(record["name"] for record in records)
    return [_asked(reading, record, f"{FOLDER}/{stems[record['name']]}") for record in records]


def _asked(reading: Reading, record: Record, file: str) -> Asked:
    if record["kind"] == "context":
        return Asked(record["name"], "context", file, table=record["table"])
    strata = tuple(by_name(reading.strata, name) for name in record["strata"])
    indicators = [by_name(reading.indicators, name) for name in record["indicators"]]
    fitted = {
        fit["indicator"]
        for fit in reading.fits
        if fit["variant"] == "base" and fit["stratum"] in record["strata"]
    }
    return Asked(
        record["name"],
        record["kind"],
        file,
        tuple(i for i in indicators if i["name"] in fitted),
        strata,
        tuple(i for i in indicators if i["name"] not in fitted),
        record["by"] == "strata",
    )
