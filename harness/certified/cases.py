"""The certified cases: public data sets with values computed in multiple precision.

``fixtures/certified/README.md`` says how the values were made and why their digits are right.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from harness.certified.names import case_names
from harness.design import Design, FloatArray
from harness.errors import ConfigError
from harness.resources import folder
from harness.sources.names import suggestion

__all__ = ["CERTIFIED_BY_METHOD", "CertifiedCase", "CertifiedValues", "case_names", "read_case"]

# What each method's estimates are certified against: the same approximation, or the maximum of
# the exact likelihood, which quadrature approaches with its points.
CERTIFIED_BY_METHOD = {"laplace": "laplace", "agq": "quadrature"}


@dataclass(frozen=True, slots=True, eq=False)
class CertifiedValues:
    """Certified values of one case by one method, rounded to doubles.

    Attributes
    ----------
    params, bse : ndarray, shape (p,)
    sd_re : ndarray, shape (q,)
    llf : float
    own : float or None
        ``theta`` or ``sigma_olre`` of a family that has it.
    """

    params: FloatArray
    bse: FloatArray
    sd_re: FloatArray
    llf: float
    own: float | None


@dataclass(frozen=True, slots=True, eq=False)
class CertifiedCase:
    """One data set and model, with its certified values by method."""

    name: str
    title: str
    source: str
    design: Design
    values: dict[str, CertifiedValues]


def read_case(name: str) -> CertifiedCase:
    """Read one case.

    Raises
    ------
    ConfigError
        If there is none of that name, with the nearest.
    """
    if name not in case_names():
        raise ConfigError(f"there is no certified case {name!r}: {suggestion(name, case_names())}")
    place = folder("certified") / name
    said = YAML(typ="safe").load((place / "case.yaml").read_text(encoding="utf-8"))
    stored = json.loads((place / "values.json").read_text(encoding="utf-8"))
    return CertifiedCase(
        name=name,
        title=said["title"],
        source=said["source"],
        design=_design(said, place / "data.csv"),
        values={method: _values(stored[method]) for method in ("laplace", "quadrature")},
    )


def _design(said: dict[str, Any], data: Path) -> Design:
    with data.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = said["columns"]

    def numbers(names: list[str]) -> FloatArray:
        return np.array([[float(row[name]) for name in names] for row in rows])

    random, groups, offset = columns["exog_re"], columns["groups"], columns["offset"]
    return Design(
        numbers([columns["endog"]])[:, 0],
        numbers(columns["exog"]),
        [row[groups] for row in rows] if groups else ["all"] * len(rows),
        exog_re=numbers(random) if random else None,
        offset=numbers([offset])[:, 0] if offset else None,
        exog_names=columns["exog"],
        exog_re_names=random or None,
        family=said["family"],
        covariance=said["covariance"],
        random="slope" if random else "none",
    )


def _values(stored: dict[str, Any]) -> CertifiedValues:
    terms = stored["params"].values()
    own = stored.get("theta") or stored.get("sigma_olre")
    return CertifiedValues(
        params=np.array([float(term["estimate"]) for term in terms]),
        bse=np.array([float(term["se"]) for term in terms]),
        sd_re=np.array([float(sd) for sd in stored["sd_re"] or ()]),
        llf=float(stored["llf"]),
        own=float(own["estimate"]) if own else None,
    )
