"""Words that the reports of simulations and of power share."""

from __future__ import annotations

from collections.abc import Sequence

from harness.report.reading import Record
from harness.report.rounding import MINUS, fixed, whole
from harness.report.words import FAMILIES, counted

STAGES = {
    "simulate": "while the data were drawn",
    "fit": "at the fit",
    "test": "at the test",
}
COVARIANCES = {"slope": "random intercept and slope", "intercept": "random intercept",
               "none": "no random effects"}  # fmt: skip


def level_text(level: float) -> str:
    """Return a level without a sign: 95, 99.9."""
    return f"{100.0 * level:.10g}"


def each(parts: Sequence[str]) -> str:
    """Return parts as a list in words: a, b and c."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def term_words(term: str) -> str:
    """Return a term inside a sentence; a contrast, which is an equation, in quotation marks."""
    return f"“{term}”" if " " in term else term


def percent(share: float, decimals: int = 1) -> str:
    """Return a proportion as a percentage with its sign."""
    return f"{fixed(100.0 * share, decimals)} %"


def monte_carlo(mcse: float | None) -> str:
    """Return the Monte Carlo error of a proportion in brackets, with its name."""
    return "" if mcse is None else f" (Monte Carlo error {fixed(100.0 * mcse)})"


def by_stage(record: Record) -> str:
    """Return where replicates failed: 3 while the data were drawn and 2 at the fit."""
    found = [f"{whole(n)} {STAGES.get(k, f'at {k}')}" for k, n in record["failed"].items() if n]
    return each(found) if found else "no failure"


def of_replicates(n: int) -> str:
    """Return replicates with their number."""
    return counted(n, "replicate")


def family_name(method: Record) -> str:
    """Return the family that a method assumes."""
    name: str = method["family"]
    return FAMILIES.get(name, name)


def method_sentence(method: Record) -> str:
    """Return what a method fits and how it tests."""
    effects = COVARIANCES.get(method["random"], method["random"])
    covariance = f" ({method['covariance']})" if method["random"] == "slope" else ""
    n = method["n_quadrature"]
    points = f", {n} quadrature points" if n and n > 1 else ""
    reference = {"normal": "the normal distribution", "t": "a t distribution"}
    against = reference.get(method["reference"], method["reference"])
    return (
        f"{family_name(method)} model, {method['impact']} impact, {effects}{covariance};"
        f" {method['engine']} {method['settings']}{points}; {method['se_method']} standard errors,"
        f" tested against {against}"
    )


def log_text(x: float | None) -> str:
    """Return a log rate ratio."""
    return fixed(x, 4)


def number(x: object, digits: int = 6) -> str:
    """Return a fact: a number as it would be written by hand, anything else as text."""
    if isinstance(x, bool) or not isinstance(x, int | float):
        return str(x)
    text = whole(x) if float(x).is_integer() else f"{x:.{digits}g}"
    return text.replace("-", MINUS)
