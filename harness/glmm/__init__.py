"""PoissonGLMM: maximum likelihood for Poisson mixed models, in the manner of statsmodels."""

from __future__ import annotations

from harness.glmm import cache as cache  # before what is compiled
from harness.glmm.model import PoissonGLMM
from harness.glmm.results import PoissonGLMMResults

__all__ = ["PoissonGLMM", "PoissonGLMMResults"]
