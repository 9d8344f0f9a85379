"""The random panels whose maximum mostly lies inside; see ``random_panels``."""

from __future__ import annotations

import pytest

from tests.engines.random_panels import SEEDS, check

pytestmark = [pytest.mark.needs_r, pytest.mark.long]

REGIMES = ("regular", "late starters", "overdispersed")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("regime", REGIMES)
def test_tight_fits_are_one_maximum(regime: str, seed: int) -> None:
    check(regime, seed)
