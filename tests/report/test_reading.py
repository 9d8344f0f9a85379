"""Which fit speaks, and with which intervals."""

from __future__ import annotations

import pytest

from harness.report.reading import Reading

# Half as much again, and another estimate in the last digits.
WIDER, MOVED = 1.5, 1e-6

# A few operations on the same floats, in another order.
ROUNDING = 1e-12


def with_cluster(results, **changes):
    """Results in which every analysis by laplace stands once more with wider, robust errors."""
    more = []
    for fit in results["fits"]:
        if (fit["engine"], fit["settings"], fit["variant"]) != ("laplace", "tight", "base"):
            continue
        params = {
            term: {"estimate": p["estimate"] + MOVED, "se": WIDER * p["se"],
                   "ci_low": p["estimate"] + MOVED - 2.5 * p["se"],
                   "ci_high": p["estimate"] + MOVED + 2.5 * p["se"]}
            for term, p in fit["params"].items()
        }  # fmt: skip
        fit_id = fit["id"].replace("/base/", "/cluster/")
        more.append({**fit, "id": fit_id, "variant": "cluster", "se_method": "cluster",
                     "df": {}, "params": params, **changes})  # fmt: skip
    results["fits"] += more
    return Reading(results)


def _pseudo(results):
    for indicator in results["indicators"]:
        indicator |= {"response": "pseudo", "scale": "GBP"}
    for fit in results["fits"]:
        fit["response"] = "pseudo"


@pytest.fixture
def results(make_results):
    return make_results(indicators=1, strata=("all",), edit=_pseudo)


def told(reading):
    name = reading.indicators[0]["name"]
    return [reading.spoken(voice, name, "all") for voice in reading.voices], name


def test_amounts_speak_with_robust_intervals_at_their_own_estimates(results) -> None:
    reading = with_cluster(results)
    fits, name = told(reading)
    assert {fit["language"] for fit in fits} == {"R", "Python"}
    for fit in (*fits, reading.reference(name, "all")):
        own = reading.fit_by_id(fit["id"])
        assert (own["se_method"], fit["se_method"]) == ("observed", "cluster")
        for term, p in fit["params"].items():
            assert p["estimate"] == own["params"][term]["estimate"]
            half = (p["ci_high"] - p["ci_low"]) / 2
            assert half == pytest.approx(2.5 * p["se"] / WIDER, rel=ROUNDING, abs=0)
            assert (p["ci_high"] + p["ci_low"]) / 2 == pytest.approx(
                p["estimate"], rel=ROUNDING, abs=0
            )


@pytest.mark.parametrize(
    "changes",
    [{"nobs": 3}, {"window": [-2, 2]}, {"covariance": "diagonal"}, {"converged": False}],
)
def test_robust_intervals_of_another_model_are_not_borrowed(results, changes) -> None:
    fits, _ = told(with_cluster(results, **changes))
    assert {fit["se_method"] for fit in fits} == {"observed"}


def test_counts_keep_their_own_intervals(make_results) -> None:
    fits, _ = told(with_cluster(make_results(indicators=1, strata=("all",))))
    assert {fit["se_method"] for fit in fits} == {"observed"}
