"""Messages of lme4, glmmTMB and R are sorted by their own phrases and kept word for word."""

from __future__ import annotations

import pytest

from harness.engines.messages import classify, classify_all

VARIANCE_BY_RX = (
    "variance-covariance matrix computed from finite-difference Hessian is\nnot positive definite"
    " or contains NA values: falling back to var-cov estimated from RX"
)
PROBLEM = "Model convergence problem; {}. See vignette('troubleshooting')"
# Phrases as the packages print them; numbers vary.
PHRASES = [
    # lme4
    ("singular", "boundary (singular) fit: see help('isSingular')"),
    ("singular", "boundary (singular) fit: see ?isSingular"),
    ("gradient", "Model failed to converge with max|grad| = 0.0023 (tol = 0.002, component 1)"),
    ("gradient", "Model failed to converge with max|relative grad| = 0.0312 (tol = 0.001)"),
    ("gradient", "unable to evaluate scaled gradient"),
    ("hessian", "Model failed to converge: degenerate  Hessian with 1 negative eigenvalues"),
    (
        "hessian",
        "Model failed to converge: degenerate fixed-effect Hessian with 2 negative eigenvalues",
    ),
    ("hessian", "Hessian is numerically singular: parameters are not uniquely determined"),
    ("hessian", "Problem with Hessian check (infinite or missing values?)"),
    ("hessian", VARIANCE_BY_RX),
    ("scale", "Model is nearly unidentifiable: very large eigenvalue\n - Rescale variables?"),
    ("scale", "Model is nearly unidentifiable: large eigenvalue ratio\n - Rescale variables?"),
    ("scale", "Some predictor variables are on very different scales: consider rescaling"),
    ("optimiser", "PIRLS step-halvings failed to reduce deviance in pwrssUpdate"),
    ("optimiser", "(maxstephalfit) PIRLS step-halvings failed to reduce deviance in pwrssUpdate"),
    ("optimiser", "pwrssUpdate did not converge in (maxit) iterations"),
    ("optimiser", "Downdated VtV is not positive definite"),
    ("optimiser", "convergence code 4 from Nelder_Mead: failure to converge in 10000 evaluations"),
    ("optimiser", "maxfun < 10 * length(par)^2 is not recommended."),
    # glmmTMB and nlminb; its singular convergence says nothing of a singular fit
    ("optimiser", PROBLEM.format("singular convergence (7)")),
    ("optimiser", PROBLEM.format("false convergence (8)")),
    ("optimiser", "NA/NaN function evaluation"),
    ("hessian", PROBLEM.format("non-positive-definite Hessian matrix")),
    ("hessian", PROBLEM.format("extreme or very small eigenvalues detected")),
    # R
    ("hessian", "In sqrt(diag(object$cov.fixed)) : NaNs produced"),
    ("optimiser", "glm.fit: algorithm did not converge"),
    ("conversion", "checksum differs: the values that reached R are not the values that were sent"),
    ("conversion", "a column did not arrive as double"),
    ("other", "glm.fit: fitted rates numerically 0 occurred"),
    ("other", "fixed-effect model matrix is rank deficient so dropping 1 column / coefficient"),
]  # fmt: skip


@pytest.mark.parametrize("prefix", ["", "warning: ", "message: "])
@pytest.mark.parametrize(("kind", "text"), PHRASES)
def test_sorted_and_kept(kind: str, text: str, prefix: str) -> None:
    message = classify(prefix + text)
    assert (message.kind, message.text) == (kind, prefix + text)


def test_each_text_once_in_order_blank_ones_left_out() -> None:
    texts = ["b", "unable to evaluate scaled gradient", "", "b", " \n", "a", "b"]
    found = classify_all(texts)
    assert [message.text for message in found] == ["b", texts[1], "a"]
    assert [message.kind for message in found] == ["other", "gradient", "other"]
