"""The questions of scrutiny that need more than the study's fits: asked, stored, answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from harness.errors import ConfigError, HarnessError
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.scrutiny.autocorrelation import Autocorrelation, residual_autocorrelation
from harness.scrutiny.composition import Composition, composition
from harness.scrutiny.placebo import Placebo, placebo
from harness.scrutiny.regression_to_the_mean import Regression, regression_to_the_mean
from harness.sources.names import suggestion
from harness.study.answers import Bench, Request, answers
from harness.study.config import BASE, Study
from harness.study.panels import model_of
from harness.study.plan import WHOLE_PANEL, Cell
from harness.study.prepared import Prepared
from harness.study.seeds import seed_of
from harness.study.store import digest, scrutiny_code

Kind = Literal["placebo", "autocorrelation", "composition", "regression_to_the_mean"]
Found = Placebo | Autocorrelation | Composition | Regression


@dataclass(frozen=True, slots=True)
class Question:
    """One question of one cell; under a variant where it is asked of another family."""

    kind: Kind
    cell: Cell


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, or why nothing was.

    Attributes
    ----------
    lost : bool
        Whether the reason is one of this run, such as a time limit, rather than of the data.
    """

    found: Found | None = None
    reason: str | None = None
    lost: bool = False


def questions_of(prepared: Prepared) -> list[Question]:
    """Return the questions that a study asks of its data.

    Raises
    ------
    ConfigError
        For a stratum that the data do not have.
    """
    asked, data = prepared.study.scrutiny, prepared.data
    if asked is None:
        return []
    cells = [cell for cell in data.designs if cell.variant == BASE]
    found: list[Question] = []
    if asked.placebo is not None:
        there = _strata("placebo", asked.placebo.strata, data.strata)
        found += [Question("placebo", cell) for cell in cells if cell.stratum in there]
    if asked.autocorrelation is not None:
        found += [Question("autocorrelation", cell) for cell in _drawn_cells(prepared)]
    if asked.composition:
        found += [Question("composition", cell) for cell in cells]
    if asked.regression_to_the_mean:
        whole = [cell for cell in cells if cell.stratum == WHOLE_PANEL]
        found += [Question("regression_to_the_mean", cell) for cell in whole]
    return found


def _drawn_cells(prepared: Prepared) -> Iterator[Cell]:
    """Yield the cells of counts under the base model and under the families beside it."""
    study, data = prepared.study, prepared.data
    asked = study.scrutiny.autocorrelation if study.scrutiny else None
    if asked is None:
        return
    there = _strata("autocorrelation", asked.strata, data.strata)
    variants = {BASE, *study.families_beside.values()}
    for cell, design in data.designs.items():
        wanted = cell.variant in variants and cell.stratum in there and design.response == "count"
        if wanted and (asked.families is None or design.family in asked.families):
            yield cell


def _strata(key: str, asked: Sequence[str] | None, there: Sequence[str]) -> Sequence[str]:
    for name in asked or ():
        if name not in there:
            raise ConfigError(f"scrutiny.{key}.strata: {name!r}: {suggestion(name, list(there))}")
    return there if asked is None else asked


def answer_questions(
    prepared: Prepared, questions: Sequence[Question], bench: Bench
) -> dict[Question, Answer]:
    """Return the answer to every question, from the store or from workers."""
    requests = [_request(prepared, question) for question in questions]
    outcomes = answers(requests, bench)
    return {
        question: Answer(reason=outcome.reason, lost=True) if outcome.reason else outcome.value
        for question, outcome in zip(questions, outcomes, strict=True)
    }


def _request(prepared: Prepared, question: Question) -> Request:
    study, cell, kind = prepared.study, question.cell, question.kind
    rows = prepared.data.panels[cell.indicator].restricted(cell.stratum)
    model = model_of(study, cell)
    replicates = _replicates(study, kind)
    seed = seed_of(prepared.options.seed, kind, cell.indicator, cell.stratum, cell.variant)
    key = digest(kind, scrutiny_code(), rows.sha256, asdict(model), replicates, seed)
    name = f"{cell.indicator}/{cell.stratum}/{cell.variant}/{kind}"
    return Request((_answer, (kind, rows, model, replicates, seed)), key, name)


def _replicates(study: Study, kind: Kind) -> int:
    part = getattr(study.scrutiny, kind)
    return 0 if isinstance(part, bool) else int(part.replicates)


def _answer(kind: Kind, rows: Panel, model: SegmentedPoisson, replicates: int, seed: int) -> Answer:
    try:
        return Answer(_ASKED[kind](rows, model, replicates, seed))
    except HarnessError as error:
        return Answer(reason=str(error).removeprefix(f"{rows.source}: "))


def _autocorrelation(
    rows: Panel, model: SegmentedPoisson, replicates: int, seed: int
) -> Autocorrelation:
    # Panel and design stand in the same order, by unit and period.
    t = rows.t[rows.t.between(*model.window)].to_numpy()
    return residual_autocorrelation(model.design(rows), t, replicates, seed)


_ASKED: Mapping[Kind, Callable[[Panel, SegmentedPoisson, int, int], Any]] = {
    "placebo": placebo,
    "autocorrelation": _autocorrelation,
    "composition": lambda rows, model, replicates, seed: composition(rows, model),
    "regression_to_the_mean": lambda rows, model, replicates, seed: regression_to_the_mean(
        rows, model.window[0], seed
    ),
}
