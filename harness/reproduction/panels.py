"""Some units of a design, under names that say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.design import Design
from harness.result import FitResult


def some_units(design: Design, units: Sequence[int]) -> Design:
    """Return the rows of some units, which are called u1, u2, ... in their order.

    Numbers are padded with zeros: whoever sorts names as text keeps the order.

    Raises
    ------
    DesignError
        If these units alone cannot carry the model.
    """
    rows = np.flatnonzero(np.isin(design.groups, units))
    codes = np.unique(design.groups[rows], return_inverse=True)[1]
    none = design.exog_re.shape[1] == 0
    return Design(
        design.endog[rows],
        design.exog[rows],
        np.array(_names(len(units)))[codes],
        exog_re=None if none else design.exog_re[rows],
        offset=design.offset[rows],
        exog_names=design.exog_names,
        exog_re_names=design.exog_re_names,
        family=design.family,
        covariance=design.covariance,
        random="none" if none else design.random,
        response=design.response,
        trials=None if design.trials is None else design.trials[rows],
    )


def nameless(fit: FitResult) -> FitResult:
    """Return a fit whose units are called u1, u2, ...; every number stays."""
    design = some_units(fit.design, range(fit.design.n_groups))
    effects = fit.random_effects
    if len(effects) == design.n_groups:
        effects = effects.set_axis(list(design.group_labels))
    return replace(fit, design=design, random_effects=effects)


def _names(count: int) -> list[str]:
    width = len(str(count))
    return [f"u{k:0{width}d}" for k in range(1, count + 1)]
