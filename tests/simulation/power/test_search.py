"""The search on power functions that are known, with binomial draws in place of fits."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.stats import norm

from harness.errors import ConfigError
from harness.simulation.power.search import (
    LOCAL,
    SCALES,
    Answer,
    Evaluation,
    regression,
    scale_of,
    search,
)

TARGET, REPLICATES, SEARCHES = 0.8, 1000, 100
# A binomial share of 95 % in 100 lies above 0.87 but for one time in a thousand.
LEAST_HELD = 0.88
# Scales are there and back to rounding; a regression on two columns, and roots of a quadratic.
ROUNDING, ALGEBRA = 1e-9, 1e-10
# On average the answer is right to a unit, or to two in a hundred of what is many or no number.
A_UNIT, OF_MANY = 1, 0.02


def two_sided(d: float) -> float:
    """Power of a z-test at 5 % of an effect of d standard errors."""
    return float(norm.cdf(d - 1.96) + norm.cdf(-d - 1.96))


CURVES: dict[str, tuple[str, tuple[float, float], Callable[[float], float]]] = {
    "units": ("units", (10, 2000), lambda n: two_sided(0.31 * math.sqrt(n))),
    # As under the t distribution: not quite a probit in the root.
    "few units": ("units", (8, 60), lambda n: two_sided(0.6 * math.sqrt(max(n - 3.0, 0.0)))),
    # In the root of the periods, where the search takes them as they are.
    "before": ("before", (1, 20), lambda k: two_sided(0.9 * math.sqrt(k))),
    "baseline": ("baseline", (5, 500), lambda m: two_sided(0.25 / math.sqrt(1 / m + 0.002))),
    "rise": ("percent", (1, 40), lambda p: two_sided(20 * math.log1p(p / 100))),
    "fall": ("percent", (-1, -40), lambda p: two_sided(20 * math.log1p(p / 100))),
    "from 0": ("percent", (0, 100), lambda p: two_sided(20 * math.log1p(p / 100))),
}


def searched(curve: str, seed: int, most: int = 12) -> Answer:
    over, bounds, power = CURVES[curve]
    rng = np.random.default_rng([seed, 7])

    def evaluate(value: float) -> Evaluation:
        return Evaluation(value, REPLICATES, int(rng.binomial(REPLICATES, power(value))))

    return search(evaluate, scale_of(over, bounds), bounds, TARGET, most)


def true_answer(curve: str) -> float:
    over, bounds, power = CURVES[curve]
    scale = scale_of(over, bounds)
    x = np.linspace(scale.to(bounds[0]), scale.to(bounds[1]), 20_001)
    reached = [power(scale.back(at)) >= TARGET for at in x]
    return scale.up(float(x[np.argmax(reached)]), bounds)


@pytest.mark.parametrize("scatter", [0.0, 0.15], ids=["on a line", "off it"])
def test_the_regression_is_weighted_least_squares(scatter: float) -> None:
    """Of the probits with half a rejection added to either side, the further away the lighter."""
    goal, x = float(norm.ppf(TARGET)), np.arange(4.0, 12.0)
    power = norm.cdf(goal + 0.1 * (x - 8) + scatter * (-1.0) ** x)
    rejected = np.round(400 * power)
    made = [Evaluation(v, 400, int(r)) for v, r in zip(x, rejected, strict=True)]
    line = regression([Evaluation(3.0, 0, 0), *made], SCALES["before"], goal)
    p = (rejected + 0.5) / 401
    z = norm.ppf(p)
    near = np.exp(-LOCAL * (z - goal) ** 2)
    weights = near * 401 * norm.pdf(z) ** 2 / (p * (1 - p))
    fit = sm.WLS(z, sm.add_constant(x), weights=weights).fit()
    assert (line.intercept, line.slope) == pytest.approx(tuple(fit.params), rel=ALGEBRA, abs=0)
    excess = fit.ssr / (near.sum() - 2)
    assert (excess > 1) == (scatter > 0)
    covariance = max(1.0, excess) * fit.normalized_cov_params
    assert line.covariance == pytest.approx(covariance, rel=ALGEBRA, abs=0)
    # Fieller's ends: there the line is 1.96 of its own standard errors from the goal.
    for end, side in zip(line.interval(goal), (-1, 1), strict=True):
        at = np.array([1.0, end])
        error = np.sqrt(at @ covariance @ at)
        assert at @ fit.params - goal == pytest.approx(
            side * norm.ppf(0.975) * error, rel=ALGEBRA, abs=0
        )


@pytest.mark.parametrize(
    ("over", "x", "value"),
    [
        ("units", math.sqrt(82.2), 83.0),
        ("units", math.sqrt(82.0), 82.0),
        ("baseline", math.log(25.3), 26.0),
        ("percent", math.log1p(0.053), 5.3),
        ("fall", -math.log1p(-0.053), -5.3),
        ("units", 0.0, 1.0),
        ("units", 1e9, 90.0),
    ],
)
def test_the_smallest_value_that_is_not_below(over: str, x: float, value: float) -> None:
    bounds = (-1.0, -90.0) if over == "fall" else (1.0, 90.0)
    assert SCALES[over].up(x, bounds) == pytest.approx(value, rel=ALGEBRA, abs=0)


@pytest.mark.parametrize("curve", list(CURVES))
def test_the_interval_holds_the_answer_and_the_answer_is_right_on_average(curve: str) -> None:
    scale, true = scale_of(*CURVES[curve][:2]), true_answer(curve)
    found = [searched(curve, seed) for seed in range(SEARCHES)]
    for answer in found:
        values = [e.value for e in answer.evaluations]
        # At one value the draws are the same: evaluated twice they would count twice.
        assert len(set(values)) == len(values) <= 12
    held = 0
    for answer in found:
        assert answer.value is not None
        assert answer.low is not None
        assert answer.high is not None
        low, high = scale.to(answer.low), scale.to(answer.high)
        held += low - ROUNDING <= scale.to(true) <= high + ROUNDING
        assert low <= scale.to(answer.value) <= high
    assert held / SEARCHES >= LEAST_HELD
    mean = float(np.mean([answer.value for answer in found]))
    unit = A_UNIT if scale.whole and true < 100 else OF_MANY * abs(true)
    assert abs(mean - true) <= unit


@pytest.mark.parametrize("curve", ["units", "rise"])
def test_the_search_ends_when_the_interval_is_narrow(curve: str) -> None:
    answer = searched(curve, 1, most=100)
    assert len(answer.evaluations) < 30
    assert answer.value is not None
    assert answer.low is not None
    assert answer.high is not None
    assert abs(answer.high - answer.low) <= 0.1 * answer.value + 1
    if curve == "units":
        assert answer.value in [e.value for e in answer.evaluations]


def constant(tested: int, power: Callable[[float], float]) -> Callable[[float], Evaluation]:
    return lambda value: Evaluation(value, tested, round(tested * power(value)))


def test_what_bounds_do_not_hold_is_said() -> None:
    scale, bounds = SCALES["units"], (10.0, 100.0)
    too_low = search(constant(200, lambda n: 0.3), scale, bounds, TARGET)
    assert (too_low.value, too_low.low, too_low.high) == (None, None, None)
    assert too_low.reason == "the power at 100 is 0.300, below 0.8: search further"
    assert len(too_low.evaluations) == 1
    nothing = search(constant(0, lambda n: 0.0), scale, bounds, TARGET)
    assert (nothing.value, nothing.reason) == (None, "nothing could be tested at 100")
    enough = search(constant(200, lambda n: 0.9), scale, bounds, TARGET)
    assert (enough.value, enough.low, enough.high, enough.reason) == (10.0, None, 10.0, None)


def test_every_value_may_have_been_evaluated() -> None:
    answer = search(constant(200, lambda n: two_sided(n - 1.9)), SCALES["units"], (3, 5), TARGET)
    assert sorted(e.value for e in answer.evaluations) == [3, 4, 5]
    assert answer.value == 5


def test_values_where_nothing_can_be_tested_say_nothing() -> None:
    """Below 30 units no fit succeeds; the answer lies above."""

    def evaluate(value: float) -> Evaluation:
        tested = 1000 if value >= 30 else 0
        return Evaluation(value, tested, round(tested * two_sided(0.31 * math.sqrt(value))))

    answer = search(evaluate, SCALES["units"], (10, 200), TARGET)
    assert answer.evaluations[1].power is None
    assert answer.value == pytest.approx(82, abs=A_UNIT)


@pytest.mark.parametrize(
    ("over", "between"),
    [("units", (-4, 10)), ("units", (0, 10)), ("units", (20, 10)), ("units", (10, 10)),
     ("baseline", (10, math.inf)), ("percent", (-100, -5)), ("percent", (-5, 10)),
     ("percent", (10, 5)), ("percent", (-10, -5)), ("percent", (5, math.nan))],
)  # fmt: skip
def test_bounds_between_which_power_cannot_rise_are_refused(
    over: str, between: tuple[float, float]
) -> None:
    with pytest.raises(ConfigError, match=r"^between \[.*\]: give two "):
        scale_of(over, between)
