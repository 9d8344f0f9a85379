"""Placebo events: what is permuted, a p-value that is uniform under the null, and power."""

from __future__ import annotations

import numpy as np
import pytest

import harness
from harness.errors import ConfigError, DesignError, FitFailure
from harness.scrutiny import placebo as module
from harness.scrutiny.placebo import placebo, with_permuted_events
from tests.scrutiny.panels import calendar_panel, panel_of

MODEL = harness.SegmentedPoisson()
PANELS, REPLICATES = 120, 19
# Standard errors by which a share over PANELS may miss; the seeds are fixed.
MONTE_CARLO = 3.0
# A p-value is a multiple of 1/20, and so are the levels, but for this.
ROUNDING = 1e-12
# Two fits of one maximum: Newton decrements of 1e-8.
SAME_FIT = 1e-7


@pytest.mark.parametrize("seed", range(3))
def test_events_are_permuted_and_nothing_else(seed: int) -> None:
    panel = calendar_panel(seed)
    moved = with_permuted_events(panel, np.random.default_rng(seed))
    rest = ["unit", "period", "count", "exposure"]
    assert moved.frame[rest].equals(panel.frame[rest])
    own, theirs = (p.frame.groupby("unit")["event"] for p in (panel, moved))
    assert (theirs.nunique() == 1).all()
    assert sorted(theirs.first()) == sorted(own.first())
    assert list(theirs.first()) != list(own.first())


def test_shares_of_the_event_period_go_with_their_events() -> None:
    panel = calendar_panel(1)
    frame = panel.frame
    frame = frame.assign(share=1.0 - (frame["event"] - 2003) / 10)
    shared = harness.Panel(frame, panel.source, panel.dropped, panel.columns)
    moved = with_permuted_events(shared, np.random.default_rng(5)).frame
    assert (moved["share"] == 1.0 - (moved["event"] - 2003) / 10).all()


@pytest.fixture(scope="module")
def p_values() -> np.ndarray:
    """Under the null, shape (PANELS, 2): by size, and centred."""
    found = [
        placebo(calendar_panel(seed), MODEL, REPLICATES, seed, ["step0"]) for seed in range(PANELS)
    ]
    assert all(one.replicates == REPLICATES for one in found)
    return np.array([[one.terms[0].p_value, one.terms[0].p_centred] for one in found])


@pytest.mark.parametrize("which", [0, 1], ids=["size", "centred"])
@pytest.mark.parametrize("level", [0.05, 0.2, 0.5])
def test_the_p_value_has_its_level_although_poisson_errors_do_not_hold(
    p_values: np.ndarray, which: int, level: float
) -> None:
    rejected = (p_values[:, which] <= level + ROUNDING).mean()
    error = np.sqrt(level * (1 - level) / PANELS)
    assert rejected == pytest.approx(level, abs=MONTE_CARLO * error)


def test_common_growth_moves_the_band_and_a_true_step_leaves_it() -> None:
    (growth,) = placebo(calendar_panel(3, units=40), MODEL, 99, 1, ["step0"]).terms
    assert growth.low > 0  # the jump of 2005, which an interval around zero would call an effect
    assert growth.low < growth.observed < growth.high
    (step,) = placebo(calendar_panel(3, effect=0.3, units=40), MODEL, 99, 1, ["step0"]).terms
    assert step.observed > step.high
    assert (step.p_value, step.p_centred) == (1 / 100, 1 / 100)


def test_the_seed_decides_the_permutations() -> None:
    panel = calendar_panel(2)
    first = placebo(panel, MODEL, 9, 3)
    assert placebo(panel, MODEL, 9, 3) == first
    assert placebo(panel, MODEL, 9, 4).terms[0].median != first.terms[0].median


@pytest.mark.parametrize(("units", "effect"), [(3, 0.0), (16, -0.4)])
def test_its_place_among_permutations_that_are_fitted_one_by_one(units: int, effect: float) -> None:
    """With three units a permutation often is the panel itself, which counts as reached."""
    panel = calendar_panel(4, effect, units)
    streams = np.random.SeedSequence(1).spawn(REPLICATES)
    moved = [with_permuted_events(panel, np.random.default_rng(one)) for one in streams]
    whole, *drawn = (
        harness.fit(one, MODEL, engines=["laplace"])[0].params for one in (panel, *moved)
    )
    found = placebo(panel, MODEL, REPLICATES, 1)
    assert [one.term for one in found.terms] == ["step0", "step1"]
    for one in found.terms:
        null = np.array([params[one.term] for params in drawn])
        assert one.observed == pytest.approx(whole[one.term], abs=SAME_FIT)
        points = tuple(np.quantile(null, [0.025, 0.5, 0.975]))
        assert (one.low, one.median, one.high) == pytest.approx(points, abs=SAME_FIT)
        centre = (null.sum() + one.observed) / (1 + REPLICATES)
        for p, about in ((one.p_value, 0.0), (one.p_centred, centre)):
            reached = np.sum(np.abs(null - about) >= abs(one.observed - about) - SAME_FIT)
            assert p == (1 + reached) / (1 + REPLICATES)


def test_the_centre_is_that_of_all_the_observed_estimate_among_them() -> None:
    """Of 0, 1 and 1.6 the first lies farthest from the mean; from that of 0 and 1, the last."""
    found = module._compared("step0", 1.6, np.array([0.0, 1.0]))
    assert found.p_centred == 2 / 3


def test_terms_that_the_model_lacks_are_left_out() -> None:
    found = placebo(calendar_panel(1), MODEL, 1, 1, ["step0", "step7"])
    assert [one.term for one in found.terms] == ["step0"]


@pytest.mark.parametrize("error", [DesignError, FitFailure])
@pytest.mark.parametrize("fitted", [0, 2])
def test_permutations_that_cannot_be_fitted_are_counted(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception], fitted: int
) -> None:
    refit, asked = module.refit, []

    def fails(design: harness.Design) -> object:
        asked.append(design)
        if len(asked) > 1 + fitted:  # the panel itself comes first
            raise error("planted")
        return refit(design)

    monkeypatch.setattr(module, "refit", fails)
    if not fitted:
        with pytest.raises(FitFailure, match="no placebo event could be fitted"):
            placebo(calendar_panel(1), MODEL, 5, 1)
    else:
        found = placebo(calendar_panel(1), MODEL, 5, 1)
        assert (found.replicates, found.failures) == (2, 3)


def test_events_all_in_one_period_cannot_be_permuted() -> None:
    panel = panel_of(np.full((6, 9), -8.0), np.full(6, 2004), rng=np.random.default_rng(1))
    with pytest.raises(DesignError, match="every event lies in one period"):
        placebo(panel, MODEL, 9, 1)


def test_no_replicates_are_refused() -> None:
    with pytest.raises(ConfigError, match="ask for one at least"):
        placebo(calendar_panel(1), MODEL, 0, 1)
