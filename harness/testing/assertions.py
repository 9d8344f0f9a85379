"""Assertions on the agreement of engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import get_args

from harness.concordance.compare import Concordance
from harness.concordance.pair import Pair
from harness.concordance.verdict import Verdict, reaches
from harness.design import Design
from harness.engines.base import POINTS, FitOptions, SeMethod, Settings, Transport
from harness.engines.run import tasks_of
from harness.errors import ConfigError
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.sources.names import suggestion
from harness.study.answers import Bench, Group, compared, fits_of_tasks
from harness.study.store import ResultStore

ENGINES = ("lme4", "glmmtmb", "laplace")
LEVEL: Verdict = "concordant"


class NotConcordant(AssertionError):
    """Engines do not agree as well as they must; ``found`` is what they came to."""

    def __init__(self, text: str, found: Concordance) -> None:
        super().__init__(text)
        self.found = found


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of the engines; see ``assert_concordant``."""

    engines: tuple[str, ...] = ENGINES
    level: Verdict = LEVEL
    stratum: str = "all"
    options: FitOptions = field(default_factory=FitOptions)


def assert_concordant(
    data: Panel | Design,
    model: SegmentedPoisson | None = None,
    *,
    engines: Sequence[str] = ENGINES,
    level: Verdict = LEVEL,
    settings: Settings = "tight",
    se_method: SeMethod = "observed",
    n_quadrature: int = POINTS,
    stratum: str = "all",
    transport: Transport = "auto",
    time_limit: float = 600.0,
    jobs: int = 1,
) -> Concordance:
    """Assert that every like-for-like pair of engines reaches a level on a panel or a design.

    What is not named below is as in ``harness.fit``.

    Parameters
    ----------
    level : {"identical", "concordant", "equivalent"}
        The verdict that every pair of engines with the same estimator must reach.

    Returns
    -------
    Concordance
        All pairs, those of different estimators too.

    Raises
    ------
    NotConcordant
        An ``AssertionError`` that shows the table of pairs, the cause of each difference and the
        lines that redo the fits.
    ConfigError
        For an unknown engine, level or option, and where no two engines have the same estimator.
    EngineUnavailable
        If an engine cannot run here, with what to install.
    DesignError
        If the model cannot be built on the panel.
    """
    options = FitOptions(
        settings=settings, se_method=se_method, n_quadrature=n_quadrature, transport=transport
    )
    asked = Asked(tuple(engines), level, stratum, options)
    bench = Bench(ResultStore(None), jobs, time_limit, lambda what: None)
    return checked(concordance_of(data, model, asked, bench), level)


def concordance_of(
    data: Panel | Design, model: SegmentedPoisson | None, asked: Asked, bench: Bench
) -> Concordance:
    """Fit by every engine, or take what the bench's store holds, and compare.

    Raises
    ------
    HarnessError
        As ``assert_concordant``.
    """
    _check_level(asked.level)
    tasks = tasks_of(data, model, asked.engines, asked.options, asked.stratum)
    fits = fits_of_tasks(tasks, list(asked.engines), bench)
    places = tuple(combinations(range(len(tasks)), 2))
    group = Group("pairs", tuple(tasks), tuple(fits), places)
    [(_, pairs)] = compared([group], asked.options.transport, bench)
    if not any(pair.like_for_like for pair in pairs):
        raise ConfigError(
            f"no two of the engines {', '.join(asked.engines)} have the same estimator, method and"
            " tight settings: name two that have, such as lme4 and laplace"
        )
    return Concordance(tuple(pairs))


def checked(found: Concordance, level: Verdict) -> Concordance:
    """Return what was found if it reaches the level.

    Raises
    ------
    NotConcordant
        If it does not.
    """
    short = shortfalls(found, level)
    if short:
        raise NotConcordant("\n".join(failure_lines(found, short, level)), found)
    return found


def shortfalls(found: Concordance, level: Verdict) -> list[Pair]:
    """Return the like-for-like pairs that do not reach a level; an unconverged fit reaches none."""
    return [
        pair
        for pair in found.comparisons
        if pair.like_for_like
        and not (pair.a.converged and pair.b.converged and reaches(pair.verdict, level))
    ]


def failure_lines(found: Concordance, short: Sequence[Pair], level: Verdict) -> Iterator[str]:
    """The message: what fell short, the table, the causes, and how to redo each fit."""
    alike = sum(pair.like_for_like for pair in found.comparisons)
    yield f"{len(short)} of {alike} like-for-like pairs are not {level}"
    yield ""
    columns = ["engine_a", "engine_b", "verdict", "max_diff_se", "max_rel_se", "llf_diff", "cause"]
    table = found.pairs[columns].fillna({"cause": ""})
    yield table.to_string(index=False, float_format=lambda value: f"{value:.1e}")
    yield ""
    yield found.explain()
    fits = {fit.engine: fit for pair in short for fit in (pair.a, pair.b)}
    for fit in fits.values():
        yield ""
        if fit.failure:
            yield f"{fit.engine} failed: {fit.failure}"
        elif not fit.converged:
            said = "; ".join(message.text for message in fit.messages)
            yield f"{fit.engine} did not converge: {said}"
        if fit.reproduce:
            yield f"To redo the fit of {fit.engine} by hand ({fit.language}):"
            yield fit.reproduce


def _check_level(level: str) -> None:
    known = [name for name in get_args(Verdict) if name not in ("discordant", "not comparable")]
    if level not in known:
        raise ConfigError(f"level {level!r}: {suggestion(level, known)}")
