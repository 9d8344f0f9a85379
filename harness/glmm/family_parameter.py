"""The family's own parameter as people read it, a function of kappa, the last entry of psi."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

# Step of a first look where the parameter has no standard error; kappa is about the standard
# deviation, on the log scale, of what exceeds Poisson.
FIRST_STEP = 0.1


class FamilyParameter(NamedTuple):
    """What a family calls its parameter.

    Attributes
    ----------
    name : str
        Among the terms of profiles, in the manner of lme4's ``.sig01``.
    label : str
        In ``summary``.
    value, slope : callable
        The parameter and its derivative at kappa >= 0. Monotone, so that limits of kappa carry
        over.
    """

    name: str
    label: str
    value: Callable[[float], float]
    slope: Callable[[float], float]


# theta = 1 / kappa^2 and sigma_olre = kappa.
FAMILY_PARAMETERS = {
    "nb2": FamilyParameter(
        ".theta",
        "Theta",
        lambda kappa: kappa**-2 if kappa > 0 else math.inf,
        lambda kappa: -2.0 * kappa**-3,
    ),
    "poisson-olre": FamilyParameter(
        ".sigma_olre", "Obs. SD", lambda kappa: kappa, lambda kappa: 1.0
    ),
}
