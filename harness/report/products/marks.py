"""Patterns a to d of the stages, by overlap of intervals and by Wald contrast.

a: a rise in the event period above the trend before. b: a fall the period after, which follows a
rise. c: a trend afterwards of the same direction as before, but less steep. d: a trend afterwards
of the opposite direction.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from harness.report.numerics import Z_95
from harness.report.reading import Record, reliable

# The stage that each pattern is a statement on.
STAGE = {"a": "step0", "b": "step1", "c": "post", "d": "post"}
MEANINGS = (
    "a: rise in the event {period} above the trend before; b: fall the {period} after, which"
    " follows a rise; c: trend afterwards of the same direction as before but less steep; d: trend"
    " afterwards of the opposite direction."
)
RULES = (
    "A letter: the 95 % intervals show it, for a and c by not overlapping. In brackets: the Wald"
    " test of the contrast alone shows it (5 %, from the covariance of the estimates), which needs"
    " less of a difference."
)


@dataclass(frozen=True, slots=True)
class Marks:
    """Patterns of one fit.

    Attributes
    ----------
    overlap : frozenset of str
        By intervals that do not overlap.
    wald : frozenset of str, or None
        By Wald contrast at the 5 % level; None where the covariance of the estimates is unknown.
    """

    overlap: frozenset[str]
    wald: frozenset[str] | None

    def text(self, term: str) -> str:
        """Return the marks of a stage; in brackets where the two rules differ."""
        either = self.overlap | (self.wald or frozenset())
        shown = [letter for letter in sorted(either) if STAGE[letter] == term]
        both = self.overlap if self.wald is None else self.overlap & self.wald
        return " ".join(letter if letter in both else f"({letter})" for letter in shown)


def marks_of(fit: Record) -> Marks:
    """Return the patterns that a fit of the four stages shows; none of an unreliable one."""
    stages = ("pre", "step0", "step1", "post")
    if not reliable(fit) or not set(stages) <= set(fit["params"]):
        return Marks(frozenset(), None)
    low = {term: fit["params"][term]["ci_low"] for term in stages}
    high = {term: fit["params"][term]["ci_high"] for term in stages}
    above = low["step0"] > high["pre"]
    flatter = high["post"] < low["pre"] if low["pre"] > 0 else low["post"] > high["pre"]
    return Marks(_patterns(low, high, above, flatter), _by_wald(fit, low, high))


def contrast_z(fit: Record, plus: str, minus: str) -> float | None:
    """Return the Wald z of the difference of two coefficients.

    Parameters
    ----------
    fit : mapping
    plus, minus : str
        The contrast is the coefficient ``plus`` less the coefficient ``minus``.

    Returns
    -------
    float or None
        c'b / sqrt(c'Vc); None where V is not known.
    """
    cov = fit["cov_params"]
    if cov is None:
        return None
    terms = list(fit["params"])
    c = np.zeros(len(terms))
    c[terms.index(plus)], c[terms.index(minus)] = 1.0, -1.0
    v = np.asarray(cov, dtype=float)
    variance = float(c @ v @ c)
    if not variance > 0.0:
        return None
    b = fit["params"][plus]["estimate"] - fit["params"][minus]["estimate"]
    return float(b / math.sqrt(variance))


def _by_wald(
    fit: Record, low: Mapping[str, float], high: Mapping[str, float]
) -> frozenset[str] | None:
    rise, bend = contrast_z(fit, "step0", "pre"), contrast_z(fit, "pre", "post")
    if rise is None or bend is None:
        return None
    flatter = bend > Z_95 if low["pre"] > 0 else bend < -Z_95
    return _patterns(low, high, rise > Z_95, flatter)


def _patterns(
    low: Mapping[str, float], high: Mapping[str, float], above: bool, flatter: bool
) -> frozenset[str]:
    """Patterns from the signs of the stages and the two contrasts."""
    sign = {term: int(low[term] > 0) - int(high[term] < 0) for term in low}
    shown = {
        "a": sign["step0"] > 0 and above,
        "b": sign["step1"] < 0 < sign["step0"],
        "c": sign["pre"] * sign["post"] > 0 and flatter,
        "d": sign["pre"] * sign["post"] < 0,
    }
    return frozenset(letter for letter, holds in shown.items() if holds)
