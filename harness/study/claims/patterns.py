"""Named patterns of the four stages, and formulas over statements.

The patterns are those of the study that the harness was made for: a rise in the event period above
the trend before, a fall in the period after it, both (a spike), and a trend afterwards that is
weaker (levelling off) or of the other sign (reversal).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.errors import ConfigError
from harness.study.claims.outcomes import Outcome, all_of, any_of, most_of
from harness.study.claims.statements import STAGES, Statement, Term, parse_statement

Criterion = Literal["aic", "bic"]


@dataclass(frozen=True, slots=True)
class Lowest:
    """The study's own impact model has the lowest criterion of all candidates."""

    criterion: Criterion
    text: str
    indicator: str = ""
    stratum: str = ""

    @property
    def terms(self) -> tuple[Term, ...]:
        """A stage of its analysis, by which the fit of the study's own model is found."""
        return (Term("step0", self.stratum, self.indicator),)

    def about(self, indicator: str, stratum: str) -> Lowest:
        """Return the statement made about one analysis."""
        return Lowest(self.criterion, self.text, indicator, stratum)


Atom = Statement | Lowest


@dataclass(frozen=True, slots=True)
class Combined:
    """Formulas, and what they come to together."""

    combine: Callable[[Sequence[Outcome]], Outcome]
    parts: tuple[Formula, ...]


@dataclass(frozen=True, slots=True)
class Denied:
    """A formula that is said not to hold."""

    part: Formula


Formula = Atom | Combined | Denied


def every(*parts: Formula) -> Combined:
    """All must hold."""
    return Combined(all_of, parts)


def either(*parts: Formula) -> Combined:
    """One suffices."""
    return Combined(any_of, parts)


def most(*parts: Formula) -> Combined:
    """More than half must hold."""
    return Combined(most_of, parts)


def _all(*texts: str) -> Combined:
    return every(*map(parse_statement, texts))


PATTERNS: dict[str, Formula] = {
    "rise at event": _all("step0 > 0", "step0 > pre"),
    "fall after": _all("step0 > 0", "step1 < 0"),
    "spike": _all("step0 > 0", "step0 > pre", "step1 < 0"),
    "levelling off": either(
        _all("pre > 0", "post > 0", "post < pre"), _all("pre < 0", "post < 0", "post > pre")
    ),
    "reversal": either(_all("pre > 0", "post < 0"), _all("pre < 0", "post > 0")),
    # A rise above the trend, or a fall after it, that is smaller than the margin.
    "no spike within margin": either(*map(parse_statement, ("pre >~ step0", "step1 >~ 0"))),
    "spike of medians": _all("median0 > 0", "median1 < 0"),
    "lowest AIC": Lowest("aic", "lowest AIC"),
    "lowest BIC": Lowest("bic", "lowest BIC"),
}
_NOT, _LARGEST = "no ", "largest "


def parse_formula(text: str, among: Sequence[str] = ()) -> Formula:
    """Return a pattern by its name, denied after ``no``; ``largest STAGE``; or a statement.

    Parameters
    ----------
    among : sequence of str
        Indicators that ``largest STAGE`` compares with.

    Raises
    ------
    ConfigError
        In one line, for what is none of these.
    """
    text = text.strip()
    if text in PATTERNS:
        return PATTERNS[text]
    if text.startswith(_NOT) and text.removeprefix(_NOT) in PATTERNS:
        return Denied(PATTERNS[text.removeprefix(_NOT)])
    if text.startswith(_LARGEST):
        return _largest(text.removeprefix(_LARGEST).strip(), among)
    try:
        return parse_statement(text)
    except ConfigError as error:
        if any(sign in text for sign in "<>~"):
            raise
        raise ConfigError(f"{error}; or a pattern: {', '.join(PATTERNS)}") from None


def _largest(stage: str, among: Sequence[str]) -> Formula:
    if stage not in STAGES:
        raise ConfigError(f"'largest {stage}': use one of {', '.join(STAGES)}")
    if not among:
        raise ConfigError(f"'largest {stage}' needs among: the indicators to compare with")
    others = (parse_statement(f"{stage} > {stage}{{{other}}}") for other in among)
    return every(*others)


def conjuncts(formula: Formula) -> Iterator[Formula]:
    """Return the parts of a formula that must all hold."""
    if isinstance(formula, Combined) and formula.combine is all_of:
        for part in formula.parts:
            yield from conjuncts(part)
    else:
        yield formula


def about(formula: Formula, indicator: str, stratum: str) -> Formula:
    """Return a formula made about one analysis."""
    match formula:
        case Combined(combine, parts):
            return Combined(combine, tuple(about(part, indicator, stratum) for part in parts))
        case Denied(part):
            return Denied(about(part, indicator, stratum))
        case _:
            return formula.about(indicator, stratum)


def atoms(formula: Formula) -> Iterator[Atom]:
    """Return the statements of a formula in reading order."""
    match formula:
        case Combined(_, parts):
            for part in parts:
                yield from atoms(part)
        case Denied(part):
            yield from atoms(part)
        case _:
            yield formula
