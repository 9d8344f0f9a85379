"""Triage: whether a warning is real, and whether a silence is deserved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.certificate import Certificate
from harness.concordance.verdict import EQUIVALENT_DIFF_SE, EQUIVALENT_REL_SE
from harness.result import FitResult, Message

Word = Literal["real", "false alarm", "missed", "rightly silent"]
# Messages by which an engine doubts its own answer. A singular fit is an answer.
ALARMS = frozenset({"gradient", "hessian", "scale", "optimiser"})
# Of several starts, or of tolerances that were tried before: not about the answer.
ELSEWHERE = ("not the one kept]", ", given up)")


@dataclass(frozen=True, slots=True)
class Triage:
    """What became of an engine's warning, or of its silence.

    Attributes
    ----------
    word : str
        ``real`` and ``false alarm`` for a warning, ``missed`` and ``rightly silent`` for silence.
    distance_se : float
        Largest step that an estimate still has to go, in standard errors.
    why : str or None
        What is wrong with the answer; None where nothing is.
    """

    word: Word
    distance_se: float
    why: str | None


def triage(
    fit: FitResult, step: float = EQUIVALENT_DIFF_SE, se: float = EQUIVALENT_REL_SE
) -> Triage | None:
    """Hold an engine's warnings, or their absence, against the certificate of its answer.

    Parameters
    ----------
    step, se : float
        An answer further than this from its optimum (in standard errors), or with a standard
        error off by more than this (relative), is bad. The defaults are the limits of
        ``equivalent``: what shows in a figure or can move a conclusion.

    Returns
    -------
    Triage or None
        None where there is no certificate.
    """
    if fit.certificate is None:
        return None
    why = _defect(fit.certificate, fit, step, se)
    if any(is_alarm(message) for message in fit.messages):
        word: Word = "real" if why else "false alarm"
    else:
        word = "missed" if why else "rightly silent"
    return Triage(word, fit.certificate.max_step_se, why)


def message_triage(fit: FitResult, message: Message) -> Word | None:
    """``real`` or ``false alarm`` for one message; None for one that is no warning of this answer.

    That a fit is singular is real where the maximum lies on the boundary.
    """
    if fit.certificate is None or not is_about_the_answer(message):
        return None
    if message.kind == "singular":
        return "false alarm" if fit.certificate.falsely_singular else "real"
    found = triage(fit)
    return None if found is None or message.kind not in ALARMS else _heard(found)


def is_alarm(message: Message) -> bool:
    """Whether an engine doubts the answer it gave."""
    return message.kind in ALARMS and is_about_the_answer(message)


def is_about_the_answer(message: Message) -> bool:
    """Whether a message is not about a start or a tolerance that was given up."""
    return not message.text.endswith(ELSEWHERE)


def _heard(found: Triage) -> Word:
    return "real" if found.why else "false alarm"


def _defect(found: Certificate, fit: FitResult, step: float, se: float) -> str | None:
    """What is wrong with an answer beyond the limits; None where nothing is."""
    error = found.max_se_error
    if found.falsely_singular or (found.reason or "").startswith("no finite estimate"):
        return found.reason
    if not found.definite:
        return "no maximum: the Hessian is indefinite"
    if found.max_step_se > step:
        return f"{found.max_step_se:.2g} standard errors from the maximum"
    if error is not None and abs(error) > se:
        return f"a standard error is off by {100 * error:+.2g} %"
    if not (fit.bse > 0.0).all():
        return "a standard error is missing"
    return None
