"""Relations: a change of the data, and what it must do to the maximum-likelihood answer.

Each follows from the likelihood, so it holds for every engine that maximises it, whatever the
truth: no reference values are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.special import gammaln

from harness.design import Design, FloatArray
from harness.glmm.prediction import linear_predictor
from harness.result import FitResult


@dataclass(frozen=True, eq=False)
class Answer:
    """What a fit says about a design: ``params`` (p,), ``cov_params`` (p, p), ``cov_re`` (q, q).

    ``eta`` (n,) is the linear predictor at the conditional modes: it holds the random effects, and
    no recoding touches it.
    """

    params: FloatArray
    cov_params: FloatArray
    cov_re: FloatArray
    llf: float
    eta: FloatArray


Relation = Callable[[Design, Answer, np.random.Generator], tuple[Design, Answer]]


def answer(fit: FitResult) -> Answer:
    """Read an answer off a fit."""
    design, modes = fit.design, fit.random_effects
    assert tuple(modes.index) == design.group_labels
    params = np.asarray(fit.params, dtype=np.float64)
    eta = linear_predictor(design, params, modes.to_numpy())
    return Answer(params, fit.covariance, fit.cov_re, fit.llf, eta)


def changed(design: Design, **columns: Any) -> Design:
    """The same model on other columns."""
    names = ("endog", "exog", "groups", "exog_re", "offset")
    given = {name: getattr(design, name) for name in names} | columns
    bare = design.random == "none"
    return Design(
        **given | {"exog_re": None if bare else given["exog_re"]},
        exog_names=design.exog_names, exog_re_names=None if bare else design.exog_re_names,
        family=design.family, covariance=design.covariance, random=design.random,
    )  # fmt: skip


def picked(design: Design, rows: np.ndarray, **columns: Any) -> Design:
    """The same model on some of the rows, each as often as it is named, with other columns."""
    names = ("endog", "exog", "groups", "exog_re", "offset")
    return changed(design, **{name: getattr(design, name)[rows] for name in names} | columns)


def in_order(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Values in the order into which a Design brings the rows of these groups."""
    return values[np.argsort(groups, kind="stable")]


def permuted_rows(design: Design, base: Answer, rng: np.random.Generator) -> tuple[Design, Answer]:
    """The order of rows means nothing."""
    rows = rng.permutation(design.nobs)
    groups = design.groups[rows]
    return picked(design, rows), replace(base, eta=in_order(base.eta[rows], groups))


def renamed_units(design: Design, base: Answer, rng: np.random.Generator) -> tuple[Design, Answer]:
    """Names mean nothing, nor does the order into which they bring the units."""
    groups = rng.permutation(design.n_groups)[design.groups]
    names = np.array([f'"{code:03d}", <b>' for code in range(design.n_groups)], dtype=object)
    return changed(design, groups=names[groups]), replace(base, eta=in_order(base.eta, groups))


def reversed_units(design: Design, base: Answer, rng: np.random.Generator) -> tuple[Design, Answer]:
    """Last unit first."""
    groups = -design.groups
    return changed(design, groups=groups), replace(base, eta=in_order(base.eta, groups))


def multiplied_exposure(
    design: Design, base: Answer, rng: np.random.Generator
) -> tuple[Design, Answer]:
    """Exposure times c moves the intercept by -log c, and nothing else."""
    log_c = np.log(rng.choice([1e-4, 0.5, 1e3, 1e7]))
    params = base.params - log_c * (np.arange(len(base.params)) == 0)
    return changed(design, offset=design.offset + log_c), replace(base, params=params)


def shifted_offset(design: Design, base: Answer, rng: np.random.Generator) -> tuple[Design, Answer]:
    """An offset along the columns, o + X d, moves the estimates by -d (centring is one such)."""
    d = rng.normal(size=len(base.params))
    return changed(design, offset=design.offset + design.exog @ d), replace(
        base, params=base.params - d
    )


def recoded_stages(design: Design, base: Answer, rng: np.random.Generator) -> tuple[Design, Answer]:
    """Columns X A for an invertible A give the same likelihood at A^-1 beta."""
    p = len(base.params)
    # Unit triangular factors of small whole numbers: X A and A^-1 are exact.
    lower = np.tril(rng.integers(-1, 2, (p, p)), -1) + np.eye(p)
    upper = np.triu(rng.integers(-1, 2, (p, p)), 1) + np.eye(p)
    A = lower @ upper
    back = np.linalg.inv(A)
    return changed(design, exog=design.exog @ A), replace(
        base, params=back @ base.params, cov_params=back @ base.cov_params @ back.T
    )


def reordered_stages(
    design: Design, base: Answer, rng: np.random.Generator
) -> tuple[Design, Answer]:
    """The order of the columns means nothing."""
    order = rng.permutation(len(base.params))
    return changed(design, exog=design.exog[:, order]), replace(
        base, params=base.params[order], cov_params=base.cov_params[np.ix_(order, order)]
    )


def scaled_random_effects(
    design: Design, base: Answer, rng: np.random.Generator
) -> tuple[Design, Answer]:
    """A random-effect column times c has 1/c of the standard deviation."""
    c = rng.choice([1e-2, 0.5, 3.0, 1e2], size=design.exog_re.shape[1])
    return changed(design, exog_re=design.exog_re * c), replace(
        base, cov_re=base.cov_re / np.outer(c, c)
    )


def moved_origin(design: Design, base: Answer, rng: np.random.Generator) -> tuple[Design, Answer]:
    """With an unstructured covariance, random effects in t and in t - 2 are one model."""
    q = design.exog_re.shape[1]
    B = np.eye(q)
    if q > 1 and design.covariance == "unstructured":
        B[0, 1:] = -2.0
    back = np.linalg.inv(B)
    return changed(design, exog_re=design.exog_re @ B), replace(
        base, cov_re=back @ base.cov_re @ back.T
    )


def doubled_units(design: Design, base: Answer, rng: np.random.Generator) -> tuple[Design, Answer]:
    """Every unit twice: the same estimates, standard errors smaller by the root of 2."""
    rows = np.tile(np.arange(design.nobs), 2)
    groups = np.concatenate([design.groups, design.groups + design.n_groups])
    return picked(design, rows, groups=groups), replace(
        base, cov_params=base.cov_params / 2.0, llf=2.0 * base.llf, eta=np.tile(base.eta, 2)
    )


def split_rows(design: Design, base: Answer, rng: np.random.Generator) -> tuple[Design, Answer]:
    """Parts of a row, each with its share of the exposure, know what the row knew.

    Given its total a split count is binomial: the log-likelihood changes by that constant.
    """
    share, y = 0.25, design.endog
    part = rng.binomial(y.astype(np.int64), share).astype(np.float64)
    rows = np.tile(np.arange(design.nobs), 2)
    endog, log_share = np.concatenate([part, y - part]), np.log([share, 1.0 - share])
    shares = np.repeat(log_share, design.nobs)
    binomial = gammaln(y + 1.0).sum() - gammaln(endog + 1.0).sum() + endog @ shares
    groups = design.groups[rows]
    split = picked(design, rows, endog=endog, offset=design.offset[rows] + shares)
    eta = in_order(base.eta[rows] + shares, groups)
    return split, replace(base, llf=base.llf + binomial, eta=eta)


RELATIONS: tuple[Relation, ...] = (
    permuted_rows, renamed_units, reversed_units, multiplied_exposure, shifted_offset,
    recoded_stages, reordered_stages, scaled_random_effects, moved_origin, doubled_units, split_rows,
)  # fmt: skip
