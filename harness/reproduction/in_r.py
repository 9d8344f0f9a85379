"""redo.R: R redoes its fits, and base R evaluates the likelihood at every answer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import numpy as np

from harness.design import Design
from harness.engines import FitOptions, engine
from harness.engines.r_engine import reproduce_lines
from harness.reproduction.columns import loading_in_r
from harness.resources import folder
from harness.result import FitResult

_HEAD = """\
# Rscript redo.R, in this folder.
cat(R.version.string, "\\n")
{loading}
terms <- {terms}
X <- as.matrix(d[terms])
Z <- as.matrix(d[{effects}])
y <- d$y; o <- d$o; unit <- d$unit{trials}
"""
_TELL = """\
say <- function(what, value) {
  cat(sprintf("  %-58s %s\\n", what, formatC(value, digits = 17, format = "g")))
}
tell <- function(name, estimates, se, llf, G, theta = Inf, sigma = 0) {
  cat(name, "\\n", sep = "")
  for (k in seq_along(terms)) {
    say(paste(terms[k], "estimate"), estimates[k])
    say(paste(terms[k], "standard error"), se[k])
  }
  say("log-likelihood", llf)
  say("Laplace log-likelihood at these estimates, in base R",
      laplace(y, o, X, Z, unit, estimates, G, theta, sigma, {trials}))
}
"""
_PARTS = {"lme4": "VarCorr(fit, sigma = 1)", "glmmtmb": "VarCorr(fit)$cond"}
_COVARIANCE = """\
parts <- {parts}
units <- parts[names(parts) != "o_id"]
G <- as.matrix(Matrix::bdiag(lapply(units, function(b) matrix(as.double(b), nrow(b)))))"""
_OWN = {
    "poisson": "theta = Inf",
    "binomial": "theta = Inf",
    "nb2": "theta = sigma(fit)",
    "poisson-olre": "sigma = sqrt(as.double(parts$o_id))",
}
_REDO = """\
# What R says, by its own call.
shown <- {{
{lines}
}}
shown <- if (is.matrix(shown)) shown else coef(shown)
if (is.list(shown)) shown <- shown$cond
{covariance}
tell("{name}: redone by its own call", shown[, 1], shown[, 2], {llf}, G, {own})
"""


def script(design: Design, fits: Sequence[FitResult], file: str) -> str:
    """Return redo.R.

    Parameters
    ----------
    fits : sequence of FitResult
        Those of R are redone; where there is none, glmmTMB's is added if it has such a model. The
        likelihood is evaluated at the answer of each.
    """
    parts = [
        _HEAD.format(
            loading=loading_in_r(file),
            terms=_texts(design.exog_names),
            effects=_texts(design.exog_re_names),
            trials="" if design.trials is None else "; trials <- d$n",
        ),
        (folder("r_scripts") / "laplace.R").read_text(encoding="utf-8"),
        _TELL.replace("{trials}", "NULL" if design.trials is None else "trials"),
    ]
    parts += [
        _redone(fit.engine, f"{fit.engine} ({fit.settings})", design, fit.reproduce)
        for fit in fits
        if fit.language == "R" and fit.reproduce
    ]
    if not any(fit.language == "R" for fit in fits):
        parts += _partner(design)
    return "\n".join([*parts, *(_reported(fit) for fit in fits)])


def _redone(name: str, title: str, design: Design, lines: str) -> str:
    effects = design.exog_re.shape[1] > 0 or design.family == "poisson-olre"
    return _REDO.format(
        lines=lines,
        name=title,
        covariance=_COVARIANCE.format(parts=_PARTS[name]) if effects else "G <- matrix(0, 0, 0)",
        llf="-fit$fit$objective" if name == "glmmtmb" else "as.numeric(logLik(fit))",
        own=_OWN[design.family],
    )


def _partner(design: Design) -> list[str]:
    refused = engine("glmmtmb").refusal(design.family, design.covariance, design.response)
    if refused is not None:
        return [f"# No package in R has this model here: {refused}."]
    lines = reproduce_lines("glmmtmb", design, FitOptions(settings="default"), {})
    return [_redone("glmmtmb", "glmmtmb (default)", design, lines)]


def _reported(fit: FitResult) -> str:
    q = fit.cov_re.shape[0]
    theta = "Inf" if fit.theta is None else _number(fit.theta)
    return (
        f'tell("{fit.engine} ({fit.settings}): as it was reported",\n'
        f"     {_vector(fit.params)},\n     {_vector(fit.bse)},\n     {_number(fit.llf)},\n"
        f"     matrix(as.double({_vector(fit.cov_re.ravel())}), {q}, {q}), theta = {theta},"
        f" sigma = {_number(fit.sigma_olre or 0.0)})"
    )


def _texts(names: Sequence[str]) -> str:
    """Texts as R writes them: JSON's escapes are among R's."""
    words = ", ".join(json.dumps(name, ensure_ascii=False) for name in names)
    return f"c({words})" if names else "character()"


def _number(value: float) -> str:
    """A number as R reads it, to the last bit."""
    value = float(value)
    return repr(value) if np.isfinite(value) else "NaN" if np.isnan(value) else "Inf"


def _vector(values: Iterable[float]) -> str:
    return f"c({', '.join(map(_number, values))})"
