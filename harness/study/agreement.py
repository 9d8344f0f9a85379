"""The block ``agreement`` of ``results.json``, made from its fits and comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from harness.concordance.agreement.bootstrap import FEWEST_CLUSTERS, LEVEL, RESAMPLES
from harness.concordance.agreement.conclusions import count, differs, on_the_edge, stages
from harness.concordance.agreement.odd_one_out import SEPARATION
from harness.concordance.agreement.summary import Limits, PairSummary, summarise
from harness.concordance.agreement.term_pairs import Asked, Kind, TermPair, points_of
from harness.concordance.agreement.tost import ALPHA, MARGIN
from harness.report.numerics import wald_p
from harness.report.reading import WHOLE_PANEL
from harness.study.odd_ones import odd_ones
from harness.study.seeds import seed_of
from harness.study.term_pairs import asked, term_pairs

Record = Mapping[str, Any]
ROWS = ("whole panel", "strata")


def agreement_block(
    fits: Sequence[Record], comparisons: Sequence[Record], distances: Sequence[Record], seed: int
) -> dict[str, Any]:
    """Return the block ``agreement``.

    Everything but the distances from the maximum follows from the fits and comparisons of the
    same ``results.json``.

    Parameters
    ----------
    fits, comparisons : sequence of mapping
        As ``results.json`` holds them.
    distances : sequence of mapping
        One a fit, from ``harness.study.distances``.
    seed : int
        Of the study; each bootstrap has its own, spawned from it.
    """
    by_id = {fit["id"]: fit for fit in fits}
    pairs = [pair for comparison in comparisons for pair in term_pairs(comparison, by_id)]
    return {
        "method": {
            "seed": seed,
            "resamples": RESAMPLES,
            "level": LEVEL,
            "clusters": "indicator",
            "fewest_clusters": FEWEST_CLUSTERS,
            "equivalence_margin_se": MARGIN,
            "equivalence_alpha": ALPHA,
            "separation": SEPARATION,
        },
        "pairs": list(_summaries(pairs, comparisons, by_id, seed)),
        "distances": list(distances),
        "odd_one_out": list(odd_ones(fits, comparisons)),
        "conclusions": {
            "groups": list(_groups(pairs)),
            "pairs": list(_counts(pairs, comparisons, by_id)),
            "changed": [_changed(pair) for pair in stages(pairs) if differs(pair)],
        },
    }


Engines = tuple[Asked, Asked, Kind]


def _by_engines(pairs: Sequence[TermPair]) -> dict[Engines, list[TermPair]]:
    groups: dict[Engines, list[TermPair]] = {}
    for pair in pairs:
        groups.setdefault((pair.a, pair.b, pair.kind), []).append(pair)
    return groups


def _names(key: Engines) -> dict[str, str]:
    a, b, kind = key
    return {"a": a.name, "b": b.name, "variant": a.variant, "kind": kind}


def _rows_of(stratum: str) -> str:
    """The strata hold the whole panel's rows once more, so the two are never pooled."""
    return ROWS[stratum != WHOLE_PANEL]


def _asked_for(
    comparisons: Sequence[Record], fits: Mapping[str, Record]
) -> dict[tuple[str, str], list[str]]:
    """Return the strata in which each two engines were to be compared, once an analysis."""
    found: dict[tuple[str, str], list[str]] = {}
    for c in comparisons:
        a, b = asked(fits[c["fit_a"]]), asked(fits[c["fit_b"]])
        found.setdefault((a.name, b.name), []).append(c["stratum"])
    return found


def _analyses(pairs: Sequence[TermPair]) -> int:
    return len({(pair.indicator, pair.stratum) for pair in pairs})


def _summaries(
    pairs: Sequence[TermPair], comparisons: Sequence[Record], fits: Mapping[str, Record], seed: int
) -> Iterator[dict[str, Any]]:
    strata = _asked_for(comparisons, fits)
    for engines, own in _by_engines(stages(pairs)).items():
        names = _names(engines)
        for rows in ROWS:
            chosen = [pair for pair in own if _rows_of(pair.stratum) == rows]
            if not chosen:
                continue
            wanted = sum(_rows_of(stratum) == rows for stratum in strata[names["a"], names["b"]])
            found = summarise(points_of(chosen), seed_of(seed, names["a"], names["b"], rows))
            missing = wanted - _analyses(chosen)
            yield {**names, "rows": rows, "missing": missing, **_summary(found)}


def _summary(found: PairSummary) -> dict[str, Any]:
    return {
        "n": found.n,
        "indicators": found.clusters,
        "no_interval": found.no_interval,
        "estimates": _limits(found.estimates),
        "errors": _limits(found.errors),
        "one_minus_ccc": asdict(found.discordance),
        "deming": {
            "slope_minus_one": asdict(found.slope_minus_one),
            "height": asdict(found.height),
        },
        "tost": None
        if found.equivalence is None
        else {**asdict(found.equivalence), "equivalent": found.equivalence.equivalent},
        "digits": {**asdict(found.digits), "counts": list(found.digits.counts)},
    }


def _limits(found: Limits) -> dict[str, Any]:
    return {"mean": asdict(found.mean), "sd": asdict(found.sd),
            "limit_low": asdict(found.low), "limit_high": asdict(found.high)}  # fmt: skip


def _groups(pairs: Sequence[TermPair]) -> Iterator[dict[str, Any]]:
    """Count each conclusion once, whichever pair of engines disagrees on it."""
    scopes: dict[str, tuple[str, ...]] = {
        "like for like": ("like for like",),
        "maximum likelihood": ("like for like", "maximum likelihood", "settings"),
        "estimator": ("estimator",),
    }
    for scope, kinds in scopes.items():
        own = [pair for pair in pairs if pair.kind in kinds]
        yield {"scope": scope, **asdict(count(own))}


def _counts(
    pairs: Sequence[TermPair], comparisons: Sequence[Record], fits: Mapping[str, Record]
) -> Iterator[dict[str, Any]]:
    strata = _asked_for(comparisons, fits)
    for engines, own in _by_engines(stages(pairs)).items():
        names = _names(engines)
        missing = len(strata[names["a"], names["b"]]) - _analyses(own)
        yield {**names, "missing": missing, **asdict(count(own))}


def _changed(pair: TermPair) -> dict[str, Any]:
    sides = {
        f"{name}_{side}": value
        for side, own in (("a", pair.x), ("b", pair.y))
        for name, value in (*asdict(own).items(), ("p", wald_p(own.estimate, own.se)))
    }
    return {
        "indicator": pair.indicator,
        "stratum": pair.stratum,
        "term": pair.term,
        **_names((pair.a, pair.b, pair.kind)),
        **sides,
        "diff_se": pair.diff_se,
        "rel_se": pair.rel_se,
        "knife_edge": on_the_edge(pair),
    }
