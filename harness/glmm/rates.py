"""Rate ratios and smooth functions of the estimates, by the delta method."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from harness.design import FloatArray
from harness.errors import ConfigError

Function = Callable[[FloatArray], npt.ArrayLike]


def delta_method(
    function: Function,
    params: FloatArray,
    covariance: FloatArray,
    gradient: Function | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return f(params) and its covariance D V D' with the Jacobian D of f.

    Parameters
    ----------
    function : callable
        From (p,) to a number or (m,). Without ``gradient`` it must be smooth within a tenth of a
        standard error around ``params``, where ``scipy.differentiate.jacobian`` evaluates it.
    params : ndarray, shape (p,)
    covariance : ndarray, shape (p, p)
    gradient : callable, optional
        From (p,) to the Jacobian, shape (p,) or (m, p).

    Returns
    -------
    value : ndarray, shape (m,)
    covariance : ndarray, shape (m, m)

    Raises
    ------
    ConfigError
        If the function or its Jacobian is not finite there, or shapes do not fit.
    """
    value = np.atleast_1d(np.asarray(function(params), dtype=np.float64))
    if gradient is None:
        D = _jacobian(function, params, np.sqrt(np.diag(covariance)), len(value))
    else:
        D = np.atleast_2d(np.asarray(gradient(params), dtype=np.float64))
    if D.shape != (len(value), len(params)):
        raise ConfigError(
            f"the gradient has shape {D.shape}, expected ({len(value)}, {len(params)})"
        )
    if not (np.isfinite(value).all() and np.isfinite(D).all()):
        raise ConfigError("the function or its gradient is not finite at the estimates")
    return value, D @ covariance @ D.T


def _jacobian(function: Function, at: FloatArray, scale: FloatArray, m: int) -> FloatArray:
    """Jacobian, shape (m, p), in steps of a tenth of a standard error and less."""
    import scipy.differentiate

    def spread(x: FloatArray) -> FloatArray:
        flat = x.reshape(len(at), -1)
        values = [np.atleast_1d(function(at + scale * column)) for column in flat.T]
        return np.array(values, dtype=np.float64).T.reshape(m, *x.shape[1:])

    found = scipy.differentiate.jacobian(spread, np.zeros(len(at)), initial_step=0.1)
    return np.asarray(found.df / scale)


def exponentiated(
    params: pd.Series[float], bse: FloatArray, bounds: FloatArray, kind: str = "ratio"
) -> pd.DataFrame:
    """Rate ratios exp(b), or percentage changes 100 (exp(b) - 1).

    The standard error is the delta method's, exp(b) se; the limits are those of the Wald interval
    of b, transformed, so they respect the range and agree with the test of b = 0.

    Parameters
    ----------
    params : Series, length p
    bse : ndarray, shape (p,)
    bounds : ndarray, shape (p, 2)
        Limits on the log scale.
    kind : {"ratio", "percent"}

    Returns
    -------
    DataFrame
        Columns ``estimate``, ``se``, ``lower``, ``upper``, by term.
    """
    ratio = np.exp(params.to_numpy())
    columns = np.column_stack([ratio, ratio * bse, np.exp(bounds)])
    if kind == "percent":
        columns = 100.0 * (columns - [1.0, 0.0, 1.0, 1.0])
    names: Sequence[str] = ("estimate", "se", "lower", "upper")
    return pd.DataFrame(columns, index=params.index, columns=list(names))
