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

    Standard errors of standard deviations and correlations are the delta method's; they are left
    out on the boundary, where none exist.
    """
    from statsmodels.iolib import summary2

    table = summary2.Summary()
    table.add_dict(_facts(results))
    table.add_df(_coefficients(results, alpha), align="r")
    table.add_title("Poisson Mixed Model Regression Results")
    if results.singular:
        table.add_text(
            "The covariance of the random effects is singular (a boundary solution): no standard"
            " errors of its parts."
        )
    return table


def _facts(results: PoissonGLMMResults) -> dict[str, str]:
    design = results.model.design
    sizes = np.bincount(design.groups, minlength=design.n_groups)
    points = f" ({results.n_quadrature} points)" if results.n_quadrature > 1 else ""
    return {
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
    scale = results.sdcor.set_index("name").rename(columns={"estimate": "Coef.", "se": "Std.Err."})
    own = {"nb2": ("Theta", results.theta), "poisson-olre": ("Obs. SD", results.sigma_olre)}
    if results.model.design.family in own:
        name, value = own[results.model.design.family]
        scale.loc[name] = {"Coef.": value}
    rows = pd.concat([fixed, scale.reindex(columns=fixed.columns)]) if len(scale) else fixed
    return rows.map(lambda x: f"{x:.3f}" if np.isfinite(x) else "")
