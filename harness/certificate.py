"""Certificate: proof of how far one fit lies from the optimum of what its engine maximises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """What the exact objective says at the point that an engine reports; every number is finite.

    Attributes
    ----------
    objective : str
        What was evaluated, in words.
    value : float
        The exact objective there; a log-likelihood with all constants.
    newton_decrement : float
        sqrt(g' (-H)^-1 g): the distance still to go, in standard errors, along the worst
        combination of all parameters.
    steps_se : mapping of str to float
        What each parameter still has to go, in its own standard errors: the Newton step, or the
        way to a higher maximum where one is known. Random effects' standard deviations and
        correlations, on the boundary the entries of their covariance, are parameters too.
    max_step_se : float
        Largest absolute entry of ``steps_se``.
    llf_gap : float
        What is still to gain: half the squared decrement, or the difference to the highest point
        known where that is more.
    definite : bool
        Whether -H is positive definite over the directions that carry information.
    cone_gain : float or None
        On the boundary, the largest eigenvalue of S = dl/dG per unit of variance of the linear
        predictor: above zero, some added variance raises the log-likelihood. None inside.
    cone_slack : float or None
        On the boundary, the largest absolute entry of S G, zero at a maximum. None inside.
    falsely_singular : bool
        Whether a higher point inside is known and the log-likelihood rises towards it.
    se_errors : mapping of str to float
        Relative error of each reported standard error against the exact one of the same kind at
        the same point; empty where there is none to compare.
    llf_error : float or None
        Reported minus exact objective at the same point; None where none is reported.
    own : mapping of str to float
        By engine, what its own objective (lme4's deviance function, glmmTMB's ``obj$fn``) says at
        this very point: the difference to the exact value, relative to it.
    own_gradient_se : float or None
        Largest slope by a fixed effect of the engine's own gradient (glmmTMB's ``obj$gr``), in
        log-likelihood per standard error; None where the engine shows none.
    certified : bool
    reason : str or None
        Why not, in one line.
    """

    objective: str
    value: float
    newton_decrement: float
    steps_se: Mapping[str, float]
    max_step_se: float
    llf_gap: float
    definite: bool
    cone_gain: float | None
    cone_slack: float | None
    se_errors: Mapping[str, float]
    llf_error: float | None
    certified: bool
    reason: str | None
    own_gradient_se: float | None = None
    falsely_singular: bool = False
    own: Mapping[str, float] = field(default_factory=dict)

    @property
    def max_se_error(self) -> float | None:
        """Largest relative error of a standard error, with its sign; None where none is known."""
        return max(self.se_errors.values(), key=abs, default=None)
