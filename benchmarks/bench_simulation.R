# Simulated power in R: simulate, refit, Wald test, with lme4 at its defaults, on all cores.
#
#   Rscript bench_simulation.R FOLDER REPLICATES CORES
#
# FOLDER holds design.csv (terms, t, o, unit) and counts.bin (float64, a replicate after the other).
# Writes seconds.txt, of the loop over replicates that R draws itself, and fits.csv, a row for each
# replicate of counts.bin: estimates (of step0 - pre last), their standard errors, log-likelihood,
# standard deviations of the random effects, and whether the fit is singular.
suppressPackageStartupMessages(library(lme4))

arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[[1]]
replicates <- as.integer(arguments[[2]])
cores <- as.integer(arguments[[3]])
d <- read.csv(file.path(folder, "design.csv"))
counts <- matrix(
  readBin(file.path(folder, "counts.bin"), "double", replicates * nrow(d), endian = "little"),
  nrow = nrow(d)
)

d$y <- counts[, 1]
model <- suppressMessages(suppressWarnings(glmer(
  y ~ pre + step0 + step1 + post + (1 + t | unit), data = d, family = poisson, offset = o
)))
weights <- c(0, -1, 1, 0, 0)

fitted_to <- function(y) suppressMessages(suppressWarnings(refit(model, newresp = y)))

tested <- function(fit) {
  b <- fixef(fit)
  V <- as.matrix(vcov(fit))
  estimate <- sum(weights * b)
  se <- sqrt(drop(weights %*% V %*% weights))
  c(b, estimate, sqrt(diag(V)), se, 2 * pnorm(-abs(estimate / se)))
}

RNGkind("L'Ecuyer-CMRG")
set.seed(1)
began <- proc.time()[["elapsed"]]
own <- parallel::mclapply(
  seq_len(replicates), function(k) tested(fitted_to(simulate(model, nsim = 1)[[1]])),
  mc.cores = cores
)
seconds <- proc.time()[["elapsed"]] - began
stopifnot(all(vapply(own, is.numeric, TRUE)))
writeLines(format(seconds, digits = 15), file.path(folder, "seconds.txt"))

rows <- parallel::mclapply(seq_len(replicates), function(k) {
  fit <- fitted_to(counts[, k])
  answer <- tested(fit)
  sd <- attr(VarCorr(fit)$unit, "stddev")
  c(answer[-length(answer)], as.numeric(logLik(fit)), sd, isSingular(fit))
}, mc.cores = cores)
write.csv(do.call(rbind, rows), file.path(folder, "fits.csv"), row.names = FALSE)
