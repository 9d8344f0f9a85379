"""Processes of a study file: planned ones, and those on the study's own panels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from harness.errors import ConfigError, FitFailure
from harness.glmm.batch import fit_batch
from harness.simulation.processes.layout import observed_layout
from harness.simulation.processes.process import Process
from harness.sources import read
from harness.sources.names import suggestion
from harness.study.columns import columns_of, panel_of
from harness.study.config import Study, StudyFile
from harness.study.panels import with_stratum_names
from harness.study.parts import WHOLE_PANEL
from harness.study.process_parts import Fitted, ProcessPart
from harness.study.simulation_parts import MethodPart

BACKGROUND_TERM = "intercept"


Window = tuple[int, int]


def window_of(file: StudyFile, methods: Sequence[MethodPart]) -> Window:
    """Return the window that holds those of the model and of all methods."""
    windows = [file.model.window, *(part.window for part in methods if part.window is not None)]
    return min(first for first, _ in windows), max(last for _, last in windows)


def process_of(
    file: StudyFile, part: ProcessPart, base: Path, seed: int, window: Window
) -> Process:
    """Return a process of a study file.

    Parameters
    ----------
    base : Path
        Folder that relative paths of the source start from.
    seed : int
        Of what a design draws once.
    window : (int, int)
        Of the rows that an observed design keeps.

    Raises
    ------
    HarnessError
        If the panel of an observed design cannot be read or fitted.
    """
    return part.process(seed, None if part.observed is None else fitted(file, part, base, window))


def fitted(file: StudyFile, part: ProcessPart, base: Path, window: Window) -> Fitted:
    """Return an observed design, and the fit of its counts by the Laplace approximation.

    The fit is of the study's model and window, under the impact model and family of the process,
    with a slope in place of a step among the random effects: a process has no random step.

    Raises
    ------
    ConfigError
        If the study has no such indicator, stratum or data.
    FitFailure
        If its counts cannot be fitted.
    """
    assert part.observed is not None
    where, stratum = f"observed.indicator: {part.observed.indicator!r}", part.observed.stratum
    if not isinstance(file, Study):
        raise ConfigError(f"{where} needs the study's source and indicators: add them")
    names = [i.name for i in file.indicators if i.response == "count"]
    if part.observed.indicator not in names:
        raise ConfigError(f"{where}: {suggestion(part.observed.indicator, names)}")
    table = with_stratum_names(file, read(file.source.reader, base=base, **file.source.options))
    column = file.strata.column if file.strata else None
    columns = columns_of(file.indicator(part.observed.indicator), None, table.event)
    panel = panel_of(table, columns, stratum=column, no_event=file.no_event)
    if stratum != WHOLE_PANEL:
        if stratum not in panel.strata:
            raise ConfigError(f"observed.stratum: {suggestion(stratum, list(panel.strata))}")
        panel = panel.restricted(stratum)
    random = "slope" if file.model.random == "step" else file.model.random
    model = file.model.build(impact=part.impact, family=part.family, random=random)
    design = model.design(panel)
    fit = fit_batch(design, design.endog[None, :])
    if fit.failed[0]:
        raise FitFailure(f"{where}: the model cannot be fitted to its counts")
    effects = dict(zip(design.exog_names, map(float, fit.params[0]), strict=True))
    return Fitted(
        layout=observed_layout(panel, window),
        effects={name: value for name, value in effects.items() if name != BACKGROUND_TERM},
        intercept=effects[BACKGROUND_TERM],
        cov_re=np.asarray(fit.cov_re[0]),
        variance=float(fit.variance[0]),
    )
