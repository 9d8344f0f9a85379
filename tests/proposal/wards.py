"""A table of wards, drawn from the seed alone, and what can be done to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from harness.proposal.choice import Asked
from harness.proposal.propose import Proposal, propose


def wards(units: int = 12, periods: int = 12) -> pd.DataFrame:
    """Return one row a ward and quarter; events in quarters 5 to 8."""
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        [(f"w{u:02d}", p, 5 + u % 4) for u in range(units) for p in range(1, periods + 1)],
        columns=["ward", "quarter", "started"],
    )
    table["falls"] = rng.poisson(6, len(table))
    table["bed_days"] = rng.integers(700, 1400, len(table))
    return table


def proposed(folder: Path, table: pd.DataFrame, **asked: object) -> Proposal:
    """Return what is proposed for a table."""
    path = folder / "wards.csv"
    table.to_csv(path, index=False)
    return propose(path, Asked(**asked))  # type: ignore[arg-type]
