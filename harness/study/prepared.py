"""A study read and planned: everything that is known before the first fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

from harness.choices import SEED, TIME_LIMIT
from harness.engines import FitOptions, require
from harness.engines.base import POINTS, Transport
from harness.engines.workers import Task
from harness.study.answers import fit_key
from harness.study.config import BASE, Study
from harness.study.extras import extras
from harness.study.panels import StudyData, read_study
from harness.study.plan import Cell, PlannedFit, fits_of
from harness.study.store import digest, whole_code

# Ends the name of a report on data that nobody published, lest it is taken for the other.
SIMULATED = "-simulated"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a study is run, beyond what its file says."""

    base: Path
    transport: Transport = "auto"
    jobs: int = 1
    seed: int = SEED
    time_limit: float = TIME_LIMIT
    command: str = ""  # that was typed, for the report


@dataclass(frozen=True, eq=False)
class Prepared:
    """A study read and planned, nothing fitted yet.

    Attributes
    ----------
    planned : tuple of PlannedFit
    tasks : tuple of Task
        One a planned fit, in the same order.
    nulls : tuple of Cell
        Whose dispersion is held against its null distribution.
    """

    study: Study
    options: RunOptions
    data: StudyData
    planned: tuple[PlannedFit, ...]
    tasks: tuple[Task, ...]
    nulls: tuple[Cell, ...]

    @cached_property
    def by_cell(self) -> dict[Cell, list[int]]:
        """Places of the planned fits of each cell."""
        found: dict[Cell, list[int]] = {}
        for k, planned in enumerate(self.planned):
            found.setdefault(planned.cell, []).append(k)
        return found

    @cached_property
    def fit_keys(self) -> list[str]:
        """Keys of the fits in a store."""
        return [fit_key(task) for task in self.tasks]

    @cached_property
    def key(self) -> str:
        """Digest of everything that the report depends on.

        Panels stand beside the designs, because a report also tells of rows that are not fitted.
        """
        table, panels = self.data.table, self.data.panels.values()
        return digest(
            "run", whole_code(), self.study.model_dump(mode="json"), self.options.command,
            self.options.seed, table.source, table.notes, dict(table.descriptions),
            extras(self.study, table, self.data.strata),
            [(panel.sha256, [asdict(part) for part in panel.dropped]) for panel in panels],
            self.fit_keys,
            [(str(cell), reason) for cell, reason in self.data.unfit.items()],
        )  # fmt: skip


def prepare_study(study: Study, options: RunOptions) -> Prepared:
    """Read a study's data and plan its fits.

    Raises
    ------
    HarnessError
        For bad input or a missing engine, before anything is fitted.
    """
    require(sorted({*study.engines, *(name for v in study.variants for name in v.engines)}))
    return planned_study(study, options)


def planned_study(study: Study, options: RunOptions) -> Prepared:
    """Read a study's data and plan its fits, whether its engines can run here or not.

    Raises
    ------
    HarnessError
        For bad input.
    """
    data = read_study(study, options.base)
    if data.table.simulated:
        title = f"{study.title} (simulated)"
        study = study.model_copy(update={"study": f"{study.study}{SIMULATED}", "title": title})
    planned = tuple(fit for cell in data.designs for fit in fits_of(study, cell))
    tasks = tuple(
        Task(data.designs[p.cell], p.engine, _fit_options(study, options, p)) for p in planned
    )
    return Prepared(study, options, data, planned, tasks, tuple(_null_cells(study, data)))


def _fit_options(study: Study, options: RunOptions, planned: PlannedFit) -> FitOptions:
    variant = study.variant(planned.cell.variant)
    return FitOptions(
        settings=planned.settings,
        se_method="observed" if variant is None else variant.se_method,
        transport=options.transport,
        seed=options.seed,
        n_quadrature=(variant.n_quadrature if variant else None) or POINTS,
    )


def _null_cells(study: Study, data: StudyData) -> list[Cell]:
    if study.model.family != "poisson" or not study.dispersion_replicates:
        return []
    return [
        cell
        for cell, design in data.designs.items()
        if cell.variant == BASE and design.response == "count"
    ]
