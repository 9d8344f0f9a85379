"""A small study: a simulated table and the file that describes it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from tests.engines.panels import frame

# One entry a part; the names of the parts are those of the file's keys.
PARTS: Mapping[str, str] = {
    "study": "study: small",
    "title": "title: A small study",
    "source": (
        "source: {reader: table, path: table.csv, columns: {unit: area, period: year, event: law}}"
    ),
    "indicators": (
        "indicators:\n  - {name: cases, label: Cases, count: cases, exposure: people, per: 1000}"
    ),
    "engines": "engines: [laplace]",
    "settings": "settings: [default, tight]",
    "dispersion_replicates": "dispersion_replicates: 9",
}
STRATA = "strata: {column: region, labels: {n: north, s: south}, minimum_units: 5}"


def study_text(**parts: str | None) -> str:
    """Return the text of the study; parts given replace or follow, None leaves one out."""
    return "".join(f"{part}\n" for part in {**PARTS, **parts}.values() if part is not None)


def write_study(folder: Path, table: pd.DataFrame | None = None, **parts: str | None) -> Path:
    """Write the table and the study file, and return the file's path."""
    (frame() if table is None else table).to_csv(folder / "table.csv", index=False)
    path = folder / "small.yaml"
    path.write_text(study_text(**parts), encoding="utf-8")
    return path
