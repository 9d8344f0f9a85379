"""Fit every certified case in many engines and count the digits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import pandas as pd

from harness.certified.cases import CertifiedCase
from harness.certified.digits import Digits, digits_of
from harness.engines import FitOptions, engine
from harness.engines.base import Settings, Transport
from harness.engines.workers import Task, fit_task, in_workers

# Points per dimension by the number of random effects: enough that no digit asked for hangs on
# them, and no more, since as many to the power of q are summed. glmm takes 25 at most.
POINTS = {0: 1, 1: 25, 2: 15, 3: 9}
TIME_LIMIT = 600.0


def certify(
    cases: Sequence[CertifiedCase],
    engines: Sequence[str],
    settings: Sequence[Settings],
    *,
    transport: Transport,
    jobs: int,
    progress: Callable[[int, int, str], None],
) -> list[Digits]:
    """Return the digits of every engine, at every setting, on every case that is its own."""
    plan = [
        (case, Task(case.design, name, _options(case, setting, transport)))
        for case in cases
        for name in engines
        for setting in settings
        if _in_reach(case, name)
    ]
    found: dict[int, Digits] = {}
    calls = [(fit_task, (task,)) for _, task in plan]
    for done, (place, outcome) in enumerate(in_workers(calls, jobs, TIME_LIMIT), start=1):
        case, task = plan[place]
        found[place] = digits_of(case, outcome.or_failed(task))
        progress(done, len(plan), f"{case.name}/{task.engine}/{task.options.settings}")
    return [found[place] for place in range(len(plan))]


def _options(case: CertifiedCase, setting: Settings, transport: Transport) -> FitOptions:
    points = POINTS[case.design.exog_re.shape[1]]
    return FitOptions(settings=setting, transport=transport, n_quadrature=points)


def _in_reach(case: CertifiedCase, name: str) -> bool:
    design = case.design
    return engine(name).refusal(design.family, design.covariance, design.response) is None


def digits_frame(found: Sequence[Digits]) -> pd.DataFrame:
    """Return one row a fit."""
    return pd.DataFrame([asdict(row) for row in found])


def write_digits(found: Sequence[Digits], out: Path) -> Path:
    """Write ``digits.csv`` and ``digits.md`` into a folder; return the second."""
    out.mkdir(parents=True, exist_ok=True)
    digits_frame(found).to_csv(out / "digits.csv", index=False)
    page = out / "digits.md"
    page.write_text(_HEAD + "".join(_line(row) for row in found), encoding="utf-8")
    return page


_HEAD = """\
# Certified digits by engine

Fewest digits over the terms (log relative error, at most 15): estimates, standard errors, standard
deviations of the random effects, the family's own parameter, log-likelihood.

| case | engine | settings | estimates | SE | SD | own | llf | why not more |
| :--- | :--- | :--- | ---: | ---: | ---: | ---: | ---: | :--- |
"""


def _line(row: Digits) -> str:
    numbers = (row.estimates, row.errors, row.sd_re, row.own, row.llf)
    cells = ["" if value is None else f"{value:.1f}" for value in numbers]
    reason = row.reason.replace("|", "\\|")
    return f"| {' | '.join([row.case, row.engine, row.settings, *cells, reason])} |\n"
