"""The data of a model as plain arrays for compiled code."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from harness.design import Design
from harness.glmm.densities import FAMILIES, NB2, TABLE
from harness.glmm.parameters import Layout


class Rows(NamedTuple):
    """The data of one model; rows are sorted by group.

    Attributes
    ----------
    y, offset : ndarray, shape (n,)
    x : ndarray, shape (n, p)
    z : ndarray, shape (n, q)
    starts : ndarray of int, shape (J + 1,)
        First row of each group, and the end of the last.
    row, column : ndarray of int
        Places of theta in L, the lower Cholesky factor of G.
    dims : tuple of q zeros
        Its length is known to the compiler, which then unrolls the loops over random effects.
    kind : tuple of floats
        Empty for ``poisson``, one zero for a family with a variance parameter: known to the
        compiler by its length, so that the Poisson kernel carries nothing of the others.
    family : int
        Place in ``harness.glmm.densities.FAMILIES``.
    sums : int
        Counts up to this have their sums tabulated (``nb2``).
    """

    y: Any
    x: Any
    z: Any
    offset: Any
    starts: Any
    row: Any
    column: Any
    dims: tuple[float, ...]
    kind: tuple[float, ...]
    family: int
    sums: int


def rows_of(design: Design, layout: Layout) -> Rows:
    """Return the rows of a design.

    Copies: a design's arrays are read-only, which would be another type to the compiler, and so
    another compilation.
    """
    starts = np.searchsorted(design.groups, np.arange(design.n_groups + 1))
    # Binomial rows have densities of their own (``harness.glmm.binomial``).
    family = 0 if design.trials is not None else FAMILIES.index(design.family)
    sums = int(min(design.endog.max(), TABLE)) + 1 if family == NB2 else 0
    return Rows(
        design.endog.copy(), design.exog.copy(), design.exog_re.copy(), design.offset.copy(),
        starts.astype(np.int64), layout.row.astype(np.int64), layout.column.astype(np.int64),
        (0.0,) * layout.q, (0.0,) * layout.extra, family, sums,
    )  # fmt: skip
