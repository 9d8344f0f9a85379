# Performance measures of a simulation study with their Monte Carlo standard errors, in base R: a
# second way to the figures of the harness. By hand:  Rscript performance.R replicates.csv measures.csv
#
# replicates.csv  a row a replicate and term: process, method, replicate, term, truth (NA: none),
#                 estimate, se, critical (quantile of the two-sided test at 5 %), stage (0: done,
#                 else the stage that failed: 1 simulate, 2 fit, 3 test), singular (0 or 1)
# measures.csv    process, method, term (empty: of the method), measure, value, mcse, n;
#                 NA where a measure cannot be had
#
# Formulas and symbols of Morris, White and Crowther 2019, Stat Med 38:2074, Table 6: theta, theta_hat,
# ModSE, EmpSE. Types S and M: Gelman and Carlin 2014, Perspect Psychol Sci 9:641.

measure <- function(name, value, mcse, n) {
  known <- function(x) if (isTRUE(is.finite(x))) x else NA_real_
  data.frame(measure = name, value = known(value), mcse = known(mcse), n = n)
}

proportion <- function(name, hits) {
  p <- mean(hits)
  measure(name, p, sqrt(p * (1 - p) / length(hits)), length(hits))
}

# Mean of squares or widths, with the standard error of a mean.
average <- function(name, x) measure(name, mean(x), stats::sd(x) / sqrt(length(x)), length(x))

accuracy <- function(theta_hat, theta) {
  n <- length(theta_hat)
  bias <- mean(theta_hat) - theta
  bias_mcse <- stats::sd(theta_hat) / sqrt(n)
  squared <- (theta_hat - theta)^2
  mse <- mean(squared)
  mse_mcse <- sqrt(sum((squared - mse)^2) / (n * (n - 1)))
  percent <- if (theta == 0) NA else 100 / theta
  rbind(measure("bias", bias, bias_mcse, n),
        measure("relative bias", percent * bias, abs(percent) * bias_mcse, n),
        measure("MSE", mse, mse_mcse, n),
        measure("RMSE", sqrt(mse), mse_mcse / (2 * sqrt(mse)), n))
}

standard_errors <- function(theta_hat, se) {
  n <- length(theta_hat)
  twice_df <- 2 * max(n - 1, 0)
  EmpSE <- stats::sd(theta_hat)
  ModSE <- sqrt(mean(se^2))
  spread <- stats::var(se^2)
  ratio <- ModSE / EmpSE
  rbind(measure("empirical SE", EmpSE, EmpSE / sqrt(twice_df), n),
        measure("model SE", ModSE, sqrt(spread / (4 * n * ModSE^2)), n),
        measure("relative error of the model SE", 100 * (ratio - 1),
                100 * ratio * sqrt(spread / (4 * n * ModSE^4) + 1 / twice_df), n))
}

covers <- function(lower, upper, value) lower <= value & value <= upper

# One replicate covers its own mean whatever the method.
bias_eliminated <- function(theta_hat, half) {
  if (length(theta_hat) == 1L) return(measure("bias-eliminated coverage", NA, NA, 1))
  proportion("bias-eliminated coverage",
             covers(theta_hat - half, theta_hat + half, mean(theta_hat)))
}

# failed: how many replicates have no answer, and so might have rejected or not.
rejection <- function(name, rejected, failed) {
  rbind(proportion(name, rejected),
        proportion(paste0(name, ", failures as not rejected"), c(rejected, rep(FALSE, failed))),
        proportion(paste0(name, ", failures as rejected"), c(rejected, rep(TRUE, failed))))
}

# Of the significant estimates.
sign_and_magnitude <- function(theta_hat, theta) {
  n <- length(theta_hat)
  if (theta == 0) {
    return(rbind(measure("type S error", NA, NA, n), measure("type M error", NA, NA, n)))
  }
  rbind(proportion("type S error", sign(theta_hat) != sign(theta)),
        average("type M error", abs(theta_hat) / abs(theta)))
}

# rows: all replicates of one term by one method.
of_term <- function(rows) {
  theta <- rows$truth[1]
  done <- rows[rows$stage == 0, ]
  theta_hat <- done$estimate
  half <- done$critical * done$se
  lower <- theta_hat - half
  upper <- theta_hat + half
  rejected <- !covers(lower, upper, 0)
  name <- if (is.na(theta)) "rejection rate" else if (theta == 0) "type I error" else "power"
  measures <- rbind(standard_errors(theta_hat, done$se),
                    bias_eliminated(theta_hat, half), average("half width", half),
                    rejection(name, rejected, nrow(rows) - nrow(done)))
  if (is.na(theta)) return(measures)
  rbind(accuracy(theta_hat, theta), proportion("coverage", covers(lower, upper, theta)),
        measures, sign_and_magnitude(theta_hat[rejected], theta))
}

# rows: one row a replicate of one method.
of_method <- function(rows) {
  rbind(proportion("failed to simulate", rows$stage == 1),
        proportion("failed to fit", rows$stage == 2),
        proportion("failed to test", rows$stage == 3),
        proportion("failed", rows$stage != 0),
        proportion("singular", rows$singular[rows$stage == 0] != 0))
}

performance <- function(replicates) {
  by_method <- split(replicates, list(replicates$process, replicates$method), drop = TRUE)
  labelled <- function(rows, term, measures) {
    data.frame(process = rows$process[1], method = rows$method[1], term = term, measures)
  }
  tables <- lapply(by_method, function(rows) {
    terms <- lapply(unique(rows$term), function(term) {
      labelled(rows, term, of_term(rows[rows$term == term, ]))
    })
    whole <- labelled(rows, "", of_method(rows[!duplicated(rows$replicate), ]))
    do.call(rbind, c(terms, list(whole)))
  })
  do.call(rbind, unname(tables))
}

if (sys.nframe() == 0L) {
  files <- commandArgs(TRUE)
  text <- c(process = "character", method = "character", term = "character")
  measures <- performance(utils::read.csv(files[1], colClasses = text))
  # All digits that a double has.
  for (column in c("value", "mcse")) {
    printed <- sprintf("%.17g", measures[[column]])
    measures[[column]] <- ifelse(is.na(measures[[column]]), NA, printed)
  }
  quoted <- match(c(names(text), "measure"), names(measures))
  utils::write.csv(measures, files[2], row.names = FALSE, quote = quoted)
}
