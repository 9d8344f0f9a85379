"""Two sentences a pair for a person: how far it agrees, then why not further and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np

from harness.concordance.exact_errors import EXACT_ERRORS
from harness.concordance.explanation import Explanation
from harness.concordance.pair import Pair
from harness.glmm.separation import unbounded_terms
from harness.result import FitResult

Name = Callable[[FitResult], str]


def told(pairs: Sequence[Pair]) -> str:
    """Return a line a pair, identical ones together in the first."""
    name = names([fit for pair in pairs for fit in (pair.a, pair.b)])
    identical = [pair for pair in pairs if pair.explanation is None]
    lines = [_identical(identical, name)] if identical else []
    lines += [
        f"{_agreement(pair, name)} {_cause(pair, pair.explanation, name)}"
        for pair in pairs
        if pair.explanation is not None
    ]
    return "\n".join(lines)


def names(fits: Sequence[FitResult]) -> Name:
    """Return how fits are called: by their engine, and by what tells two of one engine apart."""
    words: dict[str, tuple[str, Callable[[FitResult], object]]] = {
        "settings": ("{}", lambda fit: fit.settings),
        "se": ("{} standard errors", lambda fit: fit.se_method),
        "points": ("{} points", lambda fit: fit.n_quadrature or 1),
    }

    def name(fit: FitResult) -> str:
        alike = [other for other in fits if other.engine == fit.engine]
        apart = [
            text.format(value(fit))
            for key, (text, value) in words.items()
            if len({value(other) for other in (fits if key == "settings" else alike)}) > 1
        ]
        return f"{fit.engine} ({', '.join(apart)})" if apart else fit.engine

    return name


def _identical(pairs: Sequence[Pair], name: Name) -> str:
    joined = [(name(pair.a), name(pair.b)) for pair in pairs]
    members = list(dict.fromkeys(label for pair in joined for label in pair))
    together = {frozenset(pair) for pair in joined}
    all_of_them = all(frozenset(pair) in together for pair in combinations(members, 2))
    who = (
        _listed(members)
        if all_of_them
        else _listed([f"{one} with {other}" for one, other in joined])
    )
    found = [pair.metrics for pair in pairs if pair.metrics is not None]
    worst = max(m.max_diff_se for m in found), max(m.max_rel_se for m in found)
    return f"{who} give the same answer: {_distances(*worst)}."


def _listed(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def _agreement(pair: Pair, name: Name) -> str:
    who, m = f"{name(pair.a)} and {name(pair.b)}", pair.metrics
    if m is None:
        return f"{who} cannot be compared."
    far = _distances(m.max_diff_se, m.max_rel_se)
    if pair.verdict == "concordant":
        return f"{who} agree to every printed digit: {far}."
    if pair.verdict == "equivalent":
        return f"{who} agree for every practical purpose: {far}, and no conclusion changes."
    changes = "and a conclusion changes" if pair.conclusion_changes else "but no conclusion changes"
    return f"{who} disagree: {far}, {changes}."


def _distances(diff_se: float, rel_se: float) -> str:
    apart = (
        f"estimates differ by {_plain(diff_se)} standard errors at most"
        if np.isfinite(diff_se)
        else "an estimate has no standard error"
    )
    errors = (
        f"standard errors by {_plain(100.0 * rel_se)} %"
        if np.isfinite(rel_se)
        else "a standard error is missing"
    )
    return f"{apart}, {errors}"


def _plain(value: float) -> str:
    """Two digits without an exponent; what nobody could measure is nearly nothing."""
    if value < 1e-6:
        return "less than 0.000001" if value > 0.0 else "0"
    return np.format_float_positional(float(f"{value:.2g}"), trim="-")


def _cause(pair: Pair, why: Explanation, name: Name) -> str:
    return _CAUSES[why.cause](pair, why, name)


def _optimiser(pair: Pair, why: Explanation, name: Name) -> str:
    about, other = _about(pair, why)
    mend = _mend(about, other, name)
    return f"{name(about)} stopped before the maximum of the same objective: {mend}."


_OBSERVED = "those of the observed information, which do not take the covariance for known"
_ROBUST = (
    "the cluster-robust ones where counts vary more than the family says, which makes those of the"
    " information too small"
)


def _standard_errors(pair: Pair, why: Explanation, name: Name) -> str:
    if why.about is None:
        kinds = (pair.a.se_method, pair.b.se_method)
        advice = _ROBUST if "cluster" in kinds else _OBSERVED
        return (
            f"Their standard errors are of two kinds ({kinds[0]} and {kinds[1]}): compare like with"
            f" like, and report {advice}."
        )
    about, other = _about(pair, why)
    return (
        f"The standard errors of {name(about)} are not those of {EXACT_ERRORS[about.se_method]} at"
        f" its own estimates: {_mend(about, other, name)}."
    )


def _approximation(pair: Pair, why: Explanation, name: Name) -> str:
    if why.about is not None:
        about, other = _about(pair, why)
        return (
            f"{name(about)} maximised another approximation than it says: report {name(other)}"
            " until that is mended."
        )
    finer = max(pair.a, pair.b, key=lambda fit: fit.n_quadrature or 1)
    return (
        "They approximate the integral over the random effects differently: report"
        f" {name(finer)}, which is the more exact."
    )


def _estimator(pair: Pair, why: Explanation, name: Name) -> str:
    a, b = pair.a, pair.b
    likelihood = [fit for fit in (a, b) if fit.estimator == "maximum likelihood"]
    mend = f": report {name(likelihood[0])}" if len(likelihood) == 1 else ""
    return (
        f"{name(a)} is {a.estimator} and {name(b)} {b.estimator}, which no settings bring"
        f" together{mend}."
    )


def _boundary(pair: Pair, why: Explanation, name: Name) -> str:
    if pair.a.singular == pair.b.singular:
        return (
            "The counts vary no more than Poisson allows, where digits of this family's likelihood"
            " are lost: report the Poisson model."
        )
    return (
        "The best covariance of the random effects lies on its boundary, or so near that the"
        " likelihood does not tell: report either, or a model with fewer random effects."
    )


def _data(pair: Pair, why: Explanation, name: Name) -> str:
    return f"Model or rows are not the same ({_clause(why.evidence)}): fit both to one Design."


def _failure(pair: Pair, why: Explanation, name: Name) -> str:
    a, b = pair.a, pair.b
    lost = [fit for fit in (a, b) if fit.failure]
    if lost:
        reasons = _listed([f"{name(fit)} ({_clause(fit.failure or '')})" for fit in lost])
        rest = [name(fit) for fit in (a, b) if not fit.failure]
        return f"No answer from {reasons}: report {rest[0] if rest else 'another engine'}."
    endless = unbounded_terms(a.design)
    if endless:
        return (
            f"The data have no finite estimate of {_listed(endless)}: use longer periods, more"
            " units or fewer terms."
        )
    stopped = [fit for fit in (a, b) if not fit.converged]
    good = [fit for fit in (a, b) if fit.converged]
    mend = _mend(stopped[0], good[0], name) if good else "report another engine"
    return f"{_listed([name(fit) for fit in stopped])} did not converge: {mend}."


def _unexplained(pair: Pair, why: Explanation, name: Name) -> str:
    return (
        f"No known cause explains it ({_clause(why.evidence)}): trust neither until"
        " harness.reproduction.write_reproduction(pair, folder) has shown whose defect it is."
    )


def _clause(text: str) -> str:
    """An engine's own words as a part of a sentence."""
    return re.sub(r"\.\s+", "; ", text).rstrip(".")


def _about(pair: Pair, why: Explanation) -> tuple[FitResult, FitResult]:
    """Whose numbers are off, and the other."""
    return (pair.b, pair.a) if why.about is pair.b else (pair.a, pair.b)


def _mend(about: FitResult, other: FitResult, name: Name) -> str:
    tight = "" if about.settings == "tight" else 'fit it with settings="tight", or '
    return f"{tight}report {name(other)}"


_CAUSES: dict[str, Callable[[Pair, Explanation, Name], str]] = {
    "optimiser": _optimiser,
    "standard-error method": _standard_errors,
    "approximation": _approximation,
    "estimator": _estimator,
    "boundary": _boundary,
    "data": _data,
    "failure": _failure,
    "unexplained": _unexplained,
}
