"""From findings to a certificate: what lies on a limit keeps it, what lies beyond is the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from harness.concordance.exact import LLF_SLACK
from harness.concordance.judgement import Findings, judged
from harness.concordance.verdict import CONCORDANT

SOUND: dict[str, Any] = {
    "objective": "log-likelihood", "value": -10.0, "newton_decrement": 0.0,
    "steps_se": {"pre": 1e-5, "post": -2e-5}, "llf_gap": 0.0, "definite": True,
    "se_errors": {"pre": 1e-4},
}  # fmt: skip


def beyond(limit: float) -> float:
    return float(np.nextafter(limit, np.inf))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"llf_gap": CONCORDANT.llf},
        {"newton_decrement": CONCORDANT.diff_se},
        {"llf_error": LLF_SLACK},
        {"llf_error": -LLF_SLACK},
        {"se_errors": {"pre": CONCORDANT.rel_se, "post": -CONCORDANT.rel_se}},
        {"se_errors": {}},
        {"steps_se": {}},
    ],
)
def test_what_lies_within_the_limits_is_certified(changes: dict[str, Any]) -> None:
    found = judged(Findings(**SOUND | changes))
    assert (found.certified, found.reason) == (True, None)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"llf_gap": beyond(CONCORDANT.llf)}, "a point 0.001 higher in the log-likelihood"),
        ({"newton_decrement": beyond(CONCORDANT.diff_se)}, "0.001 standard errors from the max"),
        ({"llf_error": beyond(LLF_SLACK)}, "the value reported is off by"),
        ({"llf_error": -beyond(LLF_SLACK)}, "the value reported is off by -"),
        ({"se_errors": {"pre": beyond(CONCORDANT.rel_se)}}, "standard error of pre is off by +0.2"),
        ({"se_errors": {"pre": 0.01, "post": -0.02}}, "standard error of post is off by -2 %"),
        ({"definite": False}, "not negative definite: no maximum"),
        ({"no_se": ("pre", "post")}, "no standard error of pre, post is reported"),
        ({"unbounded": ("pre",)}, "no finite estimate exists for pre"),
        ({"falsely_singular": True, "cone_gain": 2.0, "llf_gap": 0.5}, "falsely singular: the"),
        # The first limit that is not kept.
        ({"definite": False, "llf_gap": 0.5, "no_se": ("pre",)}, "a point 0.5 higher"),
    ],
)
def test_what_lies_beyond_a_limit_is_the_reason(changes: dict[str, Any], says: str) -> None:
    found = judged(Findings(**SOUND | changes))
    assert not found.certified
    assert says in str(found.reason)


def test_the_largest_step_goes_by_its_size() -> None:
    found = judged(Findings(**SOUND))
    assert (found.max_step_se, judged(Findings(**SOUND | {"steps_se": {}})).max_step_se) == (
        2e-5,
        0,
    )
