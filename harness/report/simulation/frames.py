"""Every digit of a simulation study, one CSV file a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from harness.report.frames import version_rows
from harness.report.reading import Record
from harness.report.simulation.reading import Simulation

# What a table without rows still says.
HEADS = {
    "performance": (
        "process",
        "method",
        "term",
        "truth",
        "measure",
        "value",
        "mcse",
        "n",
        "reason",
    ),
    "agreement": ("process", "method_a", "method_b", "replicates"),
    "truths": ("process", "term", "truth", "percent"),
}


def simulation_frames(sim: Simulation) -> dict[str, pd.DataFrame]:
    """Return every CSV table by file stem."""
    return {
        "performance": frame(sim.results["performance"], HEADS["performance"]),
        "rates": frame(map(flat, sim.rates)),
        "agreement": frame(map(flat, sim.results["agreement"]), HEADS["agreement"]),
        "truths": frame(truth_rows(sim.processes), HEADS["truths"]),
        "methods": frame(map(flat, sim.methods)),
        "versions": frame(version_rows(sim.results["environment"])),
    }


def frame(rows: Iterable[Record], head: Sequence[str] = ()) -> pd.DataFrame:
    """Return rows as a frame; one without rows has the columns of ``head``."""
    found = list(rows)
    return pd.DataFrame(found, dtype=object) if found else pd.DataFrame(columns=list(head))


def flat(record: Record) -> dict[str, Any]:
    """Return a record with the items of its blocks as columns and its lists as text."""
    found: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Mapping):
            found |= {f"{key}_{inner}".replace(" ", "_"): x for inner, x in value.items()}
        elif key == "window":  # as the tables of a study have it
            found["window_first"], found["window_last"] = value
        else:
            found[key] = " ".join(map(str, value)) if isinstance(value, list) else value
    return found


def truth_rows(processes: Iterable[Record]) -> Iterator[Record]:
    """Yield the truth of every term of every process."""
    for process in processes:
        for term, truth in process["truth"].items():
            yield {
                "process": process["name"],
                "term": term,
                "truth": truth,
                "percent": process["percent"].get(term),
            }
