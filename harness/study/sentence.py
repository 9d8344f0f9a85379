"""The verdict of a study in one plain sentence."""

from __future__ import annotations

from harness.concordance.verdict import ORDER
from harness.study.config import BASE
from harness.study.runner import StudyRun


def verdict_sentence(run: StudyRun) -> str:
    """Say whether the fits that must agree do, and how far apart the worst two lie."""
    expected = run.pairs_expected
    analyses = sum(cell.variant == BASE for cell in run.data.designs)
    if not expected:
        return (
            f"{analyses} analyses were fitted, but no two engines of this study maximise the same"
            " likelihood, so nothing could be cross-checked."
        )
    alike = {p: pair for p, pair in run.pairs.items() if p.like_for_like}
    engines = list(dict.fromkeys(name for p in alike for name in (p.a.engine, p.b.engine)))
    short = expected - len(run.at_level(run.study.level))
    if short:
        return (
            f"Do not rely on these numbers yet: {short} of {expected} cross-checks between"
            f" {_listed(engines)} fall short of {run.study.level!r}; the table says which and why."
        )
    worst = max((pair.verdict for pair in alike.values()), key=ORDER.index)
    largest = max(pair.metrics.max_diff_se for pair in alike.values() if pair.metrics)
    languages = {pair.a.language for pair in alike.values()} | {
        pair.b.language for pair in alike.values()
    }
    better = "" if worst == ORDER[0] else " or better"
    where = "R and Python" if languages == {"R", "Python"} else " and ".join(sorted(languages))
    return (
        f"{where} give the same answer: in all {analyses} analyses {_listed(engines)} are"
        f" {worst}{better}, no estimate differing by more than {_share(largest)} of a"
        " standard error."
    )


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _share(d: float) -> str:
    """A difference in standard errors as one in so many, rounded towards the larger share."""
    if d <= 0:
        return "nothing at all"
    power = 1
    while d * power * 10 <= 1:
        power *= 10
    part = int(1 / (d * power))
    return f"1/{part * power:,}"
