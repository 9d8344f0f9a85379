"""A study file as tests: one for each analysis, which passes where R and Python agree."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import pytest

from harness.concordance.compare import Concordance
from harness.errors import EngineUnavailable, HarnessError
from harness.study.loading import load_study
from harness.study.plan import Cell, pairs_of
from harness.study.prepared import Prepared, RunOptions, prepare_study
from harness.study.runner import StudyRun, run_prepared
from harness.study.store import ResultStore
from harness.testing.assertions import NotConcordant, failure_lines, shortfalls
from harness.testing.plugin import RECORDS_KEY
from harness.testing.records import record_of

NOBODY = (
    "no two engines have to agree: name two with one estimator and method in 'engines', such as"
    " [lme4, laplace], and 'tight' in 'settings'"
)


class StudyCollector(pytest.File):
    """The analyses of one study file; it runs once, when the first of them is tested."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield one item for each analysis with engines that must agree."""
        try:
            prepared = self.prepared
        except EngineUnavailable as error:
            if self.config.getoption("--harness-require-r"):
                raise self.CollectError(str(error)) from None
            pytest.skip(str(error), allow_module_level=True)
        except HarnessError as error:
            raise self.CollectError(str(error)) from None
        compared = [
            cell
            for cell, places in prepared.by_cell.items()
            if any(pair.like_for_like for pair in pairs_of([prepared.planned[k] for k in places]))
        ]
        if not compared:
            raise self.CollectError(f"{self.path.name}: {NOBODY}")
        for cell in compared:
            name = f"{cell.indicator}/{cell.stratum}/{cell.variant}"
            yield AnalysisItem.from_parent(self, name=name, cell=cell)

    @cached_property
    def prepared(self) -> Prepared:
        """The study, read and planned."""
        return prepare_study(load_study(self.path), RunOptions(base=self.path.parent))

    @cached_property
    def run(self) -> StudyRun:
        """The study, run; what was fitted before is taken from pytest's cache."""
        cache = getattr(self.config, "cache", None)
        store = ResultStore(None if cache is None else cache.mkdir("harness") / "fits.sqlite")
        try:
            return run_prepared(self.prepared, lambda done, expected, what: None, store)
        finally:
            store.close()


class AnalysisItem(pytest.Item):
    """One analysis: every like-for-like pair reaches the study's level, or is registered."""

    def __init__(self, *, cell: Cell, **given: Any) -> None:
        super().__init__(**given)
        self.cell = cell

    def runtest(self) -> None:
        """Compare the engines of this analysis."""
        assert isinstance(self.parent, StudyCollector)
        run, level = self.parent.run, self.parent.prepared.study.level
        pairs = {p: pair for p, pair in run.pairs.items() if p.a.cell == self.cell}
        found = Concordance(tuple(pairs.values()))
        known = {id(pair) for planned, pair in pairs.items() if run.known(planned)}
        self.config.stash[RECORDS_KEY].append(record_of(found, self.nodeid, "", level))
        short = [pair for pair in shortfalls(found, level) if id(pair) not in known]
        if short:
            raise NotConcordant("\n".join(failure_lines(found, short, level)), found)

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Show the message alone: no line of this package is to blame."""
        if isinstance(excinfo.value, (NotConcordant, HarnessError)):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int | None, str]:
        """Where the item stands."""
        return self.path, None, self.name
