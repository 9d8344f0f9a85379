"""Conditional variances, fitted values and predictions, as methods of the results."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.design import FloatArray
from harness.errors import ConfigError
from harness.glmm.fitted import Fitted
from harness.glmm.laplace import conditional_covariances
from harness.glmm.new_rows import new_rows
from harness.glmm.prediction import (
    excess_variance,
    linear_predictor,
    marginal_mean,
    pearson_residuals,
)

Which = Literal["conditional", "marginal", "linear"]


class Prediction(Fitted):
    """Means and random effects."""

    @cached_property
    def random_effects(self) -> pd.DataFrame:
        """Conditional modes of the random effects, shape (J, q), by group."""
        design = self.model.design
        b = self.model.objective.modes(self.psi)
        return pd.DataFrame(b, index=list(design.group_labels), columns=list(design.exog_re_names))

    @cached_property
    def random_effects_cov(self) -> FloatArray:
        """Covariance of each group's random effects given its data, shape (J, q, q).

        In the order of ``random_effects``; the parameters count as known, as in lme4's condVar.
        """
        return conditional_covariances(self.model.objective, self.psi)

    def _in_callers_order(self, values: FloatArray) -> FloatArray:
        ordered = np.empty_like(values)
        ordered[self.model.row_order] = values
        return ordered

    @cached_property
    def fittedvalues(self) -> FloatArray:
        """Means at the conditional modes, shape (n,), in the order of the rows given."""
        return np.asarray(self.predict())

    @property
    def resid_pearson(self) -> FloatArray:
        """Pearson residuals at the conditional modes, shape (n,), in the order of the rows."""
        endog = self._in_callers_order(self.model.design.endog)
        excess = excess_variance(self.model.design.family, self.variance)
        return pearson_residuals(endog, self.fittedvalues, excess)

    def predict(
        self,
        exog: npt.ArrayLike | None = None,
        exog_re: npt.ArrayLike | None = None,
        groups: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
        exposure: npt.ArrayLike | None = None,
        which: Which = "conditional",
    ) -> FloatArray:
        """Predict means, shape (m,).

        Parameters
        ----------
        exog : array_like, shape (m, p), optional
            The rows of the fit by default, with their offset, in the order they were given.
        exog_re : array_like, shape (m, q), optional
            Needed with ``exog``, but for a random intercept.
        groups : array_like, shape (m,), optional
            Labels. A group that was not in the fit, and every row where this is left out, has
            b = 0: its mean is that of a group in the middle, not of the population.
        offset, exposure : array_like, shape (m,), optional
            With ``exog``; 0 and 1 by default, as in statsmodels.
        which : {"conditional", "marginal", "linear"}
            ``exp(eta + z'b)`` at the conditional modes; the population's mean
            ``exp(eta + z'Gz / 2)``; or ``eta + z'b`` itself. With ``poisson-olre`` both means
            are also taken over the effect of the observation.

        Raises
        ------
        ConfigError
            For arrays that do not fit the model, or an unknown ``which``.
        """
        if which not in ("conditional", "marginal", "linear"):
            raise ConfigError(
                f"which {which!r} is not known: use 'conditional', 'marginal' or 'linear'"
            )
        design = self.model.design
        if exog is None:
            if any(part is not None for part in (exog_re, groups, offset, exposure)):
                raise ConfigError("predict takes exog_re, groups, offset and exposure with exog")
            fixed = design.offset + design.exog @ self._beta
            eta = linear_predictor(design, self._beta, self.random_effects.to_numpy())
            return self._in_callers_order(self._mean(fixed, eta, design.exog_re, which))
        new = new_rows(design, exog, exog_re, groups, offset, exposure)
        b = np.vstack([self.random_effects.to_numpy(), np.zeros(design.exog_re.shape[1])])[new.code]
        fixed = new.offset + new.exog @ self._beta
        eta = fixed + np.einsum("mq,mq->m", new.exog_re, b)
        return self._mean(fixed, eta, new.exog_re, which)

    def _mean(self, fixed: FloatArray, eta: FloatArray, z: FloatArray, which: Which) -> FloatArray:
        if which == "linear":
            return eta
        if self.model.design.family == "binomial":
            raise ConfigError("means of a binomial model are not predicted: use which='linear'")
        # The mean over the effect that each observation has of its own, where it has one.
        own = 0.5 * self.variance if self.model.design.family == "poisson-olre" else 0.0
        if which == "marginal":
            return marginal_mean(fixed + own, z, self._G)
        return np.asarray(np.exp(eta + own))
