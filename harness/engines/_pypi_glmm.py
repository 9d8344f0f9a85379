"""The PyPI package glmm: what the engines ``glmm`` and ``glmm-agq`` share.

It takes a formula over bare columns, with an intercept, and the variable of a random slope must
be among the fixed effects. A design whose fixed effects span that variable is reparametrised, and
estimates and covariance are mapped back; the model stays the same.
"""

from __future__ import annotations

import importlib.util
import time
import warnings
from importlib.metadata import version
from typing import Any

import numpy as np

from harness.design import Design, FloatArray
from harness.engines.assembly import assemble
from harness.engines.base import Engine, FitOptions
from harness.errors import FitFailure
from harness.result import FitResult, Message, MessageKind

# A column that the fixed effects leave by more than this, relative to its length, is not theirs.
SPAN_TOLERANCE = 1e-9
KINDS: dict[str, MessageKind] = {
    "SingularFitWarning": "singular",
    "HessianSeFallbackWarning": "hessian",
    "SeUnavailableWarning": "hessian",
    "IllConditionedWarning": "scale",
}


def missing() -> str | None:
    """Return None where the package is installed, else what to install."""
    if importlib.util.find_spec("glmm") is None:
        return "the package glmm is not installed: pip install 'glmm-harness[glmm]'"
    return None


def glmm_version() -> str:
    """Return the version of the package, or that it is missing."""
    return version("glmm") if missing() is None else "missing"


def fit_pypi_glmm(identity: Engine, design: Design, options: FitOptions, points: int) -> FitResult:
    """Fit by ``glmm.fit``; it knows one setting.

    Raises
    ------
    FitFailure
        For a model that its formula cannot say, or if it gives no answer.
    """
    import glmm

    began = time.perf_counter()
    back = reparametrisation(design)
    columns, formula = formula_of(design, back)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = glmm.fit(
                columns,
                formula,
                family="poisson",
                offset=design.offset,
                nagq=points,
                wald_se="rx" if options.se_method == "rx" else "hessian",
                anova_test="Wald",
            )
        except (ValueError, RuntimeError) as error:
            raise FitFailure(f"glmm says: {error}") from None
    q = design.exog_re.shape[1]
    sd, correlation = np.zeros(0), np.zeros((0, 0))
    if q:
        with np.errstate(invalid="ignore"):  # of a standard deviation that is zero
            sd, correlation = found.stddev_corr(0)
        correlation = np.nan_to_num(correlation, nan=0.0)
    return assemble(
        design,
        engine=identity.name,
        engine_version=identity.version(),
        language=identity.language,
        method=identity.method,
        estimator=identity.estimator,
        settings=options.settings,
        se_method=options.se_method,
        n_quadrature=points if points > 1 else None,
        params=back @ found.beta,
        covariance=back @ found.vcov @ back.T,
        cov_re=np.asarray(correlation * np.outer(sd, sd)),
        random_effects=np.asarray(found.ranef).reshape(design.n_groups, q),
        llf=float(found.loglik),
        converged=bool(found.converged),
        messages=_messages(caught),
        seconds=time.perf_counter() - began,
        reproduce=_reproduce(formula, back, points),
    )


def reparametrisation(design: Design) -> FloatArray:
    """Return A (p, p) with ``exog @ A`` the columns that glmm wants: ones first, slopes among them.

    Raises
    ------
    FitFailure
        If the fixed effects do not span the random ones, or the first of those is no intercept.
    """
    x, z, p = design.exog, design.exog_re, design.exog.shape[1]
    wanted = [np.ones(design.nobs), *z.T[1:]] if z.shape[1] else [np.ones(design.nobs)]
    if z.shape[1] and not np.all(z[:, 0] == 1.0):
        raise FitFailure("glmm needs a random intercept as the first random effect")
    A, free = np.eye(p), list(range(p))
    order = []
    for column in wanted:
        weights, *_ = np.linalg.lstsq(x, column, rcond=None)
        if np.linalg.norm(x @ weights - column) > SPAN_TOLERANCE * np.linalg.norm(column):
            raise FitFailure(
                "glmm needs an intercept and the variable of every random slope among the fixed"
                " effects, or in their span"
            )
        taken = max(free, key=lambda k: abs(weights[k]) * np.linalg.norm(x[:, k]))
        free.remove(taken)
        A[:, taken] = weights
        order.append(taken)
    return A[:, [*order, *free]]


def formula_of(design: Design, back: FloatArray) -> tuple[dict[str, Any], str]:
    """Return the columns under safe names, and the formula over them, of ``exog @ back``."""
    made = design.exog @ back
    slopes = max(design.exog_re.shape[1] - 1, 0)
    # The very column, not its sum: rounding would make it another variable.
    made[:, 1 : 1 + slopes] = design.exog_re[:, 1:]
    names = [f"x{k}" for k in range(1, made.shape[1])]
    columns: dict[str, Any] = {"y": design.endog, **dict(zip(names, made.T[1:], strict=True))}
    columns["g"] = [f"g{code:09d}" for code in design.groups]
    terms = names or ["1"]
    if design.exog_re.shape[1]:
        terms = [*terms, f"(1{''.join(f' + {name}' for name in names[:slopes])} | g)"]
    return columns, f"y ~ {' + '.join(terms)}"


def _messages(caught: list[warnings.WarningMessage]) -> tuple[Message, ...]:
    return tuple(
        Message(KINDS.get(w.category.__name__, "other"), " ".join(str(w.message).split()))
        for w in caught
    )


def _reproduce(formula: str, back: FloatArray, points: int) -> str:
    return (
        "import glmm, numpy as np\n"
        f"A = np.array({np.array2string(back, separator=', ', threshold=10**6)})\n"
        "columns = np.asarray(X) @ A  # glmm wants the slope's variable among the fixed effects\n"
        "data = {'y': np.asarray(y, float), 'g': [str(g) for g in groups]}\n"
        "data |= {f'x{k}': columns[:, k] for k in range(1, columns.shape[1])}\n"
        f'fit = glmm.fit(data, "{formula}", family="poisson", offset=np.asarray(offset),'
        f" nagq={points})\n"
        "print(fit.loglik, A @ fit.beta)"
    )
