"""Whether to trust the report: four checks and the traffic light that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.concordance.verdict import reaches
from harness.report.derived import Overdispersion
from harness.report.reading import EXACT, Reading, Record, answered, reliable
from harness.report.rounding import brief, fixed
from harness.report.words import failed_fits, in_standard_errors, plural

Light = Literal["green", "amber", "red", "grey"]
SIGNS = {
    "green": "\N{CHECK MARK}",
    "amber": "!",
    "red": "\N{MULTIPLICATION X}",
    "grey": "?",
}
HEADINGS: dict[Light, str] = {
    "green": "Agreement",
    "amber": "Agreement, with cautions",
    "red": "Agreement not reached",
    "grey": "Agreement",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One question on trust, its answer in a word, the number behind it and where to read on."""

    question: str
    light: Light
    answer: str
    figure: str
    detail: str
    anchor: str

    @property
    def sign(self) -> str:
        """A sign that tells the lights apart without colour."""
        return SIGNS[self.light]


@dataclass(frozen=True, slots=True)
class Status:
    """The verdict of the whole report."""

    light: Light
    heading: str
    sentence: str
    checks: tuple[Check, ...]

    @property
    def sign(self) -> str:
        """A sign that tells the lights apart without colour."""
        return SIGNS[self.light]


def status(reading: Reading, checks_of_family: list[Overdispersion]) -> Status:
    """Return red where like-for-like pairs miss the level, amber where another check warns.

    Grey, and never the word agreement, where nothing was cross-checked.
    """
    checks = (
        _agreement(reading),
        _explained(reading),
        _finished(reading),
        _wide_enough(reading, checks_of_family),
    )
    verdict = reading.results["verdict"]
    why_not = _not_cross_checked(reading)
    light: Light = "grey" if why_not else "green"
    if any(check.light in ("amber", "red") for check in checks):
        light = "amber"
    if not verdict["ok"]:
        light = "red"
    heading = f"Not cross-checked: {why_not}" if why_not else HEADINGS[light]
    return Status(light, heading, verdict["sentence"], checks)


def _not_cross_checked(reading: Reading) -> str:
    """Return why no two fits were compared like for like; empty where some were."""
    if not any(answered(fit) for fit in reading.fits):
        return "no fit gave an answer"
    if not reading.results["counts"]["pairs_expected"]:
        one = len({fit["engine"] for fit in reading.fits if fit["variant"] == "base"}) == 1
        return "only one engine" if one else "no two fits are like for like"
    if all(pair["verdict"] == "not comparable" for pair in reading.like_for_like):
        return "no two like-for-like fits gave an answer"
    return ""


def _agreement(reading: Reading) -> Check:
    question, anchor = "Do the engines agree?", "concordance"
    counts = reading.results["counts"]
    expected, known = counts["pairs_expected"], counts["pairs_registered"]
    short = expected - counts["pairs_at_level"] - known
    if not expected:
        detail = "like-for-like pairs of fits to compare"
        return Check(question, "grey", "Not cross-checked", "No", detail, anchor)
    if short:
        detail = f"like-for-like pairs fall short: {_why_short(reading)}"
        return Check(question, "red", "No", f"{short} of {expected}", detail, anchor)
    largest = in_standard_errors(_largest(reading.like_for_like, "max_diff_se") or 0.0)
    detail = "at most between two like-for-like estimates"
    if known:
        detail += f"; {known} of {expected} pairs are known differences, short of the level"
        return Check(question, "amber", "All but known differences", largest, detail, anchor)
    return Check(question, "green", "Yes", largest, detail, anchor)


def _why_short(reading: Reading) -> str:
    """Failures first: a small difference of the other pairs is not why the level is missed."""
    failed, stopped, apart = [], [], []
    for pair in reading.like_for_like:
        fits = [reading.fit_by_id(pair[key]) for key in ("fit_a", "fit_b")]
        if pair["verdict"] == "not comparable":
            failed.append(pair)
        elif pair["cause"] == "failure" or not all(fit and fit["converged"] for fit in fits):
            stopped.append(pair)
        elif not reaches(pair["verdict"], reading.study["level"]):
            apart.append(pair)
    parts = [f"{len(failed)} because a fit failed"] * bool(failed)
    if stopped:
        parts.append(f"{len(stopped)} because a fit did not converge or no finite estimate exists")
    if apart:
        d, s = _largest(apart, "max_diff_se"), _largest(apart, "max_rel_se")
        numbers = [] if d is None else [f"estimates by up to {in_standard_errors(d)}"]
        numbers += [] if s is None else [f"standard errors by up to {brief(100 * s)} %"]
        parts.append(f"{len(apart)} because the numbers differ ({', '.join(numbers)})")
    return ", ".join(parts)


def _largest(pairs: list[Record], key: str) -> float | None:
    return max((abs(pair[key]) for pair in pairs if pair[key] is not None), default=None)


def _explained(reading: Reading) -> Check:
    pairs = reading.results["comparisons"]
    open_ends = sum(pair["cause"] == "unexplained" for pair in pairs)
    question = "Is every difference explained?"
    figure = f"{open_ends} of {len(pairs)}"
    detail = "comparisons show a difference without a proven cause"
    if open_ends and not any(p["cause"] == "unexplained" for p in reading.exact_pairs):
        detail += "; all concern different estimators"
    if not pairs:
        return Check(question, "grey", "Not tested", figure, detail, "concordance")
    light: Light = "amber" if open_ends else "green"
    return Check(question, light, "No" if open_ends else "Yes", figure, detail, "concordance")


def _finished(reading: Reading) -> Check:
    counts, failed = reading.results["counts"], failed_fits(reading)
    done, expected = counts["fits_done"], counts["fits_expected"]
    stopped = [fit for fit in reading.fits if answered(fit) and not fit["converged"]]
    endless = [fit for fit in reading.fits if fit["converged"] and not reliable(fit)]
    detail = "fits gave an answer" + ("" if done == expected else "; the reasons are listed")
    if stopped:
        ours = any(fit["estimator"] == EXACT for fit in stopped)
        which = "" if ours else ", all of different estimators"
        detail += f"; {len(stopped)} did not converge{which}"
    if endless:
        detail += f"; {len(endless)} without a finite estimate and standard error"
    complete = done == expected and not failed
    return Check(
        "Did every fit finish?",
        "green" if complete and not stopped and not endless else "amber",
        "No" if not complete else "Not all as they should" if stopped or endless else "Yes",
        f"{done} of {expected}",
        detail,
        "failures",
    )


def _wide_enough(reading: Reading, found: list[Overdispersion]) -> Check:
    question, anchor = "Are the intervals wide enough?", "overdispersion"
    tested = [check for check in found if check.over is not None]
    if not tested:
        return Check(question, "grey", "Not tested", "0", "dispersion tests were run", anchor)
    over = sum(bool(check.over) for check in tested)
    changed = sum(len(check.changed) for check in found)
    chained = sum(check.chain_changed for check in found)
    word = "analysis varies" if over == 1 else "analyses vary"
    detail = f"{word} more than a Poisson model allows"
    if any(check.nb2 for check in found):
        conclusions = "conclusion" if changed == 1 else plural("conclusion")
        verb = "changes" if changed == 1 else "change"
        detail += f"; {changed} {conclusions} {verb} with a negative binomial model"
    factors = [check.factor for check in found if check.factor and not check.nb2]
    if factors:
        detail += f"; intervals too narrow by a factor of up to {fixed(max(factors))}"
    light: Light = "amber" if over or changed or chained else "green"
    no = "No" if over == len(tested) else "Not everywhere"
    answer = no if over else "Yes, but see" if changed or chained else "Yes"
    return Check(question, light, answer, f"{over} of {len(tested)}", detail, anchor)
