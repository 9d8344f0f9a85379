"""Rows to predict for, checked against the model that was fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.design import Design, FloatArray
from harness.errors import ConfigError


@dataclass(frozen=True, slots=True, eq=False)
class NewRows:
    """Rows that need not have been in the fit.

    Attributes
    ----------
    exog : ndarray, shape (m, p)
    exog_re : ndarray, shape (m, q)
    offset : ndarray, shape (m,)
        With the logarithm of the exposure.
    code : ndarray of int, shape (m,)
        Number of the group in the fit, -1 where it was not in it.
    """

    exog: FloatArray
    exog_re: FloatArray
    offset: FloatArray
    code: npt.NDArray[np.int64]


def new_rows(
    design: Design,
    exog: npt.ArrayLike,
    exog_re: npt.ArrayLike | None = None,
    groups: npt.ArrayLike | None = None,
    offset: npt.ArrayLike | None = None,
    exposure: npt.ArrayLike | None = None,
) -> NewRows:
    """Return checked arrays; see ``PoissonGLMMResults.predict``.

    Raises
    ------
    ConfigError
        For other numbers of rows or columns than the model's, values that are not finite, or an
        exposure that is not positive.
    """
    x = _matrix("exog", exog, design.exog.shape[1])
    m, q = len(x), design.exog_re.shape[1]
    if exog_re is None:
        if q and not (q == 1 and np.all(design.exog_re == 1.0)):
            raise ConfigError(f"give exog_re too: the model has {', '.join(design.exog_re_names)}")
        z = np.ones((m, q))
    else:
        z = _matrix("exog_re", exog_re, q)
    total = _column("offset", 0.0 if offset is None else offset, m)
    if exposure is not None:
        sizes = _column("exposure", exposure, m)
        if not np.all(sizes > 0):
            raise ConfigError(f"exposure row {int(np.argmin(sizes))} is not above zero")
        total = total + np.log(sizes)
    labels = np.full(m, None) if groups is None else np.asarray(groups)
    if len(z) != m or labels.shape != (m,):
        raise ConfigError(f"exog has {m} rows: exog_re and groups must have as many")
    known = pd.Index(design.group_labels)
    code = (
        np.full(m, -1) if groups is None else known.get_indexer(pd.Index([str(x) for x in labels]))
    )
    return NewRows(x, z, total, code.astype(np.int64))


def _matrix(name: str, values: npt.ArrayLike, columns: int) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim == 1:
        array = array[:, None] if columns == 1 else array[None, :]
    if array.ndim != 2 or array.shape[1] != columns:
        raise ConfigError(f"{name} has shape {array.shape}, expected {columns} columns")
    _check_finite(name, array)
    return array


def _column(name: str, values: Any, m: int) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.shape not in ((), (m,)):
        raise ConfigError(f"{name} has shape {array.shape}, expected ({m},)")
    array = np.broadcast_to(array, (m,))
    _check_finite(name, array)
    return array


def _check_finite(name: str, array: FloatArray) -> None:
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        raise ConfigError(f"{name} row {int(bad[0, 0])} is not finite: give finite numbers only")
