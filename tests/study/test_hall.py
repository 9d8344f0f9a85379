"""Work is done once, whoever works, and a death costs the one replicate that kills again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.engines.workers import Outcome
from harness.errors import HarnessError
from harness.study import hall
from harness.study.answers import Bench
from harness.study.hall import carry_out
from harness.study.pieces import PIECE, Pieces
from harness.study.store import FILE, ResultStore
from tests.study.deadly import squares, squares_noted, squares_or_death

LIMIT = 120.0
NUMBERS = range(25)
VICTIM = 13
LOST = [-1]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ResultStore]:
    opened = ResultStore(tmp_path / FILE)
    yield opened
    opened.close()


def bench(store: ResultStore, jobs: int = 1, done: list[str] | None = None) -> Bench:
    return Bench(store, jobs, LIMIT, ([] if done is None else done).append)


def pieces(function: Callable[..., Any], *first: Any, here: bool = False) -> Pieces[list[int]]:
    """Squares of numbers, a batch or ten at a time."""
    return Pieces(
        key=str((function, first)),
        name="squares",
        here=here,
        call=lambda numbers: (function, (*first, list(numbers))),
        joined=lambda parts: [value for part in parts for value in part],
        lost=lambda: LOST,
    )


def found(asked: Pieces[list[int]], store: ResultStore) -> list[int]:
    return [value for batch in asked.found(store, NUMBERS) for value in batch]


@pytest.mark.parametrize(("here", "jobs"), [(True, 1), (False, 1), (False, 2)])
def test_every_number_is_answered_and_told_of(store: ResultStore, here: bool, jobs: int) -> None:
    asked, done = pieces(squares, here=here), list[str]()
    carry_out(asked.works(NUMBERS), bench(store, jobs, done))
    assert found(asked, store) == squares(list(NUMBERS))
    names = ["0-24"] if here else ["0-9", "10-19", "20-24"]
    assert sorted(done) == [f"squares/{name}" for name in names]
    assert len(done) == asked.count(len(NUMBERS))


def test_what_the_store_holds_is_not_done_again(store: ResultStore, tmp_path: Path) -> None:
    asked, done = pieces(squares_noted, tmp_path), list[str]()
    first, last = NUMBERS[:PIECE], NUMBERS[2 * PIECE :]
    carry_out([*asked.works(first), *asked.works(last)], bench(store))
    carry_out(asked.works(NUMBERS), bench(store, 2, done))
    assert len(done) == asked.count(len(NUMBERS))
    assert {path.name for path in tmp_path.glob("[0-9]*-*")} == {f"{k}-0" for k in NUMBERS}


@pytest.mark.parametrize("spoil", ["cut short", "altered", "of nothing"])
def test_a_spoilt_answer_is_none_and_is_made_again(
    store: ResultStore, tmp_path: Path, spoil: str
) -> None:
    asked = pieces(squares_noted, tmp_path)
    carry_out(asked.works(NUMBERS), bench(store))
    first = next(asked.works(NUMBERS))
    ((blob,),) = store._db.execute("select value from answers where key = ?", (first.key,))
    bad = {"cut short": blob[:-1], "altered": blob[:-3] + b"..." + blob[-3:], "of nothing": b""}
    store._db.execute("update answers set value = ? where key = ?", (bad[spoil], first.key))
    assert not store.holds(first.key)
    assert store.get(first.key) is None
    with pytest.raises(HarnessError, match="has lost squares/0-9: run it again"):
        found(asked, store)
    carry_out(asked.works(NUMBERS), bench(store))
    assert found(asked, store) == squares(list(NUMBERS))
    again = {path.name for path in tmp_path.glob("[0-9]*-1")}
    assert again == {f"{k}-1" for k in NUMBERS[:PIECE]}


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("numbers", [NUMBERS, range(VICTIM, VICTIM + 1)], ids=["many", "one"])
@pytest.mark.parametrize("again", [False, True], ids=["once", "every time"])
def test_only_what_kills_twice_is_lost(
    store: ResultStore, tmp_path: Path, jobs: int, numbers: range, again: bool
) -> None:
    asked = pieces(squares_or_death, VICTIM, None if again else tmp_path / "mark")
    carry_out(asked.works(numbers), bench(store, jobs))
    (answer,) = asked.found(store, numbers)
    assert answer == [-1 if again and k == VICTIM else k * k for k in numbers]


def test_a_machine_that_starts_no_process_loses_no_replicate(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(calls: list[Any], jobs: int, limit: float) -> Iterator[tuple[int, Outcome]]:
        yield 0, Outcome(value=squares(list(NUMBERS[:PIECE])))
        yield 1, Outcome(reason="no worker process began within 60 seconds", begun=False)

    monkeypatch.setattr(hall, "in_workers", nobody)
    asked = pieces(squares)
    with pytest.raises(HarnessError, match="within 60 seconds: what was done is kept, run"):
        carry_out(asked.works(NUMBERS), bench(store))
    assert [store.holds(work.key) for work in asked.works(NUMBERS)] == [True, False, False]


def test_works_are_read_as_they_are_done(
    store: ResultStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hall, "AT_ONCE", 4)
    asked, read, most, done = pieces(squares), [0], [0], list[str]()

    def counted() -> Iterator[hall.Work]:
        for work in asked.works(range(30 * PIECE)):
            read[0] += 1
            most[0] = max(most[0], read[0] - len(done))
            yield work

    carry_out(counted(), bench(store, 2, done))
    assert (read[0], len(done), most[0]) == (30, 30, 4)


def test_a_piece_is_known_by_its_numbers() -> None:
    first, listed, other = (
        [work.key for work in pieces(squares).works(numbers)]
        for numbers in (NUMBERS, list(NUMBERS), range(1, 26))
    )
    assert first == listed
    assert len({*first, *other}) == 6
