"""Standard deviations and correlations as functions of the Cholesky factor."""

from __future__ import annotations

import numpy as np
import pytest

from harness.glmm.coordinates import component_slope, component_value, components

FACTOR = np.array([[0.5, 0.0, 0.0], [-0.2, 0.3, 0.0], [0.1, 0.15, 0.4]])
# Central differences: rounding over the step.
STEP, DIFFERENCE_ATOL = 1e-6, 1e-9
# A few products and a root.
ROUNDING = 1e-14


@pytest.mark.parametrize("part", components(3, "unstructured"), ids=lambda part: part.name)
def test_value_and_slope(part) -> None:
    G = FACTOR @ FACTOR.T
    sd = np.sqrt(np.diag(G))
    expected = sd[part.k] if part.k == part.l else G[part.k, part.l] / (sd[part.k] * sd[part.l])
    assert component_value(FACTOR, part) == pytest.approx(expected, rel=ROUNDING, abs=0)
    slope = component_slope(FACTOR, part)
    for place in np.ndindex(3, 3):
        step = np.zeros((3, 3))
        step[place] = STEP
        ahead, behind = component_value(FACTOR + step, part), component_value(FACTOR - step, part)
        assert slope[place] == pytest.approx((ahead - behind) / (2 * STEP), abs=DIFFERENCE_ATOL)


def test_names_and_order_are_lme4s() -> None:
    pairs = [(0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)]
    parts = components(3, "unstructured")
    assert [(part.k, part.l) for part in parts] == pairs
    assert [part.name for part in parts] == [f".sig0{k}" for k in range(1, 7)]
    assert [(part.k, part.l) for part in components(2, "diagonal")] == [(0, 0), (1, 1)]
    assert components(0, "unstructured") == ()
