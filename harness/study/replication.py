"""Replication: one method asked of the replicates of one process."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from harness.design import Design
from harness.simulation.contrast import contrast_row
from harness.simulation.estimates import FIT, Estimates
from harness.simulation.methods import Method, answers_apart, estimates_of
from harness.simulation.power.decisions import Question, Tested, not_tested, put_to_test
from harness.simulation.processes.process import Process
from harness.simulation.replicates import analysis, estimates, truth_of
from harness.study.pieces import Pieces
from harness.study.store import digest, simulation_code


@dataclass(frozen=True, eq=False)
class Replication:
    """One method asked of the replicates of one process.

    Attributes
    ----------
    seed : int
        Replicate k has the k-th stream spawned from it.
    """

    process: Process
    method: Method
    seed: int

    @cached_property
    def whole(self) -> Design:
        """The design of the layout.

        Raises
        ------
        HarnessError
            If the model cannot be built on it.
        """
        return analysis(self.process, self.method.model).design

    @cached_property
    def truth(self) -> dict[str, float]:
        """True value of every term and contrast that has one."""
        return truth_of(self.process, self.method, self.whole)

    def check(self) -> None:
        """Check that the model, and the contrasts, can be asked of the process.

        Raises
        ------
        HarnessError
            If one of them cannot.
        """
        for text in self.method.contrasts:
            contrast_row(self.whole.exog_names, text)

    @property
    def together(self) -> bool:
        """Whether replicates share one design and are fitted in one compiled call."""
        return self.method.compiled and self.process.fixed

    @property
    def estimated(self) -> Pieces[Estimates]:
        """Estimates of the replicates."""
        return Pieces(
            key=digest("estimates", *self._key),
            name=f"{self.process.name}/{self.method.name}",
            here=self.together,
            call=lambda numbers: (estimates, (self.process, self.method, self.seed, numbers)),
            joined=Estimates.joined,
            lost=self._lost,
        )

    def tested(self, question: Question) -> Pieces[Tested]:
        """Estimates and p-values of the replicates; the question is about this method."""
        return Pieces(
            key=digest("tested", question.test, *self._key),
            name=f"{self.process.name}/{self.method.name}/{question.test}",
            here=self.together,
            call=lambda numbers: (put_to_test, (self.process, question, self.seed, numbers)),
            joined=Tested.joined,
            lost=lambda: not_tested(self._lost()),
        )

    @cached_property
    def _key(self) -> tuple[Any, ...]:
        said = asdict(self.method)
        # Neither what it is called nor how values reach R changes an answer.
        del said["name"], said["options"]["transport"]
        return simulation_code(), self.process.sha256, said, self.seed

    def _lost(self) -> Estimates:
        """One replicate over which every worker died."""
        answers = answers_apart(self.method, [None], self.whole, lost=FIT)
        return estimates_of(self.method, answers)
