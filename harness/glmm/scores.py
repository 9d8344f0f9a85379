"""The information of each group, from its score."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from harness.design import FloatArray

# Step of the differences in standard errors: the fourth power of it, and rounding over it, both
# stay below 1e-9 of the information.
STEP = 1e-2


def group_informations(
    scores: Callable[[FloatArray], FloatArray], psi: FloatArray, bse: npt.ArrayLike
) -> FloatArray:
    """Observed information of each group, shape (J, K, K): minus the slope of its score.

    By four-point differences, so that any likelihood that has scores will do.

    Parameters
    ----------
    scores : callable
        From psi, shape (K,), to shape (J, K).
    bse : array_like, shape (K,)
        Standard errors of psi: the scale of the steps.
    """
    slopes = []
    for k, step in enumerate(STEP * np.asarray(bse, dtype=np.float64)):
        move = np.zeros_like(psi)
        move[k] = step
        near = scores(psi + move) - scores(psi - move)
        far = scores(psi + 2 * move) - scores(psi - 2 * move)
        slopes.append((far - 8 * near) / (12 * step))
    information = np.stack(slopes, axis=2)
    return 0.5 * (information + np.swapaxes(information, 1, 2))
