"""Simulated England: where it lies, and what its data were drawn from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from harness import resources
from harness.errors import ConfigError
from harness.sources.england.folder import TRUTH

STAGES = ("pre", "step0", "step1", "post")
# What the dispersion of each family is called.
DISPERSION = {"nb2": "theta", "beta-binomial": "rho", "log-normal": "sigma"}
COLUMNS = ("indicator", "stratum", "term", "value")


def simulated_folder() -> Path:
    """Return the folder of Simulated England that comes with the package."""
    return resources.folder("england-simulated")


def truth(folder: Path | None = None) -> pd.DataFrame:
    """Return what simulated data were drawn from.

    Parameters
    ----------
    folder : Path, optional
        Folder that holds ``truth.yaml``; Simulated England by default.

    Returns
    -------
    DataFrame
        ``indicator``, ``stratum``, ``term``, ``value``. Terms: ``intercept`` (log of the mean at
        stages 0), ``pre``, ``step0``, ``step1``, ``post`` (log rate ratios), ``sd_intercept``,
        ``sd_slope``, ``corr`` (random effects), and ``theta`` (negative binomial), ``rho``
        (beta-binomial) or ``sigma`` (log-normal), the dispersion. Stratum ``all`` has the stages
        only: the average of the three strata weighted by their authorities.

    Raises
    ------
    ConfigError
        If the folder has no ``truth.yaml``: its data are not simulated.
    """
    file = (folder or simulated_folder()) / TRUTH
    if not file.is_file():
        raise ConfigError(
            f"{file}: there is no such file, so nobody knows the truth of these data: give a"
            " folder of simulated ones"
        )
    # It takes suggestions of names from this room, whose readers are imported with it.
    from harness.yaml_file import read_tree

    tree = read_tree(file, "lists indicators, each with its strata")
    try:
        rows = list(_rows(tree))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{file}: tells no truth that can be read ({error!r}): mend it") from None
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _rows(tree: Mapping[str, Any]) -> Iterator[tuple[str, str, str, float]]:
    for indicator, said in tree.items():
        for stratum, terms in said.items():
            if isinstance(terms, dict):
                for term, value in _terms(terms, DISPERSION[said["family"]]):
                    yield indicator, stratum, term, float(value)


def _terms(said: Mapping[str, Any], dispersion: str) -> Iterator[tuple[str, float]]:
    if "level" in said:
        yield "intercept", math.log(said["level"])
    for stage in STAGES:
        yield stage, said[stage]
    if "sd_re" in said:
        yield from zip(("sd_intercept", "sd_slope"), said["sd_re"], strict=True)
        yield "corr", said["corr"]
        yield dispersion, said["dispersion"]
