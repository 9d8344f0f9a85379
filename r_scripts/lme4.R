# glmer on a request.  By hand:  Rscript lme4.R REQUEST_FOLDER

# Starts for theta (Cholesky factor, by column) beside lme4's own: its tight answer from one
# start is sometimes falsely singular.
lme4_starts <- function(request) c(list(NULL), theta_starts(list(c(.3, .1), c(.1, .02)), request))

# More of them where the best answer is singular: a later effect that varies more than the first.
lme4_more_starts <- function(request) theta_starts(list(c(.1, .3), c(1, .3)), request)

# From the SD of the first effect and of each later one; rows' own vary as the first.
theta_starts <- function(sds, request) {
  q <- as.integer(request$q)
  lower <- lower.tri(diag(q), diag = TRUE)
  factor <- function(sd) if (request$covariance == "diagonal") sd else diag(sd, nrow = q)[lower]
  lapply(sds, function(sd) {
    list(theta = c(if (by_row(request)) sd[1], factor(c(sd[1], rep(sd[2], q))[seq_len(q)])))
  })
}

# What is fitted: formula, data and family.
lme4_model <- function(request) {
  list(formula = model_formula(request, function(z) sprintf("(0 + %s | g)", z)),
       data = model_frame(request),
       family = if (request$response == "pseudo") pseudo_poisson()
         else if (of_trials(request)) stats::binomial() else stats::poisson())
}

# Poisson's family for values that are not whole, where R's own log-likelihood is minus infinity: at
# an infinite objective lme4 stays where it begins, and says that it converged. Its name is not
# Poisson's, or lme4 would not ask for its aic. A family of another name has a scale to lme4, which
# then multiplies VarCorr and RX standard errors by it: they are asked for with a scale of 1.
pseudo_poisson <- function() {
  family <- stats::poisson()
  family$family <- "pseudo-poisson"
  family$aic <- function(y, n, mu, wt, dev) -2 * sum(wt * (y * log(mu) - mu - lgamma(y + 1)))
  family
}

glmer_once <- function(model, control, start, ...) {
  lme4::glmer(model$formula, data = model$data, family = model$family, offset = o,
              control = control, start = start, ...)
}

tight_control <- function(tolerance) {
  lme4::glmerControl(optimizer = "bobyqa", tolPwrss = tolerance,
                     optCtrl = list(rhoend = 1e-9, maxfun = 1e5))
}

# Of the inner iterations: where counts go into the ten thousands, rounding keeps PIRLS from 1e-12;
# lme4's own 1e-7 comes last.
TOLERANCES <- 10^-(13:7)

# bobyqa to 1e-9 with the tightest inner tolerance that runs.
glmer_tight <- function(model, start) {
  given_up <- list()
  for (tolerance in TOLERANCES) {
    run <- captured(glmer_once(model, tight_control(tolerance), start))
    if (!failed(run$value) || tolerance == TOLERANCES[length(TOLERANCES)]) break
    for (text in c(run$notes, paste("error:", run$value[[1]]))) {
      given_up[[text]] <- c(given_up[[text]], sprintf("%g", tolerance))
    }
  }
  at <- vapply(given_up, paste, character(1), collapse = ", ")
  run$notes <- c(run$notes, sprintf("%s (at tolPwrss %s, given up)", names(given_up), at))
  c(run, list(tolerance = tolerance, start = as.double(start$theta)))
}

# The deviance (-2 log-likelihood) to rounding error, whatever tolPwrss is. lme4's own begins PIRLS
# from a linear predictor without its fixed part, and takes the log determinant with the weights of
# the iteration before the last: an error of the first order in the last step, 1e-6 or nothing at
# all, as the last iteration happens to be one more or one less. Differences turned that into
# standard errors up to 24 % off. From the full linear predictor of the very point no step is left.
settled <- function(deviance) {
  place <- environment(deviance)
  function(point) {
    deviance(point)
    place$lp0 <- as.numeric(place$resp$eta - place$baseOffset)
    deviance(point)
  }
}

# Steps of differences: a share of each parameter's own standard error. The rounding of the deviance,
# nu, and the error of extrapolated differences, of the fourth order, balance at its sixth root.
# lme4's own step is 1e-4 for all: too long for a slope that hardly varies, too short where counts
# run into the hundred thousands.
difference_steps <- function(value, point, y) {
  h <- 1e-3
  bent <- function(j) {
    at <- function(by) value(replace(point, j, point[j] + by))
    (at(h) - 2 * value(point) + at(-h)) / (2 * h^2)
  }
  curvature <- vapply(seq_along(point), bent, numeric(1))
  nu <- .Machine$double.eps * sum(y * (1 + log1p(y)))
  nu^(1 / 6) / sqrt(pmax(curvature, 1))
}

# Value, gradient and Hessian of the deviance: differences over h and 2 h, extrapolated (Richardson).
derivatives <- function(value, point, h) {
  over <- function(h) {
    at <- lme4:::deriv12(function(x) value(x * h), point / h, delta = 1)
    list(gradient = at$gradient / h, Hessian = at$Hessian / outer(h, h))
  }
  one <- over(h)
  two <- over(2 * h)
  list(value = value(point), gradient = (4 * one$gradient - two$gradient) / 3,
       Hessian = (4 * one$Hessian - two$Hessian) / 3)
}

# Inverse over the directions that carry information, and how many are left out. A covariance
# parameter at zero is a stationary point with its own curvature; a direction without any is left
# out.
known_inverse <- function(hessian) {
  scale <- 1 / sqrt(pmax(abs(diag(hessian)), .Machine$double.eps))
  parts <- eigen(hessian * outer(scale, scale), symmetric = TRUE)
  known <- parts$values > 1e-7
  half <- scale * parts$vectors[, known, drop = FALSE]
  structure(half %*% (t(half) / parts$values[known]), left_out = sum(!known))
}

# Newton steps on lme4's own deviance: bobyqa can stop some thousandths of a standard error short
# and call it converged, on the boundary a whole hundredth. A step ends at the bounds of the
# parameters, and is not taken where it does not lower the deviance.
newton_refined <- function(value, point, lower, y, steps = 3L) {
  h <- difference_steps(value, point, y)
  at <- derivatives(value, point, h)
  for (i in seq_len(steps)) {
    trial <- pmax(point - drop(known_inverse(at$Hessian) %*% at$gradient), lower)
    if (!all(is.finite(trial))) break
    there <- tryCatch(derivatives(value, trial, h), error = function(e) NULL)
    if (is.null(there) || !isTRUE(there$value < at$value)) break
    point <- trial
    at <- there
  }
  value(point)
  c(at, list(point = point, h = h))
}

# The model at its refined optimum, and the covariance of its fixed effects from the derivatives.
sharpened <- function(fit, model, tolerance) {
  deviance <- glmer_once(model, tight_control(tolerance), NULL, devFunOnly = TRUE)
  theta <- lme4::getME(fit, "theta")
  beta <- length(theta) + seq_along(lme4::fixef(fit))
  lower <- c(lme4::getME(fit, "lower"), rep(-Inf, length(beta)))
  at <- newton_refined(settled(deviance), c(theta, lme4::fixef(fit)), lower, model$data$y)
  parts <- lme4::glFormula(model$formula, data = model$data, family = model$family, offset = o)
  optimum <- list(par = at$point, fval = at$value, conv = fit@optinfo$conv$opt)
  fit <- lme4::mkMerMod(environment(deviance), optimum, parts$reTrms, fr = parts$fr)
  inverse <- known_inverse(at$Hessian)
  covariance <- 2 * inverse[beta, beta, drop = FALSE]
  left_out <- attr(inverse, "left_out")
  if (left_out && !lme4::isSingular(fit)) {
    warning("the Hessian at the optimum is not positive definite: no standard errors from it")
    covariance[] <- NaN
  }
  list(fit = fit, covariance = covariance, optimum = at$point, h = at$h, left_out = left_out,
       tolerance = tolerance)
}

# Where rounding keeps PIRLS from the tolerance of the fit, the next looser one: the settled deviance
# does not depend on it.
sharpened_if_possible <- function(fit, model, tolerance) {
  for (looser in c(tolerance, Filter(function(t) t > 1.5 * tolerance, TOLERANCES))) {
    run <- captured(sharpened(fit, model, looser))
    if (!failed(run$value)) break
  }
  run
}

# vcov(use.hessian = TRUE), and whether it can be that: where the Hessian is not definite lme4
# warns and returns RX, which must not be called observed.
observed_covariance <- function(fit) {
  covariance <- as.matrix(stats::vcov(fit, use.hessian = TRUE))
  rx <- suppressWarnings(as.matrix(stats::vcov(fit, use.hessian = FALSE)))
  list(printed = covariance, observed = if (identical(covariance, rx)) rx * NaN else covariance)
}

# Without random effects glmer refuses; R's own glm, iterated to the last digit, answers.
fit_glm <- function(model) {
  began <- proc.time()[["elapsed"]]
  run <- captured(stats::glm(model$formula, data = model$data, family = model$family, offset = o,
                             control = stats::glm.control(epsilon = 1e-14, maxit = 100)))
  if (failed(run$value)) return(list(failure = run$value[[1]], notes = run$notes))
  covariance <- stats::vcov(run$value, dispersion = 1)
  list(params = as.double(stats::coef(run$value)), cov_params = as.double(covariance),
       printed_se = as.double(sqrt(diag(stats::vcov(run$value)))), cov_re = double(), random_effects = double(),
       llf = as.double(stats::logLik(run$value)), converged = as.double(run$value$converged),
       version = as.character(utils::packageVersion("lme4")), notes = run$notes,
       seconds = proc.time()[["elapsed"]] - began)
}

fit_lme4 <- function(request) {
  answered(if (identical(request$task, "evaluate")) lme4_evaluate else lme4_fit, request)
}

# lme4's own log-likelihood at given points, a column each: theta (Cholesky factor, by column), then
# the fixed effects.
lme4_evaluate <- function(request) {
  model <- lme4_model(request)
  for (tolerance in TOLERANCES) {
    run <- captured(lme4_values(model, tolerance, request$points))
    if (!failed(run$value)) break
  }
  if (failed(run$value)) return(list(failure = run$value[[1]], notes = run$notes))
  list(values = run$value, tolPwrss = tolerance)
}

lme4_values <- function(model, tolerance, points) {
  deviance <- glmer_once(model, tight_control(tolerance), NULL, devFunOnly = TRUE)
  points <- matrix(points, nrow = length(environment(deviance)$lower))
  -apply(points, 2L, settled(deviance)) / 2
}

# The best of several starts, of more where that is singular.
tight_run <- function(model, request) {
  from <- function(starts) lapply(starts, function(start) glmer_tight(model, start))
  value <- function(fit) as.numeric(stats::logLik(fit))
  runs <- from(lme4_starts(request))
  best <- best_of(runs, value)
  if (failed(best$value) || !lme4::isSingular(best$value)) return(best)
  best_of(c(runs, from(lme4_more_starts(request))), value)
}

lme4_fit <- function(request) {
  model <- lme4_model(request)
  if (request$q == "0" && !by_row(request)) return(fit_glm(model))
  began <- proc.time()[["elapsed"]]
  if (request$settings == "default") {
    run <- captured(glmer_once(model, lme4::glmerControl(), NULL))
  } else {
    run <- tight_run(model, request)
  }
  if (failed(run$value)) return(list(failure = run$value[[1]], notes = run$notes))
  sharpen <- if (request$settings == "tight")
    function(fit) sharpened_if_possible(fit, model, run$tolerance)
  answer <- lme4_answer(run$value, request, sharpen)
  answer$notes <- c(run$notes, answer$notes)
  if (!is.null(run$tolerance)) answer[c("tolPwrss", "start")] <- list(run$tolerance, run$start)
  answer$seconds <- proc.time()[["elapsed"]] - began
  answer
}

lme4_answer <- function(fit, request, sharpen) {
  rx_covariance <- function(fit, ...) as.matrix(stats::vcov(fit, use.hessian = FALSE, ...))
  rx <- request$se_method == "rx"
  asked <- captured(if (rx) list(printed = rx_covariance(fit), observed = rx_covariance(fit, sigm = 1))
                    else observed_covariance(fit))
  notes <- asked$notes
  lost <- failed(asked$value)
  covariance <- if (lost) asked$value else asked$value$observed
  sharp <- NULL
  if (!is.null(sharpen)) {
    run <- sharpen(fit)
    notes <- unique(c(notes, run$notes))
    if (failed(run$value)) {
      notes <- c(notes, paste("message: optimum and derivatives as lme4 left them:", run$value[[1]]))
    } else {
      sharp <- run$value
      fit <- sharp$fit
      covariance <- if (rx) rx_covariance(fit, sigm = 1) else sharp$covariance
    }
  }
  if (failed(covariance)) return(list(failure = covariance[[1]], notes = notes))
  if (anyNA(covariance)) {
    notes <- c(notes, paste("message: no standard errors from the observed information, the Hessian",
                            "is not positive definite; those that lme4 prints are RX"))
  }
  parts <- lme4::VarCorr(fit, sigma = 1)
  units <- parts[names(parts) != "o_id"]
  blocks <- lapply(units, function(block) matrix(as.double(block), nrow(block)))
  list(params = as.double(lme4::fixef(fit)), cov_params = as.double(covariance),
       printed_se = if (lost) rep(NaN, length(lme4::fixef(fit)))
         else as.double(sqrt(diag(asked$value$printed))),
       cov_re = as.double(as.matrix(Matrix::bdiag(blocks))),
       sigma_olre = if (by_row(request)) sqrt(as.double(parts$o_id)) else double(),
       random_effects = as.double(unlist(lme4::ranef(fit, condVar = FALSE)$g)),
       llf = as.double(stats::logLik(fit)), converged = as.double(fit@optinfo$conv$opt == 0),
       optimum = as.double(sharp$optimum), h = as.double(sharp$h),
       tolerance_there = as.double(sharp$tolerance), left_out = as.double(sharp$left_out),
       version = as.character(utils::packageVersion("lme4")), notes = notes)
}

if (sys.nframe() == 0L) {
  here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE)[1]))
  # R hands itself a space in a path as ~+~.
  here <- gsub("~+~", " ", here, fixed = TRUE)
  for (script in c("exchange.R", "design.R")) source(file.path(here, script))
  folder <- commandArgs(TRUE)[1]
  write_answer(fit_lme4(read_request(folder)), folder)
}
