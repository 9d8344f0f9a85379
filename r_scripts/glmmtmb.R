# glmmTMB on a request.  By hand:  Rscript glmmtmb.R REQUEST_FOLDER

# Starts for theta (log standard deviations, then scaled correlations) beside glmmTMB's own.
glmmtmb_starts <- function(q, covariance) {
  sd <- c(log(.3), rep(-2.5, q))[seq_len(q)]
  low <- c(log(.3), rep(-4, q))[seq_len(q)]
  pairs <- if (covariance == "diagonal") 0 else q * (q - 1) / 2
  starts <- list(c(sd, rep(1, pairs)), c(sd, rep(-1, pairs)), c(low, rep(0, pairs)))
  c(list(NULL), lapply(unique(starts), function(theta) list(theta = theta)))
}

glmmtmb_family <- function(name) switch(name, poisson = stats::poisson(), nb2 = glmmTMB::nbinom2())

glmmtmb_once <- function(formula, data, family, start) {
  glmmTMB::glmmTMB(formula, data = data, family = family, offset = o, start = start)
}

# Newton steps on glmmTMB's own objective: nlminb stops before the last digits. A step that
# does not lower it is not taken.
#
# The Hessian is a difference of glmmTMB's exact gradient over a thousandth of a standard error
# of each parameter. optimHess's own step is 0.001 whatever the scale, too long for the
# coefficient of a column that runs to 59: standard errors were off by 1e-4. A parameter without
# information, such as the log of a vanishing standard deviation, keeps that step; towards such a
# boundary each Newton step halves the distance, which is why there are ten.
newton_polish <- function(model, steps = 10L, enough = 1e-9) {
  fn <- model$obj$fn
  gr <- model$obj$gr
  par <- model$fit$par
  scale <- pmin(1 / sqrt(pmax(diag(stats::optimHess(par, fn, gr)), 1)), 1)
  at <- function(par) {
    hessian <- stats::optimHess(par, fn, gr, control = list(ndeps = 1e-3 * scale))
    half <- known_half(hessian)
    along <- crossprod(half, as.numeric(gr(par)))
    list(par = par, half = half, step = as.numeric(half %*% along), decrement = sqrt(sum(along^2)))
  }
  here <- at(par)
  for (i in seq_len(steps)) {
    if (here$decrement < enough || any(abs(here$step) > pmax(1, abs(here$par)))) break
    if (!isTRUE(fn(here$par - here$step) <= fn(here$par) + 1e-9)) break
    here <- at(here$par - here$step)
  }
  here
}

# Directions of a Hessian that carry information, scaled: columns v with v v' = its inverse.
known_half <- function(hessian) {
  scale <- 1 / sqrt(pmax(abs(diag(hessian)), .Machine$double.eps))
  parts <- eigen(hessian * outer(scale, scale), symmetric = TRUE)
  known <- parts$values > 1e-7
  sweep(scale * parts$vectors[, known, drop = FALSE], 2, sqrt(parts$values[known]), "/")
}

fit_glmmtmb <- function(request) answered(glmmtmb_fit, request)

glmmtmb_fit <- function(request) {
  data <- model_frame(request)
  formula <- model_formula(request, function(z) sprintf("diag(0 + %s | g)", paste(z, collapse = " + ")))
  family <- glmmtmb_family(request$family)
  began <- proc.time()[["elapsed"]]
  starts <- if (request$settings == "default") list(NULL)
    else glmmtmb_starts(as.integer(request$q), request$covariance)
  runs <- lapply(starts, function(start) captured(glmmtmb_once(formula, data, family, start)))
  value <- vapply(runs, function(r) if (failed(r$value)) Inf else r$value$fit$objective, numeric(1))
  run <- runs[[which.min(value)]]
  if (failed(run$value)) return(list(failure = run$value[[1]], notes = run$notes))
  answered <- captured(glmmtmb_answer(run$value, request))
  if (failed(answered$value)) return(list(failure = answered$value[[1]], notes = answered$notes))
  answer <- answered$value
  answer$notes <- c(run$notes, answered$notes)
  answer$seconds <- proc.time()[["elapsed"]] - began
  answer
}

glmmtmb_answer <- function(model, request) {
  printed <- sqrt(diag(as.matrix(stats::vcov(model)$cond)))
  covariance <- as.matrix(stats::vcov(model)$cond)
  par <- model$fit$par
  converged <- model$fit$convergence == 0
  if (request$settings == "tight") {
    polished <- newton_polish(model)
    par <- polished$par
    covariance <- tcrossprod(polished$half[names(par) == "beta", , drop = FALSE])
    # nlminb's own word is about its last step, before these. A singular covariance lies at
    # infinity in these coordinates, so it is approached only: half of 1e-4 in log-likelihood.
    converged <- polished$decrement < 1e-2
  }
  llf <- -model$obj$fn(par)
  report <- model$obj$report()
  full <- model$obj$env$last.par
  effects <- matrix(full[names(full) == "b"], nrow = as.integer(request$q))
  list(params = as.double(par[names(par) == "beta"]), cov_params = as.double(covariance),
       printed_se = as.double(printed), cov_re = as.double(glmmtmb_cov_re(report)),
       random_effects = as.double(t(effects)), llf = as.double(llf),
       converged = as.double(converged),
       # glmmTMB 1.1.8 renamed the parameter.
       theta = exp(as.double(par[names(par) %in% c("betad", "betadisp")])),
       version = as.character(utils::packageVersion("glmmTMB")))
}

glmmtmb_cov_re <- function(report) {
  if (!length(report$sd)) return(double())
  sd <- report$sd[[1]]
  corr <- report$corr[[1]]
  # TMB reports no correlations for a diagonal block.
  if (!length(corr)) corr <- diag(length(sd))
  corr * outer(sd, sd)
}

if (sys.nframe() == 0L) {
  here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
  for (script in c("exchange.R", "design.R")) source(file.path(here, script))
  folder <- commandArgs(TRUE)[1]
  write_answer(fit_glmmtmb(read_request(folder)), folder)
}
