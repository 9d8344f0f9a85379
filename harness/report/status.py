"""Whether to trust the report: four checks and the traffic light that follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.report.derived import Overdispersion
from harness.report.reading import EXACT, Reading, answered
from harness.report.rounding import part_of_one
from harness.report.words import failed_fits, plural

Light = Literal["green", "amber", "red", "grey"]
SIGNS = {
    "green": "\N{CHECK MARK}",
    "amber": "!",
    "red": "\N{MULTIPLICATION X}",
    "grey": "?",
}
HEADINGS = {
    "green": "Agreement",
    "amber": "Agreement, with cautions",
    "red": "Agreement not reached",
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
    sentence: str
    checks: tuple[Check, ...]

    @property
    def heading(self) -> str:
        """The light in words."""
        return HEADINGS[self.light]

    @property
    def sign(self) -> str:
        """A sign that tells the lights apart without colour."""
        return SIGNS[self.light]


def status(reading: Reading, checks_of_family: list[Overdispersion]) -> Status:
    """Return red where like-for-like pairs miss the level, amber where another check warns."""
    checks = (
        _agreement(reading),
        _explained(reading),
        _finished(reading),
        _wide_enough(reading, checks_of_family),
    )
    verdict = reading.results["verdict"]
    light: Light = "green"
    if any(check.light in ("amber", "red") for check in checks):
        light = "amber"
    if not verdict["ok"]:
        light = "red"
    return Status(light, verdict["sentence"], checks)


def _agreement(reading: Reading) -> Check:
    question, anchor = "Do the engines agree?", "concordance"
    gaps = [abs(p["max_diff_se"]) for p in reading.like_for_like if p["max_diff_se"] is not None]
    if not reading.results["counts"]["pairs_expected"] or not gaps:
        detail = "like-for-like pairs of fits gave numbers to compare"
        if reading.results["verdict"]["ok"]:
            return Check(question, "grey", "Not tested", "0", detail, anchor)
        return Check(question, "red", "No", "0", detail, anchor)
    ok = bool(reading.results["verdict"]["ok"])
    detail = "of a standard error at most between two like-for-like estimates"
    light: Light = "green" if ok else "red"
    return Check(question, light, "Yes" if ok else "No", part_of_one(max(gaps)), detail, anchor)


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
    ours = [fit for fit in stopped if fit["estimator"] == EXACT]
    complete = done == expected and not failed and not ours
    detail = "fits gave an answer" + ("" if done == expected else "; the reasons are listed")
    if stopped:
        which = "" if ours else ", all of different estimators"
        detail += f"; {len(stopped)} did not converge{which}"
    return Check(
        "Did every fit finish?",
        "green" if complete else "amber",
        "Yes" if complete else "No",
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
    word = "analysis varies" if over == 1 else "analyses vary"
    detail = f"{word} more than a Poisson model allows"
    if any(check.nb2 for check in found):
        conclusions = "conclusion" if changed == 1 else plural("conclusion")
        verb = "changes" if changed == 1 else "change"
        detail += f"; {changed} {conclusions} {verb} with a negative binomial model"
    light: Light = "amber" if over or changed else "green"
    answer = "Not everywhere" if over else "Yes, but see" if changed else "Yes"
    return Check(question, light, answer, f"{over} of {len(tested)}", detail, anchor)
