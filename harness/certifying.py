"""fit: one model on one panel in many engines, every answer with its certificate."""

from __future__ import annotations

from collections.abc import Sequence

from harness.concordance.certificate import certified
from harness.concordance.exact import ExactPoint, remember, remembered
from harness.concordance.own_objective import has_certified_llf, place_of, with_own
from harness.concordance.partners import beside_each_other
from harness.design import Design
from harness.engines import FitOptions, engine
from harness.engines.base import POINTS, SeMethod, Settings, Transport
from harness.engines.own_objective import can_be_asked, own_values
from harness.engines.run import tasks_of
from harness.engines.workers import Outcome, Task, failed, fit_task, in_workers
from harness.errors import HarnessError
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
    se_method : {"observed", "rx", "cluster"}
        As in ``FitOptions``; ``laplace`` and ``agq`` have them all.
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
    fits = beside_each_other([done.get(task.engine) or certified(fit_task(task)) for task in tasks])
    return with_own_objectives(fits, transport, jobs, time_limit)


def certified_task(task: Task) -> Certified:
    """Fit and certify, in a worker; what was evaluated goes back with the fit."""
    done = certified(fit_task(task))
    return done, remembered(done)


def with_own_objectives(
    fits: list[FitResult], transport: Transport, jobs: int, time_limit: float
) -> list[FitResult]:
    """Ask the engines in R, in workers, what their own objectives say at every Laplace answer.

    One call an engine, whatever its settings: the model is built, not fitted. What cannot be asked
    leaves no evidence and costs no answer.
    """
    asked = _asked(fits)
    calls = [(_own_values, (name, fits, transport)) for name in asked]
    told = [(asked[k], outcome.value) for k, outcome in in_workers(calls, jobs, time_limit)]
    return _with_values(fits, told)


def own_of(fits: list[FitResult], transport: Transport) -> list[FitResult]:
    """Do the same here, in a worker process, where R may run."""
    return _with_values(fits, [(name, _own_values(name, fits, transport)) for name in _asked(fits)])


def _asked(fits: Sequence[FitResult]) -> list[str]:
    names = dict.fromkeys(fit.engine for fit in fits if fit.failure is None)
    if not any(map(has_certified_llf, fits)):
        return []
    return [name for name in names if can_be_asked(name, fits[0].design)]


def _with_values(
    fits: Sequence[FitResult], told: Sequence[tuple[str, list[float | None] | None]]
) -> list[FitResult]:
    own: list[dict[str, float]] = [{} for _ in fits]
    for name, values in told:
        for known, value in zip(own, values or [], strict=False):
            if value is not None:
                known[name] = value
    return [with_own(fit, known) if known else fit for fit, known in zip(fits, own, strict=True)]


def _own_values(
    name: str, fits: list[FitResult], transport: Transport
) -> list[float | None] | None:
    held = [fit for fit in fits if has_certified_llf(fit)]
    options = FitOptions(transport=transport)
    try:
        values = own_values(name, fits[0].design, [place_of(fit) for fit in held], options)
    except (HarnessError, ArithmeticError, ValueError):
        return None
    by_fit = dict(zip(map(id, held), values, strict=True))
    return [by_fit.get(id(fit)) for fit in fits]


def received(outcome: Outcome, task: Task) -> FitResult:
    """Return the fit of a ``certified_task``, or the failed result of its task."""
    if outcome.reason is not None:
        return failed(task, outcome.reason)
    done, point = outcome.value
    return remember(done, point)
