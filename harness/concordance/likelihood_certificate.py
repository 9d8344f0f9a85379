"""Certificate of a maximum-likelihood fit: Laplace or quadrature, any family."""

from __future__ import annotations

import numpy as np

from harness.certificate import Certificate
from harness.concordance.exact import SAME_LLF, ExactPoint, exact_point
from harness.concordance.exact_errors import exact_errors
from harness.concordance.judgement import Findings, judged
from harness.concordance.metrics import reported_errors
from harness.concordance.reference import Higher, higher_point
from harness.glmm.boundary import CONE_TOLERANCE
from harness.glmm.separation import unbounded_terms
from harness.result import FitResult

WORDS = {"laplace": "Laplace log-likelihood", "agq": "log-likelihood by quadrature"}
# A difference in height beyond this multiple of the quadratic model's is another maximum's.
BEYOND_MODEL = 2.0


def likelihood_certificate(fit: FitResult) -> Certificate:
    """Judge a fit by the exact log-likelihood of its own method at its own estimates."""
    point, endless = exact_point(fit), unbounded_terms(fit.design)
    higher = None if endless or not np.isfinite(point.llf) else higher_point(fit, point)
    model = 0.5 * point.decrement**2
    gap = model if higher is None else max(higher.llf - point.llf, model)
    return judged(
        Findings(
            objective=WORDS[fit.method],
            value=point.llf,
            newton_decrement=point.decrement,
            steps_se=_steps(point, higher, gap > max(BEYOND_MODEL * model, SAME_LLF)),
            llf_gap=gap,
            definite=point.definite,
            cone_gain=point.cone if fit.singular else None,
            cone_slack=point.slack,
            se_errors=reported_errors(fit.bse, exact_errors(fit)),
            no_se=tuple(map(str, fit.bse.index[~(fit.bse > 0.0)])),
            llf_error=float(fit.llf - point.llf),
            unbounded=endless,
            falsely_singular=higher is not None
            and not higher.singular
            and point.cone > CONE_TOLERANCE
            and gap > SAME_LLF,
            own_gradient_se=_own_gradient(fit, point),
        )
    )


def _steps(point: ExactPoint, higher: Higher | None, another: bool) -> dict[str, float]:
    far = higher is not None and (another or not point.definite)
    return dict(higher.steps_se if higher is not None and far else point.steps_se)


def _own_gradient(fit: FitResult, point: ExactPoint) -> float | None:
    gradient = fit.details.get("own_gradient")
    return None if gradient is None else float(np.max(np.abs(np.asarray(gradient) * point.bse)))
