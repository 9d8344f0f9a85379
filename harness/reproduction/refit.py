"""Fit a pair anew on other units, and see whether it is still unexplained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import get_args

from harness.certifying import certified_task, received, with_own_objectives
from harness.concordance.compare import compare_pair
from harness.concordance.pair import Pair
from harness.concordance.partners import beside_each_other
from harness.concordance.verdict import reaches
from harness.engines import FitOptions
from harness.engines.base import POINTS, SeMethod
from harness.engines.workers import Task, in_workers
from harness.errors import HarnessError
from harness.reproduction.panels import some_units
from harness.result import FitResult

# Fits of tasks of one design, in their order.
Refit = Callable[[Sequence[Task]], list[FitResult]]
# Seconds for one fit: a panel that takes longer is none to send to anybody.
TIME_LIMIT = 60.0


def in_worker_processes(tasks: Sequence[Task], jobs: int = 1) -> list[FitResult]:
    """Fit as ``harness.fit`` does, each task with its own options."""
    outcomes = in_workers([(certified_task, (task,)) for task in tasks], jobs, TIME_LIMIT)
    done = {place: received(outcome, tasks[place]) for place, outcome in outcomes}
    fits = beside_each_other([done[place] for place in range(len(tasks))])
    return with_own_objectives(fits, tasks[0].options.transport, jobs, TIME_LIMIT)


def still_unexplained(pair: Pair, refit: Refit, units: Sequence[int]) -> Pair | None:
    """Fit both anew on some units; None where the difference is gone or has a cause.

    A difference below ``concordant`` must stay there: what rounding leaves of a pair on few units
    is another matter than what brought it here.
    """
    try:
        design = some_units(pair.a.design, units)
        a, b = refit([Task(design, fit.engine, options_of(fit)) for fit in (pair.a, pair.b)])
        found = compare_pair(a, b)
    except (HarnessError, ArithmeticError, ValueError):
        # Few units may carry no model, or none that has derivatives where a fit ended.
        return None
    if found.explanation is None or found.explanation.cause != "unexplained":
        return None
    lost = reaches(found.verdict, "concordant") and not reaches(pair.verdict, "concordant")
    return None if lost else found


def options_of(fit: FitResult) -> FitOptions:
    """Return the options by which a fit was asked for."""
    method = fit.se_method if fit.se_method in get_args(SeMethod) else "observed"
    return FitOptions(
        settings=fit.settings,  # type: ignore[arg-type]  # a result keeps the word
        se_method=method,  # type: ignore[arg-type]
        n_quadrature=fit.n_quadrature or POINTS,
        transport=fit.details.get("transport", "auto"),
    )
