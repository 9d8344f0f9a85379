"""Triage: a warning is real where the answer is bad, a silence is deserved where it is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.concordance.certificate import certified
from harness.concordance.triage import message_triage, triage
from harness.result import FitResult, Message
from tests.concordance.fits import at, exact_fit, moved

GRADIENT = Message("gradient", "Model failed to converge with max|grad| = 0.01")
SINGULAR = Message("singular", "boundary (singular) fit: see help('isSingular')")
ELSEWHERE = replace(GRADIENT, text=f"{GRADIENT.text} [1 of 3 starts, not the one kept]")
GIVEN_UP = Message("optimiser", "error: pwrssUpdate did not converge (at tolPwrss 1e-13, given up)")
# A quadratic model at a twentieth of a standard error, and what an exact answer has to go.
MODEL, STOPPED = 1e-4, 1e-9
# Bad answers at the sizes of DESIGN 7's ``equivalent``, and good ones just inside them.
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "step": ({"by_se": 0.06}, "0.06 standard errors from the maximum"),
    "far": ({"by_se": 3.0}, "3 standard errors from the maximum"),
    "error": ({"se_by": -0.06}, "a standard error is off by -6 %"),
    "no error": ({"bse": np.nan}, "a standard error is missing"),
}
GOOD: dict[str, dict[str, Any]] = {
    "exact": {}, "step": {"by_se": 0.04}, "error": {"se_by": 0.04},
}  # fmt: skip


@pytest.fixture(scope="module")
def fit() -> FitResult:
    return exact_fit()


def said(fit: FitResult, *messages: Message, **changes: Any) -> FitResult:
    if "bse" in changes:
        changes["bse"] = fit.bse * changes["bse"]
    return certified(moved(fit, messages=messages, **changes))


@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer(fit: FitResult, name: str) -> None:
    changes, why = BAD[name]
    warned, silent = said(fit, GRADIENT, **changes), said(fit, **changes)
    for found, word in ((triage(warned), "real"), (triage(silent), "missed")):
        assert found is not None
        assert (found.word, found.why) == (word, why)
    assert message_triage(warned, GRADIENT) == "real"


@pytest.mark.parametrize("name", GOOD)
def test_a_good_answer(fit: FitResult, name: str) -> None:
    warned, silent = said(fit, GRADIENT, **GOOD[name]), said(fit, **GOOD[name])
    for found, word in ((triage(warned), "false alarm"), (triage(silent), "rightly silent")):
        assert found is not None
        assert (found.word, found.why) == (word, None)
        due = GOOD[name].get("by_se", 0.0)
        assert found.distance_se == pytest.approx(due, rel=MODEL, abs=STOPPED)
    assert message_triage(warned, GRADIENT) == "false alarm"


def test_the_limits_can_be_narrower(fit: FitResult) -> None:
    near = said(fit, by_se=0.01)
    assert [triage(near).word, triage(near, 0.001).word] == ["rightly silent", "missed"]  # type: ignore[union-attr]
    wide = said(fit, se_by=0.02)
    assert [triage(wide).word, triage(wide, se=0.01).word] == ["rightly silent", "missed"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"max_step_se": 0.05}, None),
        ({"max_step_se": 0.051}, "0.051 standard errors from the maximum"),
        ({"se_errors": {"pre": -0.05}}, None),
        ({"se_errors": {"pre": 0.051}}, "a standard error is off by +5.1 %"),
        ({"definite": False}, "no maximum: the Hessian is indefinite"),
        ({"reason": "no finite estimate exists for pre"}, "no finite estimate exists for pre"),
    ],
)
def test_a_limit_is_kept_by_what_lies_on_it(
    fit: FitResult, changes: dict[str, Any], why: str | None
) -> None:
    certificate = certified(fit).certificate
    assert certificate is not None
    found = triage(replace(fit, certificate=replace(certificate, **changes)))
    assert found is not None
    assert found.why == why


@pytest.mark.parametrize("kind", ["gradient", "hessian", "scale", "optimiser"])
def test_every_kind_of_doubt_is_a_warning(fit: FitResult, kind: Any) -> None:
    assert triage(said(fit, Message(kind, "doubt"), by_se=1.0)).word == "real"  # type: ignore[union-attr]


@pytest.mark.parametrize("message", [ELSEWHERE, GIVEN_UP, SINGULAR, Message("other", "hello")])
def test_what_is_no_warning_of_this_answer(fit: FitResult, message: Message) -> None:
    found = said(fit, message, by_se=1.0)
    assert triage(found).word == "missed"  # type: ignore[union-attr]
    if message is not SINGULAR:
        assert message_triage(found, message) is None


def test_a_falsely_singular_answer_is_bad_and_its_message_false(fit: FitResult) -> None:
    false = replace(at(fit, np.diag([fit.cov_re[0, 0], 0.0])), messages=(SINGULAR,))
    found = triage(certified(false))
    assert found is not None
    assert found.word == "missed"
    assert str(found.why).startswith("falsely singular")
    assert message_triage(certified(false), SINGULAR) == "false alarm"


def test_a_rightly_singular_answer_says_so() -> None:
    fits = (exact_fit(seed=seed, sd=(0.3, 0.0)) for seed in range(6))
    flat = next(fit for fit in fits if fit.singular)
    assert triage(flat).word == "rightly silent"  # type: ignore[union-attr]
    assert message_triage(flat, flat.messages[0]) == "real"


def test_no_certificate_no_triage(fit: FitResult) -> None:
    bare = replace(fit, certificate=None, messages=(GRADIENT,))
    assert (triage(bare), message_triage(bare, GRADIENT)) == (None, None)
