"""What the two statsmodels engines share.

``PoissonBayesMixedGLM`` (statsmodels 0.15) is what a Python user finds for a Poisson GLMM. It
knows independent random effects only, puts priors on its inputs, and has no offset.

    standardised   the design in the units that the priors are meant for, and the way back
    offset_model   the subclass that adds an offset, and changes nothing else
    pilot          a start near the optimum, with its curvature
    chart          the minimiser of the tight settings, in whitened coordinates
    search         that minimiser as a method for ``fit_map`` and for ``fit_vb``
    answer         from a design to a FitResult
    installation   which statsmodels is here

Not mended, because a user gets it too: the expectation of the Poisson mean in the evidence lower
bound is a ten-point rule on (-5, 5) whose weights sum to 1 - 0.00087, so that the intercept of a
variational fit lies about 0.00087 too high.
"""

from __future__ import annotations

from harness.engines._statsmodels.answer import fit_bayes
from harness.engines._statsmodels.installation import missing, statsmodels_version
from harness.engines._statsmodels.offset_model import OffsetPoissonBayesMixedGLM
from harness.engines._statsmodels.search import BoundSearch, ModeSearch
from harness.engines._statsmodels.standardised import standardise

# The lines of ``FitResult.reproduce`` import from here, so these names stay.
__all__ = [
    "BoundSearch",
    "ModeSearch",
    "OffsetPoissonBayesMixedGLM",
    "fit_bayes",
    "missing",
    "standardise",
    "statsmodels_version",
]
