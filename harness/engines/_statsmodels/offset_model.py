"""``PoissonBayesMixedGLM`` with an offset."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from statsmodels.genmod import families
from statsmodels.genmod.bayes_mixed_glm import PoissonBayesMixedGLM

from harness.design import FloatArray


class _ShiftedLog(families.links.Log):
    """The log link of a linear predictor whose offset is added inside: mu = exp(eta + offset)."""

    def __init__(self, offset: FloatArray) -> None:
        self.offset = offset

    def inverse(self, z: FloatArray) -> FloatArray:
        return np.exp(z + self.offset)


class OffsetPoissonBayesMixedGLM(PoissonBayesMixedGLM):
    """``PoissonBayesMixedGLM`` whose linear predictor has an offset.

    The log posterior and its gradient see the linear predictor only through the link's inverse,
    the evidence lower bound and its gradient only through ``_lp_stats``; d mu / d eta = mu holds
    with and without offset, so these two places are enough.

    Parameters
    ----------
    endog, exog, exog_vc, ident
        As statsmodels has them.
    offset : array_like, shape (n,), optional
        Log exposure; none by default.
    **kwargs
        Handed on: ``fe_p``, ``vcp_p`` and names.
    """

    def __init__(
        self,
        endog: npt.ArrayLike,
        exog: npt.ArrayLike,
        exog_vc: Any,
        ident: npt.ArrayLike,
        offset: npt.ArrayLike | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(endog, exog, exog_vc, ident, **kwargs)
        self.offset = np.zeros(len(self.endog)) if offset is None else np.asarray(offset, float)
        self.family = families.Poisson(link=_ShiftedLog(self.offset))

    def _lp_stats(
        self, fep_mean: FloatArray, fep_sd: FloatArray, vc_mean: FloatArray, vc_sd: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        mean, variance = super()._lp_stats(fep_mean, fep_sd, vc_mean, vc_sd)
        return mean + self.offset, variance

    def predict(
        self,
        params: FloatArray,
        exog: npt.ArrayLike | None = None,
        linear: bool = False,
        offset: npt.ArrayLike | None = None,
    ) -> FloatArray:
        """Return the mean at zero random effects, shape (n,).

        Parameters
        ----------
        params : ndarray
            Fixed effects first; what follows is ignored.
        exog : array_like, shape (n, p), optional
            The model's own where left out.
        linear : bool
            The linear predictor, offset included, in place of the mean.
        offset : array_like, shape (n,), optional
            Left out: the model's own with its own ``exog``, none with another.
        """
        own = self.offset if exog is None else 0.0
        x = self.exog if exog is None else np.asarray(exog, float)
        eta = x @ params[: self.k_fep] + (own if offset is None else np.asarray(offset, float))
        return eta if linear else np.exp(eta)
