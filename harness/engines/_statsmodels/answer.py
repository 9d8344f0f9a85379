"""From a design to a FitResult: run one of statsmodels' methods and say what came of it."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from statsmodels.genmod.bayes_mixed_glm import BayesMixedGLMResults

from harness.design import Design
from harness.engines._statsmodels.offset_model import OffsetPoissonBayesMixedGLM
from harness.engines._statsmodels.pilot import pilot
from harness.engines._statsmodels.standardised import Standardised, standardise
from harness.engines.assembly import assemble
from harness.engines.base import Engine, FitOptions
from harness.engines.messages import classify_all
from harness.errors import FitFailure
from harness.result import FitResult, Message

Call = Callable[[OffsetPoissonBayesMixedGLM, FitOptions], BayesMixedGLMResults]

_REPRODUCE = """\
import numpy as np
from harness import Design
from harness.engines._statsmodels import BoundSearch, ModeSearch, OffsetPoissonBayesMixedGLM
from harness.engines._statsmodels import standardise
# y (n,): counts; X (n, p), Z (n, q): columns of the fixed and the random effects;
# groups (n,): units; offset (n,): log exposure
s = standardise(Design(y, X, groups, exog_re=Z, offset=offset))
model = OffsetPoissonBayesMixedGLM(s.endog, s.exog, s.exog_vc, s.ident, offset=s.offset)
fit = model.{line}
params = s.transform @ fit.fe_mean + s.shift
spread = fit.cov_params()  # a vector of variances after fit_vb
block = spread[: len(params), : len(params)] if spread.ndim == 2 else np.diag(fit.fe_sd**2)
bse = np.sqrt(np.diag(s.transform @ block @ s.transform.T))
sd_re = np.exp(fit.vcp_mean) / s.re_scale"""


def fit_bayes(
    engine: Engine, design: Design, options: FitOptions, call: Call, *, objective: str, line: str
) -> FitResult:
    """Fit a design by one of statsmodels' two methods and return to the original coding.

    Parameters
    ----------
    call : callable
        Model and options to statsmodels' results.
    objective : str
        What is maximised, for ``FitResult.details``.
    line : str
        The call of a fit method by which a reader redoes it.

    Raises
    ------
    FitFailure
        If there are no random effects, or statsmodels gives no finite answer.
    """
    if design.exog_re.shape[1] == 0:
        raise FitFailure(f"{engine.name} needs random effects: PoissonBayesMixedGLM has no other")
    began = time.perf_counter()
    standardised = standardise(design)
    model = standardised.model()
    found, notes = _called(engine, model, options, call)
    collapsed = _collapsed(model, found)
    # A run that did not converge may end where exp() overflows.
    with np.errstate(all="ignore"):
        result = assemble(
            design,
            **standardised.original_coding(found),
            engine=engine.name,
            engine_version=engine.version(),
            language=engine.language,
            method=engine.method,
            estimator=engine.estimator,
            settings=options.settings,
            # Its random effects are independent: no correlation is fitted.
            n_params=design.exog.shape[1] + design.exog_re.shape[1],
            se_method="posterior",
            llf=np.nan,
            converged=bool(found.optim_retvals.success),
            messages=notes + _remarks(design, collapsed),
            seconds=time.perf_counter() - began,
            reproduce=_REPRODUCE.format(line=line),
            details=_details(standardised, model, found, objective),
        )
    return replace(result, singular=result.singular or bool(collapsed))


def _called(
    engine: Engine, model: OffsetPoissonBayesMixedGLM, options: FitOptions, call: Call
) -> tuple[BayesMixedGLMResults, tuple[Message, ...]]:
    """Return statsmodels' results and what it warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = call(model, options)
        except np.linalg.LinAlgError as error:
            raise FitFailure(f"{engine.name} gave no answer: {error}") from None
    with np.errstate(over="ignore"):  # vcp_mean: logs of standard deviations
        variances = np.exp(2.0 * found.vcp_mean)
    if not (np.isfinite(found.params).all() and np.isfinite(variances).all()):
        raise FitFailure(f"{engine.name} gave no answer: its estimates are not finite")
    return found, classify_all(str(warning.message) for warning in caught)


def _collapsed(model: OffsetPoissonBayesMixedGLM, found: BayesMixedGLMResults) -> list[int]:
    """Terms of a joint mode whose standard deviation lies where only the mode near zero is."""
    if found.cov_params().ndim == 1:  # fit_vb: no joint mode
        return []
    floor = pilot(model, np.zeros(model.k_vcp)).floor
    return [int(k) for k in np.flatnonzero(found.vcp_mean <= floor)]


def _remarks(design: Design, collapsed: list[int]) -> tuple[Message, ...]:
    remarks = []
    if design.covariance == "unstructured" and design.exog_re.shape[1] > 1:
        text = "random effects are independent in statsmodels: no correlation was fitted"
        remarks.append(Message("other", text))
    remarks += [
        Message(
            "singular",
            f"the joint posterior has no mode away from zero for the random effect"
            f" {design.exog_re_names[k]!r}: its standard deviation ran towards zero",
        )
        for k in collapsed
    ]
    return tuple(remarks)


def _details(
    standardised: Standardised,
    model: OffsetPoissonBayesMixedGLM,
    found: BayesMixedGLMResults,
    objective: str,
) -> dict[str, Any]:
    optimum = found.optim_retvals
    return {
        "objective": objective,
        "objective_value": -float(optimum.fun),
        "gradient_max": float(np.abs(optimum.jac).max()),
        "iterations": int(optimum.nit),
        "optimiser": str(optimum.message),
        "fe_p": model.fe_p,
        "vcp_p": model.vcp_p,
        "log_rate": standardised.log_rate,
        "exog_centre": standardised.centre.tolist(),
        "exog_scale": standardised.scale.tolist(),
        "exog_re_scale": standardised.re_scale.tolist(),
        # Of (beta, log tau, b), after fit_vb: what its bound is a function of beside the means.
        "posterior_sd": np.concatenate([found.fe_sd, found.vcp_sd, found.vc_sd]).tolist(),
    }
