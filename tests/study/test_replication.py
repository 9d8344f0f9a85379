"""Replicates by number: found again by what they depend on, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.engines.base import FitOptions
from harness.model import SegmentedPoisson
from harness.simulation.estimates import DONE, FIT, Estimates
from harness.simulation.methods import Method
from harness.simulation.power.decisions import Question
from harness.simulation.processes.choice import Suppression
from harness.simulation.processes.process import Process
from harness.study import replication
from harness.study.hall import carry_out
from harness.study.loading import load_plan
from harness.study.process_parts import ProcessPart
from harness.study.replication import Replication
from harness.study.simulate import SimulationOptions, run_simulation
from harness.study.store import FILE, ResultStore
from tests.study.deadly import DeadlyProcess
from tests.study.simulations import rows, write_simulation
from tests.study.test_hall import bench

CONTRAST = "step0 = pre"
METHOD = Method("laplace", "laplace", SegmentedPoisson(), contrasts=(CONTRAST,))
PART = {
    "design": {"units": 12, "spread": 0.4},
    "baseline": 100.0,
    "random": {"intercept": 0.3, "slope": 0.05},
}
HIDDEN = Suppression(1, 40)
REPLICATES, VICTIM, SEED = 12, 4, 7


Change = Callable[[Replication], Replication]


def process(seed: int = SEED) -> Process:
    return ProcessPart.model_validate(PART).process(seed)


def other_truth(one: Replication) -> Replication:
    truth = replace(one.process.truth, intercepts={"all": 1.0})
    return replace(one, process=replace(one.process, truth=truth))


def with_options(**changed: Any) -> Change:
    options = FitOptions(**changed)
    return lambda one: replace(one, method=replace(one.method, options=options))


def with_method(**changed: Any) -> Change:
    return lambda one: replace(one, method=replace(one.method, **changed))


def keys(one: Replication) -> set[str]:
    pieces = one.estimated, one.tested(Question(one.method, "wald"))
    return {piece.key for piece in pieces}


MATTERS: dict[str, Change] = {
    "seed": lambda one: replace(one, seed=SEED + 1),
    "rows": lambda one: replace(one, process=replace(one.process, suppression=HIDDEN)),
    "layout": lambda one: replace(one, process=process(SEED + 1)),
    "truth": other_truth,
    "engine": with_method(engine="agq"),
    "contrasts": with_method(contrasts=()),
    "small sample": with_method(small_sample=True),
    "model": with_method(model=SegmentedPoisson(family="nb2")),
    "settings": with_options(settings="default"),
    "standard errors": with_options(se_method="rx"),
}
MATTERS_NOT: dict[str, Change] = {
    "name of the method": with_method(name="other"),
    "name of the process": lambda one: replace(one, process=replace(one.process, name="other")),
    "road to R": with_options(transport="rscript"),
}


@pytest.mark.parametrize("what", MATTERS)
def test_what_an_answer_depends_on_is_in_its_key(what: str) -> None:
    one = Replication(process(), METHOD, SEED)
    assert not keys(one) & keys(MATTERS[what](one))


@pytest.mark.parametrize("what", MATTERS_NOT)
def test_what_it_does_not_depend_on_is_not(what: str) -> None:
    one = Replication(process(), METHOD, SEED)
    assert keys(one) == keys(MATTERS_NOT[what](one))


def test_tests_have_keys_of_their_own() -> None:
    one = Replication(process(), METHOD, SEED)
    tests = [one.tested(Question(METHOD, test)).key for test in ("wald", "lr", "bootstrap")]
    assert len({one.estimated.key, *tests}) == 4


def test_other_code_has_other_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keys(Replication(process(), METHOD, SEED))
    monkeypatch.setattr(replication, "simulation_code", lambda: "other code")
    assert not before & keys(Replication(process(), METHOD, SEED))


def stored(one: Replication, store: ResultStore) -> Estimates:
    numbers = range(REPLICATES)
    carry_out(one.estimated.works(numbers), bench(store, 2))
    (found,) = one.estimated.found(store, numbers)
    return found


def test_a_replicate_that_kills_twice_has_failed_to_fit(tmp_path: Path) -> None:
    store = ResultStore(tmp_path / FILE)
    plain = replace(process(), suppression=HIDDEN)
    deadly = DeadlyProcess(plain.name, plain.layout, plain.truth, None, HIDDEN, VICTIM)
    whole = stored(Replication(plain, METHOD, SEED), store)
    # The same key, since the two have one truth: in a store of its own.
    found = stored(Replication(deadly, METHOD, SEED), ResultStore(tmp_path / "other"))
    others = np.arange(REPLICATES) != VICTIM
    assert found.stage.tolist() == [DONE if k else FIT for k in others]
    assert (whole.stage == DONE).all()
    for name in ("estimate", "se", "critical", "llf", "sd_re"):
        assert np.array_equal(getattr(found, name)[others], getattr(whole, name)[others])
        assert np.isnan(getattr(found, name)[VICTIM]).all()


def quiet(done: int, expected: int, what: str) -> None:
    """Say nothing of the progress."""


def test_fresh_draws_everything_anew_to_the_same_numbers(tmp_path: Path) -> None:
    file, options = load_plan(write_simulation(tmp_path)), SimulationOptions(tmp_path, jobs=2)
    made = []
    for fresh in (False, False, True):
        store = ResultStore(tmp_path / "reports" / FILE, fresh=fresh)
        performance = run_simulation(file, options, quiet, store).performance
        store.close()
        frames = {key: found.frame().to_csv() for key, found in performance.items()}
        made.append((frames, rows(tmp_path)))
    (first, kept), (again, held), (anew, redone) = made
    assert first == again == anew
    assert kept == held
    assert kept.keys() == redone.keys()
    assert not kept.items() & redone.items()
