"""The verdict of a study in one plain sentence."""

from __future__ import annotations

from harness.concordance.verdict import ORDER, reaches
from harness.report.words import all_of, counted, in_standard_errors
from harness.study.config import BASE
from harness.study.plan import Cell
from harness.study.runner import StudyRun


def verdict_sentence(run: StudyRun) -> str:
    """Say whether the fits that must agree do, and how far apart the worst two lie."""
    expected = run.pairs_expected
    analyses = sum(cell.variant == BASE for cell in run.data.designs)
    empty = unanswered(run)
    if len(empty) == analyses:
        return f"No analysis has an answer: {_first_failure(run)}."
    level = run.study.level
    known = len(run.registered(level))
    short = expected - len(run.at_level(level)) - known
    if empty and not short:
        return f"{len(empty)} of {analyses} analyses have no answer: {_first_failure(run)}."
    if not expected:
        verb = "was" if analyses == 1 else "were"
        return (
            f"{counted(analyses, 'analysis')} {verb} fitted, but {_alone(run)}, so nothing could"
            " be cross-checked."
        )
    alike = {p: pair for p, pair in run.pairs.items() if p.like_for_like}
    engines = list(dict.fromkeys(name for p in alike for name in (p.a.engine, p.b.engine)))
    if short:
        verb = "falls" if short == 1 else "fall"
        return (
            f"Do not rely on these numbers yet: {short} of {expected} cross-checks between"
            f" {_listed(engines)} {verb} short of {level!r}; the table says which and why."
        )
    if known:
        verb = "is a known difference" if known == 1 else "are known differences"
        return (
            f"Of {expected} cross-checks between {_listed(engines)} all but {known} reach"
            f" {level!r}; {known} {verb}, which the table explains."
        )
    worst = max((pair.verdict for pair in alike.values()), key=ORDER.index)
    largest = max(pair.metrics.max_diff_se for pair in alike.values() if pair.metrics)
    languages = {pair.a.language for pair in alike.values()} | {
        pair.b.language for pair in alike.values()
    }
    better = "" if worst == ORDER[0] else " or better"
    where = "R and Python" if languages == {"R", "Python"} else " and ".join(sorted(languages))
    same = "give the same answer" if reaches(worst, "concordant") else "were compared"
    return (
        f"{where} {same}: in {all_of(analyses, 'analysis')} {_listed(engines)} are"
        f" {worst}{better}, no estimate differing by more than {_share(largest)}."
    )


def unanswered(run: StudyRun) -> list[Cell]:
    """Return the analyses, under the base model, in which no engine gave an answer."""
    answered = {planned.cell for planned, fit in run.fits.items() if fit.failure is None}
    return [cell for cell in run.data.designs if cell.variant == BASE and cell not in answered]


def _first_failure(run: StudyRun) -> str:
    empty = unanswered(run)
    planned, fit = next((p, fit) for p, fit in run.fits.items() if p.cell in empty)
    return f"{planned.engine} says “{fit.failure}”"


def _alone(run: StudyRun) -> str:
    """Why a study has no like-for-like pair."""
    study = run.study
    if len(study.engines) == 1:
        return f"by {study.engines[0]} alone"
    if "tight" not in study.settings:
        return "not at tight settings, which a cross-check needs"
    return "no two engines of this study maximise the same likelihood"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _share(d: float) -> str:
    """A difference in standard errors as one in so many, rounded towards the larger share."""
    if d <= 0:
        return "rounding"
    return in_standard_errors(d)
