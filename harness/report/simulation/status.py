"""The verdict of a simulation study, and the checks under it."""

from __future__ import annotations

from harness.report.reading import Record
from harness.report.rounding import brief, fixed, tied, whole
from harness.report.simulation.judging import (
    Judged,
    beyond_chance,
    coverages,
    outside,
    type_one_errors,
)
from harness.report.simulation.reading import Simulation, failed
from harness.report.simulation.sentences import coverage_clause, type_one_clause
from harness.report.simulation.wording import level_text
from harness.report.status import Check, Light, Status
from harness.report.words import all_of, counted

# Two programs that sum the same numbers in another order; no table shows so many digits.
SAME = 1e-6
HEADINGS: dict[Light, str] = {
    "green": "Everything holds what it promises, within Monte Carlo error",
    "amber": "Not everything holds what it promises",
    "red": "No answer",
    "grey": "Nothing to judge",
}


def simulation_status(sim: Simulation) -> Status:
    """Return amber where a coverage or a type I error is off by more than chance explains.

    Red where no replicate gave an answer; grey where no interval and no test can be judged.
    """
    covers, errors = coverages(sim), type_one_errors(sim)
    lost, all_replicates = _lost(sim)
    checks = (
        _rates("Do the intervals cover?", covers, "coverage", "coverages", sim.level),
        _rates("Do the tests keep their level?", errors, "tests", "type I errors", 1 - sim.level),
        _finished(lost, all_replicates),
        _second(sim),
    )
    light = _light(covers, errors, lost == all_replicates)
    sentence = tied(_sentence(sim, covers, errors, light))
    return Status(light, HEADINGS[light], sentence, checks)


def _light(covers: list[Judged], errors: list[Judged], nothing: bool) -> Light:
    if nothing:
        return "red"
    if not covers and not errors:
        return "grey"
    return "amber" if beyond_chance(covers) or beyond_chance(errors) else "green"


def _sentence(sim: Simulation, covers: list[Judged], errors: list[Judged], light: Light) -> str:
    if light == "red":
        return (
            f"{all_of(_lost(sim)[1], 'replicate').capitalize()} failed: there is nothing to judge."
        )
    if light == "grey":
        return "No interval and no test has a truth to be held against."
    level = level_text(sim.level)
    if far := beyond_chance(covers):
        return f"{coverage_clause(sim, _worst(far))} {_counted(covers, f'coverages, {level} %')}"
    if far := beyond_chance(errors):
        nominal = level_text(1.0 - sim.level)
        return f"{type_one_clause(sim, far[0])} {_counted(errors, f'type I errors, {nominal} %')}"
    parts = [f"{len(covers)} coverages of {level} % intervals"] if covers else []
    parts += [f"{len(errors)} type I errors"] if errors else []
    off = len(outside(covers)) + len(outside(errors))
    said = f"{' and '.join(parts)}: not one is further from nominal than chance explains"
    if off:
        said += (
            f"; {off} by more than 1.96 Monte Carlo errors, where chance would bring about"
            f" {_by_chance(len(covers) + len(errors))}"
        )
    return f"{said}."


def _worst(far: list[Judged]) -> Judged:
    """The rate furthest from nominal as it is, not in Monte Carlo errors: what a reader loses."""
    below = [one for one in far if one.verdict == "below"] or far
    return max(below, key=lambda one: abs(one.row["value"] - one.nominal))


def _counted(rates: list[Judged], what: str) -> str:
    name, _, nominal = what.partition(", ")
    off = len(outside(rates))
    lie = "lies" if off == 1 else "lie"
    return (
        f"Of {len(rates)} {name}, {off} {lie} further from {nominal} than 1.96 Monte Carlo errors;"
        f" chance alone would bring about {_by_chance(len(rates))}."
    )


def _by_chance(n: int) -> str:
    """How many of n rates lie outside by chance, as a number to be read."""
    return f"{0.05 * n:.2g}" if n < 200 else fixed(0.05 * n, 0)


def _rates(question: str, rates: list[Judged], anchor: str, what: str, nominal: float) -> Check:
    if not rates:
        return Check(question, "grey", "Not tested", "No", f"{what} to judge", anchor)
    off, far = outside(rates), beyond_chance(rates)
    inside = len(rates) - len(off)
    detail = f"{what} within 1.96 Monte Carlo errors of {level_text(nominal)} %"
    if off and not far:
        detail += f"; chance alone would bring about {_by_chance(len(rates))} outside"
    light: Light = "amber" if far else "green"
    answer = "Yes" if not far else "No" if len(far) == len(rates) else "Not everywhere"
    return Check(question, light, answer, f"{inside} of {len(rates)}", detail, anchor)


def _lost(sim: Simulation) -> tuple[int, int]:
    return sum(failed(rate) for rate in sim.rates), sum(rate["replicates"] for rate in sim.rates)


def _finished(lost: int, all_replicates: int) -> Check:
    question, anchor = "Did every replicate give an answer?", "failures"
    done = f"{whole(all_replicates - lost)} of {whole(all_replicates)}"
    if not lost:
        return Check(question, "green", "Yes", done, "replicates, over all methods", anchor)
    answer = "No" if lost == all_replicates else "Not all"
    light: Light = "red" if lost == all_replicates else "amber"
    detail = "replicates, over all methods; failures are counted by stage and never redrawn"
    return Check(question, light, answer, done, detail, anchor)


def _second(sim: Simulation) -> Check:
    question, anchor = "Are the measures right?", "measures"
    found: Record | None = sim.results["second_implementation"]
    if found is None:
        return Check(question, "grey", "Not tested", "No", "second implementation was run", anchor)
    largest = found["largest_relative_difference"]
    n, language = counted(found["compared"], "number"), found["language"]
    if largest is None or not found["compared"]:
        detail = f"was compared with the same formulas in {language}"
        return Check(question, "grey", "Not tested", "Nothing", detail, anchor)
    same = abs(largest) <= SAME
    detail = f"at most between {n} here and by the same formulas in {language}, relative"
    return Check(
        question,
        "green" if same else "red",
        "Yes" if same else "No",
        brief(largest),
        detail,
        anchor,
    )
