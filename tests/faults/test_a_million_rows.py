"""A panel of a million rows: read, fitted and reported in memory that a laptop has."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.faults.running import run
from tests.study.files import write_study

UNITS, PERIODS = 125_000, np.arange(-4, 4)
# Of the run's largest process: the text of the table and its report took 1.3 GB when this was
# written.
MOST_BYTES = 4 * 2**30
TRUTH = {"pre": 0.05, "step0": -0.05, "step1": 0.0, "post": 0.05}
Z_LIMIT = 5.0  # one estimate in a million lies further off


def table() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    t, unit = np.tile(PERIODS, UNITS), np.repeat(np.arange(UNITS), len(PERIODS))
    law = 2005 + rng.integers(0, 3, UNITS)[unit]
    people = rng.uniform(500.0, 5000.0, UNITS).round()[unit]
    b = rng.normal(0.0, 0.3, UNITS)[unit] + rng.normal(0.0, 0.05, UNITS)[unit] * t
    # Constant growth of 5 % a year, less 10 % in the year of the law.
    eta = 0.05 * t - 0.10 * (t >= 0) - 0.05 * (t >= 1)
    cases = rng.poisson(people / 550.0 * np.exp(eta + b))
    return pd.DataFrame(
        {
            "area": [f"a{k:06d}" for k in unit], "year": law + t, "law": law, "cases": cases,
            "people": people.astype(int), "region": "n",
        }
    )  # fmt: skip


@pytest.mark.long
def test_a_study_of_a_million_rows(tmp_path: Path) -> None:
    write_study(
        tmp_path, table(), settings="settings: [tight]",
        dispersion_replicates="dispersion_replicates: 0",
    )  # fmt: skip

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))

    done = run(tmp_path, before=limit)
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "reports/small/results.json").read_text(encoding="utf-8"))
    assert results["panel"]["rows"] == UNITS * len(PERIODS)
    (fit,) = results["fits"]
    assert fit["nobs"] == UNITS * 7  # -3 to 3
    assert fit["converged"]
    assert fit["certificate"]["newton_decrement"] < 1e-6
    for term, truth in TRUTH.items():
        found = fit["params"][term]
        assert abs(found["estimate"] - truth) < Z_LIMIT * found["se"], term
    # Rows are written once, and the report does not grow with them.
    assert (tmp_path / "reports/small/index.html").stat().st_size < 2**20
