"""The boundary of covariances: what a variance that is absent there would gain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.design import Covariance, Design
from harness.glmm.boundary import cone_gain, on_its_face
from harness.glmm.laplace import Objective, cone_score
from harness.glmm.nodes import product_rule
from tests.glmm.panels import TRUTH, simulated

# Differences of two gradients that agree but for their rounding, over a thousandth of an error.
DIFFERENCES_RTOL = 1e-7
# A standard deviation that counts as absent, and the variance with it: its square, times that of the
# largest of the random effects' columns over the smallest (5 and 0.2).
ABSENT, DROPPED = 1e-6, 1e-9
# Lower factors of a singular covariance, and its rank; the fourth has next to nothing of the first
# effect, whose covariance with the second is a hundred thousand times its variance.
SINGULAR: dict[str, tuple[Any, Covariance, int]] = {
    "no effect": ([[0.0]], "unstructured", 0),
    "neither of two": ([[0.0, 0.0], [0.0, 0.0]], "unstructured", 0),
    "no slope": ([[0.35, 0.0], [0.0, 0.0]], "unstructured", 1),
    "next to no intercept": ([[1e-6, 0.0], [-0.1, 0.0]], "unstructured", 1),
    "no intercept": ([[0.0, 0.0], [0.0, 0.1]], "unstructured", 1),
    "correlation one": ([[0.35, 0.0], [0.08, 0.0]], "unstructured", 1),
    "one of three": ([[0.01, 0.0, 0.0], [-0.1, 0.0, 0.0], [0.2, 0.0, 0.0]], "unstructured", 1),
    "two of three": ([[0.01, 0.0, 0.0], [-0.1, 0.2, 0.0], [0.2, 0.1, 0.0]], "unstructured", 2),
    "diagonal": ([[0.0, 0.0], [0.0, 0.1]], "diagonal", 1),
}


@pytest.mark.parametrize(("factor", "covariance", "rank"), SINGULAR.values(), ids=SINGULAR)
@pytest.mark.parametrize("turn", [-1.0, 1.0])
def test_gain_by_one_node_is_that_of_laplace_across_the_covariance(
    factor: Any, covariance: Covariance, rank: int, turn: float
) -> None:
    L = turn * np.array(factor)
    objective = Objective.of(with_effects(len(L), covariance))
    psi = objective.layout.join(TRUTH, L)
    null = np.linalg.svd(objective.z_scale[:, None] * L)[0][:, rank:]
    S = cone_score(objective, psi)
    gain = cone_gain(replace(objective, nodes=product_rule(1, len(L))), psi)
    assert gain == pytest.approx(
        np.linalg.eigvalsh(null.T @ S @ null)[-1], rel=DIFFERENCES_RTOL, abs=0
    )


@pytest.mark.parametrize(("factor", "covariance", "rank"), SINGULAR.values(), ids=SINGULAR)
def test_a_face_keeps_the_covariance_and_empties_columns(
    factor: Any, covariance: Covariance, rank: int
) -> None:
    L = np.array(factor) + ABSENT * np.eye(len(factor))
    objective = Objective.of(with_effects(len(L), covariance))
    _, found = objective.layout.split(on_its_face(objective, objective.layout.join(TRUTH, L)))
    np.testing.assert_allclose(found @ found.T, L @ L.T, rtol=0, atol=DROPPED)
    assert np.any(found != 0.0, axis=0).sum() == rank


def with_effects(q: int, covariance: Covariance) -> Design:
    """Twelve groups whose random effects have columns of very different sizes."""
    design = simulated(units=12)
    noise = np.random.default_rng(q).normal(size=(design.nobs, 2)) * [0.2, 5.0]
    z = np.column_stack([np.ones(design.nobs), noise])[:, :q]
    return Design(
        design.endog, design.exog, design.groups, exog_re=z, offset=design.offset,
        random="slope", covariance=covariance,
    )  # fmt: skip
