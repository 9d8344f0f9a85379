"""Reproductions of the differences of a run that no cause explains, beside its report."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path

from harness.report.slug import slugs
from harness.reproduction import write_reproduction
from harness.reproduction.reduce import Budget
from harness.reproduction.refit import in_worker_processes
from harness.study.plan import PlannedPair
from harness.study.runner import StudyRun

UNEXPLAINED = "unexplained"
# Panels made small in one run: one defect shows in many pairs, and each costs up to two minutes.
REDUCED = 8


@lru_cache(maxsize=4)
def reproduction_folders(run: StudyRun) -> dict[PlannedPair, str]:
    """Return the folder of each unexplained pair, relative to the report's.

    None where the study does not publish its rows: a reproduction is made of them.
    """
    if not run.study.publish_rows:
        return {}
    names = {
        planned: f"{planned.a.id}\0{planned.b.engine}\0{planned.b.settings}"
        for planned, pair in run.pairs.items()
        if pair.explanation is not None and pair.explanation.cause == "unexplained"
    }
    stems = slugs(names.values())
    return {planned: f"{UNEXPLAINED}/{stems[name]}" for planned, name in names.items()}


def write_unexplained(run: StudyRun, out: Path) -> None:
    """Write the reproduction of every unexplained pair below ``out``; nothing where there is none.

    Pairs that count against the level are made small first.
    """
    folders = reproduction_folders(run)
    refit = partial(in_worker_processes, jobs=run.options.jobs)
    order = sorted(folders, key=lambda planned: not planned.like_for_like)
    for place, planned in enumerate(order):
        budget = Budget() if place < REDUCED else Budget(trials=0)
        write_reproduction(run.pairs[planned], out / folders[planned], budget, refit)
