"""What the report works out from the fits: chained indices, overdispersion, agreement."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from harness.report.numerics import (
    BASELINE,
    ChainedIndex,
    chained_index,
    excludes_zero,
)
from harness.report.reading import WHOLE_PANEL, Reading, Record, answered, reliable, unreliable
from harness.report.rounding import fixed


@dataclass(frozen=True, slots=True, eq=False)
class Overdispersion:
    """One analysis: the Pearson dispersion against its null, and what NB2 does to the stages.

    Attributes
    ----------
    observed : float or None
        Pearson dispersion of the Poisson fit.
    null : mapping or None
        The parametric-bootstrap record; None where it was not run.
    poisson, nb2 : mapping or None
        The two fits compared; None where there is no reliable negative binomial fit.
    changed : tuple of str
        Stages whose 5 % significance or whose sign where significant differs.
    chain_changed : bool
        Whether the same holds of the end of the chained index against 100.
    refused : str or None
        Why a negative binomial fit that was asked for has no reliable estimate.
    """

    indicator: Record
    stratum: Record
    observed: float | None
    null: Record | None
    poisson: Record | None
    nb2: Record | None
    changed: tuple[str, ...]
    chain_changed: bool = False
    refused: str | None = None

    @property
    def factor(self) -> float | None:
        """How many times too narrow the Poisson intervals are, about; None where they are not.

        Standard errors grow with the root of the dispersion.
        """
        if not self.over or self.null is None or not self.null["null_median"]:
            return None
        return math.sqrt(self.observed / self.null["null_median"]) if self.observed else None

    @property
    def beside(self) -> Record | None:
        """The NB2 fit that is shown beside Poisson: none where the counts vary as they should."""
        return None if self.over is False else self.nb2

    @property
    def over(self) -> bool | None:
        """Whether the counts vary more than the model allows; None where no null was run."""
        if self.null is None or self.observed is None:
            return None
        return bool(self.observed > self.null["null_high"])


@dataclass(frozen=True, slots=True, eq=False)
class PairPoints:
    """Stage by stage differences of one pair of engines over every analysis.

    Attributes
    ----------
    a, b : str
        Engine and settings; differences are b minus a.
    stages, analyses : list of str
        One entry a point.
    mean_z : list of float
        Mean of both estimates in standard errors (mean of both standard errors).
    diff_se, rel_se : list of float
        Difference of the estimates in standard errors; relative difference of the errors.
    """

    a: str
    b: str
    stages: list[str]
    analyses: list[str]
    mean_z: list[float]
    diff_se: list[float]
    rel_se: list[float]


def index_of(fit: Record | None, reading: Reading) -> ChainedIndex | None:
    """Return the chained index of a fit, None where it has none that is reliable."""
    if fit is None or not reliable(fit) or not reading.tiles:
        return None
    estimates = {term: p["estimate"] for term, p in fit["params"].items()}
    cov = fit["cov_params"]
    known = cov is not None and all(value is not None for row in cov for value in row)
    # The least of them: no interval of a sum is then too short.
    df = min((fit.get("df") or {}).values(), default=None)
    return chained_index(estimates, cov if known else None, reading.terms, reading.window, df)


def significant(fit: Record, term: str) -> bool | None:
    """Return whether the 95 % interval of a term leaves out zero."""
    p = fit["params"][term]
    return excludes_zero(p["ci_low"], p["ci_high"])


def conclusion_differs(a: Record, b: Record, term: str) -> bool:
    """Return whether two fits lead to different conclusions on a term at the 5 % level."""
    first, second = significant(a, term), significant(b, term)
    if first != second:
        return True
    opposite = a["params"][term]["estimate"] * b["params"][term]["estimate"] < 0
    return bool(first and opposite)


def end_state(index: ChainedIndex | None) -> int | None:
    """Return 1 or -1 where the last interval of an index lies above or below 100, else 0."""
    if index is None or index.low is None or index.high is None:
        return None
    return int(index.low[-1] > BASELINE) - int(index.high[-1] < BASELINE)


def too_narrow(checks: Iterable[Overdispersion]) -> str:
    """Say by how much Poisson intervals are too narrow; empty where they are not."""
    factors = [check.factor for check in checks if check.factor]
    if not factors:
        return ""
    about = "about" if len(factors) == 1 else "up to"
    return (
        "The counts vary more than Poisson allows: these intervals are too narrow, by a factor of"
        f" {about} {fixed(max(factors))}."
    )


def overdispersion(reading: Reading) -> list[Overdispersion]:
    """Return one record an analysis, in the order of the study."""
    listed = reading.results["dispersion_null"]
    nulls = {(n["indicator"], n["stratum"]): n for n in listed if not n.get("failure")}
    found = []
    for indicator, stratum in reading.analyses:
        key = (indicator["name"], stratum["name"])
        null, pair = nulls.get(key), reading.overdispersion_pair(*key)
        reference = reading.reference(*key)
        observed = null["observed"] if null else reference["dispersion"] if reference else None
        changed = (
            tuple(term for term in reading.stages if conclusion_differs(*pair, term))
            if pair
            else ()
        )
        a, b = pair or (None, None)
        ends = [end_state(index_of(fit, reading)) for fit in (a, b)]
        asked = reading.wider(*key)
        found.append(
            Overdispersion(
                indicator, stratum, observed, null, a, b, changed,
                chain_changed=None not in ends and ends[0] != ends[1],
                refused=unreliable(asked[0]) if asked else None,
            )
        )  # fmt: skip
    return found


def apart(pairs: Iterable[Record]) -> dict[str, list[Record]]:
    """Comparisons on the whole panel, and on its strata, which hold the same rows once more."""
    found: dict[str, list[Record]] = {"whole panel": [], "strata": []}
    for pair in pairs:
        found["whole panel" if pair["stratum"] == WHOLE_PANEL else "strata"].append(pair)
    return found


def pair_points(reading: Reading, pairs: Iterable[Record]) -> list[PairPoints]:
    """Group comparisons by their two engines; stages only, failed pairs left out."""
    groups: dict[tuple[str, str], list[tuple[Record, Record, Record]]] = {}
    for pair in pairs:
        a, b = reading.fit_by_id(pair["fit_a"]), reading.fit_by_id(pair["fit_b"])
        if a and b and answered(a) and answered(b):
            name = (_asked(a), _asked(b))
            groups.setdefault(name, []).append((pair, a, b))
    found = [_points(*name, members, reading.stages) for name, members in groups.items()]
    return [points for points in found if points.stages]


def _asked(fit: Record) -> str:
    extra = "" if fit["variant"] == "base" else f" ({fit['variant']})"
    return f"{fit['engine']} {fit['settings']}{extra}"


def _points(
    name_a: str, name_b: str, members: list[tuple[Record, Record, Record]], stages: list[str]
) -> PairPoints:
    points = PairPoints(name_a, name_b, [], [], [], [], [])
    for pair, a, b in members:
        for stage in (stage for stage in stages if stage in pair["terms"]):
            p, q, difference = a["params"][stage], b["params"][stage], pair["terms"][stage]
            if None in (p["se"], q["se"], difference["diff_se"], difference["rel_se"]):
                continue
            se = (p["se"] + q["se"]) / 2
            points.stages.append(stage)
            points.analyses.append(f"{pair['indicator']}/{pair['stratum']}")
            points.mean_z.append((p["estimate"] + q["estimate"]) / 2 / se)
            points.diff_se.append(difference["diff_se"])
            points.rel_se.append(difference["rel_se"])
    return points
