"""Statements about stages, as a study file writes them: ``step0 > pre``, ``2 pre + step0 > 0``.

A side is a sum of terms with whole weights, or 0. A term is a stage, of the analysis that the
statement is made about unless it names another: ``step0[inadequate]`` of another stratum,
``step1{icpc_15days}`` of another indicator. ``median0`` and ``median1`` are the steps of the median
rate into the event period and into the one after it. Between the sides stands

    >, <   one above the other
    ~      no further apart than the margin
    >~     not below by more than the margin
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal, get_args

from harness.errors import ConfigError

Sign = Literal[">", "<", "~", ">~"]
# Steps of the median rate, which no model is needed for.
MEDIANS = ("median0", "median1")
STAGES = ("pre", "step0", "step1", "post", *MEDIANS)

_STATEMENT = re.compile(r"(?P<left>[^<>~]+)(?P<sign>>~|>|<|~)(?P<right>[^<>~]+)")
_TERM = re.compile(
    r"\s*(?P<plus>[+-])?\s*(?P<weight>\d+)?\s*(?P<stage>[a-z]\w*)"
    r"(?:\[(?P<stratum>[\w.-]+)\])?(?:\{(?P<indicator>[\w.-]+)\})?\s*"
)


@dataclass(frozen=True, slots=True)
class Term:
    """A stage of an analysis; None is the analysis that the statement is made about."""

    stage: str
    stratum: str | None = None
    indicator: str | None = None

    def about(self, indicator: str, stratum: str) -> Term:
        """Return the term with its analysis filled in."""
        return replace(self, indicator=self.indicator or indicator, stratum=self.stratum or stratum)


Side = tuple[tuple[float, Term], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """Two sums of stages, on the log scale, and how they are said to lie; an empty side is 0."""

    text: str
    left: Side
    sign: Sign
    right: Side

    @property
    def difference(self) -> Side:
        """The left side less the right one."""
        return (*self.left, *((-weight, term) for weight, term in self.right))

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term, left ones first."""
        return tuple(term for _, term in self.difference)

    def about(self, indicator: str, stratum: str) -> Statement:
        """Return the statement made about one analysis."""
        left, right = (
            tuple((weight, term.about(indicator, stratum)) for weight, term in side)
            for side in (self.left, self.right)
        )
        return replace(self, left=left, right=right)


def parse_statement(text: str) -> Statement:
    """Return a statement from its text.

    Raises
    ------
    ConfigError
        In one line, for what is none.
    """
    found = _STATEMENT.fullmatch(text.strip())
    if found is None or found["sign"] not in get_args(Sign):
        raise ConfigError(
            f"{text!r} is no statement: write two sums of stages with >, <, ~ or >~ between them,"
            " such as 'step0 > pre'"
        )
    left, right = _side(found["left"], text), _side(found["right"], text)
    made = Statement(text.strip(), left, found["sign"], right)  # type: ignore[arg-type]
    _check(made)
    return made


def _check(made: Statement) -> None:
    weights = dict[Term, float]()
    for weight, term in made.difference:
        weights[term] = weights.get(term, 0.0) + weight
    if not weights or not all(weights.values()):
        raise ConfigError(f"{made.text!r} says nothing: the same stands on both sides")
    medians = [term for term in made.terms if term.stage in MEDIANS]
    if medians and (made.right or len(made.left) > 1 or abs(made.left[0][0]) != 1.0):
        raise ConfigError(f"{made.text!r}: the step of a median is compared with 0 only")


def _side(side: str, text: str) -> Side:
    if side.strip() == "0":
        return ()
    terms: list[tuple[float, Term]] = []
    place = 0
    while place < len(side):
        found = _TERM.match(side, place)
        if found is None or (terms and not found["plus"]):
            raise ConfigError(f"{text!r}: {side.strip()!r} is no sum of stages")
        if found["stage"] not in STAGES:
            raise ConfigError(
                f"{text!r}: {found['stage']!r} is no stage: use one of {', '.join(STAGES)}"
            )
        weight = float(found["weight"] or 1) * (-1 if found["plus"] == "-" else 1)
        terms.append((weight, Term(found["stage"], found["stratum"], found["indicator"])))
        place = found.end()
    return tuple(terms)
