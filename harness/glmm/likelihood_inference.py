"""Likelihood-ratio tests, profile intervals and the bootstrap, as methods of the results."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
import scipy.stats

from harness.errors import ConfigError
from harness.glmm.bootstrap import Bootstrap, bootstrap
from harness.glmm.coordinates import (
    Component,
    component_slope,
    component_value,
    components,
    domain_of,
)
from harness.glmm.drawing import draw_replicates
from harness.glmm.family_parameter import FAMILY_PARAMETERS, FIRST_STEP, FamilyParameter
from harness.glmm.fitted import Fitted
from harness.glmm.likelihood_ratio import (
    LikelihoodRatioTest,
    null_distribution,
    simulated_statistics,
    statistic_of,
)
from harness.glmm.profile_likelihood import limits
from harness.glmm.profile_path import component_path, coordinate


class LikelihoodInference(Fitted):
    """Tests and intervals from the likelihood itself."""

    def lr_test(
        self,
        restricted: Fitted,
        null: Literal["auto", "simulated"] = "auto",
        replicates: int = 999,
        seed: int = 1,
    ) -> LikelihoodRatioTest:
        """Test a smaller model, nested in this one.

        Parameters
        ----------
        restricted : PoissonGLMMResults
            Fit of the smaller model to the same data.
        null : {"auto", "simulated"}
            The distribution that theory gives, and a simulated one where it gives none; or
            simulated in any case.
        replicates, seed : int
            Of the simulation: draws from the smaller fit, each refitted by both models, with the
            method of these fits.

        Raises
        ------
        ConfigError
            If the data differ, the models are not nested, the larger one fits worse, or the
            response is a pseudo-response.
        """
        for fit in (self, restricted):
            fit._needs_likelihood("a likelihood-ratio test")
        small, large = restricted.model.design, self.model.design
        if self.n_quadrature != restricted.n_quadrature:
            raise ConfigError("the two fits approximate the likelihood differently: use one method")
        distribution = null_distribution(small, large, restricted.singular)
        statistic = statistic_of(self.llf, restricted.llf)
        df = large.n_params - small.n_params
        if null == "auto" and distribution.df:
            p = distribution.sf(statistic)
            return LikelihoodRatioTest(statistic, p, df, distribution, np.zeros(0), 0)
        counts = draw_replicates(
            small, restricted._beta, restricted._G, replicates, seed,
            restricted.variance,
        )  # fmt: skip
        return LikelihoodRatioTest.simulated_from(
            statistic, df, *simulated_statistics(small, large, counts, self.n_quadrature)
        )

    @property
    def _components(self) -> tuple[Component, ...]:
        design = self.model.design
        return components(design.exog_re.shape[1], design.covariance)

    @cached_property
    def sdcor(self) -> pd.DataFrame:
        """Standard deviations and correlations of the random effects, under lme4's names.

        Columns ``name``, ``estimate`` and ``se`` (delta method, NaN on the boundary).
        """
        layout = self.model.objective.layout
        names, rows = list(self.cov_re.columns), []
        _, L = layout.split(self.psi)
        for part in self._components:
            slope = np.zeros(layout.kernel_size)
            if not self.singular:
                place = slice(layout.p, layout.p + len(layout.row))
                slope[place] = component_slope(L, part)[layout.row, layout.column]
            if layout.tie is not None:
                slope = layout.tie.T @ slope
            se = np.nan if self.singular else np.sqrt(slope @ self._bread @ slope)
            what = names[part.k] if part.k == part.l else f"{names[part.k]} x {names[part.l]}"
            kind = "SD" if part.k == part.l else "Corr"
            rows.append((f"{what} {kind}", component_value(L, part), se))
        index = [part.name for part in self._components]
        return pd.DataFrame(rows, index=index, columns=["name", "estimate", "se"])

    @cached_property
    def family_param(self) -> pd.DataFrame:
        """The family's own parameter, ``.theta`` or ``.sigma_olre``; no row for ``poisson``.

        Columns ``name``, ``estimate`` and ``se`` (delta method, NaN where nothing exceeds Poisson).
        """
        rows = {}
        for part in self._family_parameters:
            kappa, se = self.psi[-1], np.nan
            if self.exceeds_poisson:
                se = abs(part.slope(kappa)) * np.sqrt(self._bread[-1, -1])
            value = part.value(kappa if self.exceeds_poisson else 0.0)
            rows[part.name] = (part.label, value, se)
        return pd.DataFrame.from_dict(rows, orient="index", columns=["name", "estimate", "se"])

    @property
    def _family_parameters(self) -> tuple[FamilyParameter, ...]:
        part = FAMILY_PARAMETERS.get(self.model.design.family)
        return () if part is None else (part,)

    def profile_conf_int(
        self, terms: Sequence[str] | None = None, alpha: float = 0.05
    ) -> pd.DataFrame:
        """Profile-likelihood intervals, columns ``lower`` and ``upper``.

        Parameters
        ----------
        terms : sequence of str, optional
            Fixed effects, and lme4's names ``.sig01``, ... for standard deviations and
            correlations of the random effects, as in ``sdcor``, ``.theta`` or ``.sigma_olre`` of
            the family, as in ``family_param``; all by default.

        Raises
        ------
        ConfigError
            For an unknown term, or a pseudo-response.
        FitFailure
            If a constrained maximum is not found, or lies above that of the fit.
        """
        self._needs_likelihood("a profile interval")
        parts = {part.name: part for part in self._components}
        own = {part.name: part for part in self._family_parameters}
        known = [*self.params.index, *parts, *own]
        wanted = known if terms is None else list(terms)
        unknown = [term for term in wanted if term not in known]
        if unknown:
            raise ConfigError(f"no term {unknown[0]!r}: the terms are {', '.join(known)}")
        quantile = float(scipy.stats.norm.ppf(1 - alpha / 2))
        rows = []
        for term in wanted:
            if term in parts:
                rows.append(self._profile_component(parts[term], quantile))
            elif term in own:
                rows.append(self._profile_family(own[term], quantile))
            else:
                rows.append(self._profile_coefficient(known.index(term), term, quantile))
        return pd.DataFrame(rows, index=wanted, columns=["lower", "upper"])

    def _profile_coefficient(self, k: int, name: str, quantile: float) -> tuple[float, float]:
        path = coordinate(self._objective, self.psi, k)
        return limits(path, name, self.psi[k], float(np.sqrt(self._bread[k, k])), quantile)

    def _profile_component(self, part: Component, quantile: float) -> tuple[float, float]:
        path = component_path(self._objective, self.psi, part)
        _, L = self.model.objective.layout.split(self.psi)
        se = float(self.sdcor["se"][part.name])
        if not se > 0:
            se = 0.1 / (self.model.objective.z_scale[part.k] if part.k == part.l else 1.0)
        value = component_value(L, part)
        return limits(path, part.name, value, se, quantile, domain_of(part))

    def _profile_family(self, part: FamilyParameter, quantile: float) -> tuple[float, float]:
        last = len(self.psi) - 1
        path = coordinate(self._objective, self.psi, last)
        se = float(np.sqrt(self._bread[last, last])) or FIRST_STEP
        ends = limits(path, part.name, self.psi[last], se, quantile, (0.0, np.inf))
        low, high = sorted(part.value(kappa) for kappa in ends)
        return low, high

    def bootstrap(
        self, replicates: int = 999, seed: int = 1, threads: int | None = None
    ) -> Bootstrap:
        """Parametric bootstrap: refit counts drawn from this fit, with its own method.

        See ``harness.glmm.bootstrap.bootstrap``.
        """
        return bootstrap(
            self.model.design, self._beta, self._G, replicates, seed,
            threads, self.variance, self.n_quadrature,
        )  # fmt: skip
