# From a request to the data frame and formula of a mixed model.
#
# Fields of a request: y, x (by column), z (by column), g (codes 1..J), o and, of binomial, n (trials),
# all double; and the
# text fields family, covariance, response, settings, se_method, p, q, md5.

# md5 of the doubles as R holds them; it must be the sender's.
checksum <- function(...) {
  file <- tempfile()
  on.exit(unlink(file))
  writeBin(c(...), file, size = 8, endian = "little")
  unname(tools::md5sum(file))
}

model_frame <- function(request) {
  fields <- request[c("y", "x", "z", "g", "o")]
  if (of_trials(request)) fields$n <- request[["n"]]
  if (!all(vapply(fields, is.double, logical(1)))) stop("a column did not arrive as double")
  if (!identical(do.call(checksum, unname(fields)), request$md5)) {
    stop("checksum differs: the values that reached R are not the values that were sent")
  }
  n <- length(request$y)
  columns <- function(stem, k) {
    names <- term_names(stem, k)
    matrix(request[[stem]], n, length(names), dimnames = list(NULL, names))
  }
  data <- data.frame(y = request$y, o = request$o, g = factor(request$g), o_id = factor(seq_len(n)),
             columns("x", request$p), columns("z", request$q))
  if (of_trials(request)) data$n <- request[["n"]]
  data
}

term_names <- function(stem, k) sprintf("%s%d", rep(stem, as.integer(k)), seq_len(as.integer(k)))

# diagonal: how the package at hand writes independent effects, e.g. "diag(0 + z1 + z2 | g)"
model_formula <- function(request, diagonal) {
  x <- paste(term_names("x", request$p), collapse = " + ")
  z <- term_names("z", request$q)
  random <- if (!length(z)) NULL
    else if (request$covariance == "diagonal") diagonal(z)
    else sprintf("(0 + %s | g)", paste(z, collapse = " + "))
  # First, as lme4 puts it anyhow: it sorts effects by their number of levels.
  own <- if (by_row(request)) "(1 | o_id)"
  response <- if (of_trials(request)) "cbind(y, n - y)" else "y"
  stats::as.formula(paste(response, "~ 0 +", paste(c(x, own, random), collapse = " + ")))
}

# Whether every row has an effect of its own.
by_row <- function(request) request$family == "poisson-olre"

of_trials <- function(request) request$family == "binomial"

# Evaluate, keeping every warning and message; an error becomes a field, not a stop.
captured <- function(expression) {
  notes <- character()
  keep <- function(prefix, restart) function(condition) {
    notes <<- c(notes, paste0(prefix, one_line(conditionMessage(condition))))
    invokeRestart(restart)
  }
  value <- withCallingHandlers(
    tryCatch(expression, error = function(e) structure(list(one_line(conditionMessage(e))), class = "failed")),
    warning = keep("warning: ", "muffleWarning"), message = keep("message: ", "muffleMessage"))
  list(value = value, notes = notes)
}

failed <- function(value) inherits(value, "failed")

# Some messages run over two lines; every transport and every report gives them one.
one_line <- function(text) gsub("\\s*[\r\n]+\\s*", " ", trimws(text))

# What several runs said, the kept one's words first: each text once, with how many said it.
said_by <- function(runs, kept) {
  texts <- lapply(runs, function(run) unique(run$notes))
  distinct <- unique(unlist(c(texts[kept], texts[-kept])))
  if (length(runs) == 1L || !length(distinct)) return(as.character(distinct))
  times <- vapply(distinct, function(text) sum(vapply(texts, function(said) text %in% said, NA)), 1L)
  aside <- ifelse(distinct %in% texts[[kept]], "", ", not the one kept")
  sprintf("%s [%d of %d starts%s]", distinct, times, length(runs), aside)
}

# The run of the highest value, with what all of them said. A run that failed has said why.
best_of <- function(runs, value) {
  values <- vapply(runs, function(run) if (failed(run$value)) -Inf else value(run$value), numeric(1))
  kept <- which.max(ifelse(is.na(values), -Inf, values))
  run <- runs[[kept]]
  if (!failed(run$value)) {
    runs <- lapply(runs, function(r) {
      if (failed(r$value)) r$notes <- c(r$notes, paste("error:", r$value[[1]]))
      r
    })
  }
  run$notes <- said_by(runs, kept)
  run
}

# The answer of a fit; whatever stops it on the way becomes a field of the answer.
answered <- function(fit, request) {
  run <- captured(fit(request))
  if (failed(run$value)) return(list(failure = run$value[[1]], notes = run$notes))
  answer <- run$value
  answer$notes <- unique(c(run$notes, answer$notes))
  answer
}
