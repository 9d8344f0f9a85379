"""fit: one model on one panel in many engines, every answer with its certificate."""

from __future__ import annotations

from collections.abc import Sequence

from harness.concordance.certificate import certified
from harness.concordance.exact import ExactPoint, remember, remembered
from harness.concordance.partners import beside_each_other
from harness.design import Design
from harness.engines import FitOptions, engine
from harness.engines.base import POINTS, SeMethod, Settings, Transport
from harness.engines.run import tasks_of
from harness.engines.workers import Outcome, Task, failed, fit_task, in_workers
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.result import FitResult

Certified = tuple[FitResult, ExactPoint | None]


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
        In the order of ``engines``; a fit that failed says so in ``failure``. ``certificate``
        says how far each lies from the optimum of what its engine maximises.

    Raises
    ------
    ConfigError
        For an unknown engine or option, or a panel without a model.
    EngineUnavailable
        If an engine cannot run here, with what to install.
    DesignError
        If the model cannot be built on the panel.
    """
    options = FitOptions(
        settings=settings, se_method=se_method, n_quadrature=n_quadrature, transport=transport
    )
    tasks = tasks_of(data, model, engines, options, stratum)
    in_r = [task for task in tasks if engine(task.engine).language == "R"]
    outcomes = in_workers([(certified_task, (task,)) for task in in_r], jobs, time_limit)
    done = {in_r[place].engine: received(outcome, in_r[place]) for place, outcome in outcomes}
    return beside_each_other([done.get(task.engine) or certified(fit_task(task)) for task in tasks])


def certified_task(task: Task) -> Certified:
    """Fit and certify, in a worker; what was evaluated goes back with the fit."""
    done = certified(fit_task(task))
    return done, remembered(done)


def received(outcome: Outcome, task: Task) -> FitResult:
    """Return the fit of a ``certified_task``, or the failed result of its task."""
    if outcome.reason is not None:
        return failed(task, outcome.reason)
    done, point = outcome.value
    return remember(done, point)
