"""A defect where nobody expects one: one line, what was done is kept, no other answer is lost."""

from __future__ import annotations

import operator
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.engines.workers import Outcome, in_workers
from harness.errors import Defect
from harness.study import answers
from harness.study.answers import Bench
from harness.study.hall import carry_out
from harness.study.loading import load_study
from harness.study.pieces import Pieces
from harness.study.prepared import RunOptions, prepare_study
from harness.study.runner import StudyRun, run_prepared
from harness.study.store import FILE, ResultStore
from tests.faults import defective
from tests.faults.defective import WORDS
from tests.faults.running import small_study
from tests.study.simulations import LIMIT

RAISED = {
    "arithmetic": (operator.truediv, (1, 0), "ZeroDivisionError: division by zero"),
    "an exception that cannot be sent": (defective.unsent, (), f"UnsentError: {WORDS}"),
    "an exit": (sys.exit, (3,), "SystemExit: 3"),
}


@pytest.mark.parametrize(("function", "arguments", "reason"), RAISED.values(), ids=RAISED)
def test_the_other_calls_of_a_batch_survive(function: Any, arguments: Any, reason: str) -> None:
    others = [(operator.mul, (k, k)) for k in range(4)]
    found = dict(in_workers([*others, (function, arguments)], 1, LIMIT))
    assert found.pop(4) == Outcome(reason=reason, defect=True)
    assert [found[k].value for k in range(4)] == [0, 1, 4, 9]


def ran(folder: Path, done: list[str]) -> StudyRun:
    study = prepare_study(load_study(folder / "small.yaml"), RunOptions(folder))
    store = ResultStore(folder / FILE)
    try:
        return run_prepared(study, lambda k, expected, what: done.append(what), store)
    finally:
        store.close()


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many calls go to workers at a time."""
    asked: list[int] = []

    def noted(calls: Any, *arguments: Any) -> Any:
        asked.append(len(calls))
        return in_workers(calls, *arguments)

    monkeypatch.setattr(answers, "in_workers", noted)
    return asked


def test_of_one_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_study(tmp_path)
    asked = counted(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(answers, "_fit", defective.fit)
        run = ran(tmp_path, [])
    lost = {planned.id: fit.failure for planned, fit in run.fits.items() if fit.failure}
    assert set(lost.values()) == {f"TypeError: {WORDS}"}
    assert {name.split("/", 3)[-1] for name in lost} == {"agq/tight"}
    assert not run.complete
    asked.clear()
    assert ran(tmp_path, []).complete
    assert asked == [len(lost), len(run.study.indicators) * len(lost)]  # the rest was kept


def test_of_a_comparison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_study(tmp_path)
    asked, done = counted(monkeypatch), list[str]()
    with monkeypatch.context() as patch:
        patch.setattr(answers, "_tell", defective.tell)
        patch.setattr(answers, "_told", defective.tell)
        with pytest.raises(Defect, match=f"^cases/all/base/pairs: TypeError: {WORDS}: .* report"):
            ran(tmp_path, done)
    groups = sum(what.endswith("/pairs") for what in done)
    asked.clear()
    assert ran(tmp_path, []).complete
    assert asked == [groups]


@pytest.mark.parametrize("here", [True, False], ids=["here", "in workers"])
def test_of_replicates(tmp_path: Path, here: bool) -> None:
    """All of them would be lost, and a table of nothing but losses says nothing."""
    numbers, store = range(25), ResultStore(tmp_path / FILE)
    asked: Pieces[list[int]] = Pieces(
        key="squares", name="squares", here=here, call=lambda k: (defective.squares, (list(k),)),
        joined=lambda parts: [k for part in parts for k in part], lost=list,
    )  # fmt: skip
    with pytest.raises(Defect, match=rf"^squares/\d+-\d+: TypeError: {WORDS}: .* is kept"):
        carry_out(asked.works(numbers), Bench(store, 1, LIMIT, lambda what: None))
    kept = [store.holds(work.key) for work in asked.works(numbers)]
    assert kept[0] != here
    assert not kept[-1]
    store.close()
