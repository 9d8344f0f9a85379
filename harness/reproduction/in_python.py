"""redo.py: Python redoes its fits, and evaluates the exact likelihood at every answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.design import Design
from harness.engines._poisson_glmm import reproduce_lines
from harness.reproduction.columns import loading_in_python
from harness.result import FitResult

_HEAD = """\
# python redo.py, in this folder; it needs the package glmm-harness.
import numpy as np
{loading}
from harness.design import Design
from harness.glmm import PoissonGLMM
from harness.glmm.laplace import Objective

nan, inf = float("nan"), float("inf")
Z = None if Z.shape[1] == 0 else Z
design = Design(y, X, groups, exog_re=Z, offset=offset, {options})
model = PoissonGLMM.from_design(design)


def exact(params, cov_re, variance, points):
    return Objective.of(design, points).value(model.psi(params, cov_re, variance))


def say(what, value):
    print(f"  {{what:<58}} {{value:.17g}}")


def tell(name, estimates, se, llf):
    print(name)
    for term, estimate, error in zip(X.columns, np.asarray(estimates), np.asarray(se)):
        say(f"{{term}} estimate", estimate)
        say(f"{{term}} standard error", error)
    say("log-likelihood", llf)

"""
_SHOWN = {
    "laplace": "fit.params, np.sqrt(np.diag(fit.cov_params(se_method={se!r}))), fit.llf",
    "agq": "fit.params, np.sqrt(np.diag(fit.cov_params(se_method={se!r}))), fit.llf",
    "glmm": "A @ fit.beta, np.sqrt(np.diag(A @ fit.vcov @ A.T)), fit.loglik",
    "glmm-agq": "A @ fit.beta, np.sqrt(np.diag(A @ fit.vcov @ A.T)), fit.loglik",
    "statsmodels-map": "params, bse, nan",
    "statsmodels-vb": "params, bse, nan",
}


def script(design: Design, fits: Sequence[FitResult], file: str) -> str:
    """Return redo.py.

    Parameters
    ----------
    fits : sequence of FitResult
        Those of Python are redone; where there is none, PoissonGLMM's is added. The exact
        likelihood is evaluated at the answer of each.
    """
    parts = [_HEAD.format(loading=loading_in_python(file, design), options=_options(design))]
    for fit in fits:
        if fit.engine in _SHOWN and fit.reproduce:
            shown = _SHOWN[fit.engine].format(se=fit.se_method)
            parts.append(_redone(f"{fit.engine} ({fit.settings})", fit.reproduce, shown))
    if all(fit.language == "R" for fit in fits):
        shown = _SHOWN["laplace"].format(se=fits[0].se_method)
        parts.append(_redone("laplace", reproduce_lines(design, 1), shown))
    return "\n".join([*parts, *map(_reported, fits)]) + "\n"


def _options(design: Design) -> str:
    words = ("family", "covariance", "response", "random")
    said = [f"{word}={getattr(design, word)!r}" for word in words]
    return ", ".join([*said, *([] if design.trials is None else ["trials=trials"])])


def _redone(title: str, lines: str, shown: str) -> str:
    quiet = "\n".join(line for line in lines.splitlines() if not line.startswith("print("))
    return f"{quiet}\ntell({title + ': redone by its own call'!r}, {shown})\n"


def _reported(fit: FitResult) -> str:
    points = fit.n_quadrature or 1
    how = "Laplace" if points == 1 else f"{points}-point"
    cov_re = repr(fit.cov_re.tolist()) if fit.cov_re.size else "np.zeros((0, 0))"
    return (
        f"tell({f'{fit.engine} ({fit.settings}): as it was reported'!r},\n"
        f"     {_list(fit.params)},\n     {_list(fit.bse)}, {float(fit.llf)!r})\n"
        f'say("exact {how} log-likelihood at these estimates",\n'
        f"    exact({_list(fit.params)},\n"
        f"          {cov_re}, {float(fit.variance_parameter)!r}, {points}))"
    )


def _list(values: Iterable[float]) -> str:
    return repr([float(value) for value in values])
