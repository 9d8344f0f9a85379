"""What a reader needs to redo a fit without this package's runner: the columns, and two lines."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pandas as pd

from harness.design import Design
from harness.report.slug import slugs
from harness.result import FitResult
from harness.study.config import BASE
from harness.study.plan import Cell
from harness.study.runner import StudyRun

FOLDER = "designs"


def design_frame(design: Design) -> pd.DataFrame:
    """Return the very columns that the engines received.

    ``y``, ``o`` (offset: log exposure), ``unit``, then the terms of fixed and random effects.
    """
    columns = {"y": design.endog, "o": design.offset}
    frame = pd.DataFrame(columns)
    frame["unit"] = [design.group_labels[code] for code in design.groups]
    terms = dict(zip(design.exog_re_names, design.exog_re.T, strict=True))
    terms |= dict(zip(design.exog_names, design.exog.T, strict=True))
    ordered = [*design.exog_names, *(n for n in design.exog_re_names if n not in design.exog_names)]
    return frame.join(pd.DataFrame({name: terms[name] for name in ordered}))


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
    file = design_files(run)[cell]
    # A unit may be called 01, or NA.
    if fit.language == "R":
        return (
            f'd <- read.csv("{file}", check.names = FALSE, na.strings = "",\n'
            f'              colClasses = c(unit = "character"))\n{fit.reproduce}'
        )
    design = fit.design
    return (
        "import pandas as pd\n"
        f'd = pd.read_csv("{file}", dtype={{"unit": str}}, keep_default_na=False)\n'
        f'y, offset, groups = d["y"], d["o"], d["unit"]\n'
        f"X = d[{list(design.exog_names)}]\nZ = d[{list(design.exog_re_names)}]\n{fit.reproduce}"
    )
