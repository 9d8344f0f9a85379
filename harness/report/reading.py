"""Look-ups in a results dict: who was fitted, which fit stands for a language, what was paired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import ConfigError

Record = Mapping[str, Any]
SCHEMA = 1
EXACT = "maximum likelihood"
PREFERENCE = ("lme4", "glmmtmb", "laplace", "agq")
WHOLE_PANEL = "all"
TWO_STEP = ("pre", "step0", "step1", "post")
# A rate ratio of e^15, three millions, is what an optimiser leaves of an estimate without bound.
ABSURD = 15.0
NO_AGREEMENT: Record = {
    "method": {},
    "pairs": [],
    "distances": [],
    "odd_one_out": [],
    "conclusions": {"groups": [], "pairs": [], "changed": []},
}


@dataclass(frozen=True, slots=True)
class Voice:
    """The engine and settings that stand for one language in the tables."""

    language: str
    engine: str
    settings: str
    exact: bool

    @property
    def name(self) -> str:
        """Engine and settings, for a column head."""
        return f"{self.engine} {self.settings}"


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A results dict and the look-ups that every table and figure shares.

    Raises
    ------
    ConfigError
        Where the dict has another schema than this version reads.
    """

    results: Record
    _fits: Mapping[str, Record] = field(init=False, repr=False)
    _cells: Mapping[tuple[str, str, str, str, str], Record] = field(init=False, repr=False)
    _analyses: Mapping[tuple[str, str], list[Record]] = field(init=False, repr=False)
    _voices: list[Voice] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.results.get("schema") != SCHEMA:
            found = self.results.get("schema")
            raise ConfigError(f"results have schema {found!r}, this version reads {SCHEMA}")
        keys = ("indicator", "stratum", "variant", "engine", "settings")
        fits = self.results["fits"]
        object.__setattr__(self, "_fits", {fit["id"]: fit for fit in fits})
        object.__setattr__(self, "_cells", {tuple(fit[k] for k in keys): fit for fit in fits})
        analyses: dict[tuple[str, str], list[Record]] = {}
        for fit in fits:
            analyses.setdefault((fit["indicator"], fit["stratum"]), []).append(fit)
        object.__setattr__(self, "_analyses", analyses)
        base = [fit for fit in fits if fit["variant"] == "base"]
        exact = [fit for fit in base if fit["estimator"] == EXACT]
        object.__setattr__(self, "_voices", [_voice(f) for f in _by_language(exact or base)])

    @property
    def study(self) -> Record:
        """The study block."""
        study: Record = self.results["study"]
        return study

    @property
    def indicators(self) -> list[Record]:
        """Indicators in the order of the study."""
        return list(self.study["indicators"])

    @property
    def strata(self) -> list[Record]:
        """Strata, the whole panel first."""
        return sorted(self.study["strata"], key=lambda s: s["name"] != WHOLE_PANEL)

    @property
    def window(self) -> tuple[int, int]:
        """First and last t."""
        first, last = self.study["model"]["window"]
        return int(first), int(last)

    @property
    def terms(self) -> list[str]:
        """All fixed effects, in the order of cov_params."""
        return list(self.study["terms"])

    @property
    def stages(self) -> list[str]:
        """The fixed effects that are stages: all but the intercept."""
        return [term for term in self.terms if term != "intercept"]

    @property
    def tiles(self) -> bool:
        """Whether the stages tile the window, so that a chained index exists."""
        return self.study["model"]["impact"] == "two-step" and set(self.stages) <= set(TWO_STEP)

    @property
    def fits(self) -> list[Record]:
        """Every fit."""
        return list(self.results["fits"])

    @property
    def analyses(self) -> list[tuple[Record, Record]]:
        """Every stratum with every indicator, the whole panel first."""
        return [(i, s) for s in self.strata for i in self.indicators]

    def fit_by_id(self, fit_id: str) -> Record | None:
        """Return the fit with this id."""
        return self._fits.get(fit_id)

    def fit(
        self, indicator: str, stratum: str, engine: str, settings: str, variant: str = "base"
    ) -> Record | None:
        """Return one fit, None where it was not asked for."""
        return self._cells.get((indicator, stratum, variant, engine, settings))

    def fits_of(self, indicator: str, stratum: str) -> list[Record]:
        """Return every fit of one analysis."""
        return self._analyses.get((indicator, stratum), [])

    def spoken(self, voice: Voice, indicator: str, stratum: str) -> Record | None:
        """Return the base fit by which a language speaks on one analysis."""
        return self._robust(self.fit(indicator, stratum, voice.engine, voice.settings))

    @property
    def voices(self) -> list[Voice]:
        """One engine a language, R first: maximum likelihood before others, tight before default.

        A language with no maximum-likelihood engine speaks only where no other language has one.
        """
        return list(self._voices)

    def reference(self, indicator: str, stratum: str) -> Record | None:
        """Return the fit that the plain words are taken from, None where none is reliable.

        The first voice; where it is not reliable, the next maximum-likelihood fit that is.
        """
        others = [
            fit
            for fit in self.fits_of(indicator, stratum)
            if fit["variant"] == "base" and fit["estimator"] == EXACT
        ]
        voices = [self.spoken(voice, indicator, stratum) for voice in self.voices]
        fits = [*voices, *sorted(others, key=lambda fit: _rank(fit)[::-1])]
        return self._robust(next((fit for fit in fits if fit and reliable(fit)), None))

    def _robust(self, fit: Record | None) -> Record | None:
        """Return a fit of a pseudo-response with cluster-robust intervals, where there are any.

        Its own depend on the unit that the response is written in. Engines that have no robust
        ones take those of the one that has, at the same estimates.
        """
        if fit is None or fit["response"] != "pseudo" or not answered(fit):
            return fit
        robust = self._cluster(fit)
        if robust is None:
            return fit
        moved = {
            term: {**p, "se": q["se"], **_shifted(q, p["estimate"] - q["estimate"])}
            for term, p in fit["params"].items()
            if (q := robust["params"][term])
        }
        return {**fit, "params": moved, **{k: robust[k] for k in ("cov_params", "se_method", "df")}}

    def _cluster(self, fit: Record) -> Record | None:
        """Return the fit of the same model, rows and terms whose errors are cluster-robust."""
        same = ("impact", "window", "random", "covariance", "family", "exposure", "nobs")
        found = (
            other
            for other in self.fits_of(fit["indicator"], fit["stratum"])
            if other["se_method"] == "cluster"
            and all(other[key] == fit[key] for key in same)
            and list(other["params"]) == list(fit["params"])
            and reliable(other)
        )
        return min(found, key=_rank, default=None)

    def wider(self, indicator: str, stratum: str) -> list[Record]:
        """Return the negative binomial fits of the same stages and window, reliable ones first."""
        model = self.study["model"]
        fits = [
            fit
            for fit in self.fits_of(indicator, stratum)
            if fit["family"] == "nb2"
            and (fit["impact"], tuple(fit["window"])) == (model["impact"], self.window)
        ]
        return sorted(fits, key=lambda fit: (not reliable(fit), *_rank(fit)))

    def overdispersion_pair(self, indicator: str, stratum: str) -> tuple[Record, Record] | None:
        """Return (Poisson fit, negative binomial fit), same engine where there is one."""
        if self.study["model"]["family"] != "poisson":
            return None
        second = [fit for fit in self.wider(indicator, stratum) if reliable(fit)]
        for fit in second:
            partner = self.fit(indicator, stratum, fit["engine"], fit["settings"])
            if partner and reliable(partner):
                return partner, fit
        first = self.reference(indicator, stratum)
        return (first, second[0]) if first and second else None

    def is_exact(self, pair: Record) -> bool:
        """Return whether both fits of a comparison are by maximum likelihood."""
        both = (self.fit_by_id(pair[key]) for key in ("fit_a", "fit_b"))
        return all(fit is not None and fit["estimator"] == EXACT for fit in both)

    @property
    def agreement(self) -> Record:
        """What is said of many fits at once; every list empty where an earlier version ran."""
        found: Record = self.results.get("agreement") or NO_AGREEMENT
        return found

    def scrutiny(self, question: str) -> list[Record]:
        """Return what was found on one of a referee's questions; empty where it was not asked."""
        asked: Record = self.results.get("scrutiny") or {}
        return list(asked.get(question, []))

    @property
    def like_for_like(self) -> list[Record]:
        """Comparisons of the same estimator, both tight."""
        return [pair for pair in self.results["comparisons"] if pair["like_for_like"]]

    @property
    def exact_pairs(self) -> list[Record]:
        """Comparisons between maximum-likelihood fits, like for like or not."""
        return [pair for pair in self.results["comparisons"] if self.is_exact(pair)]

    @property
    def other_pairs(self) -> list[Record]:
        """Comparisons in which at least one fit is a different estimator."""
        return [pair for pair in self.results["comparisons"] if not self.is_exact(pair)]


def _shifted(p: Record, by: float) -> dict[str, float]:
    return {key: p[key] + by for key in ("ci_low", "ci_high")}


def answered(fit: Record) -> bool:
    """Return whether a fit has numbers."""
    return fit["failure"] is None and all(p["estimate"] is not None for p in fit["params"].values())


def unreliable(fit: Record) -> str | None:
    """Return why the numbers of a fit are no estimate, None where they are.

    The one rule for what is told as a finding: converged, finite, with standard errors.
    """
    if not answered(fit):
        return f"gave no answer ({fit['failure'] or 'no numbers'})"
    if not fit["converged"]:
        return "did not converge"
    if fit.get("unbounded"):
        return f"has no finite estimate of {', '.join(fit['unbounded'])}"
    for term, p in fit["params"].items():
        if not p["se"]:
            return f"has no standard error of {term}"
        if p["se"] > ABSURD or (term != "intercept" and abs(p["estimate"]) > ABSURD):
            return f"has no finite estimate of {term}"
    return None


def reliable(fit: Record) -> bool:
    """Return whether a fit's numbers may be told as findings."""
    return unreliable(fit) is None


def by_name(records: Iterable[Record], name: str) -> Record:
    """Return the record with this name."""
    return next(record for record in records if record["name"] == name)


def _rank(fit: Record) -> tuple[int, int]:
    place = PREFERENCE.index(fit["engine"]) if fit["engine"] in PREFERENCE else len(PREFERENCE)
    return place, int(fit["settings"] != "tight")


def _by_language(fits: list[Record]) -> list[Record]:
    best: dict[str, Record] = {}
    for fit in sorted(fits, key=lambda fit: (not reliable(fit), not answered(fit), *_rank(fit))):
        best.setdefault(fit["language"], fit)
    return [best[language] for language in sorted(best, key=lambda x: (x != "R", x))]


def _voice(fit: Record) -> Voice:
    return Voice(fit["language"], fit["engine"], fit["settings"], fit["estimator"] == EXACT)
