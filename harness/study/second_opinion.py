"""The performance measures once more, by R, from the stored replicates."""

from __future__ import annotations

import csv
import math
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from harness.engines.r_installation import find_rscript
from harness.resources import folder
from harness.simulation.performance import Performance
from harness.study.replication import Replication
from harness.study.store import ResultStore

COLUMNS = (
    "process", "method", "replicate", "term", "truth", "estimate", "se", "critical", "stage",
    "singular",
)  # fmt: skip
# Rows of replicates.csv beyond which it is not written: some 60 MB.
MOST_ROWS = 500_000
TIME_LIMIT = 600.0


@dataclass(frozen=True, slots=True)
class SecondOpinion:
    """How far R's measures of the same replicates lie from Python's.

    Attributes
    ----------
    compared : int
        Measures and Monte Carlo standard errors compared.
    largest_relative_difference : float or None
    where : str
        Process, method, term and measure with the largest difference.
    reason : str or None
        Why there was no comparison.
    """

    language: str = "R"
    compared: int = 0
    largest_relative_difference: float | None = None
    where: str = ""
    reason: str | None = None


def write_replicates(
    path: Path, replications: Iterable[Replication], store: ResultStore, replicates: int
) -> None:
    """Write every estimate of every replicate, 17 significant digits."""
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        for one in replications:
            out.writerows(_rows(one, store, replicates))


def rows_of(replications: Iterable[Replication], replicates: int) -> int:
    """Rows that the file of replicates would have."""
    return sum(
        replicates * (len(one.whole.exog_names) + len(one.method.contrasts)) for one in replications
    )


def _rows(one: Replication, store: ResultStore, replicates: int) -> Iterator[tuple[object, ...]]:
    truth, k = one.truth, 0
    for batch in one.estimated.found(store, range(replicates)):
        for r in range(len(batch)):
            for m, term in enumerate(batch.terms):
                numbers = (batch.estimate[r, m], batch.se[r, m], batch.critical[r, m])
                yield (
                    one.process.name, one.method.name, k, term, _text(truth.get(term, math.nan)),
                    *map(_text, numbers), int(batch.stage[r]), int(batch.singular[r]),
                )  # fmt: skip
            k += 1


def _text(value: float) -> str:
    return "NA" if math.isnan(value) else repr(float(value))


def second_opinion(replicates: Path, measured: dict[tuple[str, str], Performance]) -> SecondOpinion:
    """Let R compute the measures of a file of replicates, and compare."""
    rscript = find_rscript()
    if rscript is None:
        return SecondOpinion(reason="R is not installed")
    script = folder("r_scripts") / "performance.R"
    with tempfile.TemporaryDirectory() as made:
        answer = Path(made) / "measures.csv"
        try:
            subprocess.run(
                [rscript, "--vanilla", str(script), str(replicates), str(answer)],
                capture_output=True, text=True, timeout=TIME_LIMIT, check=True,
            )  # fmt: skip
        except subprocess.CalledProcessError as error:
            lines = error.stderr.strip().splitlines()
            return SecondOpinion(reason=f"R failed: {lines[-1] if lines else error.returncode}")
        except (OSError, subprocess.SubprocessError) as error:
            return SecondOpinion(reason=f"R failed: {type(error).__name__}")
        theirs = pd.read_csv(answer, keep_default_na=False, na_values=["NA"])
    return compared(theirs, measured)


def compared(theirs: pd.DataFrame, measured: dict[tuple[str, str], Performance]) -> SecondOpinion:
    """Compare R's measures with ours, one by one.

    Parameters
    ----------
    theirs : DataFrame
        Columns process, method, term, measure, value and mcse.
    """
    known = {
        (process, method, row.term, row.measure): (row.value, row.mcse)
        for (process, method), found in measured.items()
        for row in found.frame().itertuples()
    }
    largest, where, count = 0.0, "", 0
    for row in theirs.itertuples():
        key = (str(row.process), str(row.method), str(row.term), str(row.measure))
        if key not in known:
            return SecondOpinion(reason=f"R has a measure that Python has not: {', '.join(key)}")
        for a, b in zip(known.pop(key), (row.value, row.mcse), strict=True):
            apart = _apart(a, b)
            count += 1
            if apart > largest:
                largest, where = apart, ", ".join(key)
    if known:
        return SecondOpinion(reason=f"R lacks a measure: {', '.join(map(str, next(iter(known))))}")
    return SecondOpinion(
        compared=count, largest_relative_difference=None if math.isinf(largest) else largest,
        where=where, reason="one has a value where the other has none" if math.isinf(largest)
        else None,
    )  # fmt: skip


def _apart(a: object, b: object) -> float:
    """Difference relative to the larger; infinite where only one is there."""
    one, other = (math.nan if value is None else float(value) for value in (a, b))  # type: ignore[arg-type]
    if math.isnan(one) or math.isnan(other):
        return 0.0 if math.isnan(one) and math.isnan(other) else math.inf
    return abs(one - other) / max(abs(one), abs(other), 1e-300)
