# glmmTMB on a request.  By hand:  Rscript glmmtmb.R REQUEST_FOLDER

# Starts for theta (log standard deviations, then scaled correlations) beside glmmTMB's own.
# The SD of rows' own effects comes first.
glmmtmb_starts <- function(request) {
  q <- as.integer(request$q)
  sd <- c(log(.3), rep(-2.5, q))[seq_len(q)]
  low <- c(log(.3), rep(-4, q))[seq_len(q)]
  pairs <- if (request$covariance == "diagonal") 0 else q * (q - 1) / 2
  starts <- list(c(sd, rep(1, pairs)), c(sd, rep(-1, pairs)), c(low, rep(0, pairs)))
  own <- if (by_row(request)) log(.3)
  c(list(NULL), lapply(unique(starts), function(theta) list(theta = c(own, theta))))
}

glmmtmb_family <- function(name) {
  switch(name, nb2 = glmmTMB::nbinom2(), binomial = stats::binomial(),
         `poisson-olre` = , poisson = stats::poisson())
}

glmmtmb_once <- function(formula, data, family, start) {
  glmmTMB::glmmTMB(formula, data = data, family = family, offset = o, start = start)
}

# Curvature of a parameter that has none. Measured on 40 panels: up to 7e-10 on the boundary, from
# 9e-7 on (a correlation of 0.998) inside, where leaving it out cost 1.5 % of a standard error.
NO_CURVATURE <- 1e-8

# Newton steps on glmmTMB's own objective: nlminb stops before the last digits. A step that
# does not lower it is not taken.
#
# The Hessian is a difference of glmmTMB's exact gradient over a thousandth of a standard error
# of each parameter. optimHess's own step is 0.001 whatever the scale, too long for the
# coefficient of a column that runs to 59: standard errors were off by 1e-4. A parameter without
# information, such as the log of a vanishing standard deviation, keeps that step; towards such a
# boundary each Newton step halves the distance, which is why there are ten. A scaled correlation,
# which runs to infinity, has a thousandth of its own size: of a curvature of 1e-6 and less a
# shorter step would leave noise. Where it has no information it stays where nlminb left it: the
# noise led such steps thousands further, and the other parameters with them. At the end it goes four
# times as far, nearer to a correlation of one, where that does not raise the objective.
#
# sds: how many standard deviations come before the scaled correlations.
newton_polish <- function(model, sds, steps = 10L, enough = 1e-9) {
  fn <- model$obj$fn
  gr <- model$obj$gr
  par <- model$fit$par
  ndeps <- 1e-3 / sqrt(pmax(diag(stats::optimHess(par, fn, gr)), 1))
  large <- names(par) == "theta" & cumsum(names(par) == "theta") > sds & abs(par) > 1
  ndeps[large] <- 1e-3 * abs(par[large])
  step <- numeric(length(par))
  at <- function(par) {
    hessian <- stats::optimHess(par, fn, gr, control = list(ndeps = ndeps))
    moved <- !large | diag(hessian) > NO_CURVATURE
    half <- known_half(hessian[moved, moved, drop = FALSE])
    along <- crossprod(half, as.numeric(gr(par))[moved])
    step[moved] <- as.numeric(half %*% along)
    list(par = par, hessian = hessian, step = step, decrement = sqrt(sum(along^2)), moved = moved)
  }
  here <- at(par)
  for (i in seq_len(steps)) {
    if (here$decrement < enough) break
    if (!isTRUE(fn(here$par - here$step) <= fn(here$par) + 1e-9)) break
    here <- at(here$par - here$step)
  }
  further <- here$par * ifelse(here$moved, 1, 4)
  if (!all(here$moved) && isTRUE(fn(further) <= fn(here$par))) at(further) else here
}

# Directions of a Hessian that carry information, scaled: columns v with v v' = its inverse.
known_half <- function(hessian) {
  scale <- 1 / sqrt(pmax(abs(diag(hessian)), .Machine$double.eps))
  parts <- eigen(hessian * outer(scale, scale), symmetric = TRUE)
  known <- parts$values > 1e-7
  sweep(scale * parts$vectors[, known, drop = FALSE], 2, sqrt(parts$values[known]), "/")
}

# Covariance of the fixed effects. A parameter on its way to infinity, the log of a vanishing
# variance or the root of a correlation of one, has a curvature of rounding only: its ratio to the
# others is noise, which moved standard errors by up to 3 %. It is left out.
fixed_covariance <- function(hessian, fixed) {
  kept <- fixed | diag(hessian) > NO_CURVATURE
  half <- known_half(hessian[kept, kept, drop = FALSE])
  covariance <- tcrossprod(half[fixed[kept], , drop = FALSE])
  if (ncol(half) < sum(kept)) {
    warning("the Hessian at the optimum is not positive definite: no standard errors from it")
    covariance[] <- NaN
  }
  structure(covariance, left_out = sum(!kept))
}

fit_glmmtmb <- function(request) {
  answered(if (identical(request$task, "evaluate")) glmmtmb_evaluate else glmmtmb_fit, request)
}

# glmmTMB's own log-likelihood at given points, a column each: fixed effects, theta, and the log of
# the dispersion where the family has one. Twice at each: the inner problem begins where it last
# ended.
glmmtmb_evaluate <- function(request) {
  data <- model_frame(request)
  formula <- glmmtmb_formula(request)
  parts <- glmmTMB::glmmTMB(formula, data = data, family = glmmtmb_family(request$family),
                            offset = o, doFit = FALSE)
  obj <- TMB::MakeADFun(parts$data.tmb, parts$parameters, map = parts$mapArg,
                        random = parts$randomArg, DLL = "glmmTMB", silent = TRUE)
  names <- names(obj$par)
  order <- c(which(names == "beta"), which(names == "theta"),
             which(names %in% c("betad", "betadisp")))
  points <- matrix(request$points, nrow = length(order))
  list(values = apply(points, 2L, function(point) {
    par <- obj$par
    par[order] <- point
    obj$fn(par)
    -as.numeric(obj$fn(par))
  }))
}

glmmtmb_formula <- function(request) {
  model_formula(request, function(z) sprintf("diag(0 + %s | g)", paste(z, collapse = " + ")))
}

glmmtmb_fit <- function(request) {
  data <- model_frame(request)
  formula <- glmmtmb_formula(request)
  family <- glmmtmb_family(request$family)
  began <- proc.time()[["elapsed"]]
  starts <- if (request$settings == "default") list(NULL)
    else glmmtmb_starts(request)
  runs <- lapply(starts, function(start) {
    c(captured(glmmtmb_once(formula, data, family, start)), list(start = as.double(start$theta)))
  })
  run <- best_of(runs, function(model) -model$fit$objective)
  if (failed(run$value)) return(list(failure = run$value[[1]], notes = run$notes))
  answered <- captured(glmmtmb_answer(run$value, request))
  if (failed(answered$value)) return(list(failure = answered$value[[1]], notes = answered$notes))
  answer <- answered$value
  answer$notes <- c(run$notes, answered$notes)
  answer$start <- run$start
  answer$seconds <- proc.time()[["elapsed"]] - began
  answer
}

glmmtmb_answer <- function(model, request) {
  covariance <- as.matrix(stats::vcov(model)$cond)
  printed <- sqrt(diag(covariance))
  par <- model$fit$par
  converged <- model$fit$convergence == 0
  polished <- NULL
  if (request$settings == "tight") {
    polished <- newton_polish(model, as.integer(request$q) + by_row(request))
    par <- polished$par
    covariance <- fixed_covariance(polished$hessian, names(par) == "beta")
    # nlminb's own word is about its last step, before these. An interior fit has 1e-5 standard
    # errors to go, its step's length in the metric of the Hessian, at most: a hundredth of what
    # concordant fits may differ by; the steps leave some 1e-12. A zero variance or dispersion
    # and a correlation of one lie at infinity in these coordinates and are approached only, to
    # half of 1e-4 in log-likelihood.
    boundary <- attr(covariance, "left_out") > 0 || near_singular(model, par, request)
    converged <- polished$decrement < if (boundary) 1e-2 else 1e-5
  }
  llf <- -model$obj$fn(par)
  gradient <- model$obj$gr(par)
  report <- model$obj$report()
  full <- model$obj$env$last.par
  q <- as.integer(request$q)
  effects <- matrix(utils::tail(full[names(full) == "b"], q * nlevels(model$frame$g)), nrow = q)
  list(params = as.double(par[names(par) == "beta"]), cov_params = as.double(covariance),
       printed_se = as.double(printed), cov_re = as.double(glmmtmb_cov_re(report, q)),
       sigma_olre = if (by_row(request)) report$sd[[1]] else double(),
       random_effects = as.double(t(effects)), llf = as.double(llf),
       converged = as.double(converged), decrement = as.double(polished$decrement),
       optimum = as.double(polished$par),
       own_gradient = as.double(-gradient[names(par) == "beta"]),
       left_out = as.double(attr(covariance, "left_out")),
       # glmmTMB 1.1.8 renamed the parameter.
       theta = exp(as.double(par[names(par) %in% c("betad", "betadisp")])),
       version = as.character(utils::packageVersion("glmmTMB")))
}

# Whether some combination of the random effects moves the linear predictor by less than a
# thousandth. Of 82 panels, fits on the boundary came closer than 1e-4, others stayed beyond 9e-3.
near_singular <- function(model, par, request) {
  model$obj$fn(par)
  report <- model$obj$report()
  q <- as.integer(request$q)
  if (by_row(request) && report$sd[[1]] < 1e-3) return(TRUE)
  if (!q) return(FALSE)
  cov_re <- glmmtmb_cov_re(report, q)
  z <- matrix(request$z, ncol = q)
  scale <- sqrt(colMeans(z^2))
  min(eigen(cov_re * outer(scale, scale), symmetric = TRUE, only.values = TRUE)$values) < 1e-6
}

# Of the units' effects, the last.
glmmtmb_cov_re <- function(report, q) {
  if (!q) return(double())
  last <- length(report$sd)
  sd <- report$sd[[last]]
  corr <- report$corr[[last]]
  # TMB reports no correlations for a diagonal block.
  if (!length(corr)) corr <- diag(length(sd))
  corr * outer(sd, sd)
}

if (sys.nframe() == 0L) {
  here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
  # R hands itself a space in a path as ~+~.
  here <- gsub("~+~", " ", here, fixed = TRUE)
  for (script in c("exchange.R", "design.R")) source(file.path(here, script))
  folder <- commandArgs(TRUE)[1]
  write_answer(fit_glmmtmb(read_request(folder)), folder)
}
