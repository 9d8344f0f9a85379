# Laplace log-likelihood, all constants included, in base R, so that a report on a package can
# evaluate anybody's answer without another package. With b = L u, L L' = G, u ~ N(0, I), each unit
# adds log f(y | u) - u'u / 2 - log det(I + A'WA) / 2 at the mode of u, A = Z L, W the observed
# information of a row (Bates et al. 2015, J Stat Softw 67:1, section 2).
#
# theta: negative binomial, variance mu + mu^2 / theta; sigma: SD of an effect of every row; trials:
# binomial, with the logit for the logarithm.
laplace <- function(y, o, X, Z, unit, beta, G, theta = Inf, sigma = 0, trials = NULL) {
  L <- G
  if (length(G)) {
    parts <- eigen(G, symmetric = TRUE)
    L <- parts$vectors %*% diag(sqrt(pmax(parts$values, 0)), nrow(G))
  }
  one <- function(rows) {
    A <- Z[rows, , drop = FALSE] %*% L
    if (sigma > 0) A <- cbind(A, diag(sigma, length(rows)))
    eta0 <- o[rows] + drop(X[rows, , drop = FALSE] %*% beta)
    n <- y[rows]
    height <- function(u) {
      eta <- eta0 + drop(A %*% u)
      f <- if (length(trials)) {
        m <- trials[rows]
        lchoose(m, n) + n * eta - m * (pmax(eta, 0) + log1p(exp(-abs(eta))))
      } else if (is.finite(theta)) {
        lgamma(n + theta) - lgamma(theta) - lgamma(n + 1) + n * eta + theta * log(theta) -
          (n + theta) * log(theta + exp(eta))
      } else n * eta - exp(eta) - lgamma(n + 1)
      sum(f) - sum(u^2) / 2
    }
    bend <- function(u) {
      mu <- exp(eta0 + drop(A %*% u))
      if (length(trials)) {
        p <- mu / (1 + mu)
        m <- trials[rows]
        return(list(gradient = drop(crossprod(A, n - m * p)) - u,
                    information = crossprod(A, m * p * (1 - p) * A) + diag(ncol(A))))
      }
      w <- if (is.finite(theta)) theta * mu * (n + theta) / (theta + mu)^2 else mu
      r <- if (is.finite(theta)) theta * (n - mu) / (theta + mu) else n - mu
      list(gradient = drop(crossprod(A, r)) - u, information = crossprod(A, w * A) + diag(ncol(A)))
    }
    u <- rep(0, ncol(A))
    for (k in seq_len(200)) {
      if (!length(u)) break
      at <- bend(u)
      step <- solve(at$information, at$gradient)
      while (!isTRUE(height(u + step) >= height(u)) && max(abs(step)) > 1e-12) step <- step / 2
      if (max(abs(step)) <= 1e-12) break
      u <- u + step
    }
    if (!length(u)) return(height(u))
    height(u) - as.numeric(determinant(bend(u)$information)$modulus) / 2
  }
  sum(vapply(split(seq_along(y), unit), one, numeric(1)))
}
