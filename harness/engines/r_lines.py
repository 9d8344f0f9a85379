"""R lines that redo a fit by hand: templates, filled by ``r_engine.reproduce_lines``.

``{formula}`` may hold any letters, so it is filled in, never a template itself.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lines:
    """Parts of the lines of one engine.

    Attributes
    ----------
    call, tight : str
        The fit, as a user types it or from the best of several starts.
    optimum : str
        The point to which Newton steps led from there, with derivatives taken at it.
    show, left_out : str
        Estimates and standard errors; where the Hessian has directions without information.
    """

    call: str
    tight: str
    optimum: str
    show: str
    left_out: str


# To glm and lme4 a family of another name has a scale, by which they multiply; here it is 1.
PSEUDO = """\
# R's own Poisson log-likelihood is minus infinity where a value is not whole.
pseudo <- poisson()
pseudo$family <- "pseudo-poisson"
pseudo$aic <- function(y, n, mu, wt, dev) -2 * sum(wt * (y * log(mu) - mu - lgamma(y + 1)))
"""

O_ID = """\
# an effect of every row
d$o_id <- factor(seq_len(nrow(d)))
"""
PSEUDO_RX = """\
rx <- vcov(fit, use.hessian = FALSE, sigm = 1)
cbind(Estimate = fixef(fit), `Std. Error` = sqrt(diag(rx)))"""

GLM = """\
fit <- glm({formula}, data = d, offset = o, family = {family}, epsilon = 1e-14)
summary(fit{scale})"""

_LME4 = Lines(
    call="""\
library(lme4)
fit <- glmer({formula}, data = d, offset = o, family = {family})""",
    tight="""\
library(lme4)
control <- glmerControl(optimizer = "bobyqa", tolPwrss = {tolerance},
                        optCtrl = list(rhoend = 1e-9, maxfun = 1e5))
# the best of several starts
fit <- glmer({formula}, data = d, offset = o, family = {family},
             control = control{start})""",
    optimum="""\
# Newton steps lead on from there to this maximum (theta, then the fixed effects). The deviance is
# exact where it begins at its own linear predictor; derivatives are extrapolated differences.
best <- {best}
begun <- update(fit, start = NULL, devFunOnly = TRUE{looser})
place <- environment(begun)
deviance <- function(point) {{
  begun(point)
  place$lp0 <- as.numeric(place$resp$eta - place$baseOffset)
  begun(point)
}}
over <- function(h) {{
  at <- lme4:::deriv12(function(x) deviance(x * h), best / h, delta = 1)
  list(gradient = at$gradient / h, Hessian = at$Hessian / outer(h, h))
}}
h <- {h}
derivs <- Map(function(one, two) (4 * one - two) / 3, over(h), over(2 * h))
best <- structure(list(par = best, fval = deviance(best), conv = 0), derivs = derivs)
parts <- glFormula(formula(fit), data = d, offset = o, family = {family})
fit <- mkMerMod(place, best, parts$reTrms, parts$fr)""",
    show="summary(fit{asked})",
    left_out="""\
# A direction without information, as at a zero variance, is left out of the inverse.
hessian <- attr(best, "derivs")$Hessian / 2
scale <- 1 / sqrt(pmax(abs(diag(hessian)), .Machine$double.eps))
along <- eigen(hessian * outer(scale, scale), symmetric = TRUE)
known <- along$values > 1e-7
half <- scale * along$vectors[, known] %*% diag(1 / sqrt(along$values[known]))
se <- sqrt(rowSums(half^2))[-seq_along(getME(fit, "theta"))]
cbind(Estimate = fixef(fit), `Std. Error` = se)""",
)

_GLMMTMB = Lines(
    call="""\
library(glmmTMB)
fit <- glmmTMB({formula}, data = d, offset = o, family = {family})""",
    tight="""\
library(glmmTMB)
# the best of several starts
fit <- glmmTMB({formula}, data = d, offset = o, family = {family}{start})""",
    optimum="""\
# Newton steps lead on from there to this maximum; its Hessian is a difference of the gradient over
# a thousandth of a standard error of each parameter, or of a large scaled correlation.
best <- fit$fit$par
ndeps <- 1e-3 / sqrt(pmax(diag(optimHess(best, fit$obj$fn, fit$obj$gr)), 1))
large <- names(best) == "theta" & cumsum(names(best) == "theta") > {sds} & abs(best) > 1
ndeps[large] <- 1e-3 * abs(best[large])
best[] <- {best}
hessian <- optimHess(best, fit$obj$fn, fit$obj$gr, control = list(ndeps = ndeps))
fit$fit$objective <- fit$obj$fn(best)
fit$fit$par <- best
fit$fit$parfull <- fit$obj$env$last.par
fit$sdr <- TMB::sdreport(fit$obj, best, hessian)""",
    show="summary(fit)",
    left_out="""\
# A parameter without curvature, on its way to a boundary at infinity, is left out of the inverse.
kept <- names(best) == "beta" | diag(hessian) > 1e-8
se <- sqrt(diag(solve(hessian[kept, kept])))[names(best)[kept] == "beta"]
cbind(Estimate = fixef(fit)$cond, `Std. Error` = se)""",
)

R_FAMILIES = {
    "poisson": "poisson",
    "nb2": "nbinom2",
    "poisson-olre": "poisson",
    "binomial": "binomial",
}
R_LINES = {"lme4": _LME4, "glmmtmb": _GLMMTMB}
