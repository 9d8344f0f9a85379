"""fit: one model on one panel in many engines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from harness.design import Design
from harness.engines import FitOptions, engine, require
from harness.engines.base import POINTS, SeMethod, Settings, Transport
from harness.engines.workers import Task, fit_task, in_workers
from harness.errors import ConfigError
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.result import FitResult
from harness.sources.names import suggestion


def fit(
    data: Panel | Design,
    model: SegmentedPoisson | None = None,
    *,
    engines: Sequence[str] = ("lme4", "glmmtmb", "laplace"),
    settings: Settings = "tight",
    se_method: SeMethod = "observed",
    n_quadrature: int = POINTS,
    stratum: str = "all",
    transport: Transport = "auto",
    time_limit: float = 600.0,
    jobs: int = 1,
) -> list[FitResult]:
    """Fit the same model in several engines.

    Parameters
    ----------
    data : Panel or Design
    model : SegmentedPoisson, optional
        Needed with a panel; a design is a model already.
    engines : sequence of str
    settings : {"default", "tight"}
    se_method : {"observed", "rx"}
    n_quadrature : int
        Points per dimension, for engines that use quadrature.
    stratum : str
        Units of one stratum only; "all" for the whole panel.
    transport : {"auto", "rpy2", "rscript"}
    time_limit : float
        Seconds for one fit in R.
    jobs : int
        Worker processes for R. Python engines run in this process.

    Returns
    -------
    list of FitResult
        In the order of ``engines``; a fit that failed says so in ``failure``.

    Raises
    ------
    ConfigError
        For an unknown engine or option, or a panel without a model.
    EngineUnavailable
        If an engine cannot run here, with what to install.
    DesignError
        If the model cannot be built on the panel.
    """
    for name, value, known in (
        ("settings", settings, get_args(Settings)),
        ("se_method", se_method, get_args(SeMethod)),
        ("transport", transport, get_args(Transport)),
    ):
        if value not in known:
            raise ConfigError(f"{name} {value!r} is not known: {suggestion(value, known)}")
    if isinstance(engines, str) or not engines:
        raise ConfigError(f"engines is {engines!r}: give a list of names, such as ['laplace']")
    require(list(engines))
    design = _design(data, model, stratum)
    options = FitOptions(
        settings=settings,
        se_method=se_method,
        n_quadrature=n_quadrature,
        transport=transport,
    )
    tasks = [Task(design, name, options) for name in engines]
    in_r = [task for task in tasks if engine(task.engine).language == "R"]
    outcomes = in_workers([(fit_task, (task,)) for task in in_r], jobs, time_limit)
    done = {in_r[place].engine: outcome.or_failed(in_r[place]) for place, outcome in outcomes}
    return [done.get(task.engine) or fit_task(task) for task in tasks]


def _design(data: Panel | Design, model: SegmentedPoisson | None, stratum: str) -> Design:
    if isinstance(data, Design):
        return data
    if not isinstance(data, Panel):
        raise ConfigError(
            f"data is a {type(data).__name__}: give a Panel (harness.Panel.from_frame) or a Design"
        )
    if model is None:
        raise ConfigError("a panel needs a model: fit(panel, SegmentedPoisson(...))")
    return model.design(data if stratum == "all" else data.restricted(stratum))
