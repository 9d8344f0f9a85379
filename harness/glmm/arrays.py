"""Plain arrays for compiled code: the data of a model, and its workspace."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from harness.design import Design
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
    """

    y: Any
    x: Any
    z: Any
    offset: Any
    starts: Any
    row: Any
    column: Any
    dims: tuple[float, ...]


class Work(NamedTuple):
    """Scratch of one evaluation; K = p + len(theta), names as in ``harness.glmm.kernel``.

    Arrays of a group are filled anew for each; only ``mu``, ``v``, ``fixed`` and ``w`` have a row
    for every row of the data.
    """

    fixed: Any
    mu: Any
    v: Any
    H: Any
    R: Any
    Hinv: Any
    A: Any
    AL: Any
    c: Any
    s: Any
    ze: Any
    zr: Any
    a: Any
    Hv: Any
    w: Any
    dmu: Any
    dmua: Any
    du: Any
    dA: Any
    dH: Any
    dHinv: Any
    dc: Any
    ds: Any
    dzr: Any
    dze: Any


def rows_of(design: Design, layout: Layout) -> Rows:
    """Return the rows of a design.

    Copies: a design's arrays are read-only, which would be another type to the compiler, and so
    another compilation.
    """
    starts = np.searchsorted(design.groups, np.arange(design.n_groups + 1))
    return Rows(
        design.endog.copy(), design.exog.copy(), design.exog_re.copy(), design.offset.copy(),
        starts.astype(np.int64), layout.row.astype(np.int64), layout.column.astype(np.int64),
        (0.0,) * layout.q,
    )  # fmt: skip
