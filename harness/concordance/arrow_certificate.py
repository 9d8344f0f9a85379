"""The certificate by an arrow-shaped objective of statsmodels' Bayesian model."""

from __future__ import annotations

from collections.abc import Callable

from harness.certificate import Certificate
from harness.concordance.arrow import ArrowPoint, ArrowStep, State, climb
from harness.concordance.exact import in_standard_errors
from harness.concordance.judgement import Findings, judged
from harness.concordance.metrics import reported_errors
from harness.concordance.reference import QUADRATIC
from harness.concordance.standard_units import StandardUnits
from harness.design import FloatArray
from harness.result import FitResult


def still_to_gain(
    state: State, at: Callable[[FloatArray, FloatArray], ArrowPoint], here: ArrowPoint,
    newton: ArrowStep,
) -> float:  # fmt: skip
    """Half the squared decrement, or what a climb reaches where no quadratic model holds."""
    gap = 0.5 * newton.decrement**2
    if newton.definite and newton.decrement <= QUADRATIC:
        return gap
    return max(climb(state, at) - here.value, gap if newton.definite else 0.0)


def arrow_certificate(
    fit: FitResult, units: StandardUnits, objective: str, here: ArrowPoint, newton: ArrowStep,
    gap: float, bse: FloatArray, log_sd_step: FloatArray, log_sd_se: FloatArray,
) -> Certificate:  # fmt: skip
    """Judge a fit by its objective's derivatives at its own answer.

    Parameters
    ----------
    objective : str
        In words.
    gap : float
        As ``still_to_gain`` has it.
    bse : ndarray, shape (p,)
        Exact standard errors of the terms.
    log_sd_step, log_sd_se : ndarray, shape (q,)
        Newton step and standard error of the logs of the random effects' standard deviations.
    """
    terms, names = fit.design.exog_names, fit.design.exog_re_names
    own = tuple(f"log sd({name})" for name in names)
    return judged(
        Findings(
            objective=objective,
            value=here.value,
            newton_decrement=newton.decrement,
            steps_se={
                **in_standard_errors(terms, units.transform @ newton.step[: len(bse)], bse),
                **in_standard_errors(own, log_sd_step, log_sd_se),
            },
            llf_gap=gap,
            definite=newton.definite,
            se_errors=reported_errors(fit.bse, bse),
            no_se=tuple(map(str, fit.bse.index[~(fit.bse > 0.0)])),
            llf_error=float(fit.details["objective_value"]) - here.value,
        )
    )
