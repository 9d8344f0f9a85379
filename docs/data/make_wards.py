"""Draw the example of the documentation:  python docs/data/make_wards.py

Falls on 24 wards of an invented hospital over 16 quarters. A protocol starts in quarter 6 to 10.
Given its ward, a count is negative binomial with theta 15; the true changes are those of CHANGES.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from harness.segments import stage_columns

SEED = 20260315
WARDS, QUARTERS, THETA = 24, 16, 15.0
# In %, a quarter.
CHANGES = {"pre": 1.0, "step0": -15.0, "step1": -5.0, "post": -1.0}
# Standard deviations of the wards' levels and slopes, on the log scale.
SD_LEVEL, SD_SLOPE = 0.35, 0.06
RATE = 18.0 / 1000.0  # falls a bed day


def draw() -> pd.DataFrame:
    """Return the table, one row a ward and quarter."""
    rng = np.random.default_rng(SEED)
    rows = pd.MultiIndex.from_product(
        [[f"ward {k:02d}" for k in range(1, WARDS + 1)], range(1, QUARTERS + 1)],
        names=["ward", "quarter"],
    ).to_frame(index=False)
    ward = np.repeat(np.arange(WARDS), QUARTERS)
    rows["kind"] = np.where(ward % 2 == 0, "medical", "surgical")
    rows["started"] = 6 + ward % 5
    rows["bed_days"] = rng.integers(900, 1500, len(rows))
    t = (rows["quarter"] - rows["started"]).to_numpy()
    stages = stage_columns("two-step", t)
    log_rate = np.log(RATE) + sum(
        np.log1p(CHANGES[name] / 100.0) * column for name, column in stages.items()
    )
    log_rate += rng.normal(0.0, SD_LEVEL, WARDS)[ward] + t * rng.normal(0.0, SD_SLOPE, WARDS)[ward]
    mean = rows["bed_days"] * np.exp(log_rate)
    rows["falls"] = rng.negative_binomial(THETA, THETA / (THETA + mean))
    return rows[["ward", "kind", "quarter", "started", "falls", "bed_days"]]


if __name__ == "__main__":
    draw().to_csv(Path(__file__).with_name("wards.csv"), index=False, lineterminator="\n")
