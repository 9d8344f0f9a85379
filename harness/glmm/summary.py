"""The printed table of a fit, laid out as that of statsmodels' MixedLM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from statsmodels.iolib.summary2 import Summary

    from harness.glmm.results import PoissonGLMMResults

METHODS = {"laplace": "Laplace", "agq": "Quadrature"}


def summary(results: PoissonGLMMResults, alpha: float = 0.05) -> Summary:
    """Return the table; fixed effects first, then the scale of the random effects.

    Standard errors of standard deviations, of correlations and of the family's parameter are the
    delta method's; they are left out on the boundary, where none exist.
    """
    from statsmodels.iolib import summary2

    table = summary2.Summary()
    table.add_dict(_facts(results))
    table.add_df(_coefficients(results, alpha), align="r")
    kind = "Poisson" if results.model.design.trials is None else "Binomial"
    table.add_title(f"{kind} Mixed Model Regression Results")
    if results.singular:
        table.add_text(
            "The covariance of the random effects is singular (a boundary solution): no standard"
            " errors of its parts."
        )
    if results.nearly_collinear:
        table.add_text(
            f"The columns {', '.join(results.nearly_collinear)} are nearly collinear (condition"
            f" number {1.0 / results.collinearity:.0e})."
        )
    if not results.exceeds_poisson:
        table.add_text(
            "Nothing exceeds the Poisson variance (a boundary solution): no standard error of the"
            " family's parameter."
        )
    return table


def _facts(results: PoissonGLMMResults) -> dict[str, str]:
    design = results.model.design
    sizes = np.bincount(design.groups, minlength=design.n_groups)
    points = f" ({results.n_quadrature} points)" if results.n_quadrature > 1 else ""
    facts = {
        "Model:": "PoissonGLMM",
        "No. Observations:": str(results.nobs),
        "No. Groups:": str(design.n_groups),
        "Min. group size:": str(sizes.min()),
        "Max. group size:": str(sizes.max()),
        "Mean group size:": f"{sizes.mean():.1f}",
        "AIC:": f"{results.aic:.4f}",
        "Dependent Variable:": "y",
        "Family:": design.family,
        "Method:": METHODS[results.method] + points,
        "Covariance:": design.covariance if results.cov_re.size else "none",
        "Log-Likelihood:": f"{results.llf:.4f}",
        "Converged:": "Yes" if results.converged else "No",
        "BIC:": f"{results.bic:.4f}",
    }
    if design.response == "pseudo":  # no likelihood of these data, so nothing to choose models by
        del facts["AIC:"], facts["BIC:"]
    return facts


def _coefficients(results: PoissonGLMMResults, alpha: float) -> pd.DataFrame:
    bounds = results.conf_int(alpha)
    columns = {
        "Coef.": results.params,
        "Std.Err.": results.bse,
        "z": results.tvalues,
        "P>|z|": results.pvalues,
        f"[{alpha / 2:g}": bounds["lower"],
        f"{1 - alpha / 2:g}]": bounds["upper"],
    }
    fixed = pd.DataFrame(columns)
    parts = pd.concat([results.sdcor, results.family_param])
    scale = parts.set_index("name").rename(columns={"estimate": "Coef.", "se": "Std.Err."})
    rows = pd.concat([fixed, scale.reindex(columns=fixed.columns)]) if len(scale) else fixed
    # Log rate ratios by period are small: three decimals, as MixedLM prints, would leave one digit.
    digits = {name: 3 if name in {"z", "P>|z|"} else 5 for name in rows.columns}
    return rows.apply(
        lambda column: column.map(
            lambda x: "" if np.isnan(x) else f"{x:.{digits[str(column.name)]}f}"
        )
    )
