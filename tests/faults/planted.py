"""Faults to plant in one of two honest fits, and in copies of the R scripts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from unittest.mock import patch

import numpy as np

from harness.design import Design
from harness.engines import r_bridge
from harness.glmm import compiled, fitting, model
from harness.glmm.fitting import fit_quadrature as by_seven
from harness.glmm.laplace import Objective
from harness.resources import folder


@dataclass(frozen=True)
class Fault:
    """One fault: what it is, how large, and the cause that must come out.

    Attributes
    ----------
    engine : str
        Whose answer is falsified.
    design : callable
        From the honest design to the one that this engine gets.
    script : tuple of (str, str, str), or None
        R script, the text in it and what stands there instead.
    inside : callable
        Context in which this engine fits.
    says : str
        What the evidence must name.
    """

    name: str
    magnitude: str
    cause: str
    engine: str = "lme4"
    design: Callable[[Design], Design] = lambda design: design
    script: tuple[str, str, str] | None = None
    inside: Callable[[], AbstractContextManager[object]] = nullcontext
    says: str = ""
    settings: Literal["default", "tight"] = "tight"

    def __str__(self) -> str:
        return self.name


def faulty_scripts(place: Path, script: str, old: str, new: str) -> AbstractContextManager[object]:
    """R engines run copies of the scripts in which one text is another."""
    scripts = shutil.copytree(folder("r_scripts"), place / "r_scripts")
    file = scripts / f"{script}.R"
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{file.name} has {old!r} {text.count(old)} times"
    file.write_text(text.replace(old, new), encoding="utf-8")
    return patch.object(r_bridge, "folder", lambda name: scripts)


def rebuilt(design: Design, **changes: object) -> Design:
    parts = {
        "endog": design.endog, "exog": design.exog, "groups": design.groups,
        "exog_re": design.exog_re, "offset": design.offset, "exog_names": design.exog_names,
        "exog_re_names": design.exog_re_names, "covariance": design.covariance,
    }  # fmt: skip
    return Design(**{**parts, **changes})  # type: ignore[arg-type]


def one_count(design: Design) -> Design:
    counts = design.endog.copy()
    counts[3] = np.round(1.2 * counts[3]) + 1.0
    return design.with_counts(counts)


def without(design: Design, drop: np.ndarray) -> Design:
    kept = ~drop
    return rebuilt(
        design, endog=design.endog[kept], exog=design.exog[kept], groups=design.groups[kept],
        exog_re=design.exog_re[kept], offset=design.offset[kept],
    )  # fmt: skip


def last_period(design: Design) -> Design:
    return without(design, np.arange(design.nobs) == design.nobs - 1)


def narrow_window(design: Design) -> Design:
    return without(design, design.exog_re[:, 1] == design.exog_re[:, 1].min())


def late_step(design: Design) -> Design:
    """``step1`` begins one period late, as if a lag had been counted twice."""
    x = design.exog.copy()
    x[:, 3] = design.exog_re[:, 1] >= 2
    return rebuilt(design, exog=x)


def one_exposure(design: Design) -> Design:
    offset = design.offset + np.log(10.0) * (design.groups == 4)
    return rebuilt(design, offset=offset)


def other_units(design: Design) -> Design:
    """The last row of each unit belongs to the next one, as a lag by rows would have it."""
    last = np.flatnonzero(np.diff(design.groups, append=design.n_groups))
    groups = design.groups.copy()
    groups[last] = (groups[last] + 1) % design.n_groups
    return rebuilt(design, groups=groups)


def biased_gradient() -> AbstractContextManager[object]:
    """PoissonGLMM climbs by a gradient that is off by a fiftieth per standard error of beta."""
    honest = Objective.gradient

    def biased(self: Objective, psi: np.ndarray) -> np.ndarray:
        bias = 0.02 * np.sqrt(np.abs(np.diag(self.hessian(psi))))
        bias[self.layout.p :] = 0.0
        return honest(self, psi) + bias

    return patched((fitting, "_regular", lambda objective: None), (Objective, "gradient", biased))


@contextmanager
def patched(*changes: tuple[object, str, object]) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, value in changes:
            stack.enter_context(patch.object(owner, name, value))
        yield


def first_answer_taken(*changes: tuple[object, str, object]) -> AbstractContextManager[object]:
    """As ``patched``; PoissonGLMM looks no further than its first answer."""
    return patched((fitting, "_believed", lambda design: True), *changes)


def compiled_fit(change: Callable[..., object]) -> Callable[[], AbstractContextManager[object]]:
    """PoissonGLMM's compiled road, its answer changed in place."""
    honest = compiled.fit

    def changed(lanes, work, psi, u, gradient, hessian):  # type: ignore[no-untyped-def]
        value, decrement, status = honest(lanes, work, psi, u, gradient, hessian)
        value += change(psi, hessian) or 0.0
        return value, decrement, status

    return lambda: first_answer_taken((compiled, "fit", changed))


def shrink_hessian(psi: np.ndarray, hessian: np.ndarray) -> None:
    hessian *= 1.03


def drop_constant(psi: np.ndarray, hessian: np.ndarray) -> float:
    return 0.05


def far_start() -> AbstractContextManager[object]:
    """PoissonGLMM takes a first guess, with no variance at all, for its answer."""

    def stopped(objective: Objective) -> object:
        found = fitting._climb(objective, next(fitting._starts(objective)), 1)
        p = objective.layout.p
        psi = found.optimum.x.copy()
        psi[p:] = 0.0
        point = objective.at(psi, 2)
        for _ in range(20):
            psi[:p] -= np.linalg.solve(point.hessian[:p, :p], point.gradient[:p])
            point = objective.at(psi, 2)
        optimum = replace(
            found.optimum, x=psi, value=point.value, gradient=point.gradient,
            hessian=point.hessian,
        )  # fmt: skip
        return replace(found, optimum=optimum, singular=True)

    return first_answer_taken((fitting, "_regular", stopped))


LME4_ANSWER = "params = as.double(lme4::fixef(fit)), cov_params"
FAULTS = (
    Fault("a count is another", "one of 210 by a fifth", "data", design=one_count),
    Fault("a row is missing", "one of 210", "data", design=last_period),
    Fault("the window is shorter", "one period of seven", "data", design=narrow_window),
    Fault("a stage begins late", "one period", "data", design=late_step),
    Fault("an exposure is in other units", "one unit's, by ten", "data", design=one_exposure),
    Fault("rows belong to other units", "the last of each", "data", design=other_units),
    Fault(
        "the covariance has another structure", "diagonal for unstructured", "data",
        design=lambda design: rebuilt(design, covariance="diagonal"),
    ),
    Fault(
        "values change on the way to R", "one count by 1", "failure", says="checksum",
        script=("design", 'fields <- request[c("y", "x", "z", "g", "o")]',
                'request$y[1] <- request$y[1] + 1\n  fields <- request[c("y", "x", "z", "g", "o")]'),
    ),
    Fault(
        "R drops a row after the checksum", "one of 210", "unexplained", says="off by",
        script=("design", 'columns("z", request$q))', 'columns("z", request$q))[-1, ]'),
    ),
    Fault(
        "R's formula has no offset", "all of it", "unexplained", says="off by",
        script=("lme4", "lme4::glmer(model$formula, data = model$data, family = model$family, offset = o,",
                "lme4::glmer(model$formula, data = model$data, family = model$family,"),
    ),
    Fault(
        "R rounds the exposure", "to a tenth of its logarithm", "unexplained", says="off by",
        script=("design", "o = request$o,", "o = round(request$o, 1),"),
    ),
    Fault(
        "R fits another structure", "diagonal for unstructured", "optimiser",
        script=("design", 'sprintf("(0 + %s | g)", paste(z, collapse = " + "))',
                'paste(sprintf("(0 + %s | g)", z), collapse = " + ")'),
    ),
    Fault(
        "Python maximises another approximation", "7 points for Laplace", "approximation",
        engine="laplace", says="maximised 7 points of quadrature",
        inside=lambda: patched((model, "fit_quadrature", lambda design, *_: by_seven(design, 7))),
    ),
    Fault(
        "R maximises another likelihood", "negative binomial for Poisson", "unexplained",
        engine="glmmtmb", says="off by",
        script=("glmmtmb", "poisson = stats::poisson()", "poisson = glmmTMB::nbinom2()"),
    ),
    Fault(
        "the tolerance is loose", "bobyqa's last trust region 0.02", "optimiser", settings="default",
        script=("lme4", "lme4::glmerControl(), NULL",
                'lme4::glmerControl("bobyqa", optCtrl = list(rhobeg = 0.05, rhoend = 0.02)), NULL'),
    ),
    Fault(
        "the log-likelihood lacks a constant", "0.05", "unexplained", says="off by",
        script=("lme4", "llf = as.double(stats::logLik(fit)), converged",
                "llf = as.double(stats::logLik(fit)) + 0.05, converged"),
    ),
    Fault(
        "standard errors are another method's", "RX for observed, 0.7 %", "standard-error method",
        script=("lme4", "covariance <- if (rx) rx_covariance(fit, sigm = 1) else sharp$covariance",
                "covariance <- rx_covariance(fit)"),
    ),
    Fault(
        "standard errors are too large", "1 %", "standard-error method",
        script=("lme4", "cov_params = as.double(covariance),\n       printed_se = if",
                "cov_params = as.double(covariance) * 1.01^2,\n       printed_se = if"),
    ),
    Fault(
        "estimates are off", "a twentieth of their standard errors", "unexplained",
        says="off by",
        script=("lme4", LME4_ANSWER,
                "params = as.double(lme4::fixef(fit)) + 0.05 * sqrt(diag(covariance)), cov_params"),
    ),
    Fault(
        "terms come back in another order", "step0 and step1 swapped", "unexplained",
        says="off by", script=("lme4", LME4_ANSWER,
                               "params = as.double(lme4::fixef(fit))[c(1, 2, 4, 3, 5)], cov_params"),
    ),
    Fault(
        "units come back in another order", "sorted as text", "unexplained",
        says="conditional modes",
        script=("lme4", "unlist(lme4::ranef(fit, condVar = FALSE)$g)",
                ("(function(modes) modes[order(as.character(seq_len(nrow(modes)))), ])"
                "(as.matrix(lme4::ranef(fit, condVar = FALSE)$g))")),
    ),
    Fault(
        "R dies in mid-fit", "exit 1", "failure",
        script=("lme4", "lme4_fit <- function(request) {", 'lme4_fit <- function(request) {\n  quit("no", 1)'),
    ),
    Fault(
        "Python's gradient is biased", "0.02 per standard error", "optimiser", engine="laplace",
        inside=biased_gradient,
    ),
    Fault(
        "Python's Hessian is scaled", "3 %", "standard-error method", engine="laplace",
        inside=compiled_fit(shrink_hessian),
    ),
    Fault(
        "Python's log-likelihood has another constant", "0.05", "unexplained", engine="laplace",
        says="off by", inside=compiled_fit(drop_constant),
    ),
    Fault(
        "Python is falsely singular", "no variance at all", "optimiser", engine="laplace",
        inside=far_start, says="falsely singular",
    ),
)  # fmt: skip

# Below the limits of `concordant`: what nobody needs to see, and the harness lets pass.
PASSED = (
    Fault(
        "standard errors are too large", "0.1 %", "standard-error method",
        script=("lme4", "cov_params = as.double(covariance),\n       printed_se = if",
                "cov_params = as.double(covariance) * 1.001^2,\n       printed_se = if"),
    ),
    Fault(
        "estimates are off", "a 2,000th of their standard errors", "optimiser",
        script=("lme4", LME4_ANSWER,
                "params = as.double(lme4::fixef(fit)) + 5e-4 * sqrt(diag(covariance)), cov_params"),
    ),
    Fault(
        "the log-likelihood lacks a constant", "0.0005", "optimiser",
        script=("lme4", "llf = as.double(stats::logLik(fit)), converged",
                "llf = as.double(stats::logLik(fit)) + 5e-4, converged"),
    ),
)  # fmt: skip
