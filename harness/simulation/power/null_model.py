"""The model in which a contrast has its value under the null."""

from __future__ import annotations

import numpy as np

from harness.design import Design
from harness.errors import ConfigError
from harness.simulation.contrast import contrast_row


def null_design(design: Design, text: str) -> Design:
    """Return the design whose parameters satisfy a contrast.

    The term with the largest weight, the k-th, is written by the others,
    beta_k = (value - sum_m c_m beta_m) / c_k, which takes its column into theirs and into the
    offset.

    Raises
    ------
    ConfigError
        If the text is not one contrast, or nothing would be left to estimate.
    """
    c, value = contrast_row(design.exog_names, text)
    k = int(np.argmax(np.abs(c)))
    others = [m for m in range(len(c)) if m != k]
    if not others:
        raise ConfigError(f"the contrast {text!r} leaves no term to estimate")
    column = design.exog[:, k]
    exog = design.exog[:, others] - np.outer(column, c[others] / c[k])
    return Design(
        endog=design.endog,
        exog=exog,
        groups=design.groups,
        exog_re=design.exog_re if design.exog_re.shape[1] else None,
        offset=design.offset + column * value / c[k],
        exog_names=[design.exog_names[m] for m in others],
        exog_re_names=design.exog_re_names or None,
        family=design.family,
        covariance=design.covariance,
        random=design.random,
        response=design.response,
        trials=design.trials,
    )
