"""The random panels whose maximum often lies on the boundary; see ``random_panels``."""

from __future__ import annotations

import pytest

from tests.engines.random_panels import SEEDS, check, fits

pytestmark = [pytest.mark.needs_r, pytest.mark.long]

REGIMES = ("no slope", "few units", "small counts")
# 40, 23 and 8 of 50 were; the panels are the same everywhere, only a fit on the edge may turn.
ENOUGH_SINGULAR = 60


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("regime", REGIMES)
def test_tight_fits_are_one_maximum(regime: str, seed: int) -> None:
    check(regime, seed)


def test_the_panels_reach_the_boundary_and_stay_inside() -> None:
    singular = {regime: sum(fits(regime, seed)[0].singular for seed in SEEDS) for regime in REGIMES}
    assert sum(singular.values()) >= ENOUGH_SINGULAR
    assert all(0 < count < len(SEEDS) for count in singular.values())
