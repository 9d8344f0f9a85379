"""What a reader needs to redo a fit without this package's runner: the columns, and two lines."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from harness.report.slug import slugs
from harness.reproduction.columns import design_frame, loading_in_python, loading_in_r
from harness.result import FitResult
from harness.study.config import BASE
from harness.study.plan import Cell
from harness.study.runner import StudyRun

FOLDER = "designs"
WITHOUT_ROWS = "# This report holds no rows: build the columns from the study file first."


@lru_cache(maxsize=4)
def design_files(run: StudyRun) -> dict[Cell, str]:
    """Return the file of each cell's columns, relative to the report's folder.

    A variant on the same columns shares its base cell's file. Strata may have any name, so two
    cells may come to one name: the second is numbered.
    """
    frames = {cell: design_frame(design) for cell, design in run.data.designs.items()}
    names = {}
    for cell, frame in frames.items():
        parts = [cell.indicator, cell.stratum]
        if not frame.equals(frames[replace(cell, variant=BASE)]):
            parts.append(cell.variant)
        names[cell] = "\0".join(parts)
    stems = slugs(names.values())
    return {cell: f"{FOLDER}/{stems[name]}.csv" for cell, name in names.items()}


def write_designs(run: StudyRun, out: Path) -> None:
    """Write the columns of every cell below ``out``, each file once."""
    (out / FOLDER).mkdir()
    for cell, design in run.data.designs.items():
        path = out / design_files(run)[cell]
        if not path.exists():
            design_frame(design).to_csv(path, index=False)


def by_hand(run: StudyRun, cell: Cell, fit: FitResult) -> str:
    """Return lines that load the columns and redo a fit."""
    if not fit.reproduce:
        return ""
    if not run.study.publish_rows:
        return f"{WITHOUT_ROWS}\n{fit.reproduce}"
    file = design_files(run)[cell]
    in_r = fit.language == "R"
    loading = loading_in_r(file) if in_r else loading_in_python(file, fit.design)
    return f"{loading}\n{fit.reproduce}"
